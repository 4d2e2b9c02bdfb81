// Standard output: results, as lines and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

// Throws core::Error(disk) when it cannot be written.
void write_out(const void *data, std::size_t size);
void print_line(const std::string &line);

// Items that are JSON already, as an array.
std::string json_list(const std::vector<std::string> &items);
// Texts as JSON strings.
std::vector<std::string> quoted(const std::vector<std::string> &texts);
// A valid JSON text on one line.
std::string one_line(std::string json);

// Seconds since 1970: "2023-11-14 22:13 UTC" for people, RFC 3339 for programs.
std::string date_text(std::int64_t seconds);
std::string date_json(std::int64_t seconds);

} // namespace ferry::cli
