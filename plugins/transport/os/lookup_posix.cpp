#include "transport/os/lookup.h"

#include <ferry/ferry.hpp>
#include <ferry/text.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace ferry::net::os {

namespace {

[[noreturn]] void refuse(const std::string &host, int code, int system) {
    const char *format = later("cannot resolve {}: {}");
    if (code == EAI_NONAME) format = later("cannot resolve {}: {}; is the name right, and is this machine online?");
    if (code == EAI_AGAIN)
        format = later("cannot resolve {}: {}; is this machine online, and does its DNS server answer?");
    const std::string why =
        code == EAI_SYSTEM ? std::generic_category().message(system) : std::string(::gai_strerror(code));
    throw Error(FERRY_E_NETWORK, say(format, host, why))
        .retryable(code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_MEMORY);
}

Address read_address(const addrinfo &found, std::uint16_t port) {
    Address address;
    address.port = port;
    if (found.ai_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, found.ai_addr, sizeof in);
        address.ip[10] = address.ip[11] = 0xFF;
        std::memcpy(address.ip.data() + 12, &in.sin_addr, 4);
    } else {
        sockaddr_in6 in{};
        std::memcpy(&in, found.ai_addr, sizeof in);
        std::memcpy(address.ip.data(), &in.sin6_addr, 16);
        address.scope = in.sin6_scope_id;
    }
    return address;
}

std::vector<Address> ask(const std::string &host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo *found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (code != 0) refuse(host, code, errno);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
    std::vector<Address> addresses;
    for (const addrinfo *one = found; one; one = one->ai_next)
        if (one->ai_family == AF_INET || one->ai_family == AF_INET6) addresses.push_back(read_address(*one, port));
    return addresses;
}

} // namespace

std::vector<Address> look_up(const std::string &host, std::uint16_t port) {
    return ask(host, port, AI_ADDRCONFIG);
}

Address numeric(const std::string &text, std::uint16_t port) {
    return ask(text, port, AI_NUMERICHOST).at(0);
}

} // namespace ferry::net::os
