#include "cli/show/output.h"

#include "cli/system.h"
#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <unistd.h>

namespace ferry::cli {

namespace {

std::string formatted(std::int64_t seconds, const char *format) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm date{};
    char text[64] = "";
    if (::gmtime_r(&time, &date)) std::strftime(text, sizeof text, format, &date);
    return text;
}

[[noreturn]] void cannot_write() {
    throw core::Error(core::Kind::disk, say("cannot write to standard output: {}", std::strerror(errno)),
                      say("check the file or the program that standard output leads to"));
}

} // namespace

void check_out() {
    if (::write(STDOUT_FILENO, "", 0) < 0) cannot_write();
}

void write_out(const void *data, std::size_t size) {
    const char *bytes = static_cast<const char *>(data);
    while (size) {
        const ssize_t done = ::write(STDOUT_FILENO, bytes, size);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EAGAIN) { // somebody who shares it made it non-blocking
            pollfd ready{STDOUT_FILENO, POLLOUT, 0};
            ::poll(&ready, 1, -1);
            continue;
        }
        if (done <= 0) cannot_write();
        bytes += done;
        size -= static_cast<std::size_t>(done);
    }
}

void print_line(const std::string &line) {
    const std::string text = line + "\n";
    write_out(text.data(), text.size());
}

void print_result(const std::string &line) {
    if (!output_closed()) print_line(line);
}

std::string date_text(std::int64_t seconds) {
    return formatted(seconds, "%Y-%m-%d %H:%M UTC");
}

std::string date_json(std::int64_t seconds) {
    return formatted(seconds, "%Y-%m-%dT%H:%M:%SZ");
}

} // namespace ferry::cli
