#include "core/base/digest.h"
#include "core/base/error.h"

#include <gtest/gtest.h>

namespace ferry::core {
namespace {

const std::string zeros64(64, '0');
const std::string zeros128(128, '0');

TEST(Digest, IsSha256OrSha512InLowerCaseHex) {
    EXPECT_TRUE(valid_digest("sha256:" + zeros64));
    EXPECT_TRUE(valid_digest("sha256:0123456789abcdef" + zeros64.substr(16)));
    EXPECT_TRUE(valid_digest("sha512:" + zeros128));
}

TEST(Digest, IsNothingElse) {
    const std::string bad[] = {"",
                               "sha256:",
                               "sha256",
                               zeros64,
                               "sha256:" + zeros64.substr(1),
                               "sha256:" + zeros64 + "0",
                               "sha256:" + zeros64.substr(1) + "A",
                               "sha256:" + zeros64.substr(1) + "g",
                               "SHA256:" + zeros64,
                               "sha512:" + zeros64,
                               "sha256:" + zeros128,
                               "sha384:" + zeros64,
                               "md5:" + zeros64,
                               " sha256:" + zeros64,
                               "sha256:" + zeros64 + "\n",
                               "sha256:../../../../../../../../../../../../../../../../../../../../../etc/p",
                               "sha256:" + zeros64.substr(1) + std::string(1, '\0')};
    for (const std::string &text : bad) EXPECT_FALSE(valid_digest(text)) << text;
}

TEST(Digest, ShowsItsHexPart) {
    EXPECT_EQ(digest_hex("sha256:abc"), "abc");
    EXPECT_EQ(digest_hex("abc"), "abc");
    EXPECT_EQ(digest_hex("sha256:"), "");
}

TEST(Digest, IsTheOneOfTheStandard) { // FIPS 180-4, examples
    EXPECT_EQ(digest_of(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(digest_of("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest_of("{}"), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
        << "the empty descriptor of an OCI artifact";
    EXPECT_EQ(digest_of("abc", "sha512:"), "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, OfAStreamIsTheOneOfTheWhole) {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
    for (const char *like : {"sha256:", "sha512:"}) {
        Hasher hasher(like);
        std::size_t at = 0;
        for (std::size_t step = 0; at < bytes.size(); step = (step * 3 + 1) % 97) {
            const std::size_t size = std::min(step, bytes.size() - at);
            hasher.update(bytes.data() + at, size);
            at += size;
        }
        EXPECT_EQ(hasher.finish(), digest_of(bytes, like));
    }
}

TEST(Digest, SurvivesAMoveInMidStream) {
    Hasher first;
    first.update("ab", 2);
    Hasher second(std::move(first));
    second.update("c", 1);
    EXPECT_EQ(second.finish(), digest_of("abc"));
}

TEST(Digest, OfAnUnknownAlgorithmIsAnIntegrityError) {
    for (const char *like : {"md5:00", "sha1:00", "sha2567:00", "../x"}) {
        try {
            Hasher hasher(like);
            FAIL() << like;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::integrity);
            EXPECT_NE(e.message.english().find(like), std::string::npos) << e.message.english();
            EXPECT_FALSE(e.remedy.empty());
        }
    }
}

} // namespace
} // namespace ferry::core
