#include "place.h"

namespace distribution {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

} // namespace

Place place_of(std::string_view url) {
    const std::size_t colon = url.find("://");
    if (colon == url.npos) return {};
    Place place;
    const std::string scheme = lower(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") return {};
    const std::string_view rest = url.substr(colon + 3);
    place.authority = lower(rest.substr(0, rest.find_first_of("/?#\\")));
    place.host = host_of(place.authority);
    if (place.host.empty() || place.authority.find('@') != std::string::npos) return {};
    const std::size_t port = place.host.size() + (place.authority.front() == '[' ? 2 : 0);
    if (port < place.authority.size() &&
        (place.authority[port] != ':' || port + 1 == place.authority.size() ||
         place.authority.find_first_not_of("0123456789", port + 1) != std::string::npos))
        return {};
    place.scheme = scheme;
    return place;
}

std::string host_of(std::string_view authority) {
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t end = authority.find(']');
        return end == authority.npos ? std::string() : lower(authority.substr(1, end - 1));
    }
    return lower(authority.substr(0, authority.find(':')));
}

std::string_view without_query(std::string_view url) noexcept {
    return url.substr(0, url.find_first_of("?#"));
}

std::string percent_encode(std::string_view text) {
    static const char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

std::string base64(std::string_view bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t at) {
            return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0U;
        };
        const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        out += digits[group >> 18];
        out += digits[group >> 12 & 63];
        out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
    return out;
}

} // namespace distribution
