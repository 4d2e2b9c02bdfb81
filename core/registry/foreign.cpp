#include "core/registry/foreign.h"

#include <ferry/text.hpp>

#include <array>
#include <charconv>

namespace ferry::core {

namespace {

std::optional<std::array<int, 4>> ipv4(std::string_view text) {
    std::array<int, 4> parts{};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), parts[i]);
        if (failed != std::errc() || parts[i] < 0 || parts[i] > 255) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (i < 3) {
            if (text.empty() || text[0] != '.') return std::nullopt;
            text.remove_prefix(1);
        }
    }
    return text.empty() ? std::optional(parts) : std::nullopt;
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

} // namespace

bool is_private_host(std::string_view host) {
    if (is_loopback(host)) return true;
    if (const auto ip = ipv4(host)) {
        const auto &p = *ip;
        return p[0] == 10 || p[0] == 0 || p[0] == 127 || (p[0] == 172 && p[1] >= 16 && p[1] < 32) ||
               (p[0] == 192 && p[1] == 168) || (p[0] == 169 && p[1] == 254);
    }
    if (host.find(':') != host.npos) { // IPv6, in brackets or not
        if (host[0] == '[') host.remove_prefix(1);
        for (const std::string_view prefix : {"fc", "fd", "fe8", "fe9", "fea", "feb", "::"})
            if (host.substr(0, prefix.size()) == prefix) return true;
        return false;
    }
    if (host.find('.') == host.npos) return true;
    for (const std::string_view end : {".local", ".lan", ".internal", ".home.arpa", ".localdomain"})
        if (ends_with(host, end)) return true;
    return false;
}

void check_foreign_url(const std::string &url, const std::string &registry_host) {
    Url parsed;
    try {
        parsed = Url::parse(url);
    } catch (const Error &) {
        throw Error(Kind::access,
                    say("the image names '{}' for a layer, which is no http or https URL", redact_url(url)),
                    say("ask the image's publisher for one whose layers are in the registry"));
    }
    if (is_private_host(parsed.host) && !is_private_host(registry_host))
        throw Error(Kind::access,
                    say("the image sends for a layer to {}, an address within a private network", parsed.authority()),
                    say("ask the image's publisher why; ferry does not go there for an image of a public registry"));
}

BlobStream open_foreign(const Operation &operation, const Client &client, const Descriptor &descriptor,
                        std::uint64_t begin, std::uint64_t end, const std::string &registry_host) {
    std::optional<Error> failure;
    for (const std::string &url : descriptor.urls) {
        try {
            check_foreign_url(url, registry_host);
            HttpRequest request{url};
            add_range(request, descriptor, begin, end);
            std::string final_url;
            auto response = client.open(operation, request, &final_url);
            const std::string host = Url::parse(final_url).authority();
            const int status = response->status();
            if (auto stream = accept_blob(std::move(response), descriptor, begin, end, host)) return std::move(*stream);
            Error refused(status == 404 ? Kind::not_found : Kind::network, say("{} answers {}", host, status));
            refused.http_status = status;
            refused.retryable = transient_status(status);
            throw refused;
        } catch (const Error &e) {
            if (e.kind == Kind::interrupted || e.http_status == 416 || e.http_status == 206) throw;
            if (!failure || e.transient()) failure = e;
        }
    }
    if (!failure) throw Error(Kind::not_found, say("the layer {} has no URL", descriptor.digest));
    failure->message =
        say("the layer {} is not in the registry but elsewhere (a foreign layer), and cannot be had there: "
            "{}",
            descriptor.digest, failure->message);
    if (failure->remedy.empty())
        failure->remedy = say("check whether this machine may reach that place; Windows base images are of this kind");
    throw *failure;
}

} // namespace ferry::core
