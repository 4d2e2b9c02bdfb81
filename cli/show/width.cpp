#include "cli/show/width.h"

#include "core/base/tame.h"

#include <algorithm>
#include <array>
#include <utf8proc.h>
#include <utility>

namespace ferry::cli {

namespace {

constexpr std::array closing = {U'。', U'，', U'、', U'：', U'；', U'！', U'？', U'）', U'」', U'》', U'”'};
constexpr std::array opening = {U'（', U'「', U'《', U'“'};

// A character as people see it: a grapheme cluster of Unicode (UAX 29), which is never cut apart.
struct Cluster {
    char32_t first;
    std::size_t size; // bytes
    int columns;
};

int columns_of(const core::Character &c) {
    return c.valid ? utf8proc_charwidth(static_cast<utf8proc_int32_t>(c.code)) : 1;
}

// `text` is not empty. The columns of its characters are added up: a terminal that does not join an emoji takes as
// many, and one that does takes fewer, so that no line wraps.
Cluster first_of(std::string_view text) {
    constexpr char32_t emoji_style = 0xFE0F; // what stands before it is shown as wide as an emoji
    const core::Character first = core::first_character(text);
    Cluster out{first.code, first.size, columns_of(first)};
    utf8proc_int32_t state = 0;
    char32_t before = first.code;
    while (first.valid && out.size < text.size()) {
        const core::Character next = core::first_character(text.substr(out.size));
        if (!next.valid || utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before),
                                                            static_cast<utf8proc_int32_t>(next.code), &state))
            break;
        out.size += next.size;
        out.columns += columns_of(next);
        if (next.code == emoji_style) out.columns = std::max(out.columns, 2);
        before = next.code;
    }
    return out;
}

} // namespace

int width_of(std::string_view text) {
    int columns = 0;
    while (!text.empty()) {
        const Cluster c = first_of(text);
        columns += c.columns;
        text.remove_prefix(c.size);
    }
    return columns;
}

std::string cut(std::string_view text, int columns) {
    std::size_t at = 0;
    while (at < text.size()) {
        const Cluster c = first_of(text.substr(at));
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
        const Cluster c = first_of(text);
        const bool closes = std::find(closing.begin(), closing.end(), c.first) != closing.end();
        const bool opened = std::find(opening.begin(), opening.end(), before) != opening.end();
        if (c.first == ' ' || c.first == '\n') {
            flush_word();
            blank = true;
            if (c.first == '\n') {
                lines.push_back(std::exchange(line, {}));
                line_width = 0;
                blank = false;
            }
        } else {
            if (!closes && !opened && before && (c.columns >= 2 || before > 0x2E80)) flush_word();
            word += text.substr(0, c.size);
            word_width += c.columns;
        }
        before = c.first;
        text.remove_prefix(c.size);
    }
    flush_word();
    if (!line.empty() || lines.empty()) lines.push_back(line);
    return lines;
}

} // namespace ferry::cli
