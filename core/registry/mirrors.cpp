#include "core/registry/mirrors.h"

#include "core/base/url.h"

#include <ferry/kit/address.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

Text shape() {
    return say("a mirror is written [REGISTRY=][http://]host[:port][/prefix]");
}

} // namespace

Mirror parse_mirror(const std::string &text) {
    Mirror mirror{{}, text};
    if (const auto equals = text.find('='); equals != text.npos) {
        const std::string registry = text.substr(0, equals);
        mirror.place = text.substr(equals + 1);
        try {
            mirror.registry = parse_reference("any", registry).registry.str();
        } catch (const Error &) {
            throw Error(Kind::usage,
                        say("'{}' is not a mirror: '{}' is not a registry", redact_url(text), redact_url(registry)),
                        shape());
        }
    }
    mirror_endpoint(mirror.place, "any");
    return mirror;
}

std::vector<std::string> mirror_places(const std::vector<Mirror> &mirrors, const Reference &typed,
                                       const Reference &reference) {
    std::vector<std::string> places;
    for (const auto &[registry, place] : mirrors) {
        const bool fits = registry.empty() || registry == reference.registry.str() || registry == typed.registry.str();
        if (fits && std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    }
    return places;
}

ferry::Endpoint mirror_endpoint(const std::string &mirror, const std::string &repository) {
    std::string text = mirror;
    while (!text.empty() && text.back() == '/') text.pop_back();
    if (text.find("://") == text.npos) text.insert(0, "https://");
    try {
        const Url url = Url::parse(text);
        if (url.target.find('?') != url.target.npos) throw Error(Kind::usage, say("it has a query"));
        if (url.host.find('=') != url.host.npos) throw Error(Kind::usage, say("its host is not valid"));
        const std::string prefix = url.target == "/" ? "" : url.target.substr(1) + "/";
        return {url.origin(), prefix + repository, true, kit::is_loopback(url.host)};
    } catch (const Error &e) {
        throw Error(Kind::usage, say("'{}' is not a mirror: {}", redact_url(mirror), e.message), shape());
    }
}

} // namespace ferry::core
