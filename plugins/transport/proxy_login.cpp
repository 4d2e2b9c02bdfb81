#include "transport/proxy_login.h"

#include <ferry/kit/base64.hpp>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPAuthenticationParams.h>
#include <Poco/Net/HTTPRequest.h>

namespace ferry::net {

namespace {

constexpr std::string_view digest = "digest ";

std::string parameter(std::string_view challenge, const std::string &name) {
    try {
        return lower(Poco::Net::HTTPAuthenticationParams(std::string(challenge)).get(name, ""));
    } catch (const Poco::Exception &) {
        return "unreadable";
    }
}

} // namespace

std::string_view digest_challenge(const std::vector<std::string_view> &challenges) {
    for (const std::string_view one : challenges) {
        if (lower(one.substr(0, digest.size())) != digest) continue;
        const std::string_view rest = one.substr(digest.size());
        // Poco knows MD5 alone; a proxy may offer a stronger one beside it.
        const std::string algorithm = parameter(rest, "algorithm");
        if (algorithm.empty() || algorithm == "md5") return rest;
    }
    return {};
}

ProxyLogin::ProxyLogin(std::string user, std::string password)
    : user_(std::move(user)), password_(std::move(password)), digest_(user_, password_) {}

std::string ProxyLogin::authorize(const std::string &method, const std::string &target) {
    if (user_.empty() && password_.empty()) return {};
    const std::lock_guard lock(mutex_);
    if (challenge_.empty()) return "Basic " + kit::base64_encode(user_ + ":" + password_);
    Poco::Net::HTTPRequest request(method, target, Poco::Net::HTTPMessage::HTTP_1_1);
    if (answered_) {
        digest_.updateProxyAuthInfo(request); // the same nonce, counted up
    } else {
        digest_.proxyAuthenticate(request, Poco::Net::HTTPAuthenticationParams(challenge_));
        answered_ = true;
    }
    return request.get(Poco::Net::HTTPRequest::PROXY_AUTHORIZATION);
}

bool ProxyLogin::learn(const std::vector<std::string_view> &challenges, const std::string &sent) {
    if (user_.empty() && password_.empty()) return false;
    const std::string_view challenge = digest_challenge(challenges);
    if (challenge.empty()) return false;
    // A second refusal means the password, unless the proxy only wants a new nonce (RFC 7616 section 3.3).
    if (lower(std::string_view(sent).substr(0, digest.size())) == digest && parameter(challenge, "stale") != "true")
        return false;
    const std::lock_guard lock(mutex_);
    try {
        // Tries it: what Poco cannot answer is better reported as a refusal than as an exception of Poco's.
        Poco::Net::HTTPRequest request("CONNECT", "host:443", Poco::Net::HTTPMessage::HTTP_1_1);
        Poco::Net::HTTPDigestCredentials(user_, password_)
            .proxyAuthenticate(request, Poco::Net::HTTPAuthenticationParams(std::string(challenge)));
    } catch (const Poco::Exception &) {
        return false;
    }
    challenge_ = challenge;
    answered_ = false;
    return true;
}

ProxyLogin &ProxyLogins::of(const Proxy &proxy) {
    const std::lock_guard lock(mutex_);
    return logins_.try_emplace(proxy.endpoint() + " " + proxy.user + ":" + proxy.password, proxy.user, proxy.password)
        .first->second;
}

} // namespace ferry::net
