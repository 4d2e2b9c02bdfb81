#include "transport/connector.h"

#include "transport/proxy_refusal.h"
#include "transport/socks.h"

#include <ferry/text.hpp>

namespace ferry::net {

namespace {

// The same patience, with other words for its end.
Patience with_words(const Patience &patience, const char *overdue) {
    return {patience.op, patience.stall, patience.deadline, overdue};
}

Patience for_tls(const Patience &patience) {
    return with_words(patience, later("{}: timed out during the TLS handshake"));
}

std::string user_agent(const ferry_request &request) {
    for (std::size_t i = 0; i < request.header_count; ++i)
        if (Response::same_name(view(request.headers[i].name), "user-agent")) return str(request.headers[i].value);
    return {};
}

struct TunnelAnswer {
    Head head;
    bool clean; // nothing came after it
};

TunnelAnswer ask_for_tunnel(Wire &wire, const ferry_request &request, const Url &url, const std::string &authorization,
                            const Patience &patience) {
    std::string connect = "CONNECT " + url.endpoint() + " HTTP/1.1\r\nHost: " + url.endpoint() + "\r\n";
    if (!authorization.empty()) connect += "Proxy-Authorization: " + authorization + "\r\n";
    if (const std::string agent = user_agent(request); !agent.empty()) connect += "User-Agent: " + agent + "\r\n";
    // A session of its own, which knows what it has buffered beyond the answer. It must not close the socket.
    Connection session{Poco::AutoPtr<Wire>(&wire, true)};
    TunnelAnswer answer;
    try {
        session.send(connect + "\r\n", patience);
        answer.head = session.receive_head(patience);
    } catch (Error &error) {
        if (error.code != FERRY_E_NETWORK && error.code != FERRY_E_PROTOCOL) throw;
        error.code = FERRY_E_PROXY;
        error.message = say("{} instead of opening a tunnel to {}", error.message, url.endpoint());
        throw;
    }
    answer.clean = session.drained();
    session.detachSocket();
    return answer;
}

} // namespace

Text peer_name(const Url &url, const Proxy *proxy) {
    return proxy ? say("{} (through the proxy {})", url.endpoint(), proxy->endpoint()) : url.endpoint();
}

bool Connector::tunnel(Wire &wire, const ferry_request &request, const Url &url, const Proxy &proxy,
                       const Patience &patience) {
    const Patience waiting = with_words(patience, later("{}: timed out waiting for the proxy's answer to CONNECT"));
    ProxyLogin &login = logins_.of(proxy);
    const std::string authorization = login.authorize("CONNECT", url.endpoint());
    const auto [head, clean] = ask_for_tunnel(wire, request, url, authorization, waiting);
    if (head.status / 100 == 2) {
        if (clean) return true;
        throw Error(FERRY_E_PROXY,
                    say("the proxy {} sent bytes of its own into the tunnel to {}", proxy.endpoint(), url.endpoint()));
    }
    if (!wants_proxy_login(head)) throw refused_tunnel(proxy, url, head);
    if (!login.learn(head.all("proxy-authenticate"), authorization)) throw refused_login(proxy, head);
    return false;
}

Poco::AutoPtr<Wire> Connector::reach_proxy(const Url &url, const Proxy &proxy, const Patience &patience) {
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
    if (proxy.scheme == "https")
        wire->start_tls(trusts_.of(proxy.host, proxy.port), proxy.host, name, for_tls(patience));
    return wire;
}

Poco::AutoPtr<Wire> Connector::through_socks(const Url &url, const Proxy &proxy, const Patience &patience) {
    const Patience waiting = with_words(patience, later("{}: timed out waiting for the SOCKS proxy's answer"));
    std::vector<Address> addresses;
    if (proxy.scheme == "socks5") addresses = lookup(resolver_, url.host, url.port, url.endpoint(), patience);
    // Which of them the proxy reaches shows only when it is asked, on a new connection for each.
    for (std::size_t i = 0;; ++i) {
        Poco::AutoPtr<Wire> wire = reach_proxy(url, proxy, patience);
        try {
            socks_connect(*wire, proxy, url.host, url.port, addresses.empty() ? nullptr : &addresses[i], waiting);
            return wire;
        } catch (const Error &error) {
            if (error.code != FERRY_E_PROXY || i + 1 >= addresses.size()) throw;
            patience.op.debug(error.message.english());
        }
    }
}

Poco::AutoPtr<Wire> Connector::through_http(const ferry_request &request, const Url &url, const Proxy &proxy,
                                            const Patience &patience) {
    Poco::AutoPtr<Wire> wire = reach_proxy(url, proxy, patience);
    // A new login goes over a new connection: a proxy may close the refused one.
    for (int tried = 0; url.tls() && !tunnel(*wire, request, url, proxy, patience); ++tried) {
        if (tried == most_logins)
            throw Error(FERRY_E_PROXY, say("the proxy {} asks for a login again and again", proxy.endpoint()));
        wire = reach_proxy(url, proxy, patience);
    }
    return wire;
}

std::unique_ptr<Connection> Connector::connect(const Op &op, const ferry_request &request, const Url &url,
                                               const Proxy *proxy) {
    std::optional<Clock::time_point> deadline;
    if (const auto time = time_limit(request.connect_timeout_ms)) deadline = Clock::now() + *time;
    const Patience patience{op, std::nullopt, deadline, later("{}: timed out connecting")};
    Poco::AutoPtr<Wire> wire;
    if (!proxy)
        wire = dial(resolver_, url.host, url.port, url.endpoint(), patience);
    else if (proxy->socks())
        wire = through_socks(url, *proxy, patience);
    else
        wire = through_http(request, url, *proxy, patience);
    wire->rename(peer_name(url, proxy));
    if (url.tls()) wire->start_tls(trusts_.of(url.host, url.port), url.host, url.endpoint(), for_tls(patience));
    return std::make_unique<Connection>(std::move(wire));
}

} // namespace ferry::net
