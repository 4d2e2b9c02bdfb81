#include "core/registry/mirrors.h"

#include "core/base/url.h"

#include <ferry/kit/address.hpp>
#include <ferry/text.hpp>

namespace ferry::core {

bool Health::silent(const std::string &host) const {
    const std::lock_guard lock(mutex_);
    return silent_.count(host) != 0;
}

void Health::set(const std::string &host, bool silent) {
    const std::lock_guard lock(mutex_);
    if (silent)
        silent_.insert(host);
    else
        silent_.erase(host);
}

bool unanswered(const Error &failure) noexcept {
    const bool proxy = failure.status() == FERRY_E_PROXY && failure.http_status != 407; // that is of no host
    return failure.kind() == Kind::network && (!failure.http_status || proxy);
}

ferry::Endpoint mirror_endpoint(const std::string &mirror, const std::string &repository) {
    std::string text = mirror;
    while (!text.empty() && text.back() == '/') text.pop_back();
    if (text.find("://") == text.npos) text.insert(0, "https://");
    try {
        const Url url = Url::parse(text);
        if (url.target.find('?') != url.target.npos) throw Error(Kind::usage, say("it has a query"));
        if (url.host.find('=') != url.host.npos) throw Error(Kind::usage, say("its host is not valid"));
        const std::string prefix = url.target == "/" ? "" : url.target.substr(1) + "/";
        return {url.origin(), prefix + repository, true, kit::is_loopback(url.host)};
    } catch (const Error &e) {
        throw Error(Kind::usage, say("'{}' is not a mirror: {}", redact_url(mirror), e.message),
                    say("a mirror is written [REGISTRY=][http://]host[:port][/prefix]"));
    }
}

} // namespace ferry::core
