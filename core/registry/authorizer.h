// The credentials of one endpoint and of the places that it redirects to.
//
// A challenge (RFC 9110 section 11) is answered through the backend, once for all threads that meet it; what answers it
// is kept as long as it lives. The endpoint's own challenge is answered with the user's login. Another origin to which
// the endpoint redirected gets an answer without any login: the token that everybody gets there, kept for that origin
// and scope and shown to no other, as docker does it with the redirecting fronts of other registries. [any-thread]
#pragma once

#include "core/registry/backend.h"
#include "core/registry/mirrors.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

// What a token for the resource at `path` (of a URL) is asked for: repository:NAME:pull where it is one of the
// distribution API's, else `otherwise` (pure).
std::string scope_of(std::string_view path, const std::string &otherwise);

class Authorizer {
public:
    // What came of one exchange: the URL is the one that answered, behind all redirects.
    struct Answer {
        int status = 0;
        std::string url;
        std::vector<std::string> challenges; // the values of WWW-Authenticate
    };
    using Send = std::function<Answer(const HttpRequest &)>;

    // `backend` must outlive it.
    Authorizer(const Backend &backend, std::string scope, Credentials credentials);

    // Calls `send` with the request, to which each origin's own credential is attached, and again while a challenge
    // could be answered; the last answer stands. `base_url` is the endpoint's. Throws Error.
    void exchange(const Operation &operation, const std::string &base_url, HttpRequest request, const Send &send);

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

    // Null where there is none for that key yet and `make` is false.
    std::shared_ptr<Holder> holder(const std::string &key, bool make);
    // After a 401 to a request that carried the pass `refused`: the one to try now.
    Pass authorize(const Operation &operation, Holder &holder, const Pass &refused, const ferry::Challenge &challenge);

    const Backend &backend_;
    std::string scope_;
    Credentials credentials_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Holder>> holders_; // by origin and scope; the endpoint's own by ""
};

} // namespace ferry::core
