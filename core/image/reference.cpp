#include "core/image/reference.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/mistyped.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/image_name.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::core {

namespace {

// What the user typed, and as what.
struct Typed {
    std::string_view text;
    bool registry = false; // of -r; otherwise an image
};

[[noreturn]] void bad(const Typed &typed, const Text &why, const Text &remedy = {}) {
    const std::string shown = without_login(typed.text);
    const Text usual = typed.registry
                           ? say("a registry is written [http://]host[:port], for example registry.example:5000")
                           : say("an image is written [registry/]repository[:tag][@digest], for example nginx:1.21");
    throw Error(Kind::usage,
                typed.registry ? say("'{}' is not a registry: {}", shown, why)
                               : say("'{}' is not an image name: {}", shown, why),
                remedy.empty() ? usual : remedy);
}

void refuse_login(const Typed &typed) {
    if (holds_login(typed.text))
        bad(typed, say("it holds a login"),
            say("name the user with -u NAME and give the password to --password-stdin, which keeps it out of the list "
                "of "
                "processes"));
}

bool has(std::string_view text, char c) {
    return text.find(c) != text.npos;
}

// Of host[:port]; `scheme` as typed.
kit::RegistryAddress address_of(const Typed &typed, std::string_view scheme, std::string_view text) {
    const auto colon = std::min(text.find(':', text.find(']') == text.npos ? 0 : text.find(']')), text.size());
    const std::string_view host = text.substr(0, colon), port = text.substr(colon);
    kit::UrlFault fault{};
    auto address = kit::RegistryAddress::parse(text, fault);
    if (!address) switch (fault) {
        case kit::UrlFault::open_bracket: bad(typed, say("its IPv6 address has no ]"));
        case kit::UrlFault::ipv6: bad(typed, say("its IPv6 address is not valid"));
        case kit::UrlFault::host: bad(typed, say("the host '{}' is not valid", host));
        case kit::UrlFault::after_bracket:
        case kit::UrlFault::port: bad(typed, say("the port '{}' is not valid", port));
        default: bad(typed, say("'{}' is not a host", text));
        }
    if (has(address->host, '%')) bad(typed, say("its IPv6 address is not valid"));
    if (host.front() == '.' || host.front() == '-' || host.find("..") != host.npos)
        bad(typed, say("'{}' is not a host", text));
    if (port == ":") bad(typed, say("the port '{}' is not valid", port));
    address->scheme = std::string(scheme);
    return *std::move(address);
}

void check_repository(const Typed &typed, std::string_view repository) {
    const std::string_view text = typed.text;
    if (repository.empty()) bad(typed, say("it names no repository"));
    if (repository.size() > 255) bad(typed, say("the repository is longer than 255 characters"));
    for (std::size_t begin = 0; begin <= repository.size();) {
        const auto end = std::min(repository.find('/', begin), repository.size());
        const std::string_view part = repository.substr(begin, end - begin);
        if (!kit::valid_repository_component(part)) {
            if (std::any_of(part.begin(), part.end(), kit::is_upper)) {
                std::string small(text); // but for its tag, whose case has meaning
                const auto name_end = text.find(repository) + repository.size();
                for (std::size_t i = 0; i < name_end; ++i) small[i] = kit::lower(small[i]);
                bad(typed, say("repositories are lower case"), say("did you mean {}?", small));
            }
            bad(typed, say("'{}' cannot be a part of a repository", part));
        }
        begin = end + 1;
    }
}

// Takes "http://" and "https://" off, and gives the scheme.
std::string_view take_scheme(std::string_view &text) {
    for (const std::string_view scheme : {"http", "https"})
        if (text.starts_with(scheme) && text.substr(scheme.size()).starts_with("://")) {
            text.remove_prefix(scheme.size() + 3);
            return scheme;
        }
    return {};
}

} // namespace

std::string Reference::str() const {
    std::string out = registry.str() + "/" + repository;
    if (!tag.empty()) out += ":" + tag;
    if (!digest.empty()) out += "@" + digest;
    return out;
}

