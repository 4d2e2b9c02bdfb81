#include "cli/language/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ferry::cli {
namespace {

const std::string header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n";

void put(std::string &bytes, std::size_t at, std::uint32_t number, bool big = false) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + (big ? 3 - i : i)] = static_cast<char>(number >> (8 * i));
}

// A catalogue as msgfmt --no-hash writes it.
std::string catalogue(std::map<std::string, std::string> texts, bool big = false, const std::string &head = header) {
    texts.emplace("", head);
    const auto count = static_cast<std::uint32_t>(texts.size());
    std::string bytes(28 + 16 * texts.size(), '\0');
    const std::uint32_t words[] = {0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count};
    for (std::size_t i = 0; i < 7; ++i) put(bytes, 4 * i, words[i], big);
    std::size_t row = 28;
    for (const bool translated : {false, true})
        for (const auto &[original, translation] : texts) {
            const std::string &text = translated ? translation : original;
            put(bytes, row, static_cast<std::uint32_t>(text.size()), big);
            put(bytes, row + 4, static_cast<std::uint32_t>(bytes.size()), big);
            bytes += text + '\0';
            row += 8;
        }
    return bytes;
}

const std::string plural = std::string("{} file\0{} files", 17 - 1), forms = std::string("EIN\0VIELE", 9);

TEST(Messages, AreFoundByTheirOriginals) {
    for (const bool big : {false, true}) {
        const auto messages = Messages::parse(catalogue({{"a", "A"}, {"b", "B"}, {"c", ""}, {plural, forms}}, big));
        ASSERT_TRUE(messages);
        EXPECT_EQ(messages->size(), 5U);
        EXPECT_EQ(messages->find("a"), "A");
        EXPECT_EQ(messages->find("b"), "B");
        EXPECT_EQ(messages->find("c"), "");
        EXPECT_EQ(messages->find("d"), "");
        EXPECT_EQ(messages->find(std::string_view("a\0", 2)), "");
    }
}

TEST(Messages, HaveTheFormOfTheirPluralRule) {
    const std::map<std::string, std::string> texts = {{plural, forms}, {"alone", "ALLEIN"}};
    const auto two = Messages::parse(catalogue(texts));
    ASSERT_TRUE(two);
    EXPECT_EQ(two->find("{} file", 1), "EIN");
    EXPECT_EQ(two->find("{} file", 0), "VIELE");
    EXPECT_EQ(two->find("{} file", 2), "VIELE");
    EXPECT_EQ(two->find("{} file"), "EIN");
    EXPECT_EQ(two->find("alone", 2), "") << "the catalogue lacks the form that is needed";
    EXPECT_EQ(two->find("{} other", 2), "");
    const auto one = Messages::parse(
        catalogue(texts, false, "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"));
    ASSERT_TRUE(one);
    for (const std::uint64_t n : {0, 1, 2}) EXPECT_EQ(one->find("{} file", n), "EIN");
}

TEST(Messages, OfAnUnknownPluralRuleOrEncodingAreNotUsed) {
    EXPECT_FALSE(Messages::parse(catalogue({}, false, "Content-Type: text/plain; charset=UTF-8\n")));
    EXPECT_FALSE(Messages::parse(catalogue(
        {}, false, "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=3; plural=n%10==1 ? 0 : 1;\n")));
    EXPECT_FALSE(Messages::parse(
        catalogue({}, false, "Content-Type: text/plain; charset=GBK\nPlural-Forms: nplurals=1; plural=0;\n")));
}

TEST(Messages, OfADamagedFileAreNotUsed) {
    const std::string good = catalogue({{"a", "A"}, {"b", "B"}});
    ASSERT_TRUE(Messages::parse(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(Messages::parse(good.substr(0, size))) << size << " bytes";
    EXPECT_FALSE(Messages::read("/nowhere/at/all"));
    const auto with = [&](std::size_t at, std::uint32_t number) {
        std::string bytes = good;
        put(bytes, at, number);
        return Messages::parse(bytes);
    };
    EXPECT_FALSE(with(0, 0x12345678)) << "another kind of file";
    EXPECT_FALSE(with(4, 0x00020000)) << "an unknown revision";
    EXPECT_TRUE(with(4, 0x00000001)) << "a minor revision adds tables";
    for (const std::uint32_t number : {0xFFFFFFFFU, 0x7FFFFFFFU, 0x10000000U}) {
        EXPECT_FALSE(with(8, number)) << "more texts than the file has room for";
        for (const std::size_t at : {12, 16}) EXPECT_FALSE(with(at, number)) << "a table beyond the file";
        for (std::size_t row = 28; row < 28 + 48; row += 4) EXPECT_FALSE(with(row, number)) << "a text beyond the file";
    }
    EXPECT_FALSE(with(28 + 8 + 4, 28)) << "a text without its NUL";
    std::string unsorted = good;
    std::swap_ranges(unsorted.begin() + 28 + 8, unsorted.begin() + 28 + 16, unsorted.begin() + 28 + 16);
    EXPECT_FALSE(Messages::parse(unsorted)) << "originals that are not sorted";
}

TEST(Messages, SurviveAnyByte) {
    const std::string good = catalogue({{"a", "A"}, {plural, forms}});
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int byte : {0, 1, 0x7f, 0x80, 0xff}) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(byte);
            if (const auto messages = Messages::parse(bytes))
                for (const char *text : {"", "a", "{} file", "z"}) {
                    EXPECT_LE(messages->find(text).size(), bytes.size());
                    EXPECT_LE(messages->find(text, 2).size(), bytes.size());
                }
        }
}

} // namespace
} // namespace ferry::cli
