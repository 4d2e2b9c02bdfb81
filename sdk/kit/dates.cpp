#include <ferry/kit/ascii.hpp>
#include <ferry/kit/dates.hpp>

#include <algorithm>
#include <cstdio>

namespace ferry::kit {

namespace {

constexpr std::int64_t day_s = 86'400;

// Does `text` look like `form`, in which 0 stands for a digit, A for a capital letter, a for a small one, and
// everything else for itself?
bool fits(std::string_view text, std::string_view form) noexcept {
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char want = form[i], have = text[i];
        const bool good = want == '0'   ? is_digit(have)
                          : want == 'A' ? is_upper(have)
                          : want == 'a' ? have >= 'a' && have <= 'z'
                                        : have == want;
        if (!good) return false;
    }
    return true;
}

// Of digits.
int number(std::string_view digits) noexcept {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

// hh:mm:ss
void set_time(DateTime &date, std::string_view time) noexcept {
    date.hour = number(time.substr(0, 2));
    date.minute = number(time.substr(3, 2));
    date.second = number(time.substr(6, 2));
}

} // namespace

bool DateTime::valid() const noexcept {
    static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap) && hour >= 0 && hour <= 23 && minute >= 0 &&
           minute <= 59 && second >= 0 && second <= 60;
}

// Both count in years that begin on March 1, so that the leap day is the last one, and in eras of 400 years (Howard
// Hinnant, "chrono-Compatible Low-Level Date Algorithms").
std::int64_t seconds_of(const DateTime &date) noexcept {
    const std::int64_t year = date.year - (date.month <= 2);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (era * 146'097 + day_of_era - 719'468) * day_s + date.hour * 3600 + date.minute * 60 + date.second;
}

DateTime date_of(std::int64_t seconds) noexcept {
    std::int64_t days = seconds / day_s, rest = seconds % day_s;
    if (rest < 0) {
        rest += day_s;
        --days;
    }
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097, day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month = (5 * day_of_year + 2) / 153;
    DateTime date;
    date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
    date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2);
    date.hour = static_cast<int>(rest / 3600);
    date.minute = static_cast<int>(rest / 60 % 60);
    date.second = static_cast<int>(rest % 60);
    return date;
}

std::optional<Rfc3339> split_rfc3339(std::string_view text) {
    constexpr std::string_view day_form = "0000-00-00", time_form = "00:00:00";
    constexpr std::size_t head = day_form.size() + 1 + time_form.size();
    if (text.size() <= head || !fits(text.substr(0, day_form.size()), day_form) ||
        !fits(text.substr(day_form.size() + 1, time_form.size()), time_form))
        return std::nullopt;
    Rfc3339 out{};
    out.local.year = number(text.substr(0, 4));
    out.local.month = number(text.substr(5, 2));
    out.local.day = number(text.substr(8, 2));
    out.separator = text[day_form.size()];
    set_time(out.local, text.substr(day_form.size() + 1));
    text.remove_prefix(head);
    if (text[0] == '.' || text[0] == ',') {
        const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
        if (end == 1) return std::nullopt;
        out.fraction = text.substr(1, end - 1);
        text.remove_prefix(end);
    }
    out.zone = text;
    const bool separated = out.separator == 'T' || out.separator == 't' || out.separator == ' ';
    const bool zoned = text == "Z" || text == "z" || fits(text, "+00:00") || fits(text, "-00:00");
    return separated && zoned && out.local.valid() ? std::optional(out) : std::nullopt;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
    const auto date = split_rfc3339(text);
    if (!date) return std::nullopt;
    const std::int64_t seconds = seconds_of(date->local);
    if (date->zone.size() == 1) return seconds;
    const int hours = number(date->zone.substr(1, 2)), minutes = number(date->zone.substr(4, 2));
    if (hours > 23 || minutes > 59) return std::nullopt;
    return seconds - (date->zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

std::string rfc3339(std::int64_t seconds) {
    const DateTime date = date_of(seconds);
    char text[64];
    std::snprintf(text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02dZ", static_cast<long long>(date.year), date.month,
                  date.day, date.hour, date.minute, date.second);
    return text;
}

std::string date_text(std::int64_t seconds) {
    const DateTime date = date_of(seconds);
    char text[64];
    std::snprintf(text, sizeof text, "%04lld-%02d-%02d %02d:%02d UTC", static_cast<long long>(date.year), date.month,
                  date.day, date.hour, date.minute);
    return text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (!fits(text, "Aaa, 00 Aaa 0000 00:00:00 GMT")) return std::nullopt;
    const auto month = months.find(text.substr(8, 3));
    if (month == months.npos || month % 3) return std::nullopt;
    DateTime date;
    date.year = number(text.substr(12, 4));
    date.month = static_cast<int>(month / 3) + 1;
    date.day = number(text.substr(5, 2));
    set_time(date, text.substr(17));
    return date.valid() ? std::optional(seconds_of(date)) : std::nullopt;
}

std::int64_t parse_retry_after(std::string_view value, std::int64_t now) {
    constexpr std::int64_t most_s = 10 * 365 * day_s;
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_digit)) {
        const std::size_t zeros = std::min(value.find_first_not_of('0'), value.size());
        value.remove_prefix(zeros);
        return (value.size() > 9 ? most_s : std::min<std::int64_t>(number(value), most_s)) * 1000;
    }
    const auto date = parse_http_date(value);
    if (!date) return -1;
    return (*date <= now ? 0 : std::min(*date - now, most_s)) * 1000;
}

} // namespace ferry::kit
