#include "core/os/terminal.h"

#include "core/os/file_descriptor_posix.h"
#include "core/os/standard_streams_posix.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

namespace ferry::core {

bool is_terminal(Standard stream) {
    return ::isatty(descriptor_of(stream)) == 1;
}

TerminalSize terminal_size(Standard stream) {
    winsize size{};
    if (::ioctl(descriptor_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
    return {size.ws_col, size.ws_row ? size.ws_row : 24};
}

struct RawTerminal::State {
    State(int from, int to, FileDescriptor keeps) : in(from), out(to), own(std::move(keeps)) {
        if (::tcgetattr(in, &before) != 0) return;
        there = true;
        termios raw = before;
        raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        ::tcsetattr(in, TCSADRAIN, &raw);
    }
    ~State() {
        if (there) ::tcsetattr(in, TCSADRAIN, &before);
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;

    const int in, out;
    const FileDescriptor own;
    termios before{};
    bool there = false;
};

RawTerminal::RawTerminal(std::unique_ptr<State> state) : state_(std::move(state)) {}
RawTerminal::RawTerminal(RawTerminal &&) noexcept = default;
RawTerminal::~RawTerminal() = default;

RawTerminal RawTerminal::standard() {
    return RawTerminal(std::make_unique<State>(STDIN_FILENO, STDERR_FILENO, FileDescriptor()));
}

RawTerminal RawTerminal::controlling() {
    FileDescriptor tty(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    const int number = tty.get();
    return RawTerminal(std::make_unique<State>(number, number, std::move(tty)));
}

RawTerminal::operator bool() const noexcept {
    return state_->there;
}

bool RawTerminal::show(const std::string &text) {
    return text.empty() || ::write(state_->out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

RawTerminal::Typed RawTerminal::read(char &byte, std::chrono::milliseconds patience) {
    pollfd ready{state_->in, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return Typed::nothing;
    return ::read(state_->in, &byte, 1) == 1 ? Typed::byte : Typed::end;
}

} // namespace ferry::core
