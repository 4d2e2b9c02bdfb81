// The throttle's bookings, by a clock of the test's own.
#include "transport/pace.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace ferry::throttle;
using namespace std::chrono_literals;

TEST(Rate, IsReadAsCurlWritesIt) {
    const struct {
        const char *text;
        double rate; // 0: none
    } rows[] = {
        {"1", 1},
        {"1000", 1000},
        {"500K", 500 * 1024.0},
        {"500k", 500 * 1024.0},
        {"5M", 5 * 1048576.0},
        {"1.5G", 1.5 * 1073741824.0},
        {"5MB", 5 * 1048576.0},
        {"5MiB/s", 5 * 1048576.0},
        {"5M/s", 5 * 1048576.0},
        {"100B/s", 100},
        {"", 0},
        {"0", 0},
        {"-5M", 0},
        {"M", 0},
        {"5X", 0},
        {"5 M", 0},
        {"5MM", 0},
        {"1e9", 0},
        {"inf", 0},
        {"nan", 0},
        {"0.5", 0},
        {"9999999999G", 0},
        {"5Mx", 0},
    };
    for (const auto &row : rows) EXPECT_EQ(parse_rate(row.text).value_or(0), row.rate) << row.text;
}

TEST(Pace, LetsTheRateThroughAndNoMore) {
    Pace pace(1000);
    const Clock::time_point start{1h};
    // 200 ms are made up for at the start; from then on 100 bytes take 100 ms.
    EXPECT_EQ(pace.book(start, 100), start - 200ms);
    EXPECT_EQ(pace.book(start, 100), start - 100ms);
    EXPECT_EQ(pace.book(start, 100), start);
    EXPECT_EQ(pace.book(start, 100), start + 100ms);
    EXPECT_EQ(pace.book(start + 150ms, 500), start + 200ms);
    EXPECT_EQ(pace.book(start + 150ms, 1), start + 700ms);
    // A long silence is not saved up.
    EXPECT_EQ(pace.book(start + 1min, 100), start + 1min - 200ms);
}

TEST(Pace, ReadersThatTakeTurnsGetTheSame) {
    Pace pace(64 << 10);
    const Clock::time_point start{1h};
    Clock::time_point now = start;
    std::size_t got[3] = {};
    Clock::time_point may[3];
    const std::size_t slice = pace.slice(256 << 10);
    for (auto &one : may) one = pace.book(now, slice);
    // Each reads when it may and books anew at once; the one that may first is next.
    while (now < start + 10s) {
        const auto next = static_cast<std::size_t>(std::min_element(may, may + 3) - may);
        now = std::max(now, may[next]);
        got[next] += slice;
        may[next] = pace.book(now, slice);
    }
    for (const std::size_t bytes : got) {
        EXPECT_GE(bytes + 2 * slice, got[0]);
        EXPECT_LE(bytes, got[0] + 2 * slice);
    }
    const auto all = static_cast<double>(got[0] + got[1] + got[2]);
    EXPECT_NEAR(all / (64 << 10), 10.2, 0.2) << "ten seconds and what the start makes up for";
}

TEST(Pace, WhatDidNotComeIsFreeAgain) {
    Pace pace(1000);
    const Clock::time_point start{1h};
    pace.book(start, 1000);
    pace.give_back(900);
    EXPECT_EQ(pace.book(start, 1), start - 100ms);
}

TEST(Pace, SlicesAreFairAndNeverNothing) {
    EXPECT_EQ(Pace(1e9).slice(1 << 20), std::size_t{256} << 10);
    EXPECT_EQ(Pace(32 << 20).slice(1 << 20), std::size_t{256} << 10);
    EXPECT_EQ(Pace(3200 << 10).slice(1 << 20), std::size_t{100} << 10);
    EXPECT_EQ(Pace(1).slice(1 << 20), 512u);
    EXPECT_EQ(Pace(1).slice(10), 10u);
    EXPECT_EQ(Pace(1e9).slice(1), 1u);
}
