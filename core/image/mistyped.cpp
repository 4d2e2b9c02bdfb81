#include "core/image/mistyped.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>
#include <vector>

namespace ferry::core {

namespace {

// The length of a leading "scheme://", or 0.
std::size_t scheme_size(std::string_view text) {
    const auto mark = text.find("://");
    if (mark == text.npos || mark == 0) return 0;
    const std::string_view scheme = text.substr(0, mark);
    const bool good = std::all_of(scheme.begin(), scheme.end(),
                                  [](char c) { return kit::is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; });
    return good ? mark + 3 : 0;
}

// sha256 and the like, also with a part that is wrong; or so many digits that they are neither port nor password.
bool looks_like_digest(std::string_view text) {
    constexpr std::size_t shortest = 32; // MD5
    const std::string_view digits = text.substr(std::min(text.find(':') + 1, text.size()));
    return text.substr(0, 3) == "sha" || (digits.size() >= shortest && digits.size() < text.size() &&
                                          digits.find_first_not_of("0123456789abcdefABCDEF") == digits.npos);
}

// Where the last @ is that does not begin a digest, or npos.
std::size_t login_end(std::string_view text) {
    while (true) {
        const auto at = text.rfind('@');
        if (at == text.npos || !looks_like_digest(text.substr(at + 1))) return at;
        text = text.substr(0, at);
    }
}

// The image that a page of Docker Hub's web site is about, or empty.
std::string image_of_page(const std::vector<std::string_view> &parts) {
    const auto name = [](std::string_view owner, std::string_view repository) {
        return owner == "library" ? std::string(repository) : std::string(owner) + "/" + std::string(repository);
    };
    if (parts.size() >= 2 && parts[0] == "_") return std::string(parts[1]);
    if (parts.size() >= 3 && parts[0] == "r") return name(parts[1], parts[2]);
    if (parts.size() >= 4 && parts[0] == "repository" && parts[1] == "docker") return name(parts[2], parts[3]);
    if (parts.size() >= 4 && parts[0] == "layers") return name(parts[1], parts[2]) + ":" + std::string(parts[3]);
    return {};
}

// The image of `docker pull [options] IMAGE`, or empty.
std::string image_of_command(std::string_view text) {
    for (const std::string_view program : {"docker ", "podman ", "nerdctl ", "ferry "}) {
        if (text.substr(0, program.size()) != program) continue;
        const auto word = text.substr(text.find_last_of(" \t") + 1);
        return word == "pull" || word.substr(0, 1) == "-" ? std::string() : std::string(word);
    }
    return {};
}

} // namespace

bool holds_login(std::string_view text) {
    const std::size_t scheme = scheme_size(text);
    const auto at = login_end(text);
    if (at == text.npos || at < scheme) return false;
    const std::string_view behind = text.substr(at + 1); // a mistyped digest has none of these
    return scheme || behind.find_first_of("./:") != behind.npos || behind == "localhost";
}

std::string without_login(std::string_view text) {
    const std::size_t scheme = scheme_size(text);
    const auto at = login_end(text);
    if (at == text.npos || at < scheme) return std::string(text);
    if (!holds_login(text) && text.find(':') > at) return std::string(text); // nginx@latest
    return std::string(text.substr(0, scheme)) + "***" + std::string(text.substr(at));
}

std::optional<Mistyped> mistyped(std::string_view text) {
    if (text.find_first_of(" \t") != text.npos) return Mistyped{say("it holds a blank"), image_of_command(text)};
    const std::size_t scheme = scheme_size(text);
    std::string_view rest = text.substr(scheme);
    const std::string_view kind = text.substr(0, scheme);
    const bool web = kind == "http://" || kind == "https://";
    if (scheme && !web) return Mistyped{say("of addresses ferry takes http:// and https:// alone"), std::string(rest)};
    constexpr std::string_view hub = "hub.docker.com", quay = "quay.io/repository/";
    if (rest.substr(0, hub.size()) == hub && (rest.size() == hub.size() || rest[hub.size()] == '/')) {
        rest = rest.substr(hub.size());
        return Mistyped{say("it is a page of a web site"),
                        image_of_page(kit::words(rest.substr(0, rest.find_first_of("?#")), "/"))};
    }
    // With one part behind it, it may be an image of somebody who is called "repository".
    if (const auto parts =
            kit::words(rest.substr(std::min(quay.size(), rest.size()), rest.find_first_of("?#") - quay.size()), "/");
        rest.substr(0, quay.size()) == quay && parts.size() != 1)
        return Mistyped{say("it is a page of a web site"),
                        parts.empty() ? "" : "quay.io/" + std::string(parts[0]) + "/" + std::string(parts[1])};
    return std::nullopt;
}

} // namespace ferry::core
