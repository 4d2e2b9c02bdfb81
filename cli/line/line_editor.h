// The little that a question at a terminal needs to edit its answer. The terminal shows nothing by itself meanwhile, so
// that keys which mean nothing here (arrows, function keys) leave no trace.
#pragma once

#include <optional>
#include <string>

namespace ferry::cli {

class LineEditor {
public:
    // `shown`: what is typed is seen.
    explicit LineEditor(bool shown) : shown_(shown) {}

    // Takes a byte of input and returns what the terminal is to be sent. Backspace takes a character away, Ctrl-W a
    // word, Ctrl-U all; Enter ends the line, Ctrl-D an empty one as the end of the input. Escape sequences (ECMA-48
    // section 5) and other control characters are dropped.
    std::string take(char byte);
    // No byte follows at once: an Escape that has come was the key of that name, and begins no sequence.
    void pause();

    bool done() const noexcept { return done_; }
    // The line; nothing at the end of the input.
    std::optional<std::string> line() const { return ended_ ? std::nullopt : std::optional(line_); }

private:
    enum class State { text, escape, sequence, single };

    std::string erase(std::size_t from);

    const bool shown_;
    State state_ = State::text;
    bool done_ = false, ended_ = false;
    std::string line_;
    std::size_t written_ = 0; // bytes of it that the terminal has: only whole characters
};

} // namespace ferry::cli
