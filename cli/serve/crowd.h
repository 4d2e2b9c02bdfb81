// How many connections there may be, in all and for each client. Pure counting. [one-thread]
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace ferry::cli {

class Crowd {
public:
    struct Limits {
        std::size_t most = 0;            // in all
        std::size_t most_per_client = 0; // 0: as many as in all
        std::size_t most_turned_away = 0;
    };
    enum class Place {
        inside,
        turned_away, // is told to come again
        outside      // not even that
    };
    explicit Crowd(Limits limits) : limits_(limits) {}

    // `client` is what client_of() gives: empty is never counted as one client.
    Place enter(const std::string &client);
    void leave(const std::string &client, Place place);

    bool full() const noexcept { return inside_ >= limits_.most; }
    bool full(const std::string &client) const;

private:
    Limits limits_;
    std::size_t inside_ = 0, turned_away_ = 0;
    std::map<std::string, std::size_t> clients_;
};

// Whose connections are counted together (pure): an IPv4 address; the 64 bits of an IPv6 address that one network has;
// nothing for this machine, behind which a reverse proxy may stand with everybody's connections.
std::string client_of(std::string_view address);

} // namespace ferry::cli
