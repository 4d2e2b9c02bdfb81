// Which endpoint of a repository is asked next, and which of their failures the user reads.
//
// A policy that makes no request itself. Each endpoint gets one attempt, mirrors first; then, if a failure was
// transient, each gets as many as the retry rules allow. Hosts that did not answer come after the others, and mirrors
// among them are left out as long as any other host answers.
#pragma once

#include "core/base/error.h"
#include "core/base/retry.h"
#include "core/plugin/services.h"

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferry::core {

// Which hosts gave no answer, shared by the repositories of one command: a dead mirror is not asked for every image.
// [any-thread]
class Health {
public:
    bool silent(const std::string &host) const;
    void set(const std::string &host, bool silent);

private:
    mutable std::mutex mutex_;
    std::set<std::string> silent_;
};

// Did the request end without any answer of the host: no connection, or a proxy that could not make one (pure)?
bool unanswered(const Error &failure) noexcept;

// Thrown by the caller's `ask`: the endpoint answered, but not with what is wanted. It is not asked again.
struct UnusableAnswer {
    Error why;
};

// One question and its way from endpoint to endpoint. [one-thread]
class Failover {
public:
    struct Endpoint {
        std::string host;
        bool mirror = false;
    };
    // `health` is read and kept up to date, and must outlive it.
    Failover(std::vector<Endpoint> endpoints, Health &health);

    struct Turn {
        std::size_t endpoint;
        Attempts attempts;
    };
    // The next endpoint to ask; nothing when all have been asked.
    std::optional<Turn> next();
    // What became of the last turn.
    void answered();
    void failed(const Error &failure);
    void unusable(const Error &why);
    // The host after the one of the last turn, or empty.
    std::string successor() const;

    // The failure to report: an answer outranks silence, and the registry's own answer a mirror's. `name` is the
    // repository's.
    Error verdict(const std::string &name) const;

    // Calls `ask(endpoint, attempts)` for each turn until it returns; what it throws as Error or UnusableAnswer is its
    // failure. Returns what it returned, or throws the verdict.
    template <class Ask> auto ask_in_turn(const Operation &operation, const std::string &name, const Ask &ask) {
        while (const auto turn = next()) {
            Error failure(Kind::other, {});
            try {
                auto answer = ask(turn->endpoint, turn->attempts);
                answered();
                return answer;
            } catch (const UnusableAnswer &e) {
                unusable(e.why);
                failure = e.why;
            } catch (const Error &e) {
                if (e.kind() == Kind::interrupted) throw;
                failed(e);
                failure = e;
            }
            warn(operation.log(), failure);
        }
        throw verdict(name);
    }

private:
    enum class Says { nothing, mirror, registry }; // how much a failure tells
    struct State {
        Endpoint endpoint;
        bool failed = false;
        bool unusable = false;
    };
    bool passed_over(const State &state) const;
    void begin_round();
    void keep(const Error &failure);
    void warn(Log &log, const Error &failure) const;

    std::vector<State> endpoints_;
    Health &health_;
    Attempts round_ = Attempts::one;
    bool all_silent_ = false; // when the round began
    bool passing_ = false;    // another round may bring something
    std::size_t next_ = 0;    // the last turn was that of the one before
    std::optional<Error> first_;
    Says first_says_ = Says::nothing;
};

} // namespace ferry::core
