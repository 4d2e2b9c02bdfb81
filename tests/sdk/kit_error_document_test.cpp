#include <ferry/kit/error_document.hpp>
#include <ferry/utf8.hpp>

#include <gmock/gmock.h>

namespace ferry::kit {
namespace {

TEST(ErrorDocument, SaysWhatARegistryOrATokenServiceMeans) {
    const struct {
        std::string body, code, message;
    } table[] = {
        {R"({"errors":[{"code":"DENIED","message":"not for you"}]})", "DENIED", "not for you"},
        {R"({"errors":[{"code":"DENIED"},{"code":"X","message":"second"}]})", "DENIED", ""},
        {R"({"Errors":[{"Code":"A","Message":"b"}]})", "A", "b"},
        {R"({"errors":[{"code":7,"message":["x"]}]})", "", ""},
        {R"({"errors":[],"message":"beside"})", "", "beside"},
        {R"({"errors":null,"details":"wrong password"})", "", "wrong password"},
        {R"({"error":"invalid_grant","error_description":"expired"})", "", "expired"},
        {R"({"error":"invalid_grant"})", "", "invalid_grant"},
        {R"({"errors":[{"message":"two\nlines\u007f\u0085\u001b[31m"}]})", "", "two lines    [31m"},
        {"{\"message\":\"caf\xE9 \\ud800\"}", "", "caf\xEF\xBF\xBD \xEF\xBF\xBD"},
        {R"({"token":"secret"})", "", ""},
        {"<html>no</html>", "", ""},
        {"", "", ""},
        {"[]", "", ""},
        {"null", "", ""},
    };
    for (const auto &[body, code, message] : table) {
        const ErrorDocument said = error_document(body);
        EXPECT_EQ(said.code, code) << body;
        EXPECT_EQ(said.message, message) << body;
    }
}

TEST(ErrorDocument, ReadsNothingOfWhatIsTooLong) {
    const std::string most = R"({"message":"x","pad":")" + std::string(most_error_bytes - 24, ' ') + "\"}";
    ASSERT_EQ(most.size(), most_error_bytes);
    EXPECT_EQ(error_document(most).message, "x");
    EXPECT_EQ(error_document(most + " ").message, "");
}

TEST(ErrorDocument, IsPutIntoWords) {
    EXPECT_EQ((ErrorDocument{"A", "b"}).words(), "A, b");
    EXPECT_EQ((ErrorDocument{"", "b"}).words(), "b");
    EXPECT_EQ((ErrorDocument{"A", ""}).words(), "A");
    EXPECT_EQ(ErrorDocument().words(), "");
}

TEST(OneLine, IsValidAndShort) {
    EXPECT_EQ(one_line("abc", 3), "abc");
    EXPECT_EQ(one_line("abcdefg", 6), "abc...");
    EXPECT_EQ(one_line("\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 6), "\xC3\xBC...") << "no character is cut";
    EXPECT_EQ(one_line("a\r\n\tb", 10), "a   b");
    for (std::size_t size = 0; size < 300; ++size) {
        const std::string line = one_line(std::string(size, '\xFF') + "\xE2\x82\xAC", 200);
        EXPECT_LE(line.size(), 200U);
        EXPECT_EQ(line, valid_utf8(line));
    }
}

} // namespace
} // namespace ferry::kit
