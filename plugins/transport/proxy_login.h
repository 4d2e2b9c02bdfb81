// How ferry answers an HTTP proxy that wants a login: Basic (RFC 7617) at once, Digest (RFC 7616 with MD5, by Poco) as
// soon as the proxy has asked for it. [any-thread]
#pragma once

#include "transport/proxy_rules.h"

#include <Poco/Net/HTTPDigestCredentials.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::net {

class ProxyLogin {
public:
    // Without user and password it never sends anything.
    ProxyLogin(std::string user, std::string password);

    // The value of Proxy-Authorization for that request; empty: none. `target` is what stands in the request line.
    std::string authorize(const std::string &method, const std::string &target);
    // After a 407 with these Proxy-Authenticate values to a request that bore `sent`: is it worth asking again?
    bool learn(const std::vector<std::string_view> &challenges, const std::string &sent);

private:
    std::string user_;
    std::string password_;
    std::mutex mutex_;
    Poco::Net::HTTPDigestCredentials digest_;
    std::string challenge_; // of Digest, without its scheme; empty: not asked for yet
    bool answered_ = false; // digest_ has seen challenge_
};

// The logins of all proxies. [any-thread]
class ProxyLogins {
public:
    // Lives as long as this.
    ProxyLogin &of(const Proxy &proxy);

private:
    std::mutex mutex_;
    std::map<std::string, ProxyLogin> logins_; // by the proxy and its user
};

// Of the challenges, the parameters of a Digest that we can answer; empty: there is none. Pure.
std::string_view digest_challenge(const std::vector<std::string_view> &challenges);

} // namespace ferry::net
