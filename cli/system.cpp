#include "cli/system.h"

#include "cli/line_editor.h"

#include <climits>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace ferry::cli {

namespace {

constexpr int interrupted_exit = 130;

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    return set;
}

} // namespace

std::string executable_path() {
    char buffer[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
}

bool is_terminal(int fd) {
    return ::isatty(fd) == 1;
}

bool can_ask() {
    return is_terminal(STDIN_FILENO) && is_terminal(STDERR_FILENO);
}

TerminalSize terminal_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
    return {size.ws_col, size.ws_row ? size.ws_row : 24};
}

namespace {

// A terminal that shows nothing by itself and hands over each byte; restored at the end.
class Quiet {
public:
    explicit Quiet(int fd) : fd_(fd), there_(::tcgetattr(fd, &before_) == 0) {
        if (!there_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        ::tcsetattr(fd_, TCSADRAIN, &quiet);
    }
    ~Quiet() {
        if (there_) ::tcsetattr(fd_, TCSADRAIN, &before_);
    }
    Quiet(const Quiet &) = delete;
    Quiet &operator=(const Quiet &) = delete;
    bool there() const noexcept { return there_; }

private:
    const int fd_;
    termios before_{};
    const bool there_;
};

bool send(int fd, const std::string &text) {
    return text.empty() || ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// A line typed at `in` after a question at `out`; nothing at its end, or when the stop was requested.
std::optional<std::string> read_line(int in, int out, const std::string &question, bool shown,
                                     const std::stop_token &stop) {
    const Quiet quiet(in);
    if (!quiet.there() || !send(out, question)) return std::nullopt;
    LineEditor editor(shown);
    while (!stop.stop_requested()) {
        pollfd ready{in, POLLIN, 0};
        constexpr int pause_ms = 100; // short, so that Ctrl-C ends the question
        if (::poll(&ready, 1, pause_ms) <= 0) {
            editor.pause();
            continue;
        }
        char c = 0;
        if (::read(in, &c, 1) != 1) break;
        if (!send(out, editor.take(c))) break;
        if (editor.done()) return editor.line();
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> read_answer(const std::string &question, const std::stop_token &stop) {
    return read_line(STDIN_FILENO, STDERR_FILENO, question, true, stop);
}

std::string read_hidden(const std::string &prompt, const std::stop_token &stop) {
    const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0) return {};
    std::string line = read_line(fd, fd, prompt, false, stop).value_or("");
    ::close(fd);
    return line;
}

Signals::Signals() {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    watcher_ = std::jthread([this](const std::stop_token &ended) {
        const sigset_t waited = watched();
        while (true) {
            if (sigwaitinfo(&waited, nullptr) < 0) continue;
            if (ended.stop_requested()) return;
            if (!stop_.request_stop()) ::_exit(interrupted_exit);
        }
    });
}

Signals::~Signals() {
    watcher_.request_stop();
    pthread_kill(watcher_.native_handle(), SIGTERM); // only to wake it: no command waits at its end
}

} // namespace ferry::cli
