#include "cli/system.h"

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

// A line of that terminal; nothing at its end, or when the stop was requested.
std::optional<std::string> read_line(int fd, const std::stop_token &stop) {
    std::string line;
    while (!stop.stop_requested()) {
        pollfd ready{fd, POLLIN, 0};
        constexpr int pause_ms = 100; // short, so that Ctrl-C ends the question
        if (::poll(&ready, 1, pause_ms) <= 0) continue;
        char c = 0;
        if (::read(fd, &c, 1) != 1) break;
        if (c == '\n') return line;
        line += c;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> read_answer(const std::string &question, const std::stop_token &stop) {
    if (::write(STDERR_FILENO, question.data(), question.size()) < 0) return std::nullopt;
    return read_line(STDIN_FILENO, stop);
}

std::string read_hidden(const std::string &prompt, const std::stop_token &stop) {
    const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0) return {};
    std::string line;
    termios shown{};
    if (::tcgetattr(fd, &shown) == 0) {
        termios hidden = shown;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(fd, TCSAFLUSH, &hidden);
        if (::write(fd, prompt.data(), prompt.size()) >= 0) line = read_line(fd, stop).value_or("");
        ::tcsetattr(fd, TCSAFLUSH, &shown);
        if (::write(fd, "\n", 1) < 0) line.clear();
    }
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
