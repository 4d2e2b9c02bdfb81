#include "transport/engine.h"

#include "transport/body.h"
#include "transport/head.h"
#include "transport/socks.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

using std::chrono::milliseconds;

// The most that is read away to keep a connection whose body the caller did not want.
constexpr std::size_t drain_limit = 16 * 1024;

// How often a proxy may ask for another login in one request: first for Digest, then for a new nonce.
constexpr int most_logins = 2;

std::optional<milliseconds> limit(std::int32_t ms) {
    return ms > 0 ? std::optional(milliseconds(ms)) : std::nullopt;
}

class Exchange final : public Response {
public:
    Exchange(Pool &pool, Destination to, std::unique_ptr<Connection> connection, Head head, Body body,
             std::optional<milliseconds> stall, bool reusable)
        : pool_(pool), to_(std::move(to)), connection_(std::move(connection)), head_(std::move(head)), body_(body),
          stall_(stall), reusable_(reusable) {}

    ~Exchange() override {
        try {
            if (reusable_ && !error_ && body_.delimited() && (body_.complete() || drain()) && connection_->drained())
                pool_.put(std::move(to_), std::move(connection_));
        } catch (...) {
            // The connection is dropped.
        }
    }

    int status() const noexcept override { return head_.status; }
    std::size_t header_count() const noexcept override { return head_.fields.size(); }
    ferry_header header_at(std::size_t index) const noexcept override {
        if (index >= head_.fields.size()) return {};
        return {raw(head_.fields[index].first), raw(head_.fields[index].second)};
    }

    std::size_t read(const Op &op, void *buffer, std::size_t capacity) override {
        if (error_) throw *error_;
        if (!capacity) throw Error(FERRY_E_INVALID, say("a read of no bytes cannot tell the end of the body"));
        try {
            op.throw_if_cancelled();
            const Patience patience{op, stall_, std::nullopt,
                                    later("{}: timed out waiting for the next bytes of the answer"), body_.bulk()};
            const Wire::Turn turn(connection_->wire(), patience);
            const std::size_t got = body_.read(*connection_, static_cast<char *>(buffer), capacity);
            // What came with a cancellation is not judged: a closed connection looks like an end.
            op.throw_if_cancelled();
            return got;
        } catch (const Error &error) {
            error_ = op.cancelled() ? Error(FERRY_E_CANCELLED, say("cancelled")) : error;
            throw *error_;
        }
    }

private:
    // Reads away what has arrived already; never waits.
    bool drain() {
        if (!body_.chunked() && body_.left() > drain_limit) return false;
        const Op nobody(nullptr);
        const Patience patience{nobody, milliseconds(0), std::nullopt,
                                later("{}: timed out waiting for the next bytes of the answer")};
        const Wire::Turn turn(connection_->wire(), patience);
        char buffer[4096];
        std::size_t drained = 0;
        while (!body_.complete() && drained <= drain_limit) drained += body_.read(*connection_, buffer, sizeof buffer);
        return body_.complete();
    }

    Pool &pool_;
    Destination to_;
    std::unique_ptr<Connection> connection_;
    Head head_;
    Body body_;
    std::optional<milliseconds> stall_;
    bool reusable_;
    std::optional<Error> error_; // repeats
};

bool keeps(const Head &head) {
    if (head.lists("connection", "close") || head.lists("proxy-connection", "close")) return false;
    return head.minor >= 1;
}

bool asks_to_close(const ferry_request &request) {
    for (std::size_t i = 0; i < request.header_count; ++i)
        if (Response::same_name(view(request.headers[i].name), "connection") &&
            lower(view(request.headers[i].value)).find("close") != std::string::npos)
            return true;
    return false;
}

std::string user_agent(const ferry_request &request) {
    for (std::size_t i = 0; i < request.header_count; ++i)
        if (Response::same_name(view(request.headers[i].name), "user-agent")) return str(request.headers[i].value);
    return {};
}

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