bool valid_tag(std::string_view tag) noexcept {
    if (tag.empty() || tag.size() > 128 || tag[0] == '.' || tag[0] == '-') return false;
    return std::all_of(tag.begin(), tag.end(),
                       [](char c) { return kit::is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

Reference parse_reference(std::string_view text, std::string_view default_registry) {
    const Typed image{text, false}, registry{default_registry, true};
    refuse_login(image);
    if (const auto other = mistyped(text))
        bad(image, other->why, other->meant.empty() ? "" : say("did you mean {}?", other->meant));
    Reference reference;
    std::string_view rest = text;
    const std::string_view scheme = take_scheme(rest);
    if (const auto at = rest.find('@'); at != rest.npos) {
        reference.digest = std::string(rest.substr(at + 1));
        rest = rest.substr(0, at);
        if (!valid_digest(reference.digest))
            bad(image, say("'{}' is not a digest", reference.digest),
                say("a digest is sha256: and 64 lower-case hex digits"));
    }
    // A colon behind the last slash begins the tag; one before it belongs to a port.
    const auto slash = rest.rfind('/');
    if (const auto colon = rest.find(':', slash == rest.npos ? 0 : slash); colon != rest.npos) {
        reference.tag = std::string(rest.substr(colon + 1));
        rest = rest.substr(0, colon);
        if (!valid_tag(reference.tag)) bad(image, say("'{}' is not a tag", reference.tag));
    } else if (reference.digest.empty()) {
        reference.tag = "latest";
    }
    reference.name = std::string(rest);
    const auto first = rest.find('/');
    if (first != rest.npos && (!scheme.empty() || kit::names_host(rest.substr(0, first)))) {
        reference.registry = address_of(image, scheme, rest.substr(0, first));
        reference.repository = std::string(rest.substr(first + 1));
    } else {
        if (!scheme.empty()) bad(image, say("it names no repository"));
        refuse_login(registry);
        std::string_view host = default_registry;
        const std::string_view default_scheme = take_scheme(host);
        while (!host.empty() && host.back() == '/') host.remove_suffix(1);
        if (const auto other = mistyped(host)) bad(registry, other->why, say("Docker Hub is registry-1.docker.io"));
        if (has(host, '/'))
            bad(registry, say("-r takes a host and not a path"),
                say("-r HOST[:PORT]; the path belongs to the image's name"));
        reference.registry = address_of(registry, default_scheme, host);
        reference.repository = std::string(rest);
        reference.default_host = true;
    }
    check_repository(image, reference.repository);
    return reference;
}

std::string archive_name(const Reference &typed) {
    const std::string name = typed.name + ":" + typed.tag;
    const Typed shown{name};
    if (!typed.default_host && has(typed.registry.host, ':'))
        bad(shown, say("docker load refuses names with an IPv6 address"),
            say("give the image another name with --tag NAME"));
    // Without its scheme what was a host may be a part of the repository: http://HOST/app
    if (!kit::names_host(typed.name.substr(0, typed.name.find('/')))) check_repository(shown, typed.name);
    return name;
}

std::string archive_name(std::string_view text, std::string_view tag) {
    Reference named = parse_reference(text, "docker.io");
    if (!named.digest.empty()) bad({text}, say("an archive names an image by a tag, not by a digest"));
    std::string_view rest = text;
    take_scheme(rest);
    const bool tagged = named.name.size() != rest.size();
    if (!tagged && !tag.empty()) named.tag = std::string(tag);
    return archive_name(named);
}

std::string archive_file_name(const Reference &reference, std::string_view architecture, std::string_view suffix) {
    const std::string repository(kit::without_library(reference.repository));
    std::string tag = reference.tag;
    if (tag.empty()) {
        const std::string_view digest = reference.digest; // sha256:... or sha512:...
        tag = std::string(digest.substr(0, digest.find(':'))) + "-" + std::string(digest_hex(digest).substr(0, 12));
    }
    std::string name = repository + "_" + tag + "_" + std::string(architecture);
    for (char &c : name)
        if (!kit::is_alphanumeric(c) && c != '.' && c != '-' && c != '_') c = '_';
    constexpr std::size_t most = 200; // leaves room for suffixes within the 255 bytes of most file systems
    if (name.size() > most)
        name = name.substr(0, most - 13) + "-" + std::string(digest_hex(digest_of(name)).substr(0, 12));
    return name + std::string(suffix);
}

} // namespace ferry::core
