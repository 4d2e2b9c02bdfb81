// Mirrors: other places that hold a registry's repositories, how to reach them, and which of them are dead.
#pragma once

#include "core/base/error.h"

#include <ferry/registry.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace ferry::core {

struct Credentials {
    std::string username;
    std::string secret;
    std::string identity_token;
};

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

// Did the request end without a word of the host: no connection, or a proxy that found none (pure)?
bool unanswered(const Error &failure) noexcept;

// Mirrors that are asked before the backend's endpoints.
struct Mirrors {
    std::vector<std::string> places = {}; // [http://]host[:port][/prefix], most preferred first
    // The user's login at a mirror's own host[:port], for that mirror alone; null: there are none.
    std::function<Credentials(const std::string &host)> login = {};
    std::shared_ptr<Health> health = std::make_shared<Health>();
};

// The endpoint that `mirror` stands for (pure). Its path goes in front of the repository. Throws Error(usage).
ferry::Endpoint mirror_endpoint(const std::string &mirror, const std::string &repository);

} // namespace ferry::core