Error proxy_denied(const Proxy &proxy, const Head &head) {
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

// tinyproxy answers a wrong login with 401, as if it were the target; 407 alone means a proxy.
bool wants_proxy_login(const Head &head) {
    return head.status == 407 || (head.status == 401 && of_the_proxy(head));
}

// 404 and the like would be the target's in any case.
bool is_refusal(int status) {
    return status == 403 || status == 500 || status == 502 || status == 503 || status == 504;
}

Error proxy_refused(const Proxy &proxy, const Url &url, const Head &head) {
    const std::string why = std::to_string(head.status) + " " + head.reason.substr(0, 80);
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

} // namespace

TlsOptions tls_options(const Config &config) {
    TlsOptions options;
    options.insecure = config.flag("insecure");
    options.ca_cert = config.get("ca_cert");
    options.client_cert = config.get("client_cert");
    options.client_key = config.get("client_key");
    options.certs_dir = config.get("certs_dir");
    options.min_tls = config.get("min_tls");
    const std::string hosts = config.get("insecure_hosts");
    for (std::string_view left = hosts; !left.empty();) {
        const auto end = std::min(left.find_first_of(", "), left.size());
        if (end) options.insecure_servers.push_back(parse_server(left.substr(0, end), "insecure_hosts"));
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return options;
}

ProxyLogin &Engine::login(const Proxy &proxy) {
    const std::lock_guard lock(mutex_);
    return logins_.try_emplace(proxy.endpoint() + " " + proxy.user + ":" + proxy.password, proxy.user, proxy.password)
        .first->second;
}

bool Engine::tunnel(Wire &wire, const Patience &patience, const ferry_request &request, const Url &url,
                    const Proxy &proxy) {
    const Patience waiting{patience.op, patience.stall, patience.deadline,
                           later("{}: timed out waiting for the proxy's answer to CONNECT")};
    const Wire::Turn turn(wire, waiting);
    const std::string authorization = login(proxy).authorize("CONNECT", url.endpoint());
    // A session of its own: what it would buffer beyond the answer is checked below. It must not close the socket.
    Head head;
    {
        Connection session{Poco::AutoPtr<Wire>(&wire, true)};
        std::string connect = "CONNECT " + url.endpoint() + " HTTP/1.1\r\nHost: " + url.endpoint() + "\r\n";
        if (!authorization.empty()) connect += "Proxy-Authorization: " + authorization + "\r\n";
        if (const std::string agent = user_agent(request); !agent.empty()) connect += "User-Agent: " + agent + "\r\n";
        try {
            session.send(connect + "\r\n");
            head = session.receive_head();
        } catch (Error &error) {
            if (error.code != FERRY_E_NETWORK && error.code != FERRY_E_PROTOCOL) throw;
            error.code = FERRY_E_PROXY;
            error.message = say("{} instead of opening a tunnel to {}", error.message, url.endpoint());
            throw;
        }
        const bool clean = session.drained();
        session.detachSocket();
        if (head.status / 100 == 2) {
            if (clean) return true;
            throw Error(FERRY_E_PROXY, say("the proxy {} sent bytes of its own into the tunnel to {}", proxy.endpoint(),
                                           url.endpoint()));
        }
    }
    if (wants_proxy_login(head)) {
        if (login(proxy).learn(head.all("proxy-authenticate"), authorization)) return false;
        throw proxy_denied(proxy, head);
    }
    Text text;
    if (head.status == 401) // a proxy says 407; the registry cannot have been asked yet
        text = say("{} answered 401 to CONNECT, as a web server does and no proxy; is it the proxy's address and port?",
                   proxy.endpoint());
    else if (head.status >= 500)
        text = say("the proxy {} refused the tunnel to {}: {} {}; it seems not to reach that host", proxy.endpoint(),
                   url.endpoint(), head.status, head.reason.substr(0, 80));
    else if (head.status == 403)
        text = say("the proxy {} refused the tunnel to {}: {} {}; ask its operator to allow it, or name the host in "
                   "NO_PROXY",
                   proxy.endpoint(), url.endpoint(), head.status, head.reason.substr(0, 80));
    else if (head.status == 405 || head.status == 501 || head.status == 400)
        text =
            say("the proxy {} refused the tunnel to {}: {} {}; it does not offer CONNECT, without which https cannot "
                "pass it",
                proxy.endpoint(), url.endpoint(), head.status, head.reason.substr(0, 80));
    else
        text = say("the proxy {} refused the tunnel to {}: {} {}", proxy.endpoint(), url.endpoint(), head.status,
                   head.reason.substr(0, 80));
    throw Error(FERRY_E_PROXY, text).http(head.status).retryable(head.status >= 500 && head.status != 501);
}

Poco::AutoPtr<Wire> Engine::reach_proxy(const Url &url, const Proxy &proxy, const Patience &patience) {
    const Text name = say("the proxy {}", proxy.endpoint());
    Poco::AutoPtr<Wire> wire;
    try {
        wire = dial(resolver_, proxy.host, proxy.port, name, patience);
    } catch (Error &error) {
        // It is the proxy that cannot be reached; nobody has asked the registry yet.
        if (error.code == FERRY_E_NETWORK) {
            error.code = FERRY_E_PROXY;
            error.message = say("{} (proxy of {})", error.message, url.endpoint());
        }
        throw;
    }
    if (proxy.scheme == "https") {
        const Patience shaking{patience.op, patience.stall, patience.deadline,
                               later("{}: timed out during the TLS handshake")};
        const Wire::Turn turn(*wire, shaking);
        wire->start_tls(trusts_.of(proxy.host, proxy.port), proxy.host, name);
    }
    return wire;
}

Poco::AutoPtr<Wire> Engine::through_socks(const Url &url, const Proxy &proxy, const Patience &patience) {
    const Patience waiting{patience.op, patience.stall, patience.deadline,
                           later("{}: timed out waiting for the SOCKS proxy's answer")};
    std::vector<Address> addresses;
    if (proxy.scheme == "socks5") addresses = lookup(resolver_, url.host, url.port, url.endpoint(), patience);
    // Which of them the proxy reaches shows only when it is asked, on a new connection for each.
    for (std::size_t i = 0;; ++i) {
        Poco::AutoPtr<Wire> wire = reach_proxy(url, proxy, patience);
        const Wire::Turn turn(*wire, waiting);
        try {
            socks_connect(*wire, proxy, url.host, url.port, addresses.empty() ? nullptr : &addresses[i]);
            return wire;
        } catch (const Error &error) {
            if (error.code != FERRY_E_PROXY || i + 1 >= addresses.size()) throw;
            patience.op.debug(error.message.english());
        }
    }
}

std::unique_ptr<Connection> Engine::connect(const Op &op, const ferry_request &request, const Url &url,
                                            const Proxy *proxy) {
    std::optional<Clock::time_point> deadline;
    if (const auto time = limit(request.connect_timeout_ms)) deadline = Clock::now() + *time;
    const Patience patience{op, std::nullopt, deadline, later("{}: timed out connecting")};
    const Patience shaking{op, std::nullopt, deadline, later("{}: timed out during the TLS handshake")};
    Poco::AutoPtr<Wire> wire;
    if (!proxy) {
        wire = dial(resolver_, url.host, url.port, url.endpoint(), patience);
    } else if (proxy->socks()) {
        wire = through_socks(url, *proxy, patience);
    } else {
        wire = reach_proxy(url, *proxy, patience);
        // A new login goes over a new connection: a proxy may close the refused one.
        for (int tried = 0; url.tls() && !tunnel(*wire, patience, request, url, *proxy); ++tried) {
            if (tried == most_logins)
                throw Error(FERRY_E_PROXY, say("the proxy {} asks for a login again and again", proxy->endpoint()));
            wire = reach_proxy(url, *proxy, patience);
        }
    }
    if (proxy) wire->rename(say("{} (through the proxy {})", url.endpoint(), proxy->endpoint()));
    if (url.tls()) {
        const Wire::Turn turn(*wire, shaking);
        wire->start_tls(trusts_.of(url.host, url.port), url.host, url.endpoint());
    }
    return std::make_unique<Connection>(std::move(wire));
}

std::unique_ptr<Response> Engine::open(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy) {
    op.throw_if_cancelled();
    const bool absolute = proxy && !proxy->socks() && !url.tls();
    const std::string target = absolute ? "http://" + url.authority + url.target : url.target;
    Destination to{url.tls(), url.host, url.port, proxy ? proxy->scheme + "://" + proxy->endpoint() : ""};
    if (absolute) {
        to.host.clear();
        to.port = 0;
    }
    const std::string method = str(request.method);
    const auto stall = limit(request.stall_timeout_ms);
    const bool repeatable = method == "GET" || method == "HEAD";
    int logins = 0;
    for (bool fresh = false;; fresh = true) {
        const std::string authorization = absolute ? login(*proxy).authorize(method, target) : std::string();
        const std::string head = write_head(request, url, target, authorization);
        std::unique_ptr<Connection> connection = fresh ? nullptr : pool_.take(to);
        const bool reused = connection != nullptr;
        if (!connection) connection = connect(op, request, url, proxy);
        if (reused && absolute)
            connection->wire().rename(say("{} (through the proxy {})", url.endpoint(), proxy->endpoint()));
        connection->forget();
        const Patience sending{op, stall, std::nullopt, later("{}: timed out sending the request")};
        const Patience waiting{op, stall, std::nullopt, later("{}: timed out waiting for the answer")};
        try {
            std::optional<Error> unsent;
            try {
                const Wire::Turn turn(connection->wire(), sending);
                // One segment for what fits into one.
                const std::string_view body = view(request.body);
                connection->send(body.size() <= 4096 ? head + std::string(body) : head);
                if (body.size() > 4096) connection->send(body);
            } catch (const Error &error) {
                // A server may answer and close before it has read everything.
                if (error.code != FERRY_E_NETWORK) throw;
                unsent = error;
            }
            const Wire::Turn turn(connection->wire(), waiting);
            Head answer;
            try {
                answer = connection->receive_head();
            } catch (const Error &error) {
                if (unsent && error.code == FERRY_E_NETWORK) throw *unsent;
                throw;
            }
            op.throw_if_cancelled();
            if (absolute && wants_proxy_login(answer)) {
                // The proxy has passed nothing on: any method may be sent again.
                if (logins++ < most_logins && login(*proxy).learn(answer.all("proxy-authenticate"), authorization))
                    continue;
                throw proxy_denied(*proxy, answer);
            }
            if (absolute && is_refusal(answer.status) && of_the_proxy(answer)) throw proxy_refused(*proxy, url, answer);
            const Body body(answer, method, connection->peer());
            const bool reusable = keeps(answer) && !asks_to_close(request) && !unsent;
            return std::make_unique<Exchange>(pool_, std::move(to), std::move(connection), std::move(answer), body,
                                              stall, reusable);
        } catch (Error &error) {
            op.throw_if_cancelled();
            if (error.code != FERRY_E_NETWORK) throw;
            if (!(reused && repeatable && !connection->answered())) {
                error.message = say("{} before the answer was there", error.message);
                throw;
            }
            op.debug("an idle connection to " + url.endpoint() + " had been closed; asking again on a new one");
        }
    }
}

} // namespace ferry::net
