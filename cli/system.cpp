#include "cli/system.h"

#include "cli/line/line_editor.h"

#include <cerrno>
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
constexpr int wake = SIGURG; // ignored by default, so that nobody's stray one does harm

// Those that end a program, but for those that its caller wants ignored.
sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction found {};
        if (::sigaction(signal, nullptr, &found) != 0 || found.sa_handler != SIG_IGN) sigaddset(&set, signal);
    }
    return set;
}

bool no_output = false;

} // namespace

void hold_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        if (fd == STDOUT_FILENO) no_output = true;
        // The lowest number that is free is this one. O_PATH can neither be read nor written, and needs no /dev.
        if (::open("/", O_PATH) != fd) ::_exit(1);
    }
}

bool output_closed() {
    return no_output;
}

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
    std::signal(SIGXFSZ, SIG_IGN);
    const sigset_t set = watched();
    // The watcher alone waits for one more, which wakes it at its end: a thread has the mask of the one that makes it.
    sigset_t waited = set, own;
    sigaddset(&waited, wake);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    pthread_sigmask(SIG_BLOCK, &waited, &own);
    watcher_ = std::jthread([this, set, waited](const std::stop_token &ended) {
        while (true) {
            const int signal = sigwaitinfo(&waited, nullptr);
            if (ended.stop_requested()) return;
            if (signal < 0 || sigismember(&set, signal) != 1) continue;
            if (!stop_.request_stop()) ::_exit(interrupted_exit);
        }
    });
    pthread_sigmask(SIG_SETMASK, &own, nullptr);
}

Signals::~Signals() {
    watcher_.request_stop();
    pthread_kill(watcher_.native_handle(), wake);
}

} // namespace ferry::cli
