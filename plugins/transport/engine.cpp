#include "transport/engine.h"

#include "transport/body.h"
#include "transport/head.h"

namespace ferry::net {

namespace {

using std::chrono::milliseconds;

// The most that is read away to keep a connection whose body the caller did not want.
constexpr std::size_t drain_limit = 16 * 1024;

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
        if (!capacity) throw Error(FERRY_E_INVALID, "a read of no bytes cannot tell the end of the body");
        try {
            op.throw_if_cancelled();
            const Patience patience{op, stall_, std::nullopt, "waiting for the next bytes of the answer"};
            const Wire::Turn turn(connection_->wire(), patience);
            const std::size_t got = body_.read(*connection_, static_cast<char *>(buffer), capacity);
            // What came with a cancellation is not judged: a closed connection looks like an end.
            op.throw_if_cancelled();
            return got;
        } catch (const Error &error) {
            error_ = op.cancelled() ? Error(FERRY_E_CANCELLED, "cancelled") : error;
            throw *error_;
        }
    }

private:
    // Reads away what has arrived already; never waits.
    bool drain() {
        if (!body_.chunked() && body_.left() > drain_limit) return false;
        const Op nobody(nullptr);
        const Patience patience{nobody, milliseconds(0), std::nullopt, "draining"};
        const Wire::Turn turn(connection_->wire(), patience);
        char buffer[4096];
        std::size_t drained = 0;
        while (!body_.complete() && drained <= drain_limit)
            drained += body_.read(*connection_, buffer, sizeof buffer);
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

std::string asked_for(const Head &head) {
    const auto challenges = head.all("proxy-authenticate");
    if (challenges.empty()) return "";
    const std::string_view scheme = challenges[0].substr(0, challenges[0].find(' '));
    return " (it asks for " + std::string(scheme.substr(0, 20)) + ")";
}

Error proxy_denied(const Proxy &proxy, const Head &head) {
    const std::string why = proxy.authorization.empty()
                                ? "it wants a user name and password; put them into the proxy's URL as "
                                  "http://USER:PASSWORD@" + proxy.endpoint()
                                : "it did not accept the user name and password in the proxy's URL";
    return Error(FERRY_E_PROXY, "the proxy " + proxy.endpoint() + " answered 407: " + why + asked_for(head)).http(407);
}

} // namespace

TlsOptions tls_options(const Config &config) {
    TlsOptions options;
    options.insecure = config.flag("insecure");
    options.ca_cert = config.get("ca_cert");
    options.client_cert = config.get("client_cert");
    options.client_key = config.get("client_key");
    return options;
}

void Engine::tunnel(Wire &wire, const Patience &patience, const ferry_request &request, const Url &url,
                    const Proxy &proxy) const {
    const Patience waiting{patience.op, patience.stall, patience.deadline, "waiting for the proxy's answer to CONNECT"};
    const Wire::Turn turn(wire, waiting);
    // A session of its own: what it would buffer beyond the answer is checked below. It must not close the socket.
    Head head;
    {
        Connection session{Poco::AutoPtr<Wire>(&wire, true)};
        std::string connect = "CONNECT " + url.endpoint() + " HTTP/1.1\r\nHost: " + url.endpoint() + "\r\n";
        if (!proxy.authorization.empty()) connect += "Proxy-Authorization: " + proxy.authorization + "\r\n";
        if (const std::string agent = user_agent(request); !agent.empty()) connect += "User-Agent: " + agent + "\r\n";
        try {
            session.send(connect + "\r\n");
            head = session.receive_head();
        } catch (Error &error) {
            if (error.code != FERRY_E_NETWORK && error.code != FERRY_E_PROTOCOL) throw;
            error.code = FERRY_E_PROXY;
            error.message += " instead of opening a tunnel to " + url.endpoint();
            throw;
        }
        const bool clean = session.drained();
        session.detachSocket();
        if (head.status / 100 == 2) {
            if (clean) return;
            throw Error(FERRY_E_PROXY, "the proxy " + proxy.endpoint() + " sent bytes of its own into the tunnel to " +
                                           url.endpoint());
        }
    }
    if (head.status == 407) throw proxy_denied(proxy, head);
    std::string text = "the proxy " + proxy.endpoint() + " refused the tunnel to " + url.endpoint() + ": " +
                       std::to_string(head.status) + " " + head.reason.substr(0, 80);
    if (head.status >= 500) text += "; it seems not to reach that host";
    if (head.status == 403) text += "; ask its operator to allow it, or name the host in NO_PROXY";
    throw Error(FERRY_E_PROXY, text).http(head.status).retryable(head.status >= 500);
}

std::unique_ptr<Connection> Engine::connect(const Op &op, const ferry_request &request, const Url &url,
                                            const Proxy *proxy) {
    std::optional<Clock::time_point> deadline;
    if (const auto time = limit(request.connect_timeout_ms)) deadline = Clock::now() + *time;
    const Patience patience{op, std::nullopt, deadline, "connecting"};
    const Patience shaking{op, std::nullopt, deadline, "during the TLS handshake"};
    if (!proxy) {
        auto wire = dial(resolver_, url.host, url.port, url.endpoint(), patience);
        if (url.tls()) {
            const Wire::Turn turn(*wire, shaking);
            wire->start_tls(trust_, url.host, url.endpoint());
        }
        return std::make_unique<Connection>(std::move(wire));
    }
    const std::string proxy_name = "the proxy " + proxy->endpoint();
    Poco::AutoPtr<Wire> wire;
    try {
        wire = dial(resolver_, proxy->host, proxy->port, proxy_name, patience);
    } catch (Error &error) {
        // It is the proxy that cannot be reached; nobody has asked the registry yet.
        if (error.code == FERRY_E_NETWORK) {
            error.code = FERRY_E_PROXY;
            error.message += " (proxy of " + url.endpoint() + ")";
        }
        throw;
    }
    if (proxy->scheme == "https") {
        const Wire::Turn turn(*wire, shaking);
        wire->start_tls(trust_, proxy->host, proxy_name);
    }
    if (url.tls()) tunnel(*wire, patience, request, url, *proxy);
    wire->rename(url.endpoint() + " (through the proxy " + proxy->endpoint() + ")");
    if (url.tls()) {
        const Wire::Turn turn(*wire, shaking);
        wire->start_tls(trust_, url.host, url.endpoint());
    }
    return std::make_unique<Connection>(std::move(wire));
}

std::unique_ptr<Response> Engine::open(const Op &op, const ferry_request &request, const Url &url,
                                       const Proxy *proxy) {
    op.throw_if_cancelled();
    if (proxy && proxy->scheme != "http" && proxy->scheme != "https")
        throw Error(FERRY_E_UNSUPPORTED, "the proxy " + proxy->endpoint() + " is a " + proxy->scheme +
                                             " proxy, and this transport speaks only to http and https proxies");
    const bool absolute = proxy && !url.tls();
    const std::string target = absolute ? "http://" + url.authority + url.target : url.target;
    const std::string head =
        write_head(request, url, target, absolute ? std::string_view(proxy->authorization) : std::string_view());
    Destination to{url.tls(), url.host, url.port, proxy ? proxy->scheme + "://" + proxy->endpoint() : ""};
    if (absolute) {
        to.host.clear();
        to.port = 0;
    }
    const std::string_view method = view(request.method);
    const auto stall = limit(request.stall_timeout_ms);
    const bool repeatable = method == "GET" || method == "HEAD";
    for (bool fresh = false;; fresh = true) {
        std::unique_ptr<Connection> connection = fresh ? nullptr : pool_.take(to);
        const bool reused = connection != nullptr;
        if (!connection) connection = connect(op, request, url, proxy);
        if (reused && absolute) connection->wire().rename(url.endpoint() + " (through the proxy " + proxy->endpoint() + ")");
        connection->forget();
        const Patience sending{op, stall, std::nullopt, "sending the request"};
        const Patience waiting{op, stall, std::nullopt, "waiting for the answer"};
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
            if (absolute && answer.status == 407) throw proxy_denied(*proxy, answer);
            const Body body(answer, method, connection->peer());
            const bool reusable = keeps(answer) && !asks_to_close(request) && !unsent;
            return std::make_unique<Exchange>(pool_, std::move(to), std::move(connection), std::move(answer), body,
                                              stall, reusable);
        } catch (Error &error) {
            op.throw_if_cancelled();
            if (error.code != FERRY_E_NETWORK) throw;
            if (!(reused && repeatable && !connection->answered())) {
                error.message += " before the answer was there";
                throw;
            }
            op.debug("an idle connection to " + url.endpoint() + " had been closed; asking again on a new one");
        }
    }
}

} // namespace ferry::net
