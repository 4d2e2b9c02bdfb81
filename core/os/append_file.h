// A file that grows line by line, such as the log.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ferry::core {

// Opens the file, or makes it, and returns what appends a line to it, which keeps it open. Each line is one write, so
// that those of two processes do not mix; what cannot be written is dropped. What is there must be a regular file of
// this user without another name (others may write to it, too, where its mode says so); otherwise throws Error(disk),
// and nothing was changed. [any-thread]
std::function<void(std::string_view line)> append_to(const std::string &path);

} // namespace ferry::core
