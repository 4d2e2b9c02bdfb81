#include "cli/show/output.h"

#include "core/base/error.h"
#include "core/os/standard_streams.h"

#include <ferry/text.hpp>

#include <chrono>
#include <cstdio>
#include <system_error>

namespace ferry::cli {

namespace {

// To the second, in UTC, with `between` the day and the time.
std::string date_of(std::int64_t seconds, const char *between) {
    using namespace std::chrono;
    const sys_seconds at{std::chrono::seconds(seconds)};
    const sys_days midnight = floor<days>(at);
    const year_month_day day(midnight);
    const hh_mm_ss time(at - midnight);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u%s%02d:%02d:%02d", int(day.year()), unsigned(day.month()),
                  unsigned(day.day()), between, int(time.hours().count()), int(time.minutes().count()),
                  int(time.seconds().count()));
    return text;
}

void check(const std::error_code &failed) {
    if (failed)
        throw core::Error(core::Kind::disk, say("cannot write to standard output: {}", failed.message()),
                          say("check the file or the program that standard output leads to"));
}

} // namespace

void check_out() {
    check(core::write_all(core::Standard::output, "", 0));
}

void write_out(const void *data, std::size_t size) {
    if (size) check(core::write_all(core::Standard::output, data, size));
}

void print_line(const std::string &line) {
    const std::string text = line + "\n";
    write_out(text.data(), text.size());
}

void print_result(const std::string &line) {
    if (!core::output_closed()) print_line(line);
}

std::string json_list(const std::vector<std::string> &items) {
    std::string out = "[";
    for (const std::string &item : items) out += (out.size() > 1 ? "," : "") + item;
    return out + "]";
}

std::vector<std::string> quoted(const std::vector<std::string> &texts) {
    std::vector<std::string> out;
    for (const std::string &text : texts) out.push_back(ferry::json_string(text));
    return out;
}

std::string date_text(std::int64_t seconds) {
    const std::string date = date_of(seconds, " ");
    return date.substr(0, date.rfind(':')) + " UTC";
}

std::string date_json(std::int64_t seconds) {
    return date_of(seconds, "T") + "Z";
}

} // namespace ferry::cli
