// The host's HTTP client: policy (redirects, retries, limits, logging) on top of a transport chain.
//
// It opens no socket itself. What is secret stays with the origin that it is for: a redirect takes the fields that any
// server may see, and no others, to another one, and no body. [any-thread]
#pragma once

#include "core/base/rate.h"
#include "core/base/retry.h"
#include "core/base/url.h"
#include "core/http/deadline.h"
#include "core/http/redirect.h"
#include "core/plugin/services.h"

#include <ferry/transport.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferry::core {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpReply;

struct HttpRequest {
    std::string url;
    Headers headers = {};
    std::string method = "GET";
    std::string body = {};
    // The fields for one origin alone, asked for at each hop with the URL that is about to be asked. Null: there are
    // none.
    std::function<Headers(const Url &)> secrets = {};
    // The whole answer, and not only its head, has to come within ClientRules::total_timeout_ms.
    bool body_timed = false;
    // Does an answer with a status that usually passes (429, 5xx) refuse for good? Then it is not retried. Null: none
    // does.
    std::function<bool(const HttpReply &)> refuses_for_good = {};
};

// The status line and the fields of an answer.
struct HttpHead {
    int status = 0;
    Headers headers = {};
    std::string url = {}; // that answered, behind all redirects

    // The first field of that name, or empty.
    std::string_view header(std::string_view name) const noexcept;
    std::vector<std::string> all(std::string_view name) const;
};

// An answer whose body has yet to be read.
struct HttpStream : HttpHead {
    std::unique_ptr<ferry::Response> response = {};
};

// An answer, read whole.
struct HttpReply : HttpHead {
    std::string body = {};
};

struct ClientRules {
    RetryRules retry;
    std::int32_t connect_timeout_ms = 30'000;
    std::int32_t stall_timeout_ms = 60'000;
    // The longest that the head of an answer may take, or all of one that is timed whole; 0: any time. Never less than
    // connecting and stalling once may take together.
    std::int64_t total_timeout_ms = 300'000;
    RateRules rate; // of bodies
    int most_redirects = 10;
    RedirectRules redirects;
    std::string user_agent = "ferry";
};

// The request that follows a redirect with `status` (pure): the next URL; GET without a body after a POST that was
// answered with 301, 302 or 303; and, where the origin of the first request is left, only those headers that any server
// may see (RFC 9110 section 15.4). Throws Error on a redirect that the rules refuse, and on one that would take a body
// to another origin.
HttpRequest redirected(const HttpRequest &first, const Url &from, int status, std::string_view location,
                       const ClientRules &rules);

class Client {
public:
    Client(ferry_http chain, ClientRules rules);
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    // One exchange, redirects followed, no retries; any status is an answer. Throws core::Error.
    HttpStream open(const Operation &operation, const HttpRequest &request) const;
    // The same, repeated by the retry rules while it fails for the moment. A status that stays bad is returned.
    HttpStream open_with_retries(const Operation &operation, const HttpRequest &request) const;
    // The same, read whole. Throws when the body is longer than `limit`.
    HttpReply fetch(const Operation &operation, const HttpRequest &request, std::size_t limit,
                    Attempts attempts = Attempts::by_the_rules) const;

    // This client as a ferry_http for registry backends: redirects and retries included. Lives as long as the client.
    ferry_http as_http() noexcept;

    const ClientRules &rules() const noexcept { return rules_; }

private:
    // The answer to `request`, made at `url`, as it stands.
    std::unique_ptr<ferry::Response> exchange(const Operation &operation, const HttpRequest &request,
                                              const Url &url) const;

    ferry_http chain_;
    ClientRules rules_;
    mutable Deadlines deadlines_;
    std::unique_ptr<ferry::Transport> facade_;
};

} // namespace ferry::core
