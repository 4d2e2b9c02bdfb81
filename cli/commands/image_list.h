// The file of --from: image names, one a line, # begins a comment.
#pragma once

#include "core/job/pull.h"

#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

// The images that a text lists, each with its place ("images.txt, line 3"). UTF-8 with or without a byte order mark,
// and UTF-16, as PowerShell's > writes it; lines end with LF, CR LF or CR. `name` is what the user knows the file as.
// Throws core::Error(usage) where it is not a text. Pure.
std::vector<core::ListedImage> parse_image_list(std::string_view bytes, const Text &name);

// Reads the file, or standard input for "-". Throws core::Error(usage), also where it lists nothing.
std::vector<core::ListedImage> read_image_list(const std::string &path);

} // namespace ferry::cli
