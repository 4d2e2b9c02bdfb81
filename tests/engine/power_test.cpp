// The power fails in mid-pull: whatever of the unsynced pages is lost, the next run ends right and fetches only what is
// missing or damaged.
#include "engine/disk.h"
#include "engine/room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace ferry::test {
namespace {

const FaultImage &dark_image() {
    static const FaultImage image = make_image(4, {{Packing::gzip, 3 << 20},
                                                   {Packing::zstd, 1 << 20},
                                                   {Packing::gzip, 70'000},
                                                   {Packing::plain, 1'500'000},
                                                   {Packing::gzip_members, 2 << 20}});
    return image;
}

std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
    file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

std::uint64_t little_endian(const char *from, int size) {
    std::uint64_t value = 0;
    for (int i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
}

struct Record {
    std::uint64_t kind, number, value;
};

// The journal as docs/output-formats.md has it, up to the first record that is torn: a header of 76 bytes, records
// of 24.
std::vector<Record> records_of(const std::string &journal) {
    std::vector<Record> records;
    if (journal.rfind("FERRYJN1", 0) != 0) return records;
    for (std::size_t at = 76; at + 24 <= journal.size(); at += 24) {
        const char *bytes = journal.data() + at;
        const auto kind = little_endian(bytes, 4);
        if (kind < 1 || kind > 3) break;
        records.push_back({kind, little_endian(bytes + 4, 4), little_endian(bytes + 8, 8)});
    }
    return records;
}

// By memmem(3) and not find(), which a sanitizer makes quadratic.
std::uint64_t place_of(const std::string &blob, const std::string &archive) {
    const void *found = ::memmem(archive.data(), archive.size(), blob.data(), blob.size());
    if (!found) throw std::logic_error("the archive does not hold the blob");
    return static_cast<std::uint64_t>(static_cast<const char *>(found) - archive.data());
}

class PowerLoss : public testing::TestWithParam<std::tuple<const char *, int>> {
protected:
    PowerLoss() : room(dark_image(), 64 << 10) {
        choice.format = std::get<0>(GetParam());
        choice.workers = std::get<1>(GetParam());
        choice.least_split = std::uint64_t(1) << 40;
        choice.disk = &disk;
    }

    // Bytes of layers that lie intact where the journal says that they are: in the part file at the place where the
    // finished archive has them, or in a spool.
    std::uint64_t intact(const std::string &archive) const {
        const std::string part = read_file(room.path("out.tar.part"));
        const auto records = records_of(read_file(room.path("out.tar.part.journal")));
        std::uint64_t bytes = 0;
        // Which blob a number means follows from the layout; its chunk is wherever such bytes are.
        for (const auto &[digest, blob] : room.image.blobs) {
            if (digest == room.image.config_digest) continue;
            const bool spooled = to_be_unpacked(digest);
            const std::string spool = spooled ? read_file(room.path("out.tar.part." + digest.substr(7, 16))) : "";
            const std::string_view file = spooled ? std::string_view(spool) : std::string_view(part);
            const std::uint64_t place = spooled ? 0 : place_of(blob, archive);
            const std::uint64_t number = number_of(digest);
            std::set<std::uint64_t> counted;
            for (const Record &record : records) {
                const std::uint64_t begin = record.value * choice.chunk;
                if (record.kind != 1 || record.number != number || begin >= blob.size()) continue;
                if (!counted.insert(record.value).second) continue;
                const std::string_view chunk = std::string_view(blob).substr(begin, choice.chunk);
                const std::uint64_t at = begin + place;
                if (at + chunk.size() <= file.size() && file.substr(at, chunk.size()) == chunk) bytes += chunk.size();
            }
        }
        return bytes;
    }

    bool to_be_unpacked(const std::string &digest) const { // zstd, or any
        return choice.format == "synology" || digest == room.image.layers[1].digest;
    }

    // Blobs are numbered as the archive has them: those that it holds as they came first, then those to be unpacked.
    std::uint64_t number_of(const std::string &digest) const {
        std::vector<std::string> order;
        for (const bool tail : {false, true})
            for (const auto &layer : room.image.layers)
                if (to_be_unpacked(layer.digest) == tail) order.push_back(layer.digest);
        return static_cast<std::uint64_t>(std::find(order.begin(), order.end(), digest) - order.begin());
    }

    FaultDisk disk;
    PullRoom room;
    PullChoice choice;
};

TEST_P(PowerLoss, TheNextRunMendsWhatIsDamagedAndNothingElse) {
    const std::string reference = room.reference(choice);
    ASSERT_EQ(room.pull(choice).digest, reference);
    const std::string archive = read_file(room.path());
    const std::uint64_t written = disk.written();
    std::size_t damaged = 0, saved = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        std::mt19937_64 random(seed);
        std::filesystem::remove(room.path());
        room.registry.reset();
        disk.power_fails_after(random() % written);
        const PullOutcome dark = room.pull(choice);
        ASSERT_TRUE(disk.power_failed()) << dark.text();
        ASSERT_TRUE(dark.failure);
        EXPECT_EQ(dark.digest, "");
        damaged += disk.power_returns(random);
        const std::uint64_t kept = intact(archive);
        saved += kept;
        room.registry.reset();
        const PullOutcome outcome = room.pull(choice);
        ASSERT_FALSE(outcome.failure) << "seed " << seed << ": " << outcome.text();
        EXPECT_EQ(outcome.digest, reference) << "seed " << seed;
        EXPECT_EQ(room.files(), std::vector<std::string>{"out.tar"}) << "seed " << seed;
        EXPECT_LE(room.registry.bytes(), room.image.transfer() - kept)
            << "seed " << seed << ": intact chunks were fetched again";
        EXPECT_EQ(disk.complaints(), std::vector<std::string>{});
    }
    EXPECT_GT(damaged, 0U) << "no page was damaged: this tests nothing";
    EXPECT_GT(saved, 0U) << "nothing survived: this tests nothing";
}

TEST_P(PowerLoss, AgainAndAgainItStillEndsRight) {
    const std::string reference = room.reference(choice);
    std::mt19937_64 random(99);
    std::uint64_t fetched = 0;
    for (int round = 0; round < 10; ++round) {
        disk.power_fails_after(1 + random() % (room.image.transfer() / 2));
        const PullOutcome dark = room.pull(choice);
        if (!dark.failure) break;
        ASSERT_TRUE(disk.power_failed()) << dark.text();
        EXPECT_EQ(dark.digest, "");
        disk.power_returns(random);
        ++fetched;
    }
    EXPECT_GT(fetched, 0U);
    disk.power_fails_after(~std::uint64_t(0));
    const PullOutcome outcome = room.pull(choice);
    ASSERT_FALSE(outcome.failure) << outcome.text();
    EXPECT_EQ(outcome.digest, reference);
    EXPECT_EQ(disk.complaints(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(All, PowerLoss, testing::Combine(testing::Values("docker", "synology"), testing::Values(1, 4)),
                         [](const auto &tested) {
                             return std::string(std::get<0>(tested.param)) + "_" +
                                    std::to_string(std::get<1>(tested.param));
                         });

} // namespace
} // namespace ferry::test
