#include "transport/os/address.h"

#include <arpa/inet.h>

namespace ferry::net::os {

std::string text_of(const kit::Address &ip) {
    const auto bytes = octets(ip);
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

} // namespace ferry::net::os
