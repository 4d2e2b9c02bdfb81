#include "cli/show/width.h"

#include "core/base/tame.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferry::cli {

namespace {

struct Range {
    char32_t first, last;
};

// Unicode 15, EastAsianWidth.txt, W and F; general category Mn, and what joins or selects.
constexpr Range wide[] = {
    {0x1100, 0x115F}, {0x231A, 0x231B}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, {0xA960, 0xA97F}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range empty[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
constexpr std::array closing = {U'。', U'，', U'、', U'：', U'；', U'！', U'？', U'）', U'」', U'》', U'”'};
constexpr std::array opening = {U'（', U'「', U'《', U'“'};

template <std::size_t N> bool in(const Range (&ranges)[N], char32_t c) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [c](const Range &range) { return c >= range.first && c <= range.last; });
}

struct Character {
    char32_t code;
    std::size_t size;
    int columns;
};

Character first_of(std::string_view text) {
    const core::Character c = core::first_character(text);
    return {c.code, c.size, in(empty, c.code) ? 0 : in(wide, c.code) ? 2 : 1};
}

} // namespace

int width_of(std::string_view text) {
    int columns = 0;
    while (!text.empty()) {
        const Character c = first_of(text);
        columns += c.columns;
        text.remove_prefix(c.size);
    }
    return columns;
}

std::string cut(std::string_view text, int columns) {
    std::size_t at = 0;
    while (at < text.size()) {
        const Character c = first_of(text.substr(at));
        if (c.columns > columns) break;
        columns -= c.columns;
        at += c.size;
    }
    return std::string(text.substr(0, at));
}

std::string padded(std::string_view text, int columns) {
    std::string out = cut(text, columns);
    out.append(static_cast<std::size_t>(std::max(columns - width_of(out), 0)), ' ');
    return out;
}

std::string right_aligned(std::string_view text, int columns) {
    const std::string out = cut(text, columns);
    return std::string(static_cast<std::size_t>(std::max(columns - width_of(out), 0)), ' ') + out;
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
    std::vector<std::string> lines;
    std::string line, word; // a word ends at a blank or at a wide character
    int line_width = 0, word_width = 0;
    bool blank = false; // between line and word
    const auto flush_word = [&] {
        if (word.empty()) return;
        if (line_width && line_width + blank + word_width > columns) {
            lines.push_back(std::exchange(line, {}));
            line_width = 0;
            blank = false;
        }
        if (blank && line_width) {
            line += ' ';
            ++line_width;
        }
        line += word;
        line_width += word_width;
        word.clear();
        word_width = 0;
        blank = false;
    };
    char32_t before = 0;
    while (!text.empty()) {
        const Character c = first_of(text);
        const bool closes = std::find(closing.begin(), closing.end(), c.code) != closing.end();
        const bool opened = std::find(opening.begin(), opening.end(), before) != opening.end();
        if (c.code == ' ' || c.code == '\n') {
            flush_word();
            blank = true;
            if (c.code == '\n') {
                lines.push_back(std::exchange(line, {}));
                line_width = 0;
                blank = false;
            }
        } else {
            if (!closes && !opened && before && (c.columns == 2 || before > 0x2E80)) flush_word();
            word += text.substr(0, c.size);
            word_width += c.columns;
        }
        before = c.code;
        text.remove_prefix(c.size);
    }
    flush_word();
    if (!line.empty() || lines.empty()) lines.push_back(line);
    return lines;
}

} // namespace ferry::cli
