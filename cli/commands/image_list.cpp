#include "cli/commands/image_list.h"
#include "cli/language/language.h"

#include "core/base/error.h"

#include <ferry/text.hpp>
#include <ferry/utf8.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

enum class Encoding { utf8, utf16_little, utf16_big };

// By its byte order mark, which is taken off; without one, by the zero that half of UTF-16's bytes are in Latin text.
Encoding encoding_of(std::string_view &bytes) {
    const auto begins = [&](std::string_view mark) {
        const bool found = bytes.substr(0, mark.size()) == mark;
        if (found) bytes.remove_prefix(mark.size());
        return found;
    };
    if (begins("\xEF\xBB\xBF")) return Encoding::utf8;
    if (begins("\xFF\xFE")) return Encoding::utf16_little;
    if (begins("\xFE\xFF")) return Encoding::utf16_big;
    if (bytes.size() >= 2 && bytes[0] && !bytes[1]) return Encoding::utf16_little;
    if (bytes.size() >= 2 && !bytes[0] && bytes[1]) return Encoding::utf16_big;
    return Encoding::utf8;
}

std::string from_utf16(std::string_view bytes, bool big) {
    std::string out;
    const auto unit = [&](std::size_t i) {
        const auto first = static_cast<unsigned char>(bytes[i]), second = static_cast<unsigned char>(bytes[i + 1]);
        return static_cast<char32_t>(big ? first << 8 | second : second << 8 | first);
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        char32_t code = unit(i);
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
            const char32_t low = unit(i + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        ferry::append_utf8(out, code >= 0xD800 && code < 0xE000 ? ferry::replacement_character : code);
    }
    return out;
}

} // namespace

std::vector<core::ListedImage> parse_image_list(std::string_view bytes, const Text &name) {
    const Encoding encoding = encoding_of(bytes);
    const std::string text =
        encoding == Encoding::utf8 ? std::string(bytes) : from_utf16(bytes, encoding == Encoding::utf16_big);
    if (text.find('\0') != text.npos)
        throw Error(Kind::usage, say("{} is not a list of images but binary data", name),
                    say("a list is a text with an image name on each line"));
    std::vector<core::ListedImage> images;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find_first_of("\r\n", begin), text.size());
        std::string line = text.substr(begin, end - begin);
        begin = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
        ++number;
        line.resize(std::min(line.find('#'), line.size()));
        const auto first = line.find_first_not_of(" \t"), last = line.find_last_not_of(" \t");
        if (first != line.npos)
            images.push_back({line.substr(first, last + 1 - first), tr("{}, line {}", name, number)});
    }
    return images;
}

std::vector<core::ListedImage> read_image_list(const std::string &path) {
    const Text name = path == "-" ? say("standard input") : Text(path);
    std::ifstream file;
    errno = 0;
    if (path != "-") file.open(path, std::ios::binary);
    std::istream &in = path == "-" ? std::cin : file;
    std::ostringstream bytes; // a folder opens as a file does, and fails when it is read
    if (in) bytes << in.rdbuf();
    if (!in || (bytes.str().empty() && errno))
        throw Error(Kind::usage, say("cannot read the list of images {}: {}", name, std::strerror(errno)));
    std::vector<core::ListedImage> images = parse_image_list(bytes.str(), name);
    if (images.empty())
        throw Error(Kind::usage, say("the list {} names no image", name),
                    say("a list is a text with an image name on each line"));
    return images;
}

} // namespace ferry::cli
