// From a host name to a connected socket: resolution on a thread of its own, then the addresses in a race (RFC 8305).
// Both end at once when the operation is cancelled or the deadline passes.
#pragma once

#include "transport/wire.h"

#include <functional>
#include <string>
#include <vector>

namespace ferry::net {

using os::Address;

// The addresses of a host in the order in which to try them. Blocks; runs on its own thread. Throws ferry::Error. The
// seam for tests: whatever it holds must live on after a cancelled dial, whose resolver still runs.
using Resolver = std::function<std::vector<Address>(const std::string &host, std::uint16_t port)>;

// The order in which to try addresses: families by turns, beginning with the one that the resolver put first, each in
// the resolver's order (RFC 8305 section 4). Pure.
std::vector<Address> interleave(std::vector<Address> addresses);

// The addresses of a host in that order. Throws FERRY_E_NETWORK, FERRY_E_TIMEOUT, FERRY_E_CANCELLED.
std::vector<Address> lookup(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                            const Patience &patience);

// Connects to the first of the addresses that answers: a further one is tried when one failed or was silent for 250 ms,
// and the ones before stay in the race. `peer` is what errors call it. Throws as lookup() does.
Poco::AutoPtr<Wire> dial(const std::vector<Address> &addresses, const Text &peer, const Patience &patience);
// The same for a name.
Poco::AutoPtr<Wire> dial(const Resolver &resolver, const std::string &host, std::uint16_t port, const Text &peer,
                         const Patience &patience);

} // namespace ferry::net
