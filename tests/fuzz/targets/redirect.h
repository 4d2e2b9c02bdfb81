// What must hold of every place that a server leads to.
#pragma once

#include "fuzz.h"

#include "core/http/redirect.h"

#include <ferry/kit/address.hpp>

namespace ferry::fuzz {

// A URL that was accepted is written and read as itself, and nothing in it is another thing to somebody else.
inline void check_url(const core::Url &url) {
    HOLDS(url.scheme == "http" || url.scheme == "https");
    HOLDS(!url.host.empty() && url.host.find_first_of("/\\@?# %") ==
                                   (url.host.find(':') != url.host.npos ? url.host.find('%') : url.host.npos));
    HOLDS(url.port != 0);
    HOLDS(url.target.starts_with('/'));
    for (const char c : url.str()) HOLDS(static_cast<unsigned char>(c) > ' ' && c != 0x7f);
    const core::Url again = core::Url::parse(url.str());
    HOLDS(again.same_origin(url) && again.target == url.target && again.str() == url.str());
}

inline void check_led(const core::Url &origin, const core::Url &from, const core::Url &to,
                      const core::RedirectRules &rules) {
    check_url(to);
    HOLDS(from.scheme == "http" || to.scheme == "https" || rules.insecure.at(to));
    HOLDS(rules.into_private || kit::is_private(origin.host) || !kit::is_private(to.host));
    // What reads as an address is private by its bytes, however it is spelt.
    if (const auto address = kit::parse_address(to.host);
        address && !rules.into_private && !kit::is_private(origin.host)) {
        const auto &a = *address;
        const bool v4 = std::all_of(a.begin(), a.begin() + 10, [](unsigned char c) { return c == 0; }) &&
                        a[10] == 0xFF && a[11] == 0xFF;
        HOLDS(!v4 || (a[12] != 0 && a[12] != 10 && a[12] != 127 && a[12] < 224 && !(a[12] == 169 && a[13] == 254) &&
                      !(a[12] == 192 && a[13] == 168)));
        HOLDS((a[0] & 0xFE) != 0xFC && a[0] != 0xFF && !(a[0] == 0xFE && (a[1] & 0xC0) == 0x80));
    }
}

} // namespace ferry::fuzz
