// The host's HTTP client: policy (redirects, retries, limits, logging) on top of a transport chain.
//
// It opens no socket itself. Credentials are the caller's headers; a redirect takes them to the same origin only.
// [any-thread]
#pragma once

#include "core/base/url.h"
#include "core/http/redirect.h"
#include "core/http/retry.h"
#include "core/plugin/services.h"

#include <ferry/transport.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferry::core {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string url;
    Headers headers = {};
    std::string method = "GET";
    std::string body = {};
    Headers secrets = {}; // as headers, but for the origin of `url` only
    // Is an answer whose status passes as a rule (429, 5xx) one that will not? Null: none is.
    std::function<bool(const struct HttpReply &)> final = {};
};

// A small answer, read whole.
struct HttpReply {
    int status = 0;
    Headers headers;
    std::string body;
    std::string url; // after redirects

    // The first field of that name, or empty.
    std::string_view header(std::string_view name) const noexcept;
    std::vector<std::string> all(std::string_view name) const;
};

struct ClientRules {
    RetryRules retry;
    std::int32_t connect_timeout_ms = 30'000;
    std::int32_t stall_timeout_ms = 60'000;
    int most_redirects = 10;
    RedirectRules redirects;
    std::string user_agent = "ferry";
};

// The request that follows a redirect (pure): the next URL, and the headers less those that are secret where the
// origin of the first request is left (RFC 9110 section 15.4). Throws Error on a redirect that the rules refuse.
HttpRequest redirected(const HttpRequest &first, const Url &from, std::string_view location, const ClientRules &rules);

class Client {
public:
    Client(ferry_http chain, ClientRules rules);
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    // One exchange, redirects followed, no retries; any status is an answer. Throws core::Error.
    std::unique_ptr<ferry::Response> open(const Operation &operation, const HttpRequest &request,
                                          std::string *final_url = nullptr) const;
    // The same, read whole, and repeated by the retry rules while it fails for the moment. A status that stays bad is
    // returned. Throws when the body is longer than `limit`. `patient` false: the first failure is the answer.
    HttpReply fetch(const Operation &operation, const HttpRequest &request, std::size_t limit,
                    bool patient = true) const;

    // This client as a ferry_http for registry backends: redirects and retries included. Lives as long as the client.
    ferry_http as_http() noexcept;

    const ClientRules &rules() const noexcept { return rules_; }

private:
    friend class RetryingTransport;
    std::unique_ptr<ferry::Response> open_retrying(const Operation &operation, const HttpRequest &request,
                                                   std::string *final_url, const RetryRules &retry) const;

    ferry_http chain_;
    ClientRules rules_;
    std::unique_ptr<ferry::Transport> facade_;
};

} // namespace ferry::core
