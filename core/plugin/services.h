// What the host hands to plugins: the operation (cancel, log, progress), the words of the front end, and
// their options.
#pragma once

#include "core/base/log.h"

#include <ferry/ferry.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace ferry::core {

// A translator as plugins are handed it.
class PluginTexts {
public:
    // `words` must outlive it; null: English.
    explicit PluginTexts(const Translator *words = nullptr) noexcept;
    PluginTexts(const PluginTexts &) = delete;
    PluginTexts &operator=(const PluginTexts &) = delete;

    // Null where all is English.
    const ferry_texts *c() const noexcept { return words_ ? &texts_ : nullptr; }

private:
    ferry_texts texts_{};
    const Translator *words_;
};

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

// A ferry_config over a map. The map may not change once the config was handed out.
class Options {
public:
    explicit Options(std::map<std::string, std::string> values = {});
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;

    const ferry_config *c() const noexcept { return &config_; }

private:
    ferry_config config_{};
    std::map<std::string, std::string> values_;
};

} // namespace ferry::core
