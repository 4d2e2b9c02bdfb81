// A registry backend that does what a test says.
#pragma once

#include "core/registry/repository.h"
#include "support/host.h"
#include "support/plugin.h"

#include <ferry/registry.hpp>

#include <functional>
#include <mutex>

namespace ferry::test {

// One at a time: a plugin's table has no place for a test's data.
class BackendScript {
public:
    BackendScript() { current_ = this; }
    ~BackendScript() { current_ = nullptr; }
    BackendScript(const BackendScript &) = delete;
    BackendScript &operator=(const BackendScript &) = delete;
    static BackendScript &current() { return *current_; }

    std::function<std::vector<Reference>(const Reference &)> normalize = [](const Reference &typed) {
        return std::vector{typed};
    };
    std::vector<Endpoint> endpoints;
    std::function<Credential(const Op &, const Challenge &)> authorize = [](const Op &,
                                                                            const Challenge &) -> Credential {
        throw ferry::Error(FERRY_E_UNAUTHORIZED, "this test has no credentials");
    };
    std::function<std::optional<Advice>(const Refusal &)> explain = [](const Refusal &) { return std::nullopt; };
    // Of an API of its own: none, unless a test says otherwise.
    std::function<void(const Listing &)> list_tags = no_such_list, search = no_such_list;

    std::vector<Challenge> challenges() const {
        const std::lock_guard lock(mutex_);
        return challenges_;
    }
    void keep(const Challenge &challenge) {
        const std::lock_guard lock(mutex_);
        challenges_.push_back(challenge);
    }

private:
    static void no_such_list(const Listing &) { throw ferry::Error(FERRY_E_UNSUPPORTED, "this test has no such list"); }
    static inline BackendScript *current_ = nullptr;
    mutable std::mutex mutex_;
    std::vector<Challenge> challenges_;
};

class ScriptedRegistry final : public ferry::Registry {
public:
    ScriptedRegistry(Config, ferry_http) {}
    static int claims(Config, std::string_view) { return 1; }
    std::vector<Reference> normalize(const Reference &typed) override {
        return BackendScript::current().normalize(typed);
    }
    std::vector<Endpoint> endpoints(const Reference &) override { return BackendScript::current().endpoints; }
    Credential authorize(const Op &op, const Challenge &challenge) override {
        BackendScript::current().keep(challenge);
        return BackendScript::current().authorize(op, challenge);
    }
    std::optional<Advice> explain(const Refusal &refusal) override { return BackendScript::current().explain(refusal); }
    void list_tags(const Op &, const Reference &, const Credential &, const Listing &out) override {
        BackendScript::current().list_tags(out);
    }
    void search(const Op &, const std::string &, const std::string &, std::uint32_t, const Listing &out) override {
        BackendScript::current().search(out);
    }
};

inline constexpr ferry_registry_v1 scripted_registry_table = registry<ScriptedRegistry>();

inline const ferry_plugin &scripted_backend() {
    return plugin_over<scripted_registry_table>(FERRY_REGISTRY_V1);
}

// A backend and a repository of it over some web. `endpoints` are those of the repository team/app.
struct Reach {
    Reach(ferry_http http, std::vector<Endpoint> endpoints, core::ClientRules rules = hasty_client(),
          core::Credentials credentials = {}, bool insecure = false, const std::string &digest = {})
        : client(http, std::move(rules)), backend(scripted_backend(), {}, client) {
        script.endpoints = std::move(endpoints);
        repository = std::make_shared<core::Repository>(
            backend, client, core::Reference{{{}, "a"}, "team/app", digest.empty() ? "1" : "", digest, "a/team/app"},
            std::move(credentials), core::Insecure{insecure, {}});
    }

    BackendScript script;
    core::Client client;
    core::Backend backend;
    std::shared_ptr<core::Repository> repository;
};

// Where team/app is: at its registry, and on a mirror that calls it something else.
inline const Endpoint home{"https://a", "team/app"};
inline const Endpoint mirror{"https://m/hub", "mirrored/app", true};

template <class Run> core::Error failure(Run &&run) {
    return failure_of(std::forward<Run>(run));
}

} // namespace ferry::test
