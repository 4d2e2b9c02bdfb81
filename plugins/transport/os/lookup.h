// The system's resolver: getaddrinfo(3).
#pragma once

#include "transport/os/address.h"

#include <string>
#include <vector>

namespace ferry::net::os {

// The addresses of a host, in the order in which the system would try them. Blocks, and cannot be interrupted. Throws
// FERRY_E_NETWORK. [any-thread]
std::vector<Address> look_up(const std::string &host, std::uint16_t port);

// The same for an address as text, with its zone ("fe80::1%eth0"): asks nobody and does not block. Throws
// FERRY_E_NETWORK when the text is not an address or this machine has no such zone. [any-thread]
Address numeric(const std::string &text, std::uint16_t port);

} // namespace ferry::net::os
