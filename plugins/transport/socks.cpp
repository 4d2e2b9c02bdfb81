#include "transport/socks.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

constexpr unsigned char version = 5;
constexpr unsigned char no_login = 0, login = 2, no_way = 0xFF;
constexpr unsigned char of_ipv4 = 1, of_name = 3, of_ipv6 = 4;
constexpr std::size_t longest = 255; // what one byte of length can say

std::string one(unsigned byte) {
    return std::string(1, static_cast<char>(byte));
}

[[noreturn]] void refuse(const Text &text) {
    throw Error(FERRY_E_PROXY, text);
}

// A conversation with the proxy.
class Talk {
public:
    Talk(Wire &wire, const Proxy &proxy, const Patience &patience) : wire_(wire), proxy_(proxy), patience_(patience) {}

    void send(const std::string &bytes) { wire_.send(bytes, patience_); }
    std::string receive(std::size_t size) {
        std::string bytes(size, '\0');
        for (std::size_t have = 0; have < size;) {
            const std::size_t got = wire_.receive(bytes.data() + have, size - have, patience_);
            if (got == 0)
                throw Error(FERRY_E_PROXY,
                            say("the SOCKS proxy {} closed the connection instead of answering", proxy_.endpoint()))
                    .retryable();
            have += got;
        }
        return bytes;
    }

private:
    Wire &wire_;
    const Proxy &proxy_;
    const Patience &patience_;
};

unsigned at(const std::string &bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

void log_in(Talk &talk, const Proxy &proxy) {
    const bool known = proxy.has_login();
    talk.send(one(version) + (known ? one(2) + one(no_login) + one(login) : one(1) + one(no_login)));
    const std::string answer = talk.receive(2);
    if (at(answer, 0) != version)
        refuse(say("the proxy {} does not speak SOCKS5; if it is an HTTP proxy, write http:// in front of it",
                   proxy.endpoint()));
    switch (at(answer, 1)) {
    case no_login: return;
    case login: break;
    case no_way:
        refuse(known ? say("the SOCKS proxy {} takes no user name and password", proxy.endpoint())
                     : say("the SOCKS proxy {} wants a user name and password; put them into its URL as "
                           "socks5h://USER:PASSWORD@{}",
                           proxy.endpoint(), proxy.endpoint()));
    default: refuse(say("the SOCKS proxy {} wants a kind of login that ferry does not speak", proxy.endpoint()));
    }
    // Nobody may ask for what was not offered.
    if (!known) refuse(say("the SOCKS proxy {} does not keep to its protocol", proxy.endpoint()));
    if (proxy.user.size() > longest || proxy.password.size() > longest)
        throw Error(FERRY_E_INVALID,
                    say("user name or password of the SOCKS proxy {} have more than 255 bytes", proxy.endpoint()));
    talk.send(one(1) + one(static_cast<unsigned>(proxy.user.size())) + proxy.user +
              one(static_cast<unsigned>(proxy.password.size())) + proxy.password);
    if (at(talk.receive(2), 1) != 0)
        refuse(say("the SOCKS proxy {} did not accept the user name and password in its URL", proxy.endpoint()));
}

} // namespace

SocksRefusal socks_refusal(unsigned code) noexcept {
    switch (code) {
    case 1: return {later("it failed"), true};
    case 2: return {later("its rules do not allow that"), false};
    case 3: return {later("it does not reach that network"), true};
    case 4: return {later("it does not reach that host"), true};
    case 5: return {later("that host refused the connection"), true};
    case 6: return {later("that host did not answer in time"), true};
    case 7: return {later("it does not open connections"), false};
    case 8: return {later("it does not know that kind of address"), false};
    default: return {later("for a reason that it does not name"), false};
    }
}

std::string socks_request(const std::string &host, std::uint16_t port, const Address *address) {
    std::string to;
    const auto ip = address ? std::optional(address->ip) : kit::parse_address(host);
    if (ip) {
        const auto bytes = os::octets(*ip);
        to = one(bytes.size() == 4 ? of_ipv4 : of_ipv6) + std::string(bytes.begin(), bytes.end());
    } else {
        if (host.size() > longest)
            throw Error(FERRY_E_INVALID, say("the host name {}... is too long", host.substr(0, 60)));
        to = one(of_name) + one(static_cast<unsigned>(host.size())) + host;
    }
    constexpr unsigned connect = 1;
    return one(version) + one(connect) + one(0) + to + one(port >> 8U) + one(port & 0xFFU);
}

void socks_connect(Wire &wire, const Proxy &proxy, const std::string &host, std::uint16_t port, const Address *address,
                   const Patience &patience) {
    Talk talk(wire, proxy, patience);
    log_in(talk, proxy);
    talk.send(socks_request(host, port, address));
    const std::string head = talk.receive(4);
    if (at(head, 0) != version) refuse(say("the SOCKS proxy {} does not keep to its protocol", proxy.endpoint()));
    if (const unsigned code = at(head, 1)) {
        const SocksRefusal refusal = socks_refusal(code);
        throw Error(FERRY_E_PROXY, say("the SOCKS proxy {} opened no connection to {}: {}", proxy.endpoint(),
                                       join(host, port), say(refusal.why)))
            .retryable(refusal.retryable);
    }
    // Where the proxy's own end is bound: of no use to us.
    std::size_t rest = 2;
    switch (at(head, 3)) {
    case of_ipv4: rest += 4; break;
    case of_ipv6: rest += 16; break;
    case of_name: rest += at(talk.receive(1), 0); break;
    default: refuse(say("the SOCKS proxy {} does not keep to its protocol", proxy.endpoint()));
    }
    talk.receive(rest);
}

} // namespace ferry::net
