#include "core/os/flusher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>

namespace ferry::core {
namespace {

using std::chrono::milliseconds;
constexpr std::uint64_t begin_every = Flusher::begin_every, flush_every = Flusher::flush_every;
constexpr milliseconds forever = std::chrono::hours(1);

// A device that counts, and that can be waited for.
class Counting {
public:
    Flusher::Device device() {
        return {[this] { count(begun_); },
                [this] {
                    const int told = answer;
                    count(flushed_);
                    return told;
                }};
    }
    void wait_begun(int times) { wait(begun_, times); }
    void wait_flushed(int times) { wait(flushed_, times); }
    int begun() { return read(begun_); }
    int flushed() { return read(flushed_); }
    std::atomic<int> answer{0};

private:
    void count(int &what) {
        const std::lock_guard lock(mutex_);
        ++what;
        changed_.notify_all();
    }
    void wait(const int &what, int times) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return what >= times; });
    }
    int read(const int &what) {
        const std::lock_guard lock(mutex_);
        return what;
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    int begun_ = 0, flushed_ = 0;
};

TEST(Flusher, LeavesASmallFileToTheSyncAtItsEnd) {
    Counting disk;
    Flusher flusher(disk.device(), forever);
    for (int i = 0; i < 15; ++i) flusher.wrote(1 << 20);
    EXPECT_EQ(flusher.finish(), 0);
    EXPECT_EQ(disk.begun(), 0);
    EXPECT_EQ(disk.flushed(), 0);
}

TEST(Flusher, BeginsOftenAndFlushesSeldom) {
    Counting disk;
    Flusher flusher(disk.device(), forever);
    flusher.wrote(begin_every);
    disk.wait_begun(1);
    disk.wait_flushed(1); // the first one is early
    for (std::uint64_t written = begin_every, steps = 1; written < begin_every + flush_every; written += begin_every) {
        EXPECT_EQ(disk.flushed(), 1);
        flusher.wrote(begin_every);
        disk.wait_begun(static_cast<int>(++steps));
    }
    disk.wait_flushed(2);
    EXPECT_EQ(flusher.finish(), 0);
    EXPECT_EQ(disk.begun(), 5);
}

TEST(Flusher, FlushesNoMoreWhereThatTakesLong) {
    Counting disk;
    Flusher flusher(disk.device(), milliseconds(-1)); // any time is too long
    for (int steps = 1; steps <= 12; ++steps) {
        flusher.wrote(begin_every);
        disk.wait_begun(steps);
    }
    EXPECT_EQ(flusher.finish(), 0);
    EXPECT_EQ(disk.flushed(), 1);
}

TEST(Flusher, TellsInTheEndWhatTheDeviceLost) {
    Counting disk;
    Flusher flusher(disk.device(), forever);
    disk.answer = EIO;
    flusher.wrote(begin_every);
    disk.wait_flushed(1);
    disk.answer = 0;
    flusher.wrote(flush_every);
    disk.wait_flushed(2);
    EXPECT_EQ(flusher.finish(), EIO) << "what was lost once is lost";
    EXPECT_EQ(flusher.finish(), EIO);
}

TEST(Flusher, EndsAfterAFlushUnderWay) {
    std::promise<void> entered, leave;
    std::atomic<bool> left{false};
    {
        Flusher flusher({[] {},
                         [&, wait = leave.get_future().share()] {
                             entered.set_value();
                             wait.wait();
                             left = true;
                             return 0;
                         }},
                        forever);
        flusher.wrote(begin_every);
        entered.get_future().wait();
        const auto writer = std::async(std::launch::async, [&] { flusher.wrote(begin_every); });
        writer.wait(); // nobody who writes waits for the device
        EXPECT_FALSE(left);
        leave.set_value();
    }
    EXPECT_TRUE(left);
}

} // namespace
} // namespace ferry::core
