#include "cli/serve/crowd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace ferry::cli {

bool Crowd::full(const std::string &client) const {
    if (client.empty() || !limits_.most_per_client) return false;
    const auto known = clients_.find(client);
    return known != clients_.end() && known->second >= limits_.most_per_client;
}

Crowd::Place Crowd::enter(const std::string &client) {
    if (full() || full(client)) {
        if (turned_away_ >= limits_.most_turned_away) return Place::outside;
        ++turned_away_;
        return Place::turned_away;
    }
    ++inside_;
    if (!client.empty()) ++clients_[client];
    return Place::inside;
}

void Crowd::leave(const std::string &client, Place place) {
    if (place == Place::turned_away) --turned_away_;
    if (place != Place::inside) return;
    --inside_;
    const auto known = clients_.find(client);
    if (known != clients_.end() && --known->second == 0) clients_.erase(known);
}

std::string client_of(std::string_view address) {
    std::string text(address.substr(0, address.find('%'))); // without a zone
    if (const std::string_view mapped = "::ffff:"; text.rfind(mapped, 0) == 0 && text.find('.') != text.npos)
        text.erase(0, mapped.size());
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes[0] == 127 ? std::string() : text;
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
    const bool loopback = bytes.back() == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return !b; });
    return loopback ? std::string() : std::string(bytes.begin(), bytes.begin() + 8);
}

} // namespace ferry::cli
