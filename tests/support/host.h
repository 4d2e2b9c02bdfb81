// What core runs in: an operation that can be cancelled, and a log whose warnings are kept.
#pragma once

#include "core/http/client.h"
#include "core/plugin/services.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace ferry::test {

class Host {
public:
    Host() {
        log.listen([this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            warnings_.emplace_back(line);
        });
    }

    // How many warnings hold that text.
    std::size_t warned(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(warnings_.begin(), warnings_.end(), [&](const std::string &line) {
            return line.find(part) != std::string::npos;
        }));
    }
    std::string warnings() const {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const std::string &line : warnings_) all += line + '\n';
        return all;
    }

    core::Log log;
    std::stop_source stop;
    core::Operation operation{stop.get_token(), log};

private:
    mutable std::mutex mutex_;
    std::vector<std::string> warnings_;
};

// Rules under which every wait is about a millisecond.
inline core::RetryRules hasty(int most = 5) {
    return {most, 1, 1, 1'000};
}
inline core::ClientRules hasty_client(int most = 5) {
    core::ClientRules rules;
    rules.retry = hasty(most);
    return rules;
}

// The core::Error that `run` throws, or one that says that there was none.
template <class Run> core::Error failure_of(Run &&run) {
    try {
        run();
    } catch (const core::Error &e) {
        return e;
    }
    return {core::Kind::other, "nothing was thrown"};
}

} // namespace ferry::test
