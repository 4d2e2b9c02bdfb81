#include "core/archive/inflate.h"
#include "core/base/error.h"
#include "support/compress.h"

#include <gmock/gmock.h>

#include <cstring>

namespace ferry::core {
namespace {

using test::gzip;
using test::noise;
using test::skippable;
using test::zstd;
using testing::HasSubstr;

// Leaves rubbish where the next call has its variables: a library that takes them for its own of the last call fails.
[[gnu::noinline]] void stain_the_stack() {
    volatile unsigned char rubbish[32 << 10];
    for (auto &byte : rubbish) byte = 0xff;
}

// A source that gives at most `piece` bytes at a time.
Inflater::Source source(const std::string &packed, std::size_t piece) {
    return [&packed, piece, at = std::size_t(0)](void *data, std::size_t size) mutable {
        stain_the_stack();
        const std::size_t n = std::min({size, piece, packed.size() - at});
        if (n) std::memcpy(data, packed.data() + at, n);
        at += n;
        return n;
    };
}

std::string unpack(const std::string &packed, std::size_t piece = 1 << 20, std::size_t step = 256 << 10) {
    const auto inflater = Inflater::open(source(packed, piece), "the layer");
    std::string out, buffer(step, '\0');
    while (const std::size_t got = inflater->read(buffer.data(), step)) {
        EXPECT_LE(got, step);
        out.append(buffer, 0, got);
    }
    EXPECT_EQ(inflater->read(buffer.data(), step), 0U) << "the end stays the end";
    return out;
}

std::string refusal(const std::string &packed) {
    try {
        return "unpacked to " + std::to_string(unpack(packed).size()) + " bytes";
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::integrity);
        return e.message.english();
    }
}

std::string text(std::size_t size) {
    std::string out;
    for (int i = 0; out.size() < size; ++i) out += "line " + std::to_string(i * 7919) + '\n';
    out.resize(size);
    return out;
}

struct Sample {
    const char *name;
    std::string packed;
    std::string unpacked;
};

std::vector<Sample> samples() { // every compression, members one after another, and no bytes at all
    const std::string words = text(3000), more = noise(2000);
    std::vector<Sample> all = {
        {"plain", words, words},
        {"empty", "", ""},
        {"one byte", "x", "x"},
        {"first byte of gzip", "\x1f", "\x1f"},
        {"zeros", std::string(1024, '\0'), std::string(1024, '\0')},
        {"gzip", gzip(words), words},
        {"gzip, stored", gzip(more, nullptr, 0), more},
        {"gzip of nothing", gzip(""), ""},
        {"gzip with a name", gzip(words, "layer.tar"), words},
        // RFC 1952: FEXTRA, FNAME and FCOMMENT, in that order.
        {"gzip with all that a header can hold",
         std::string("\x1f\x8b\x08\x1c\0\0\0\0\0\3\5\0extraname\0comment\0", 30) + gzip(words).substr(10), words},
        {"gzip, two members", gzip(words) + gzip(more), words + more},
        {"gzip, many members", gzip("a") + gzip("") + gzip("b", "name") + gzip(more), "ab" + more},
        {"gzip and zeros", gzip(words) + std::string(700, '\0'), words},
        {"gzip and odd bytes", gzip(words) + "odd", words},
        {"gzip and one byte", gzip(words) + "\x1f", words},
        {"zstd", zstd(words), words},
        {"zstd with checksum", zstd(words, {true}), words},
        {"zstd of unknown size", zstd(more, {false, 0, false}), more},
        {"zstd of nothing", zstd(""), ""},
        {"zstd, two frames", zstd(words) + zstd(more, {true}), words + more},
        {"zstd, skippable first", skippable(300) + zstd(words), words},
        {"zstd, skippable between and last", zstd(words) + skippable(0, 15) + zstd(more) + skippable(5000, 3),
         words + more},
    };
    return all;
}

TEST(Inflate, UnpacksEveryKindOfLayer) {
    for (const auto &[name, packed, unpacked] : samples()) EXPECT_TRUE(unpack(packed) == unpacked) << name;
}

TEST(Inflate, UnpacksByteByByte) {
    for (const auto &[name, packed, unpacked] : samples()) {
        EXPECT_TRUE(unpack(packed, 1) == unpacked) << name << ", from a slow source";
        EXPECT_TRUE(unpack(packed, 1 << 20, 1) == unpacked) << name << ", into a small buffer";
        EXPECT_TRUE(unpack(packed, 1, 1) == unpacked) << name << ", both";
        EXPECT_TRUE(unpack(packed, 7, 13) == unpacked) << name << ", by sevens and thirteens";
    }
}

TEST(Inflate, UnpacksMoreThanItsBuffers) {
    const std::string bytes = text(700'000) + noise(900'000) + text(50);
    EXPECT_TRUE(unpack(gzip(bytes)) == bytes);
    EXPECT_TRUE(unpack(gzip(bytes) + gzip(bytes), 4096) == bytes + bytes);
    EXPECT_TRUE(unpack(zstd(bytes, {true})) == bytes);
    EXPECT_TRUE(unpack(zstd(bytes, {false, 0, false}), 100'000) == bytes);
    EXPECT_TRUE(unpack(bytes, 100'000) == bytes);
}

TEST(Inflate, GivesTheLastBlockOfZstdThatDoesNotFitTheBuffer) {
    // Frames without checksum, whose last packed byte is read while unpacked ones still wait.
    for (const std::size_t size : {131'073UL, 262'145UL, 300'000UL, 393'215UL, 400'000UL, 1'000'000UL})
        for (const bool sized : {true, false}) {
            const std::string bytes = text(size), wild = noise(size);
            EXPECT_TRUE(unpack(zstd(bytes, {false, 0, sized})) == bytes) << size;
            EXPECT_TRUE(unpack(zstd(wild, {false, 0, sized})) == wild) << size;
            EXPECT_TRUE(unpack(zstd(bytes, {false, 0, sized}), 1 << 20, 100'000) == bytes) << size;
        }
}

TEST(Inflate, NoticesWhereGzipIsCutShort) {
    const std::string whole = gzip(text(3000), "name"), two = gzip("first") + whole;
    for (std::size_t size = 2; size < whole.size(); ++size)
        EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("the layer cannot be unpacked"))
            << size << " of " << whole.size();
    for (std::size_t size = gzip("first").size() + 2; size < two.size(); ++size)
        EXPECT_THAT(refusal(two.substr(0, size)), HasSubstr("the layer cannot be unpacked"))
            << size << " of " << two.size();
}

TEST(Inflate, NoticesWhereZstdIsCutShort) {
    const std::string whole = zstd(text(3000), {true}), two = zstd("first") + whole;
    for (std::size_t size = 4; size < whole.size(); ++size)
        EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("the layer cannot be unpacked"))
            << size << " of " << whole.size();
    for (std::size_t size = zstd("first").size() + 1; size < two.size(); ++size)
        EXPECT_THAT(refusal(two.substr(0, size)), HasSubstr("the layer cannot be unpacked"))
            << size << " of " << two.size();
    const std::string skip = zstd("first") + skippable(100);
    EXPECT_THAT(refusal(skip.substr(0, skip.size() - 1)), HasSubstr("the layer cannot be unpacked"));
}

TEST(Inflate, NoticesAWrongChecksum) {
    const std::string packed = gzip(text(3000));
    for (std::size_t i = 8; i > 4; --i) { // CRC-32; the length behind it is checked, too
        std::string spoilt = packed;
        spoilt[spoilt.size() - i] ^= 1;
        EXPECT_THAT(refusal(spoilt), HasSubstr("checksum")) << i;
    }
    for (std::size_t i = 4; i > 0; --i) {
        std::string spoilt = packed;
        spoilt[spoilt.size() - i] ^= 1;
        EXPECT_THAT(refusal(spoilt), HasSubstr("the layer cannot be unpacked")) << i;
    }
    std::string frame = zstd(text(3000), {true});
    frame.back() ^= 1;
    EXPECT_THAT(refusal(frame), HasSubstr("the layer cannot be unpacked"));
}

TEST(Inflate, NoticesDamage) {
    for (const std::string &packed : {gzip(noise(5000), nullptr, 0), zstd(noise(5000), {true})})
        for (std::size_t i = 20; i < packed.size(); i += 97) {
            std::string spoilt = packed;
            spoilt[i] ^= 0x20;
            EXPECT_THAT(refusal(spoilt), HasSubstr("the layer cannot be unpacked")) << i;
        }
    EXPECT_THAT(refusal(std::string("\x1f\x8b\x07", 3) + "xxxxxxxxxxxxxxx"), HasSubstr("damaged")) << "no known method";
    EXPECT_THAT(refusal(zstd("a") + "not a frame"), HasSubstr("damaged"));
}

// An empty frame with that window (RFC 8878 section 3.1.1.1.2).
std::string frame_with_window(int log) {
    return std::string("\x28\xb5\x2f\xfd\0", 5) + static_cast<char>((log - 10) << 3) + std::string("\1\0\0", 3);
}

TEST(Inflate, TakesWindowsUpTo128MiB) { // zstd --long=27, --ultra -22; klauspost's best
    const std::string bytes = text(300'000);
    for (const int log : {10, 23, 25}) EXPECT_TRUE(unpack(zstd(bytes, {false, log, false})) == bytes) << log;
    for (int log = 10; log <= 27; ++log) EXPECT_EQ(unpack(frame_with_window(log)), "") << log;
    for (int log = 28; log <= 41; ++log)
        EXPECT_THAT(refusal(frame_with_window(log)), HasSubstr("window is larger than 128 MiB")) << log;
    EXPECT_THAT(refusal(zstd(bytes) + frame_with_window(30)), HasSubstr("window is larger")) << "in a later frame, too";
}

TEST(Inflate, RefusesBzip2AndXzByName) {
    EXPECT_THAT(refusal("BZh91AY&SY"), HasSubstr("bzip2"));
    EXPECT_THAT(refusal(std::string("\xfd"
                                    "7zXZ\0\0\x04",
                                    8)),
                HasSubstr("xz"));
    EXPECT_EQ(unpack("BZ"), "BZ");
}

TEST(Inflate, PassesFailuresOfItsSourceOn) {
    for (const std::string &packed : {gzip(noise(5000)), zstd(noise(5000)), noise(5000)}) {
        int calls = 0;
        const auto inflater = Inflater::open(
            [&, inner = source(packed, 1000)](void *data, std::size_t size) mutable {
                if (++calls == 3) throw Error(Kind::disk, "cannot read");
                return inner(data, size);
            },
            "the layer");
        std::string buffer(100'000, '\0');
        EXPECT_THROW(while (inflater->read(buffer.data(), buffer.size())){}, Error);
    }
}

TEST(Ceiling, IsTenGibibytesOrTwoHundredTimesThePacked) {
    constexpr std::uint64_t gib = std::uint64_t(1) << 30;
    static_assert(unpacked_ceiling(0) == 10 * gib);
    static_assert(unpacked_ceiling(10 * gib / 200) == 10 * gib);
    static_assert(unpacked_ceiling(10 * gib / 200 + 1) == (10 * gib / 200 + 1) * 200);
    EXPECT_EQ(unpacked_ceiling(gib), 200 * gib);
    EXPECT_EQ(unpacked_ceiling(std::uint64_t(1) << 53), (std::uint64_t(1) << 53) * 200)
        << "no overflow for any size there is";
}

} // namespace
} // namespace ferry::core
