// One client from its first byte to its last: handshake, requests one after another, answers. Never waits: turn() does
// what can be done now and says what for it is to be called again. Between two turns a connection is some hundred bytes
// (and what OpenSSL keeps). Over Stream, so that it can be tested without sockets.
#pragma once

#include "cli/serve/request.h"
#include "cli/serve/stream.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace ferry::cli {

struct ServerRules {
    int most_connections = 4096; // at once; the one that is idle longest makes room, others are told to come again
    int header_seconds = 20;     // for a TLS handshake, and for all of a request's header
    int idle_seconds = 30;       // between two requests of one connection
    int stall_seconds = 60;      // for a client to take 256 KiB
    int most_per_client = 1024;  // connections from one address, this machine's aside; 0: no such limit
    int retry_seconds = 5;       // what those are told who find no room
};

// A request that was answered, for the log.
struct Served {
    std::string client; // address
    std::string method; // "-" for what was no request
    std::string target;
    int status = 0;
    std::uint64_t bytes = 0; // of the body that were sent
};

class Connection {
public:
    using Clock = std::chrono::steady_clock;
    enum class Wants {
        read,
        write, // or go on at once
        work,  // take_work() is to be done, and its outcome told
        close
    };

    // All must outlive it. `turned_away`: whatever is asked is answered with 503.
    Connection(std::unique_ptr<Stream> stream, std::string client, bool turned_away, Handler &handler,
               const ServerRules &rules, const std::function<void(const Served &)> &served);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    // [one-thread]
    Wants turn();
    Work take_work() { return std::move(work_); }
    // Then turn() goes on.
    void finish(Outcome outcome);

    // When the client has taken too long, in nanoseconds of Clock; never while it waits for us. [any-thread]
    std::int64_t deadline() const noexcept { return deadline_; }
    // Since when it has been waiting for a request's first byte; a number beyond any time while it is not. [any-thread]
    std::int64_t idle_since() const noexcept { return idle_since_; }
    // Is the client in the middle of an answer that it will not get?
    bool broken_off() const noexcept { return phase_ == Phase::sending; }

private:
    enum class Phase { handshake, head, working, sending, parting };
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    void within(int seconds);
    void idle();
    Wants wait(Io io) const;
    bool read_head();
    void ask(Head head);
    void refuse(const Refusal &refusal);
    void refuse_foreign(const std::string &text, const std::string &what);
    void begin(Answer answer);
    Io send_some();
    Io send_file();
    void sent(std::uint64_t bytes);
    void answered();

    std::unique_ptr<Stream> stream_;
    Handler &handler_;
    const ServerRules &rules_;
    const std::function<void(const Served &)> &report_;
    const bool turned_away_;
    const std::string client_;
    Phase phase_ = Phase::handshake;
    std::atomic<std::int64_t> deadline_{never}, idle_since_{never};

    std::string in_; // bytes of requests that are not answered yet
    HeadReader reader_;
    bool first_ = true, keep_ = false, old_ = false;
    Served served_;
    Work work_;
    Answer answer_;
    std::string head_; // of the answer
    std::uint64_t head_sent_ = 0, at_ = 0, taken_ = 0;
    std::uint64_t discarded_ = 0;
};

} // namespace ferry::cli
