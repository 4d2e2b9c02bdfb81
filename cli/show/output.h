// Standard output: results, in lines.
#pragma once

#include <cstddef>
#include <string>

namespace ferry::cli {

// All throw core::Error(disk) when it cannot be written.
void write_out(const void *data, std::size_t size);
void print_line(const std::string &line);
// The same when it is known already that nothing can be written.
void check_out();
// A line about work that is done, such as the path of an archive: passed over where standard output was closed from the
// start, since nobody wants to know and the work stands.
void print_result(const std::string &line);

} // namespace ferry::cli
