#include "cli/line/line_editor.h"

#include "cli/show/width.h"
#include "core/base/tame.h"

namespace ferry::cli {

namespace {

constexpr char ctrl_d = 0x04, backspace = 0x08, ctrl_u = 0x15, ctrl_w = 0x17, escape = 0x1B, rub_out = 0x7F;

// Where the last character of a text begins.
std::size_t last_character(const std::string &text) {
    std::size_t at = text.size();
    while (at && (static_cast<unsigned char>(text[--at]) & 0xC0) == 0x80) {
    }
    return at;
}

std::size_t last_word(const std::string &text) {
    const auto end = text.find_last_not_of(' ');
    if (end == text.npos) return 0;
    const auto blank = text.find_last_of(' ', end);
    return blank == text.npos ? 0 : blank + 1;
}

} // namespace

std::string LineEditor::erase(std::size_t from) {
    const int columns = shown_ ? width_of(line_.substr(from)) : 0;
    line_.resize(from);
    written_ = from;
    std::string out;
    for (int i = 0; i < columns; ++i) out += "\b \b";
    return out;
}

std::string LineEditor::take(char byte) {
    const auto code = static_cast<unsigned char>(byte);
    switch (state_) {
    case State::escape: state_ = byte == '[' ? State::sequence : byte == 'O' ? State::single : State::text; return {};
    case State::sequence: // parameters, then one final byte
        if (code >= 0x40 && code <= 0x7E) state_ = State::text;
        return {};
    case State::single: state_ = State::text; return {};
    case State::text: break;
    }
    if (byte == '\n' || byte == '\r' || (byte == ctrl_d && line_.empty())) {
        done_ = true;
        ended_ = byte == ctrl_d;
        return "\n";
    }
    if (byte == escape) {
        state_ = State::escape;
        return {};
    }
    if (byte == backspace || byte == rub_out) return line_.empty() ? std::string() : erase(last_character(line_));
    if (byte == ctrl_u) return erase(0);
    if (byte == ctrl_w) return erase(last_word(line_));
    if (code < 0x20) return {};
    line_ += byte;
    // Of a character of several bytes nothing is shown before its last one.
    const auto begin = last_character(line_);
    const core::Character last = core::first_character(std::string_view(line_).substr(begin));
    if (!shown_ || !last.valid) return {};
    const std::string out = core::tame(line_.substr(written_));
    written_ = line_.size();
    return out;
}

void LineEditor::pause() {
    if (state_ == State::escape) state_ = State::text;
}

} // namespace ferry::cli
