// ferry/kit/dates.hpp: points in time as seconds since 1970 in UTC, without leap seconds, and as protocols write them.
// Link ferry::kit.
//
// Sources: RFC 3339; RFC 9110 sections 5.6.7 and 10.2.3. Needs no time zone and no locale. All functions are pure.
#ifndef FERRY_KIT_DATES_HPP
#define FERRY_KIT_DATES_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::kit {

// A date of the Gregorian calendar and a time of day.
struct DateTime {
    std::int64_t year = 1970;
    int month = 1, day = 1; // from 1
    int hour = 0, minute = 0, second = 0;

    // Does that day exist, and that second of it? 60 is one: a leap second.
    bool valid() const noexcept;
};
// Of a valid DateTime, in UTC.
std::int64_t seconds_of(const DateTime &date) noexcept;
DateTime date_of(std::int64_t seconds) noexcept;

// A date of RFC 3339 before its zone is taken into account. The views are into the text that it was read from.
struct Rfc3339 {
    DateTime local;
    char separator;            // T, t or a space
    std::string_view fraction; // of a second: digits; empty: there is none
    std::string_view zone;     // Z, z, or +hh:mm with any digits
};
// Takes `text` apart; nothing where it has another form, or names a day or second that does not exist. The fraction may
// begin with a comma, as in ISO 8601.
std::optional<Rfc3339> split_rfc3339(std::string_view text);

// Nothing where `text` is not a date of RFC 3339. A leap second is the one after it; fractions are cut off.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);
// 2026-11-27T13:05:00Z
std::string rfc3339(std::int64_t seconds);
// For people: 2026-11-27 13:05 UTC
std::string date_text(std::int64_t seconds);

// An HTTP date in the form that servers must send: Sun, 06 Nov 1994 08:49:37 GMT
std::optional<std::int64_t> parse_http_date(std::string_view text);

// Milliseconds to wait by a Retry-After field, whose value is a number of seconds or an HTTP date, at `now`; at most
// ten years. -1: unreadable.
std::int64_t parse_retry_after(std::string_view value, std::int64_t now);

} // namespace ferry::kit

#endif
