// What the transport's tests share: a request that is easy to write down, and a client over the engine.
#pragma once

#include "support/authority.h"
#include "support/folder.h"
#include "support/operation.h"
#include "support/server.h"
#include "transport/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ferry::test {

struct Ask {
    std::string url;
    std::string method = "GET";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    // Long: a test that meets them by accident fails by what it expected, not by chance.
    int connect_timeout_ms = 30'000;
    int stall_timeout_ms = 30'000;
};

class Client {
public:
    explicit Client(const net::TlsOptions &tls = {}, net::Resolver resolver = net::os::look_up,
                    net::ProxyRules proxies = {})
        : rules(std::move(proxies)), engine_(tls, std::move(resolver)) {}

    net::ProxyRules rules;

    std::unique_ptr<Response> open(const Ask &ask, const Op &op = Op(nullptr)) {
        std::vector<ferry_header> headers;
        for (const auto &[name, value] : ask.headers) headers.push_back({raw(name), raw(value)});
        ferry_request request{};
        request.struct_size = sizeof request;
        request.method = raw(ask.method);
        request.url = raw(ask.url);
        request.headers = headers.data();
        request.header_count = headers.size();
        request.body = raw(ask.body);
        request.connect_timeout_ms = ask.connect_timeout_ms;
        request.stall_timeout_ms = ask.stall_timeout_ms;
        const net::Url url = net::split_url(ask.url);
        return engine_.open(op, request, url, net::choose(rules, url.scheme, url.host, url.port).proxy);
    }
    std::string get(const Ask &ask, const Op &op = Op(nullptr)) { return read_all(*open(ask, op), op, 1 << 28); }

private:
    net::Engine engine_;
};

// The error that `body` ends with.
template <class Body> Error failure_of(Body &&body) {
    try {
        std::forward<Body>(body)();
    } catch (const Error &error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return Error(FERRY_OK, "");
}

inline bool retryable(const Error &error) {
    return error.flags & FERRY_ERROR_RETRYABLE;
}

// Answers every host name with these addresses.
inline net::Resolver resolves_to(std::vector<std::string> addresses) {
    return [addresses = std::move(addresses)](const std::string &, std::uint16_t port) {
        std::vector<net::Address> found;
        for (const std::string &one : addresses) found.push_back(net::os::numeric(one, port));
        return found;
    };
}

} // namespace ferry::test
