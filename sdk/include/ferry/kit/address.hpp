// ferry/kit/address.hpp: hosts as addresses, and the line between the private and the public part of the network.
//
// Part of ferry::kit, a static library: it is compiled into whoever uses it and belongs to no ABI. All functions are
// pure and look nothing up: what a public name resolves to is not asked. [any-thread]
#ifndef FERRY_KIT_ADDRESS_HPP
#define FERRY_KIT_ADDRESS_HPP

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::kit {

// In network order; IPv4 is mapped: ::ffff:a.b.c.d.
using Address = std::array<unsigned char, 16>;

// The address that getaddrinfo(3) sees in `host` without asking anybody: IPv4 as inet_aton(3) reads it (127.1,
// 0x7f.0.0.1, 2130706433, 017700000001), IPv6 by RFC 4291 section 2.2 with or without brackets and zone. Nothing: it is
// a name.
std::optional<Address> parse_address(std::string_view host);

// In lower case, without the brackets of an IPv6 address and the dots at the end of a name.
std::string bare_host(std::string_view host);

// localhost, *.localhost, 127.0.0.0/8 and ::1 in every spelling: what is sent there does not leave this machine.
bool is_loopback(std::string_view host);

// Is that host literally within this machine or a private network, or nowhere in the public one: an address that the
// registries of special-purpose addresses (RFC 6890; documentation apart) do not call globally reachable, one that
// embeds IPv4 (mapped, compatible, 6to4, NAT64) or is multicast; or a name that only a local resolver knows: without a
// dot, or under localhost, local, lan, internal, intranet, corp, home, private, home.arpa, localdomain or test?
bool is_private(std::string_view host);

} // namespace ferry::kit

#endif
