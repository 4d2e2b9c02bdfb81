#include "core/os/process.h"

#include "core/os/file_descriptor_posix.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

namespace ferry::core {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    Pipe() {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        read = FileDescriptor(ends[0]);
        write = FileDescriptor(ends[1]);
    }
    FileDescriptor read, write;
};

// The environment without some variables.
std::vector<char *> environment_without(const std::vector<std::string> &hidden) {
    std::vector<char *> kept;
    for (char **entry = environ; *entry; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        if (std::find(hidden.begin(), hidden.end(), name) == hidden.end()) kept.push_back(*entry);
    }
    kept.push_back(nullptr);
    return kept;
}

// A running program; whatever happens, it does not outlive this object.
class Child {
public:
    Child(const Program &program, const Pipe &in, const Pipe &out) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        sigset_t none, all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes,
                                   short(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
        std::vector<std::string> words = program.arguments;
        words.insert(words.begin(), program.name);
        std::vector<char *> arguments;
        for (std::string &word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        failed_ = ::posix_spawnp(&pid_, program.name.c_str(), &actions, &attributes, arguments.data(),
                                 environment_without(program.hidden).data());
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
    }
    ~Child() {
        if (failed_ || ended_) return;
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;

    int failed() const noexcept { return failed_; } // errno
    // Its wait status, or nothing when the time is over.
    std::optional<int> wait(Clock::time_point end) {
        for (int status = 0;;) {
            const pid_t done = ::waitpid(pid_, &status, WNOHANG);
            if (done == pid_) {
                ended_ = true;
                return status;
            }
            if (Clock::now() >= end) return std::nullopt;
            ::poll(nullptr, 0, 5);
        }
    }

private:
    pid_t pid_ = -1;
    int failed_ = 0;
    bool ended_ = false;
};

// Reads until the end, or until there is more than `most`. False when the time is over.
bool read_all(const FileDescriptor &from, std::string &text, std::size_t most, Clock::time_point end) {
    char buffer[4096];
    while (text.size() <= most) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd waiting{from.get(), POLLIN, 0};
        const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return true;
}

ProcessResult not_started(int code) {
    return {code == ENOENT ? ProcessResult::End::not_found : ProcessResult::End::not_started, {}, std::strerror(code)};
}

} // namespace

ProcessResult run_process(const Program &program) {
    const Clock::time_point end = Clock::now() + program.patience;
    Pipe in, out;
    if (!in.read || !out.read) return not_started(errno);
    Child child(program, in, out);
    if (child.failed()) return not_started(child.failed());
    in.read.close();
    out.write.close();
    // Far less than a pipe holds; a program that does not read it does not need it.
    if (::write(in.write.get(), program.input.data(), program.input.size()) < 0 && errno != EPIPE)
        return not_started(errno);
    in.write.close();
    ProcessResult outcome;
    const bool whole = read_all(out.read, outcome.output, program.most_output, end);
    out.read.close(); // one that writes more than that ends with SIGPIPE
    const auto status = whole ? child.wait(end) : std::nullopt;
    if (!status)
        outcome.end = ProcessResult::End::late;
    else if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
        outcome.end = ProcessResult::End::failed;
    return outcome;
}

} // namespace ferry::core
