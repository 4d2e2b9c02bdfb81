#include <ferry/kit/dates.hpp>

#include <gtest/gtest.h>

namespace ferry::kit {
namespace {

TEST(Dates, AndSecondsAreTheSameInBothDirections) {
    const struct {
        std::int64_t seconds;
        const char *text;
    } table[] = {{0, "1970-01-01T00:00:00Z"},
                 {-1, "1969-12-31T23:59:59Z"},
                 {951782400, "2000-02-29T00:00:00Z"},
                 {1704164645, "2024-01-02T03:04:05Z"},
                 {4107542399, "2100-02-28T23:59:59Z"},
                 {4107542400, "2100-03-01T00:00:00Z"},
                 {-62135596800, "0001-01-01T00:00:00Z"},
                 {253402300799, "9999-12-31T23:59:59Z"}};
    for (const auto &[seconds, text] : table) {
        EXPECT_EQ(rfc3339(seconds), text);
        EXPECT_EQ(parse_rfc3339(text), seconds);
    }
    for (std::int64_t day = -200'000; day < 200'000; day += 13) // 1422 to 2517
        EXPECT_EQ(seconds_of(date_of(day * 86'400 + 3661)), day * 86'400 + 3661);
}

TEST(Dates, ForPeopleEndWithTheMinute) {
    EXPECT_EQ(date_text(1704164645), "2024-01-02 03:04 UTC");
}

TEST(Rfc3339, IsReadWithItsZone) {
    const std::pair<const char *, std::int64_t> table[] = {
        {"1970-01-01T00:00:01Z", 1},
        {"2024-01-02t03:04:05z", 1704164645},
        {"2024-01-02 03:04:05Z", 1704164645},
        {"2024-01-02T03:04:05.999999999Z", 1704164645},
        {"2024-01-02T04:04:05+01:00", 1704164645},
        {"2024-01-01T21:34:05.5-05:30", 1704164645},
        {"2024-02-29T12:00:00Z", 1709208000},
        {"2016-12-31T23:59:60Z", 1483228800}, // a leap second
    };
    for (const auto &[text, expected] : table) EXPECT_EQ(parse_rfc3339(text), expected) << text;
}

TEST(Rfc3339, IsNotADateWhenAPartIsImpossible) {
    for (const char *text :
         {"", "yesterday", "2024-01-02", "2024-01-02T03:04", "1704164645", "2024-13-01T00:00:00Z",
          "2024-00-01T00:00:00Z", "2024-01-32T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z",
          "2024-01-01T00:60:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00X", "2024-01-01T00:00:00Z and more",
          "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0100", "+024-01-01T00:00:00Z"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Rfc3339, IsTakenApartWithoutChangingAnything) {
    const auto date = split_rfc3339("2024-01-02T03:04:05,0600+99:99");
    ASSERT_TRUE(date);
    EXPECT_EQ(date->fraction, "0600");
    EXPECT_EQ(date->zone, "+99:99");
    EXPECT_EQ(date->separator, 'T');
}

TEST(HttpDate, IsTheFormThatServersMustSend) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    for (const char *text :
         {"", "Sun", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
          "Sun, 99 Foo 1994 99:99:99 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 anF 1994 08:49:37 GMT"})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

constexpr std::int64_t long_ms = std::int64_t(10) * 365 * 86'400 * 1000;

TEST(RetryAfter, IsReadAsSecondsOrAsADate) {
    constexpr std::int64_t now = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT
    const std::pair<const char *, std::int64_t> table[] = {
        {"0", 0},
        {"1", 1'000},
        {"120", 120'000},
        {"007", 7'000},
        {"0000000000007", 7'000},
        {"86400", 86'400'000},
        {"999999999999999999", long_ms},
        {"9223372036854775807", long_ms},
        {"Sun, 06 Nov 1994 08:49:38 GMT", 1'000},
        {"Mon, 07 Nov 1994 08:49:37 GMT", 86'400'000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", long_ms},
    };
    for (const auto &[value, expected] : table) EXPECT_EQ(parse_retry_after(value, now), expected) << value;
}

TEST(RetryAfter, ThatIsNeitherCountsForNothing) {
    for (const char *value : {"", " ", "soon", "-1", "+1", "1.5", "1e3", "880.092\xC2\xB5s", "1m30s", "0x10", "1 2",
                              "Sun", "1994-11-06T08:49:37Z", "Sun, 99 Foo 1994 99:99:99 GMT", ",", "Sun, 06"})
        EXPECT_EQ(parse_retry_after(value, 784111777), -1) << value;
}

TEST(RetryAfter, OfMoreDigitsThanAnyoneCountsIsStillLong) { // RFC 9110: delay-seconds = 1*DIGIT
    EXPECT_EQ(parse_retry_after("1" + std::string(100, '0'), 0), long_ms);
}

} // namespace
} // namespace ferry::kit
