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

namespace {

// A text as it is put into lines. A word ends at a blank or at a wide character.
class Lines {
public:
    explicit Lines(int columns) : columns_(columns) {}

    void add(std::string_view text, int columns) {
        word_ += text;
        word_width_ += columns;
    }

    void end_word() {
        if (word_.empty()) return;
        if (width_ && width_ + blank_ + word_width_ > columns_) end_line();
        if (blank_ && width_) {
            line_ += ' ';
            ++width_;
        }
        line_ += word_;
        width_ += word_width_;
        word_.clear();
        word_width_ = 0;
        blank_ = false;
    }

    void blank() {
        end_word();
        blank_ = true;
    }

    void end_line() {
        lines_.push_back(std::exchange(line_, {}));
        width_ = 0;
        blank_ = false;
    }

    std::vector<std::string> take() {
        end_word();
        if (!line_.empty() || lines_.empty()) end_line();
        return std::move(lines_);
    }

private:
    const int columns_;
    std::vector<std::string> lines_;
    std::string line_, word_;
    int width_ = 0, word_width_ = 0;
    bool blank_ = false; // between line and word
};

// May a line end between these two? `before` is 0 at the begin.
bool breaks(char32_t before, const Cluster &next) {
    constexpr char32_t first_wide = 0x2E80;
    const bool closes = std::find(closing.begin(), closing.end(), next.first) != closing.end();
    const bool opened = std::find(opening.begin(), opening.end(), before) != opening.end();
    return !closes && !opened && before && (next.columns >= 2 || before > first_wide);
}

} // namespace

std::vector<std::string> wrapped(std::string_view text, int columns) {
    Lines lines(columns);
    char32_t before = 0;
    while (!text.empty()) {
        const Cluster c = first_of(text);
        if (c.first == ' ') {
            lines.blank();
        } else if (c.first == '\n') {
            lines.end_word();
            lines.end_line();
        } else {
            if (breaks(before, c)) lines.end_word();
            lines.add(text.substr(0, c.size), c.columns);
        }
        before = c.first;
        text.remove_prefix(c.size);
    }
    return lines.take();
}

} // namespace ferry::cli
