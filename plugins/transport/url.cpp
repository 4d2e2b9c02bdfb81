#include "transport/url.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

[[noreturn]] void refuse(kit::UrlFault fault, const Text &what) {
    const auto sentence = [&] {
        switch (fault) {
        case kit::UrlFault::character: return say("the URL holds a space or a control character");
        case kit::UrlFault::relative: return say("the URL is not absolute");
        case kit::UrlFault::scheme: return say("the URL is neither http nor https");
        case kit::UrlFault::login:
            return say("the URL carries a user name or password, which ferry does not take from URLs");
        case kit::UrlFault::no_host: return say("{} names no host", what);
        case kit::UrlFault::open_bracket: return say("{} has '[' without ']'", what);
        case kit::UrlFault::after_bracket: return say("{} has text between ']' and its port", what);
        case kit::UrlFault::ipv6: return say("{} has no IPv6 address between '[' and ']'", what);
        case kit::UrlFault::port: return say("{} has a port that is not a number from 1 to 65535", what);
        case kit::UrlFault::host: break;
        }
        return say("{} has a host with a character that no host name has", what);
    };
    throw Error(FERRY_E_INVALID, sentence());
}

} // namespace

std::string Url::endpoint() const {
    return join(host, port);
}

HostPort split_authority(std::string_view text, std::uint16_t fallback, const Text &what) {
    kit::UrlFault fault{};
    auto where = kit::parse_host_port(text, fault);
    if (!where) refuse(fault, what);
    if (where->port == 0) where->port = fallback;
    return *std::move(where);
}

HostPort parse_server(std::string_view text, const Text &what) {
    kit::UrlFault fault{};
    auto server = kit::parse_server(text, fault);
    if (!server) refuse(fault, what);
    return *std::move(server);
}

Url split_url(std::string_view text) {
    kit::UrlFault fault{};
    auto parsed = kit::Url::parse(text, fault);
    if (!parsed) refuse(fault, say("the URL"));
    Url url{parsed->scheme, parsed->host, parsed->port, {}, parsed->target};
    // The interface means nothing to the server (RFC 6874 section 4).
    parsed->host.resize(std::min(parsed->host.find('%'), parsed->host.size()));
    url.authority = parsed->authority();
    return url;
}

} // namespace ferry::net
