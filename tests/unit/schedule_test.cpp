#include "core/transfer/schedule.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <deque>

namespace ferry::core {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t mib = 1 << 20;

class ScheduleTest : public testing::Test {
protected:
    std::size_t add(Schedule &schedule, std::uint64_t size, bool spooled = false, bool settled = false) {
        const Descriptor descriptor{digest_of(std::to_string(blobs.size())), "", size, {}};
        return schedule.add(blobs.emplace_back(descriptor, sink), spooled, settled);
    }
    // The blobs that are begun, one after the other, until there is nothing to do.
    static std::vector<std::size_t> begun(Schedule &schedule) {
        std::vector<std::size_t> numbers;
        while (const auto job = schedule.next()) numbers.push_back(job->number);
        return numbers;
    }
    void fetched(Schedule &schedule, const Schedule::Job &job) {
        const std::string bytes(static_cast<std::size_t>(job.claim->end - job.claim->at), '.');
        for (std::size_t at = 0; at < bytes.size(); at += Blob::most_write)
            blobs[job.number].write(job.claim, bytes.data(), std::min(bytes.size() - at, Blob::most_write));
        blobs[job.number].release(job.claim);
        schedule.set_verified(job.number);
    }

    test::MemoryDisk disk;
    std::unique_ptr<File> file = disk.open("part", true);
    FileSink sink{*file, 0};
    std::deque<Blob> blobs;
    FetchRules rules;
};

TEST_F(ScheduleTest, BeginsWithWhatIsToBeUnpackedInOrderAndThenWithTheLargest) {
    Schedule schedule(rules);
    add(schedule, 10);
    add(schedule, 3 * mib);
    add(schedule, 5, true);
    add(schedule, 7, true);
    add(schedule, 0);
    add(schedule, 2 * mib);
    add(schedule, 9 * mib, false, true);
    schedule.begin();
    EXPECT_EQ(schedule.open(), 6U);
    EXPECT_THAT(begun(schedule), ElementsAre(2, 3, 1, 5, 0));
}

TEST_F(ScheduleTest, AdmitsToTheSpoolInOrderAsThereIsRoom) {
    rules.spool_limit = 100;
    Schedule schedule(rules);
    for (const std::uint64_t size : {60, 30, 50, 1}) add(schedule, size, true);
    schedule.begin();
    auto first = schedule.next(), second = schedule.next();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->number + second->number, 1U);
    EXPECT_FALSE(schedule.next()) << "the small one would fit, but it is not its turn";
    EXPECT_FALSE(schedule.has_reader());
    fetched(schedule, *first);
    EXPECT_TRUE(schedule.has_reader());
    EXPECT_FALSE(schedule.next());
    schedule.consumed(0);
    EXPECT_FALSE(schedule.has_reader());
    EXPECT_THAT(begun(schedule), ElementsAre(2, 3));
}

TEST_F(ScheduleTest, AdmitsOneOfAnySizeToAnEmptySpool) {
    rules.spool_limit = 0;
    Schedule schedule(rules);
    add(schedule, 5 * mib, true);
    add(schedule, 10, true);
    schedule.begin();
    const auto only = schedule.next();
    ASSERT_TRUE(only);
    EXPECT_FALSE(schedule.next());
    fetched(schedule, *only);
    schedule.consumed(0);
    EXPECT_THAT(begun(schedule), ElementsAre(1));
}

TEST_F(ScheduleTest, JoinsInWhereTheMostTimeIsLeftAndThePaceIsKnown) {
    rules.least_split = mib;
    Schedule schedule(rules);
    add(schedule, 20 * mib);
    add(schedule, 10 * mib);
    schedule.begin();
    EXPECT_THAT(begun(schedule), ElementsAre(0, 1)) << "nobody joins in before the first byte";
    EXPECT_TRUE(schedule.set_pace(0, {0.01, 20e6}));
    EXPECT_FALSE(schedule.set_pace(0, {0.01, 20e6})) << "that was known";
    EXPECT_TRUE(schedule.set_pace(1, {0.01, 2e6})); // five seconds, and the other one has one
    const auto job = schedule.next();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->number, 1U);
    EXPECT_TRUE(job->shared);
    EXPECT_EQ(job->claim->at, 5 * mib);
    schedule.ignores_ranges(1);
    EXPECT_FALSE(schedule.has_ranges(1));
    const auto other = schedule.next();
    ASSERT_TRUE(other);
    EXPECT_EQ(other->number, 0U) << "where ranges are ignored nobody can help";
}

TEST_F(ScheduleTest, TakesSegmentsOfABlobThatIsShared) {
    rules.segments = {mib, mib, 0};
    rules.least_split = mib;
    Schedule schedule(rules);
    add(schedule, 20 * mib);
    schedule.begin();
    ASSERT_TRUE(schedule.next());
    schedule.set_pace(0, {0, 100e6});
    for (const std::uint64_t begin : {mib, 2 * mib, 3 * mib}) {
        const auto job = schedule.next();
        ASSERT_TRUE(job);
        EXPECT_EQ(job->claim->at, begin);
        EXPECT_EQ(job->claim->end, begin + mib);
    }
}

} // namespace
} // namespace ferry::core
