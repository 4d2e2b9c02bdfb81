// A pull that ended early and is run again: the same archive, little fetched twice, and nothing used of another plan.
#include "engine/disk.h"
#include "engine/kinds.h"
#include "engine/room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <stop_token>
#include <thread>
#include <unistd.h>

namespace ferry::test {
namespace {

using Names = std::vector<std::string>;

constexpr std::uint64_t no_split = std::uint64_t(1) << 40;

const FaultImage &long_image() {
    static const FaultImage image = make_image(2, {{Packing::gzip, 6 << 20},
                                                   {Packing::zstd, 3 << 20},
                                                   {Packing::gzip, 100'000},
                                                   {Packing::plain, 2 << 20},
                                                   {Packing::gzip, 100'000}, // again
                                                   {Packing::gzip_members, 4 << 20}});
    return image;
}

class Resume : public testing::TestWithParam<std::tuple<const char *, int>> {
protected:
    Resume() : room(long_image(), 64 << 10) {
        choice.format = std::get<0>(GetParam());
        choice.workers = std::get<1>(GetParam());
        choice.least_split = no_split;
    }

    // A pull that is cancelled once the registry has sent so many bytes in all.
    PullOutcome pull_until(std::uint64_t bytes) {
        std::stop_source stop; // copies are one; the registry may outlast this call with its own
        room.registry.on_bytes([stop, bytes](std::uint64_t total) mutable {
            if (total >= bytes) stop.request_stop();
        });
        PullOutcome outcome = room.pull(choice, stop.get_token());
        room.registry.on_bytes({});
        return outcome;
    }

    // A pull that must not hang. One that does cannot be ended, and takes the test program with it.
    static PullOutcome pull_or_die(PullRoom &in, const PullChoice &how) {
        auto pull = std::async(std::launch::async, [&] { return in.pull(how); });
        if (pull.wait_for(std::chrono::seconds(30)) == std::future_status::ready) return pull.get();
        std::fprintf(stderr, "the pull hangs, and cannot be stopped\n");
        std::fflush(nullptr);
        std::_Exit(1);
    }

    // The first answers for all layers but these break off after some bytes.
    static FaultPolicy stall_all_but(std::vector<std::string> whole) {
        return for_layers([whole = std::move(whole)](const FaultRequest &request) {
            Fault fault;
            if (std::find(whole.begin(), whole.end(), request.blob) == whole.end()) {
                fault.stop_after = 10'000;
                fault.then = Fault::Then::stall;
            }
            return fault;
        });
    }

    // A pull that is cancelled as soon as that blob is here and is what its digest says.
    static PullOutcome pull_until_verified(PullRoom &in, PullChoice how, const std::string &digest) {
        class Watch final : public core::Observer {
        public:
            explicit Watch(std::string digest) : digest_(std::move(digest)) {}
            void begin(const std::string &, const std::vector<core::BlobInfo> &blobs) override {
                for (std::size_t i = 0; i < blobs.size(); ++i)
                    if (blobs[i].digest == digest_) place_ = i;
            }
            void state(std::size_t blob, core::BlobState state, const ferry::Text &) override {
                if (blob == place_ && state == core::BlobState::verified) stop.request_stop();
            }
            std::stop_source stop;

        private:
            std::string digest_;
            std::size_t place_ = 0;
        } watch(digest);
        how.observer = &watch;
        how.stall = 60'000;
        return in.pull(how, watch.stop.get_token());
    }

    PullRoom room;
    PullChoice choice;
};

TEST_P(Resume, CancelledAtRandomPointsItContinues) {
    std::mt19937_64 random(11);
    for (const std::uint64_t least_split : {no_split, std::uint64_t(1) << 20}) {
        choice.least_split = least_split;
        const std::string reference = room.reference(choice);
        room.registry.reset();
        std::filesystem::remove(room.path());
        std::uint64_t cancelled = 0;
        PullOutcome outcome;
        for (int round = 0; round < 6; ++round) {
            outcome = pull_until(room.registry.bytes() + 1 + random() % (room.image.transfer() / 3));
            if (!outcome.failure) break;
            ASSERT_EQ(kind_name(outcome.failure->kind()), "interrupted") << outcome.text();
            EXPECT_EQ(outcome.digest, "");
            EXPECT_NE(outcome.failure->remedy.english().find("out.tar.part"), std::string::npos)
                << "the user learns that it can be resumed";
            ++cancelled;
        }
        if (outcome.failure) outcome = room.pull(choice);
        ASSERT_FALSE(outcome.failure) << outcome.text();
        EXPECT_EQ(outcome.digest, reference);
        EXPECT_EQ(room.files(), Names{"out.tar"});
        // Where layers are split, what is on its way behind the cut is lost each time.
        const std::uint64_t splits = least_split == no_split ? 0 : room.registry.layer_requests();
        EXPECT_LE(room.registry.bytes(), room.image.transfer() + cancelled * choice.workers * room.loss(choice) +
                                             splits * (room.registry.window() + core::Blob::most_write));
    }
}

TEST_P(Resume, AnOldArchiveStandsUntilTheNewOneIsWhole) {
    const std::string reference = room.reference(choice);
    room.folder.write("out.tar", "what was here before");
    const std::string old = sha256("what was here before");
    EXPECT_EQ(pull_until(room.image.transfer() / 2).digest, old);
    EXPECT_EQ(room.pull(choice).digest, reference);
}

// Something else is wanted under the same name: `change` alters the choice, `image` is what it then names.
void expect_nothing_used(PullRoom &room, const PullChoice &choice, const FaultImage &image) {
    const std::string reference = room.reference(choice);
    const PullOutcome outcome = room.pull(choice);
    ASSERT_FALSE(outcome.failure) << outcome.text();
    EXPECT_EQ(outcome.digest, reference);
    EXPECT_EQ(room.registry.bytes(), image.transfer());
    EXPECT_EQ(room.files(), Names{"out.tar"});
}

TEST_P(Resume, NothingOfAnotherImageIsUsed) {
    const FaultImage other =
        make_image(77, {{Packing::gzip, 3 << 20}, {Packing::plain, 100'000}, {Packing::zstd, 1 << 20}});
    room.registry.put("2", other);
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    choice.tag = "2";
    expect_nothing_used(room, choice, other);
}

TEST_P(Resume, NothingOfAnotherOrderOfTheSameLayersIsUsed) {
    const FaultImage other =
        make_image(2, {{Packing::gzip_members, 4 << 20}, {Packing::plain, 2 << 20}, {Packing::gzip, 6 << 20}});
    room.registry.put("2", other);
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    choice.tag = "2";
    expect_nothing_used(room, choice, other);
}

TEST_P(Resume, NothingOfAnotherFormatIsUsed) {
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    choice.format = choice.format == "docker" ? "synology" : "docker";
    expect_nothing_used(room, choice, room.image);
}

TEST_P(Resume, NothingOfAnotherChunkSizeIsUsed) {
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    choice.chunk = 128 << 10;
    expect_nothing_used(room, choice, room.image);
}

TEST_P(Resume, WithAndWithoutASpoolItContinues) {
    const std::string reference = room.reference(choice);
    for (const bool spool : {true, false}) {
        std::filesystem::remove(room.path());
        room.registry.reset();
        choice.spool = spool;
        ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
        choice.spool = !spool;
        const PullOutcome outcome = room.pull(choice);
        EXPECT_EQ(outcome.digest, reference) << outcome.text();
        EXPECT_EQ(room.files(), Names{"out.tar"});
    }
}

TEST_P(Resume, WithoutASpoolUnpackedLayersAreNotFetchedAgain) {
    if (choice.format != "synology") GTEST_SKIP() << "nothing is spooled";
    choice.spool = false;
    const std::string reference = room.reference(choice);
    const std::uint64_t first = room.image.blobs.at(room.image.layers[0].digest).size();
    // The second layer begins when the first is unpacked.
    ASSERT_TRUE(pull_until(first + 500'000).failure);
    const std::uint64_t before = room.registry.bytes();
    EXPECT_EQ(room.pull(choice).digest, reference);
    EXPECT_LE(room.registry.bytes() - before, room.image.transfer() - first);
}

TEST_P(Resume, ForcedItUsesNothing) {
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    choice.force = true;
    expect_nothing_used(room, choice, room.image);
}

TEST_P(Resume, ForcedAndFailingItLeavesTheOldArchive) {
    const std::string reference = room.reference(choice);
    ASSERT_EQ(room.pull(choice).digest, reference);
    choice.force = true;
    choice.retries = 1;
    room.registry.policy(for_layers([](const FaultRequest &) {
        Fault fault;
        fault.status = 404;
        return fault;
    }));
    const PullOutcome outcome = room.pull(choice);
    EXPECT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.digest, reference);
    EXPECT_EQ(room.files(), Names{"out.tar"});
}

TEST_P(Resume, RubbishInThePlaceOfTheJournalIsNotBelieved) {
    const std::string reference = room.reference(choice);
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    room.folder.write("out.tar.part.journal", std::string(5000, '\x5a'));
    const PullOutcome outcome = room.pull(choice);
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
    EXPECT_EQ(room.files(), Names{"out.tar"});
}

TEST_P(Resume, ALongerPartOfNoKnownOriginLeavesNoTrace) {
    const std::string reference = room.reference(choice);
    room.folder.write("out.tar.part", std::string(40 << 20, 'x'));
    const PullOutcome outcome = room.pull(choice);
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
}

// The death between the journal's header and the part's truncation.
TEST_P(Resume, ALongerPartBesideAFreshJournalLeavesNoTrace) {
    const std::string reference = room.reference(choice);
    ASSERT_TRUE(pull_until(room.image.transfer() / 2).failure);
    std::filesystem::resize_file(room.path("out.tar.part.journal"), 8 + 64 + 4); // no records
    room.folder.write("out.tar.part", std::string(40 << 20, 'x'));
    const PullOutcome outcome = room.pull(choice);
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
}

TEST_P(Resume, TheSecondOfTwoAtOnceIsRefused) {
    const std::string reference = room.reference(choice);
    std::promise<void> begun, release;
    std::shared_future<void> released(release.get_future());
    std::atomic<bool> once{false};
    room.registry.on_bytes([&, released](std::uint64_t) {
        if (!once.exchange(true)) begun.set_value();
        released.wait();
    });
    auto first = std::async(std::launch::async, [&] { return room.pull(choice); });
    begun.get_future().wait();
    const PullOutcome second = room.pull(choice);
    release.set_value();
    const PullOutcome outcome = first.get();
    ASSERT_TRUE(second.failure);
    EXPECT_EQ(kind_name(second.failure->kind()), "disk") << second.text();
    EXPECT_NE(second.failure->message.english().find(room.path()), std::string::npos) << second.text();
    EXPECT_FALSE(second.failure->remedy.empty());
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
    EXPECT_EQ(room.files(), Names{"out.tar"});
}

TEST_P(Resume, AFullDiskKeepsTheOldArchiveAndWhatWasFetched) {
    FaultDisk measuring;
    const std::string reference = room.reference(choice);
    choice.disk = &measuring;
    ASSERT_EQ(room.pull(choice).digest, reference);
    EXPECT_EQ(measuring.renames(), 1);
    EXPECT_EQ(measuring.complaints(), Names{});
    std::mt19937_64 random(3);
    for (int round = 0; round < 8; ++round) {
        room.folder.write("out.tar", "what was here before");
        room.registry.reset();
        FaultDisk disk;
        disk.fills_after(random() % measuring.written());
        choice.disk = &disk;
        const PullOutcome outcome = room.pull(choice);
        ASSERT_TRUE(outcome.failure);
        EXPECT_EQ(kind_name(outcome.failure->kind()), "disk") << outcome.text();
        EXPECT_NE(outcome.failure->remedy.english().find("out.tar.part"), std::string::npos) << outcome.text();
        EXPECT_EQ(outcome.digest, sha256("what was here before")) << "the old archive is gone";
        // There is space again.
        choice.disk = &core::real_disk();
        EXPECT_EQ(room.pull(choice).digest, reference);
        EXPECT_EQ(room.files(), Names{"out.tar"});
        EXPECT_LE(room.registry.bytes(),
                  room.image.transfer() + std::uint64_t(choice.workers) * room.loss(choice) + room.registry.window())
            << "what was fetched is fetched again";
    }
}

TEST_P(Resume, ANameThatIsAFoldersIsKnownBeforeAnythingIsFetched) {
    std::filesystem::create_directory(room.path());
    const PullOutcome outcome = room.pull(choice);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(kind_name(outcome.failure->kind()), "disk") << outcome.text();
    EXPECT_EQ(room.registry.layer_requests(), 0U);
}

// A link in the place of each of ferry's files: nothing is written through it, and all is well when it is gone.
TEST_P(Resume, ALinkInThePlaceOfAFileIsRefusedAndNotFollowed) {
    const std::string reference = room.reference(choice);
    std::vector<std::string> names = {"out.tar.part", "out.tar.part.journal"};
    if (choice.format == "synology") names.push_back("out.tar.part." + room.image.layers[0].digest.substr(7, 16));
    for (const std::string &name : names) {
        const std::string victim = room.folder.write("victim", "precious"), link = room.path(name);
        std::filesystem::create_symlink("victim", link);
        const PullOutcome outcome = room.pull(choice);
        ASSERT_TRUE(outcome.failure) << name;
        EXPECT_EQ(kind_name(outcome.failure->kind()), "disk") << outcome.text();
        EXPECT_NE(outcome.failure->message.english().find(name), std::string::npos) << outcome.text();
        EXPECT_EQ(sha256_of_file(victim), sha256("precious"));
        EXPECT_TRUE(std::filesystem::is_symlink(link)) << name;
        if (name == "out.tar.part" ||
            name == "out.tar.part.journal") { // a spool is opened when there is something for it
            EXPECT_EQ(room.registry.layer_requests(), 0U);
        }
        std::filesystem::remove(link);
        std::filesystem::remove(victim);
        EXPECT_EQ(room.pull(choice).digest, reference);
        EXPECT_EQ(room.files(), Names{"out.tar"});
        std::filesystem::remove(room.path());
        room.registry.reset();
    }
}

TEST_P(Resume, WithoutANameTheArchiveIsHandedOverAndResumes) {
    const std::string reference = room.reference(choice);
    std::string got;
    choice.name = "-";
    choice.out = [&](const void *data, std::size_t size) { got.append(static_cast<const char *>(data), size); };
    ASSERT_TRUE(pull_until(room.image.transfer() * 2 / 3).failure);
    EXPECT_EQ(got, "");
    EXPECT_FALSE(room.files().empty());
    const std::uint64_t before = room.registry.bytes();
    const PullOutcome outcome = room.pull(choice);
    ASSERT_FALSE(outcome.failure) << outcome.text();
    EXPECT_EQ(sha256(got), reference);
    EXPECT_LE(room.registry.bytes(),
              room.image.transfer() + std::uint64_t(choice.workers) * room.loss(choice) + room.registry.window());
    EXPECT_GT(room.registry.bytes(), before);
    EXPECT_EQ(room.files(), Names{});
}

TEST_P(Resume, TwoWithoutANameInOneFolderBothEndRight) {
    const std::string reference = room.reference(choice);
    choice.name = "-";
    std::promise<void> begun, release;
    std::shared_future<void> released(release.get_future());
    std::atomic<bool> once{false};
    // In the midst of its layers.
    room.registry.on_bytes([&, released](std::uint64_t total) {
        if (total > 1'000'000 && !once.exchange(true)) {
            begun.set_value();
            released.wait();
        }
    });
    const auto pull = [&](std::string &got) {
        PullChoice own = choice;
        own.stall = 20'000;
        own.out = [&](const void *data, std::size_t size) { got.append(static_cast<const char *>(data), size); };
        return room.pull(own);
    };
    std::string first_got, second_got;
    auto first = std::async(std::launch::async, [&] { return pull(first_got); });
    begun.get_future().wait();
    const PullOutcome second = pull(second_got);
    release.set_value();
    EXPECT_FALSE(second.failure) << second.text();
    EXPECT_FALSE(first.get().failure);
    EXPECT_EQ(sha256(first_got), reference);
    EXPECT_EQ(sha256(second_got), reference);
    EXPECT_EQ(room.files(), Names{});
}

// All of the second layer is here, and the first is not: then the disk cannot read it back.
TEST_P(Resume, ADiskThatCannotReadEndsThePull) {
    const std::string &other = room.image.layers[2].digest;
    PullChoice first = choice;
    first.workers = 6;
    room.registry.policy(stall_all_but({other}));
    ASSERT_TRUE(pull_until_verified(room, first, other).failure);
    room.registry.policy({});
    choice.stall = 60'000;
    choice.retries = 0;
    choice.workers = 6;
    const bool spooled = choice.format == "synology";
    const std::uint64_t size = room.image.blobs.at(other).size();
    FaultDisk disk;
    disk.reading_fails(spooled ? "out.tar.part." + other.substr(7, 16) : "out.tar.part",
                       static_cast<int>((size + choice.chunk - 1) / choice.chunk));
    choice.disk = &disk;
    const PullOutcome outcome = pull_or_die(room, choice);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(kind_name(outcome.failure->kind()), "disk") << outcome.text();
}

// A layer that an earlier run fetched whole, and did not unpack, gives back no room in the spool that it never took.
TEST_P(Resume, ALayerFetchedBeforeDoesNotSpoilTheSpoolsAccount) {
    if (choice.format != "synology") GTEST_SKIP() << "nothing is spooled";
    PullRoom small(make_image(
        8, {{Packing::gzip, 100'000}, {Packing::gzip, 6 << 20}, {Packing::gzip, 1 << 20}, {Packing::gzip, 1'100'000}}));
    const std::string reference = small.reference(choice), large = small.image.layers[1].digest,
                      next = small.image.layers[2].digest;
    PullChoice first = choice;
    first.workers = 4;
    small.registry.policy(stall_all_but({large}));
    const std::string spool = small.path("out.tar.part." + large.substr(7, 16));
    ASSERT_TRUE(pull_until_verified(small, first, large).failure);
    ASSERT_EQ(sha256_of_file(spool), large);
    // The third layer comes when the second is unpacked, so that the fourth is asked for after that.
    small.registry.policy(for_layers([spool, next](const FaultRequest &request) {
        while (request.blob == next && std::filesystem::exists(spool)) ::usleep(1000);
        return Fault();
    }));
    choice.stall = 60'000;
    const PullOutcome outcome = pull_or_die(small, choice);
    EXPECT_FALSE(outcome.failure) << outcome.text();
    EXPECT_EQ(outcome.digest, reference);
}

INSTANTIATE_TEST_SUITE_P(All, Resume, testing::Combine(testing::Values("docker", "synology"), testing::Values(1, 4)),
                         [](const auto &tested) {
                             return std::string(std::get<0>(tested.param)) + "_" +
                                    std::to_string(std::get<1>(tested.param));
                         });

} // namespace
} // namespace ferry::test
