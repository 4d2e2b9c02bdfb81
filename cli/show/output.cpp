#include "cli/show/output.h"

#include "core/base/error.h"
#include "core/os/standard_streams.h"

#include <ferry/text.hpp>

#include <system_error>

namespace ferry::cli {

namespace {

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

} // namespace ferry::cli
