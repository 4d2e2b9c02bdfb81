// The terminal that the program runs in.
#pragma once

#include "core/os/standard_streams.h"

#include <chrono>
#include <memory>
#include <string>

namespace ferry::core {

bool is_terminal(Standard stream);

struct TerminalSize {
    int columns = 80;
    int rows = 24;
};
// The defaults where it is no terminal, or does not tell.
TerminalSize terminal_size(Standard stream);

// A terminal that shows nothing by itself and hands over each byte that is typed; as it was before once this object is
// gone. [one-thread]
class RawTerminal {
public:
    // Standard input for what is typed, standard error for what is shown.
    static RawTerminal standard();
    // The terminal that the program was started from, wherever the standard streams lead.
    static RawTerminal controlling();
    RawTerminal(RawTerminal &&) noexcept;
    RawTerminal &operator=(RawTerminal &&) = delete;
    ~RawTerminal();

    // False where there is no terminal.
    explicit operator bool() const noexcept;
    // False when it is gone.
    bool show(const std::string &text);
    enum class Typed { byte, nothing, end };
    // Waits at most that long for a byte.
    Typed read(char &byte, std::chrono::milliseconds patience);

private:
    struct State;
    explicit RawTerminal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace ferry::core
