#include "place.h"

namespace distribution {

ferry::kit::Url url_of(std::string_view text) {
    return ferry::kit::Url::parse(text).value_or(ferry::kit::Url());
}

std::string host_of(std::string_view authority) {
    ferry::kit::UrlFault fault{};
    const auto where = ferry::kit::parse_host_port(authority, fault);
    return where ? where->host : std::string();
}

std::string_view without_query(std::string_view url) noexcept {
    return url.substr(0, url.find_first_of("?#"));
}

} // namespace distribution
