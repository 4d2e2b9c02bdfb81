#include "cli/serve/crowd.h"

#include <Poco/Net/IPAddress.h>

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
    Poco::Net::IPAddress parsed;
    if (!Poco::Net::IPAddress::tryParse(text, parsed)) return text;
    if (parsed.isLoopback()) return {};
    if (parsed.family() == Poco::Net::IPAddress::IPv4) return text;
    return {static_cast<const char *>(parsed.addr()), 8};
}

} // namespace ferry::cli
