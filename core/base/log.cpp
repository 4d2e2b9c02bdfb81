#include "core/base/log.h"

#include "core/base/tame.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace ferry::core {

namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: break;
    }
    return spdlog::level::err;
}

// The tags that the manual promises: [DEBUG] [INFO] [WARNING] [ERROR].
class LevelName final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg &message, const std::tm &, spdlog::memory_buf_t &out) override {
        std::string_view name = "ERROR";
        if (message.level == spdlog::level::debug) name = "DEBUG";
        if (message.level == spdlog::level::info) name = "INFO";
        if (message.level == spdlog::level::warn) name = "WARNING";
        out.append(name.data(), name.data() + name.size());
    }
    std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }
};

std::unique_ptr<spdlog::formatter> formatter() {
    auto made = std::make_unique<spdlog::pattern_formatter>();
    made->add_flag<LevelName>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e [%*] %v");
    return made;
}

class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit LineSink(Log::Sink to) : sink_(std::move(to)) {}

protected:
    void sink_it_(const spdlog::details::log_msg &message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        sink_({line.data(), line.size()});
    }
    void flush_() override {}

private:
    const Log::Sink sink_;
};

} // namespace

struct Log::State {
    mutable std::mutex mutex;
    std::vector<std::string> secrets;
    std::mutex listening;
    std::function<void(std::string_view)> listener;
    spdlog::logger logger{"ferry"};

    void add(spdlog::sink_ptr sink, Level level) {
        sink->set_level(to_spdlog(level));
        sink->set_formatter(formatter());
        logger.sinks().push_back(std::move(sink));
        logger.set_level(std::min(logger.level(), to_spdlog(level)));
    }
};

Log::Log(const Translator *words) : words_(words), state_(std::make_unique<State>()) {
    state_->logger.set_level(spdlog::level::off);
    // spdlog's own complaints would go to standard error.
    state_->logger.set_error_handler([](const std::string &) {});
}

Log::~Log() = default;

void Log::add(Sink sink, Level level) {
    state_->add(std::make_shared<LineSink>(std::move(sink)), level);
}

void Log::echo(Level level) {
    state_->add(std::make_shared<spdlog::sinks::stderr_sink_mt>(), level);
}

void Log::listen(std::function<void(std::string_view)> listener) {
    const std::lock_guard lock(state_->listening);
    state_->listener = std::move(listener);
}

void Log::hide(std::string_view secret) {
    if (secret.size() < 4) return;
    const std::lock_guard lock(state_->mutex);
    // The longest first: one secret may begin with another.
    auto &secrets = state_->secrets;
    const auto at =
        std::find_if(secrets.begin(), secrets.end(), [&](const std::string &s) { return s.size() <= secret.size(); });
    if (at == secrets.end() || *at != secret) secrets.emplace(at, secret);
}

std::string Log::scrub(std::string_view text) const {
    std::string out(text);
    const std::lock_guard lock(state_->mutex);
    for (const std::string &secret : state_->secrets)
        for (auto at = out.find(secret); at != out.npos; at = out.find(secret, at + 3))
            out.replace(at, secret.size(), "***");
    return out;
}

void Log::write(Level level, std::string_view line) {
    if (level == Level::warning) {
        const std::string clean = tame(scrub(line));
        state_->logger.log(to_spdlog(level), clean);
        const std::lock_guard lock(state_->listening);
        if (state_->listener) state_->listener(clean);
    } else if (wants(level)) {
        state_->logger.log(to_spdlog(level), tame(scrub(line)));
    }
}

void Log::write(Level level, const Text &text) {
    if (level == Level::warning || wants(level)) write(level, std::string_view(text.in(words_)));
}

bool Log::wants(Level level) const noexcept {
    return state_->logger.should_log(to_spdlog(level));
}

} // namespace ferry::core
