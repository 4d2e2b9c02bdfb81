// An address that a socket can connect to, without the system's own types.
#pragma once

#include <ferry/kit/address.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

namespace ferry::net::os {

// The four bytes of an IPv4 address, the sixteen of any other; they belong to `ip`.
inline std::span<const unsigned char> octets(const kit::Address &ip) noexcept {
    constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const std::span<const unsigned char> all(ip);
    return std::equal(std::begin(mapped), std::end(mapped), ip.begin()) ? all.subspan(std::size(mapped)) : all;
}

struct Address {
    kit::Address ip{};
    std::uint16_t port = 0;
    std::uint32_t scope = 0; // the interface of a link-local IPv6 address, by the system's number; 0: none

    bool is_ipv4() const noexcept { return octets(ip).size() == 4; }
};

// "192.0.2.1", "2001:db8::1".
std::string text_of(const kit::Address &ip);

} // namespace ferry::net::os
