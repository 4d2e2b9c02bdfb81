#include "core/base/checksum.h"
#include "core/transfer/blob.h"
#include "support/compress.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <deque>
#include <random>
#include <thread>

namespace ferry::core {
namespace {

using test::MemoryDisk;
using test::noise;
using Verdict = Blob::Verdict;

constexpr std::uint64_t chunk = Blob::default_chunk;

Descriptor descriptor_of(const std::string &bytes, const std::string &like = {}) {
    return {digest_of(bytes, like), "", bytes.size(), {}};
}

class BlobTest : public testing::Test {
protected:
    void write(Blob &blob, const Blob::Claim &claim, const std::string &bytes, std::size_t step = Blob::most_write) {
        while (const std::size_t wanted = blob.wanted(claim)) {
            const std::uint64_t at = blob.range(claim).at;
            blob.write(claim, bytes.data() + at, std::min(wanted, step));
        }
        blob.release(claim);
    }
    // A sink that begins there in the file.
    FileSink &at(std::uint64_t base) { return sinks_.emplace_back(*file, base); }

    MemoryDisk disk;
    std::unique_ptr<File> file = disk.open("part", true);

private:
    std::deque<FileSink> sinks_;
};

TEST(Crc32, IsThatOfGzip) { // RFC 1952
    EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926U);
    EXPECT_EQ(crc32(crc32(0, "12345", 5), "6789", 4), 0xcbf43926U);
    EXPECT_EQ(crc32(0, "", 0), 0U);
}

TEST_F(BlobTest, IsWrittenToItsPlaceAndVerified) {
    for (const char *like : {"sha256:", "sha512:"}) {
        const std::string bytes = noise(3 * chunk + 5);
        Blob blob(descriptor_of(bytes, like), at(1000));
        const auto claim = blob.claim();
        ASSERT_TRUE(claim);
        EXPECT_EQ(blob.claim(), nullptr) << "nothing else is left";
        EXPECT_EQ(blob.verdict(), Verdict::incomplete);
        EXPECT_FALSE(blob.fetched());
        write(blob, claim, bytes, 100'000);
        EXPECT_TRUE(blob.fetched());
        EXPECT_EQ(blob.verdict(), Verdict::good);
        EXPECT_TRUE(disk.bytes("part").substr(1000) == bytes);
    }
}

TEST_F(BlobTest, WritesNothingBeyondItsPlace) {
    const std::string bytes = noise(4 * chunk), before = std::string(1000, '.');
    file->write_at(0, before.data(), before.size());
    Blob blob(descriptor_of(bytes), at(1000));
    const auto first = blob.claim(chunk), last = blob.claim();
    ASSERT_TRUE(first && last);
    const auto refused = [&](const Blob::Claim &claim, std::size_t size) {
        const std::string more(size, 'x');
        try {
            blob.write(claim, more.data(), more.size());
        } catch (const Error &e) {
            return e.kind() == Kind::other;
        }
        return false;
    };
    EXPECT_TRUE(refused(first, chunk + 1)) << "that is another's segment";
    EXPECT_TRUE(refused(last, 3 * chunk + 1)) << "that is behind the blob";
    EXPECT_EQ(disk.bytes("part"), before);
    write(blob, first, bytes);
    EXPECT_TRUE(refused(first, 1)) << "it is done";
    write(blob, last, bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
    EXPECT_TRUE(disk.bytes("part") == before + bytes);
}

TEST_F(BlobTest, OfNoBytesIsThereAtOnce) {
    Blob good({digest_of(""), "", 0, {}}, at(0)), bad({digest_of("x"), "", 0, {}}, at(0));
    EXPECT_EQ(good.claim(), nullptr);
    EXPECT_EQ(good.verdict(), Verdict::good);
    EXPECT_EQ(bad.verdict(), Verdict::bad);
}

TEST_F(BlobTest, OfWrongBytesIsBadUntilItIsFetchedAnew) {
    const std::string bytes = noise(chunk + 7);
    std::string wrong = bytes;
    wrong[chunk / 2] ^= 1;
    Blob blob(descriptor_of(bytes), at(0));
    write(blob, blob.claim(), wrong);
    EXPECT_EQ(blob.verdict(), Verdict::bad);
    EXPECT_EQ(blob.restart(), bytes.size());
    EXPECT_EQ(blob.verdict(), Verdict::incomplete);
    write(blob, blob.claim(), bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
    EXPECT_TRUE(disk.bytes("part") == bytes);
}

TEST_F(BlobTest, SplitsTheLargestRestInHalvesOnChunks) {
    Blob blob(descriptor_of(noise(20 * chunk)), at(0));
    EXPECT_EQ(blob.split(0), nullptr) << "nobody fetches anything yet";
    const auto first = blob.claim();
    const auto second = blob.split(4 * chunk);
    ASSERT_TRUE(second);
    EXPECT_EQ(blob.range(first).end, 10 * chunk);
    EXPECT_EQ(blob.range(second).at, 10 * chunk);
    EXPECT_EQ(blob.range(second).end, 20 * chunk);
    EXPECT_EQ(blob.largest_rest(), 10 * chunk);
    EXPECT_EQ(blob.split(10 * chunk + 1), nullptr) << "no rest is that large";
    const auto third = blob.split(4 * chunk);
    ASSERT_TRUE(third);
    EXPECT_EQ(blob.range(third).at % chunk, 0U);
    EXPECT_EQ(blob.range(third).end - blob.range(third).at, 5 * chunk);
}

TEST_F(BlobTest, IsSharedBySegmentsWhereItHasSeveralOfThem) {
    const std::string bytes = noise(20 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    const auto first = blob.claim();
    blob.write(first, bytes.data(), 100);
    const auto second = blob.split(0, 2 * chunk);
    ASSERT_TRUE(second);
    EXPECT_EQ(blob.range(first).end, 3 * chunk) << "the next chunk boundary";
    EXPECT_EQ(blob.range(second).at, 3 * chunk);
    EXPECT_EQ(blob.range(second).end, 5 * chunk);
    const auto third = blob.claim(2 * chunk), all = blob.claim(7 * chunk);
    EXPECT_EQ(blob.range(third).end, 7 * chunk);
    EXPECT_EQ(blob.range(all).end, 20 * chunk) << "less than two segments are left, which is one";
    EXPECT_EQ(blob.claim(chunk), nullptr);
    const auto half = blob.split(0, 4 * chunk);
    EXPECT_EQ(blob.range(half).end - blob.range(half).at, 6 * chunk) << "13 chunks are no four segments";
    for (const auto &claim : {third, all, half, second, first}) write(blob, claim, bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
    EXPECT_TRUE(disk.bytes("part") == bytes);
}

TEST_F(BlobTest, GivesSegmentsBackAsOneRange) {
    const std::string bytes = noise(20 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    const auto first = blob.claim();
    const auto second = blob.split(0, 2 * chunk), third = blob.claim(2 * chunk);
    const std::uint64_t front = blob.range(first).end;
    write(blob, first, bytes);
    blob.release(third);
    blob.release(second);
    const auto rest = blob.claim();
    EXPECT_EQ(blob.range(rest).at, front);
    EXPECT_EQ(blob.range(rest).end, bytes.size());
    EXPECT_EQ(blob.claim(), nullptr);
}

TEST_F(BlobTest, GivesTheNeighbourWhatLiesBehindASegmentToo) {
    Blob blob(descriptor_of(noise(20 * chunk)), at(0));
    const auto first = blob.claim();
    const auto second = blob.split(0, 2 * chunk), third = blob.claim(2 * chunk);
    blob.release(third, true);
    EXPECT_EQ(blob.range(second).end, 20 * chunk);
    blob.release(second, true);
    EXPECT_EQ(blob.range(first).end, 20 * chunk);
    EXPECT_EQ(blob.claim(), nullptr);
}

TEST_F(BlobTest, NeverSplitsIntoBytesThatAreBeingWritten) {
    Blob blob(descriptor_of(noise(2 * chunk + 1)), at(0));
    const auto claim = blob.claim();
    while (const auto other = blob.split(0)) EXPECT_GT(blob.range(claim).end - blob.range(claim).at, Blob::most_write);
    Blob larger(descriptor_of(noise(20 * chunk)), at(0), 1000);
    const auto front = larger.claim();
    ASSERT_TRUE(larger.split(0, 1)) << "a segment smaller than what may be in hand";
    EXPECT_GT(larger.range(front).end, Blob::most_write);
    EXPECT_GT(blob.range(claim).end - blob.range(claim).at, Blob::most_write);
    EXPECT_LE(blob.wanted(claim), Blob::most_write);
}

TEST_F(BlobTest, GivesWhatAClaimLeavesToTheNext) {
    const std::string bytes = noise(4 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    auto claim = blob.claim();
    blob.write(claim, bytes.data(), 100);
    blob.release(claim);
    claim = blob.claim();
    ASSERT_TRUE(claim);
    EXPECT_EQ(blob.range(claim).at, 100U);
    write(blob, claim, bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
}

TEST_F(BlobTest, GivesWhatAClaimLeavesToItsNeighbourWhereAsked) {
    const std::string bytes = noise(8 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    const auto first = blob.claim();
    const auto second = blob.split(0);
    blob.release(second, true);
    EXPECT_EQ(blob.range(first).end, bytes.size());
    EXPECT_EQ(blob.claim(), nullptr);
    write(blob, first, bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
}

TEST_F(BlobTest, GivesItToAnybodyWhereTheNeighbourIsDone) {
    const std::string bytes = noise(8 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    const auto first = blob.claim();
    const auto second = blob.split(0);
    write(blob, first, bytes);
    blob.release(second, true);
    const auto third = blob.claim();
    ASSERT_TRUE(third);
    EXPECT_EQ(blob.range(third).at, 4 * chunk);
    write(blob, third, bytes);
    EXPECT_EQ(blob.verdict(), Verdict::good);
}

TEST_F(BlobTest, IsVerifiedInWhateverOrderItsBytesCome) {
    const std::string bytes = noise(16 * chunk + 321);
    for (unsigned seed = 0; seed < 10; ++seed) {
        Blob blob(descriptor_of(bytes), at(0));
        std::minstd_rand random(seed);
        std::vector<Blob::Claim> claims{blob.claim()};
        while (!claims.empty()) {
            if (random() % 4 == 0)
                if (auto other = blob.split(0, random() % 2 ? chunk : no_segments)) claims.push_back(std::move(other));
            const std::size_t i = random() % claims.size();
            const std::size_t wanted = blob.wanted(claims[i]);
            if (wanted)
                blob.write(claims[i], bytes.data() + blob.range(claims[i]).at,
                           std::min<std::size_t>(wanted, 1 + random() % (400 << 10)));
            if (!wanted || random() % 50 == 0) {
                blob.release(claims[i], random() % 2);
                claims.erase(claims.begin() + static_cast<std::ptrdiff_t>(i));
                if (auto next = blob.claim(random() % 2 ? chunk : no_segments)) claims.push_back(std::move(next));
            }
        }
        EXPECT_EQ(blob.verdict(), Verdict::good) << seed;
    }
}

TEST_F(BlobTest, IsVerifiedWhenManyThreadsBringIt) {
    const std::string bytes = noise(40 * chunk + 99);
    Blob blob(descriptor_of(bytes), at(77));
    {
        std::vector<std::jthread> threads;
        for (unsigned seed = 0; seed < 6; ++seed)
            threads.emplace_back([&, seed] {
                std::minstd_rand random(seed + 1);
                while (!blob.fetched()) {
                    auto claim = blob.claim(seed % 3 ? no_segments : 2 * chunk);
                    if (!claim) claim = blob.split(2 * chunk, seed % 2 ? 3 * chunk : no_segments);
                    if (!claim) {
                        std::this_thread::yield();
                        continue;
                    }
                    while (const std::size_t wanted = blob.wanted(claim)) {
                        if (random() % 20 == 0) break; // a connection that ends early
                        blob.write(claim, bytes.data() + blob.range(claim).at,
                                   std::min<std::size_t>(wanted, 1 + random() % (256 << 10)));
                    }
                    blob.release(claim);
                }
            });
    }
    EXPECT_EQ(blob.verdict(), Verdict::good);
    EXPECT_TRUE(disk.bytes("part").substr(77) == bytes);
}

TEST_F(BlobTest, TellsOfEachWholeChunkWithItsChecksumAndSource) {
    const std::string bytes = noise(4 * chunk + 10);
    std::map<std::uint64_t, std::pair<std::uint32_t, std::size_t>> told;
    Blob blob(descriptor_of(bytes), at(0), chunk, [&](std::uint64_t number, std::uint32_t crc, std::size_t source) {
        EXPECT_TRUE(told.emplace(number, std::pair(crc, source)).second) << number;
    });
    auto claim = blob.claim();
    claim->source = 3;
    while (blob.range(claim).at < chunk + 1000) blob.write(claim, bytes.data() + blob.range(claim).at, 1000);
    blob.release(claim);
    EXPECT_EQ(told.size(), 1U);
    claim = blob.claim();
    claim->source = 4;
    write(blob, claim, bytes, 3333);
    ASSERT_EQ(told.size(), 5U);
    for (const auto &[number, sent] : told)
        EXPECT_EQ(sent.first,
                  crc32(0, bytes.data() + number * chunk, std::min<std::size_t>(chunk, bytes.size() - number * chunk)))
            << number;
    EXPECT_EQ(told[0].second, 3U);
    EXPECT_EQ(told[1].second, Blob::unknown_source);
    EXPECT_EQ(told[4].second, 4U);
}

// Takes bytes in order and forgets them.
class Drain final : public Sink {
public:
    const std::string &name() const noexcept override { return name_; }
    bool in_order() const noexcept override { return true; }
    void write(std::uint64_t offset, const void *, std::size_t size) override {
        EXPECT_EQ(offset, taken);
        taken += size;
    }
    std::size_t read(std::uint64_t, void *, std::size_t) override {
        ADD_FAILURE() << "it keeps nothing";
        return 0;
    }
    void restart() override { taken = 0; }
    std::uint64_t taken = 0;

private:
    const std::string name_ = "drain";
};

TEST_F(BlobTest, IsVerifiedWithoutReadingBackWhatGoesInOrder) {
    const std::string bytes = noise(4 * chunk + 10);
    Drain drain;
    std::vector<std::uint64_t> told;
    Blob blob(descriptor_of(bytes), drain, chunk, [&](std::uint64_t number, std::uint32_t crc, std::size_t) {
        told.push_back(number);
        EXPECT_EQ(crc,
                  crc32(0, bytes.data() + number * chunk, std::min<std::size_t>(chunk, bytes.size() - number * chunk)));
    });
    for (int tries = 0; tries < 2; ++tries) {
        told.clear();
        auto claim = blob.claim();
        while (blob.range(claim).at < chunk + 1000) blob.write(claim, bytes.data() + blob.range(claim).at, 1000);
        blob.release(claim);
        write(blob, blob.claim(), bytes, 3333);
        EXPECT_THAT(told, testing::ElementsAre(0, 2, 3, 4)) << "nobody knows the checksum of the one that was cut";
        EXPECT_EQ(blob.verdict(), Verdict::good);
        EXPECT_EQ(drain.taken, bytes.size());
        blob.restart();
        EXPECT_EQ(drain.taken, 0U) << "the sink knows";
    }
}

TEST_F(BlobTest, RestoresChunksWhoseChecksumFits) {
    const std::string bytes = noise(4 * chunk + 10);
    const auto crc = [&](std::size_t n) {
        return crc32(0, bytes.data() + n * chunk, std::min<std::size_t>(chunk, bytes.size() - n * chunk));
    };
    file->write_at(0, bytes.data(), bytes.size());
    file->write_at(2 * chunk + 5, "!", 1); // damage
    Blob blob(descriptor_of(bytes), at(0));
    EXPECT_EQ(blob.restore(0, crc(0)), chunk);
    EXPECT_EQ(blob.restore(0, crc(0)), 0U) << "twice";
    EXPECT_EQ(blob.restore(2, crc(2)), 0U) << "damaged";
    EXPECT_EQ(blob.restore(3, crc(2)), 0U) << "of another chunk";
    EXPECT_EQ(blob.restore(4, crc(4)), 10U) << "the short one at the end";
    EXPECT_EQ(blob.restore(5, 0), 0U) << "beyond the end";
    EXPECT_EQ(blob.restore(UINT64_MAX, 0), 0U);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> missing;
    while (auto claim = blob.claim()) {
        missing.emplace_back(blob.range(claim).at, blob.range(claim).end);
        write(blob, claim, bytes);
    }
    EXPECT_THAT(missing, testing::ElementsAre(std::pair(chunk, 4 * chunk)));
    EXPECT_EQ(blob.verdict(), Verdict::good);
}

TEST_F(BlobTest, PassesFailuresOfTheDiskOn) {
    const std::string bytes = noise(2 * chunk);
    Blob blob(descriptor_of(bytes), at(0));
    const auto claim = blob.claim();
    disk.before = [](const std::string &action, const std::string &path) {
        if (action == "write") MemoryDisk::fail(path);
    };
    EXPECT_THROW(blob.write(claim, bytes.data(), 100), Error);
}

} // namespace
} // namespace ferry::core
