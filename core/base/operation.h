// What a piece of work runs in: its cancellation and its log, for core and, as a ferry_op, for plugins.
#pragma once

#include "core/base/log.h"
#include "core/base/plugin_texts.h"

#include <ferry/ferry.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace ferry::core {

// A ferry_op over a std::stop_token and a Log. Usable from any thread; must outlive the calls it is passed to.
class Operation {
public:
    Operation(std::stop_token stop, Log &log);
    ~Operation();
    Operation(const Operation &) = delete;
    Operation &operator=(const Operation &) = delete;

    const ferry_op *c() const noexcept { return &op_; }
    ferry::Op op() const noexcept { return ferry::Op(&op_); }
    const std::stop_token &stop() const noexcept { return stop_; }
    Log &log() const noexcept { return log_; }
    bool cancelled() const noexcept { return stop_.stop_requested(); }
    // Throws Error(interrupted).
    void throw_if_cancelled() const;
    // Sleeps, unless cancelled: then throws Error(interrupted).
    void wait(std::int64_t ms) const;

    // The host in whose name plugins make requests within this operation, as where its challenge is answered: they may
    // go no further than it could itself redirect to. Empty: there is none.
    std::string behalf;

private:
    struct Callback;
    ferry_op op_{};
    PluginTexts texts_;
    std::stop_token stop_;
    Log &log_;
    mutable std::mutex mutex_;
    mutable std::map<std::uint64_t, std::unique_ptr<Callback>> callbacks_;
    mutable std::uint64_t next_token_ = 1;
};

} // namespace ferry::core
