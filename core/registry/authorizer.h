// The credentials of one endpoint and of the places that it redirects to.
//
// A challenge (RFC 9110 section 11) is answered through the backend, once for all threads that meet it; what answers it
// is kept as long as it lives, by origin and scope. The endpoint's own challenge is answered with the user's login.
// Another origin to which the endpoint redirected gets an answer without any login: the token that everybody gets
// there, which is sent to no other origin, as docker does it with the redirecting fronts of other registries.
// [any-thread]
#pragma once

#include "core/registry/backend.h"
#include "core/registry/credentials.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace ferry::core {

// What a token is good for, in the words of Docker Registry v2 authentication: "repository:library/debian:pull".
struct Scope {
    std::string resource; // repository:NAME, registry:catalog
    std::string actions;  // separated by commas

    std::string str() const { return resource + ":" + actions; }
};

// What a token for the resource at `path` (of a URL) is asked for: that repository where the path is one of the
// distribution API's, else `otherwise` (pure). The actions on a repository are those of `otherwise`, if it is one.
Scope scope_of(std::string_view path, const Scope &otherwise);

class Authorizer {
public:
    // `backend` must outlive it.
    Authorizer(const Backend &backend, Credentials credentials);

    // Calls `send` with the request, to which each origin's own credential is attached, and again while a challenge
    // could be answered; returns what it returned last, an HttpHead or more. `base_url` is the endpoint's. Throws
    // Error.
    template <class Send>
    auto exchange(const Operation &operation, const std::string &base_url, const Scope &scope, HttpRequest request,
                  const Send &send) {
        Challenges challenges(*this, operation, base_url, scope);
        request.secrets = [&](const Url &url) { return challenges.credentials_for(url); };
        for (;;) {
            auto answer = send(std::as_const(request));
            if (!challenges.answer(answer)) return answer;
        }
    }

    const Credentials &credentials() const noexcept { return credentials_; }

private:
    // A credential to send, if any, and which one it is.
    struct Pass {
        std::optional<std::pair<std::string, std::string>> header;
        unsigned generation = 0;
    };
    struct Holder {
        std::mutex mutex;
        ferry::Credential credential;
        std::int64_t expires_ms = 0; // steady clock; -1: until refused
        unsigned generation = 0;     // grows with each credential
        Pass current();
    };

    // The challenges that one request meets on its way. [one-thread]
    class Challenges {
    public:
        Challenges(Authorizer &authorizer, const Operation &operation, const std::string &base_url, const Scope &scope);
        // The fields to send to that URL.
        Headers credentials_for(const Url &url);
        // Is the request to be sent again, now that the challenge in `head` has an answer? Throws Error.
        bool answer(const HttpHead &head);

    private:
        bool is_home(const Url &url) const { return url.same_origin(home_); }
        std::string key_of(const Url &url) const;
        ferry::Challenge challenge_of(const HttpHead &head, const Url &by) const;

        Authorizer &authorizer_;
        const Operation &operation_;
        const std::string base_url_;
        const Url home_;
        const Scope &scope_;
        std::map<std::string, Pass> sent_;  // what the last request carried, by key
        std::map<std::string, Pass> fresh_; // the answer to the last challenge: it may be good for one request only
        std::map<std::string, int> answered_;
        int answers_ = 0;
    };

    // Null where there is none for that key yet and `make` is false.
    std::shared_ptr<Holder> holder(const std::string &key, bool make);
    // After a 401 to a request that carried the pass `refused`: the one to try now.
    Pass authorize(const Operation &operation, Holder &holder, const Pass &refused, const ferry::Challenge &challenge);

    const Backend &backend_;
    Credentials credentials_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Holder>> holders_; // by origin and scope
};

} // namespace ferry::core
