#include "transport/proxy_refusal.h"

#include "transport/proxy_login.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

// The most of a reason phrase that is shown.
constexpr std::size_t reason_shown = 80;

// The ways to log in that the proxy names.
std::string ways(const Head &head) {
    std::string text;
    for (const std::string_view challenge : head.all(head.status == 401 ? "www-authenticate" : "proxy-authenticate")) {
        const std::string_view scheme = challenge.substr(0, challenge.find(' '));
        text += (text.empty() ? "" : ", ") + std::string(scheme.substr(0, 20));
    }
    return text;
}

bool knows(const Head &head, std::string_view scheme) {
    const auto challenges = head.all("proxy-authenticate");
    return challenges.empty() || std::any_of(challenges.begin(), challenges.end(), [&](std::string_view one) {
               return lower(one.substr(0, scheme.size())) == scheme;
           });
}

// Did the proxy itself make that answer? squid, tinyproxy and RFC 9209 mark theirs; others look like the target's.
bool of_the_proxy(const Head &head) {
    if (!head.all("x-squid-error").empty()) return true;
    for (const std::string_view value : head.all("proxy-status"))
        if (lower(value).find("error=") != std::string::npos) return true;
    for (const std::string_view value : head.all("server"))
        if (const std::string name = lower(value); name.starts_with("squid") || name.starts_with("tinyproxy"))
            return true;
    return false;
}

// 404 and the like would be the target's in any case.
bool is_refusal(int status) {
    return status == 403 || status == 500 || status == 502 || status == 503 || status == 504;
}

} // namespace

// tinyproxy answers a wrong login with 401, as if it were the target; 407 alone means a proxy.
bool wants_proxy_login(const Head &head) {
    return head.status == 407 || (head.status == 401 && of_the_proxy(head));
}

std::optional<Error> refused_request(const Proxy &proxy, const Url &url, const Head &head) {
    if (!is_refusal(head.status) || !of_the_proxy(head)) return std::nullopt;
    const std::string why = std::to_string(head.status) + " " + head.reason.substr(0, reason_shown);
    if (head.status == 403)
        return Error(FERRY_E_PROXY,
                     say("the proxy {} refused to ask {}: {}; ask its operator to allow it, or name the host "
                         "in NO_PROXY",
                         proxy.endpoint(), url.endpoint(), why))
            .http(head.status);
    return Error(FERRY_E_PROXY, say("the proxy {} got no answer from {}: {}; it seems not to reach that host",
                                    proxy.endpoint(), url.endpoint(), why))
        .http(head.status)
        .retryable();
}

Error refused_login(const Proxy &proxy, const Head &head) {
    Text text;
    if (!knows(head, "basic") && digest_challenge(head.all("proxy-authenticate")).empty())
        text = say("the proxy {} answered {}: it asks for {}, which ferry does not speak; a local proxy such as cntlm "
                   "or px can log in for it",
                   proxy.endpoint(), head.status, ways(head));
    else if (!proxy.has_login())
        text = say("the proxy {} answered {}: it wants a user name and password ({}); put them into the proxy's URL as "
                   "http://USER:PASSWORD@{}",
                   proxy.endpoint(), head.status, ways(head), proxy.endpoint());
    else
        text = say("the proxy {} answered {}: it did not accept the user name and password in the proxy's URL ({}); "
                   "check them, and write special characters as %XX",
                   proxy.endpoint(), head.status, ways(head));
    return Error(FERRY_E_PROXY, text).http(407);
}

Error refused_tunnel(const Proxy &proxy, const Url &url, const Head &head) {
    Text text;
    if (head.status == 401) // a proxy says 407; the registry cannot have been asked yet
        text = say("{} answered 401 to CONNECT, as a web server does and no proxy; is it the proxy's address and port?",
                   proxy.endpoint());
    else if (head.status >= 500)
        text = say("the proxy {} refused the tunnel to {}: {} {}; it seems not to reach that host", proxy.endpoint(),
                   url.endpoint(), head.status, head.reason.substr(0, reason_shown));
    else if (head.status == 403)
        text = say("the proxy {} refused the tunnel to {}: {} {}; ask its operator to allow it, or name the host in "
                   "NO_PROXY",
                   proxy.endpoint(), url.endpoint(), head.status, head.reason.substr(0, reason_shown));
    else if (head.status == 405 || head.status == 501 || head.status == 400)
        text =
            say("the proxy {} refused the tunnel to {}: {} {}; it does not offer CONNECT, without which https cannot "
                "pass it",
                proxy.endpoint(), url.endpoint(), head.status, head.reason.substr(0, reason_shown));
    else
        text = say("the proxy {} refused the tunnel to {}: {} {}", proxy.endpoint(), url.endpoint(), head.status,
                   head.reason.substr(0, reason_shown));
    return Error(FERRY_E_PROXY, text).http(head.status).retryable(head.status >= 500 && head.status != 501);
}

} // namespace ferry::net
