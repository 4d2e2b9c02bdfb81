#include "cli/helper.h"

#include "cli/line/settings.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/tame.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_answer = 64 << 10;

class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_, O_CLOEXEC) != 0)
            throw Error(Kind::other, say("cannot make a pipe: {}", std::strerror(errno)));
    }
    ~Pipe() {
        shut(0);
        shut(1);
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    int end(int which) const noexcept { return ends_[which]; }
    void shut(int which) noexcept {
        if (ends_[which] >= 0) ::close(ends_[which]);
        ends_[which] = -1;
    }

private:
    int ends_[2] = {-1, -1};
};

// A running helper; whatever happens, it does not outlive this object.
class Child {
public:
    Child(const std::string &program, Pipe &in, Pipe &out) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_adddup2(&actions, in.end(0), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out.end(1), STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        sigset_t none, all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes,
                                   short(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
        std::vector<char *> environment;
        for (char **entry = environ; *entry; ++entry)
            if (std::strncmp(*entry, "FERRY_PASSWORD=", 15) != 0) environment.push_back(*entry);
        environment.push_back(nullptr);
        std::string name = program, verb = "get";
        char *arguments[] = {name.data(), verb.data(), nullptr};
        failed_ = ::posix_spawnp(&pid_, program.c_str(), &actions, &attributes, arguments, environment.data());
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

// All that comes until the end, or nothing when the time is over.
std::optional<std::string> read_answer(int fd, Clock::time_point end) {
    std::string answer;
    char buffer[4096];
    while (answer.size() <= most_answer) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd waiting{fd, POLLIN, 0};
        const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
}

// What a helper that failed says; never the beginning of a document, which may hold a secret.
std::string words_of(std::string text) {
    text.resize(std::min(text.find('\n'), text.size()));
    text.resize(std::min<std::size_t>(text.size(), 200));
    if (text.find('{') != text.npos) return {};
    return core::tame(text);
}

} // namespace

std::optional<core::Credentials> ask_helper(const std::string &name, const std::string &server, int patience_ms) {
    const std::string program = "docker-credential-" + name;
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '-' || c == '_' || c == '.';
        }))
        throw Error(Kind::usage, say("'{}' is no name of a credential helper", name),
                    say("mend credsStore and credHelpers in docker's config.json"));
    const Text remedy = say("run `{} get` to see what it lacks, or name a user with -u", program);
    const Clock::time_point end = Clock::now() + std::chrono::milliseconds(patience_ms);
    Pipe in, out;
    Child child(program, in, out);
    if (child.failed() == ENOENT)
        throw Error(Kind::access, say("the credential helper {} is not installed: its logins are not used", program));
    if (child.failed())
        throw Error(Kind::access,
                    say("cannot run the credential helper {}: {}", program, std::strerror(child.failed())), remedy);
    in.shut(0);
    out.shut(1);
    // Far less than a pipe holds; one that does not read it is none of ours (SIGPIPE is ignored).
    if (::write(in.end(1), server.data(), server.size()) < 0 && errno != EPIPE)
        throw Error(Kind::access, say("cannot ask the credential helper {}: {}", program, std::strerror(errno)),
                    remedy);
    in.shut(1);
    const auto answer = read_answer(out.end(0), end);
    out.shut(0); // one that says more than that ends with SIGPIPE
    const auto status = answer ? child.wait(end) : std::nullopt;
    if (!status)
        throw Error(Kind::access,
                    say("the credential helper {} gave no answer within {} seconds", program, patience_ms / 1000),
                    remedy);
    if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
        if (answer->find("credentials not found") != answer->npos) return std::nullopt;
        throw Error(Kind::access, say("the credential helper {} failed for {}: {}", program, server, words_of(*answer)),
                    remedy);
    }
    try {
        const core::Json login = core::Json::parse(*answer, program, most_answer);
        const std::string username = login.string("Username"), secret = login.string("Secret");
        if (username == "<token>") return core::Credentials{username, {}, secret};
        return core::Credentials{username, secret, {}};
    } catch (const Error &) { // its words may hold the secret
        throw Error(Kind::access, say("the credential helper {} answers what is no login", program), remedy);
    }
}

} // namespace ferry::cli
