#include "transport/engine.h"

#include "transport/exchange.h"
#include "transport/proxy_refusal.h"

#include <ferry/text.hpp>

namespace ferry::net {

namespace {

// A body of at most that size goes with the head, in one segment.
constexpr std::size_t small_body = 4096;

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

// Why not all of it could be sent; nothing: it was. A server may answer and close before it has read everything.
std::optional<Error> send(Connection &connection, const std::string &head, std::string_view body,
                          const Patience &patience) {
    try {
        connection.send(body.size() <= small_body ? head + std::string(body) : head, patience);
        if (body.size() > small_body) connection.send(body, patience);
        return std::nullopt;
    } catch (const Error &error) {
        if (error.code != FERRY_E_NETWORK) throw;
        return error;
    }
}

struct Answer {
    Head head;
    bool whole_request; // was sent before
};

Answer ask(Connection &connection, const Op &op, const ferry_request &request, const std::string &head) {
    const auto stall = time_limit(request.stall_timeout_ms);
    const std::optional<Error> unsent = send(connection, head, view(request.body),
                                             {op, stall, std::nullopt, later("{}: timed out sending the request")});
    try {
        Head answer = connection.receive_head({op, stall, std::nullopt, later("{}: timed out waiting for the answer")});
        op.throw_if_cancelled();
        return {std::move(answer), !unsent};
    } catch (const Error &error) {
        if (unsent && error.code == FERRY_E_NETWORK) throw Error(*unsent);
        throw;
    }
}

// Nothing: the connection, which had been idle, was closed before the request could reach anybody.
std::optional<Answer> ask(Connection &connection, bool was_idle, const Op &op, const ferry_request &request,
                          const std::string &head) {
    connection.forget();
    try {
        return ask(connection, op, request, head);
    } catch (Error &error) {
        op.throw_if_cancelled();
        if (error.code != FERRY_E_NETWORK) throw;
        const std::string_view method = view(request.method);
        if (was_idle && (method == "GET" || method == "HEAD") && !connection.answered()) return std::nullopt;
        error.message = say("{} before the answer was there", error.message);
        throw;
    }
}

// A proxy that is asked for the whole URL serves every host over one connection.
Destination destination(const Url &url, const Proxy *proxy, bool whole_url) {
    const std::string via = proxy ? proxy->scheme + "://" + proxy->endpoint() : "";
    if (whole_url) return {url.tls(), "", 0, via};
    return {url.tls(), url.host, url.port, via};
}

} // namespace

std::unique_ptr<Connection> Engine::take_idle(const Destination &to, const Url &url, const Proxy *proxy) {
    auto connection = pool_.take(to);
    // It may have served another host of the same proxy.
    if (connection) connection->wire().rename(peer_name(url, proxy));
    return connection;
}

std::unique_ptr<Response> Engine::open(const Op &op, const ferry_request &request, const Url &url, const Proxy *proxy) {
    op.throw_if_cancelled();
    // The proxy that is asked for the whole URL: there is no tunnel between it and us.
    const Proxy *const asked = proxy && !proxy->socks() && !url.tls() ? proxy : nullptr;
    const std::string target = asked ? "http://" + url.authority + url.target : url.target;
    const std::string method = str(request.method);
    ProxyLogin *const login = asked ? &logins_.of(*asked) : nullptr;
    Destination to = destination(url, proxy, asked);
    int logins = 0;
    for (bool fresh = false;; fresh = true) {
        const std::string authorization = login ? login->authorize(method, target) : std::string();
        const std::string head = write_head(request, url, target, authorization);
        std::unique_ptr<Connection> connection = fresh ? nullptr : take_idle(to, url, proxy);
        const bool was_idle = connection != nullptr;
        if (!connection) connection = connector_.connect(op, request, url, proxy);
        std::optional<Answer> answer = ask(*connection, was_idle, op, request, head);
        if (!answer) {
            op.debug("an idle connection to " + url.endpoint() + " had been closed; asking again on a new one");
            continue;
        }
        if (login && wants_proxy_login(answer->head)) {
            // The proxy has passed nothing on: any method may be sent again.
            if (logins++ < most_logins && login->learn(answer->head.all("proxy-authenticate"), authorization)) continue;
            throw refused_login(*asked, answer->head);
        }
        if (asked)
            if (const auto refusal = refused_request(*asked, url, answer->head)) throw Error(*refusal);
        const Body body(answer->head, method, connection->peer());
        const bool reusable = answer->whole_request && keeps(answer->head) && !asks_to_close(request);
        return std::make_unique<Exchange>(pool_, std::move(to), std::move(connection), std::move(answer->head), body,
                                          time_limit(request.stall_timeout_ms), reusable);
    }
}

} // namespace ferry::net
