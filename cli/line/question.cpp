#include "cli/line/question.h"

#include "cli/line/line_editor.h"
#include "core/os/terminal.h"

namespace ferry::cli {

namespace {

using core::RawTerminal;

std::optional<std::string> read_line(RawTerminal terminal, const std::string &question, bool shown,
                                     const std::stop_token &stop) {
    if (!terminal || !terminal.show(question)) return std::nullopt;
    LineEditor editor(shown);
    while (!stop.stop_requested()) {
        constexpr std::chrono::milliseconds patience(100); // short, so that Ctrl-C ends the question
        char c = 0;
        const RawTerminal::Typed typed = terminal.read(c, patience);
        if (typed == RawTerminal::Typed::nothing) {
            editor.pause();
            continue;
        }
        if (typed == RawTerminal::Typed::end || !terminal.show(editor.take(c))) break;
        if (editor.done()) return editor.line();
    }
    return std::nullopt;
}

} // namespace

bool can_ask() {
    return core::is_terminal(core::Standard::input) && core::is_terminal(core::Standard::error);
}

std::optional<std::string> read_answer(const std::string &question, const std::stop_token &stop) {
    return read_line(RawTerminal::standard(), question, true, stop);
}

std::string read_hidden(const std::string &prompt, const std::stop_token &stop) {
    return read_line(RawTerminal::controlling(), prompt, false, stop).value_or("");
}

} // namespace ferry::cli
