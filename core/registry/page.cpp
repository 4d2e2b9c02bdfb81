#include "core/registry/page.h"

#include <ferry/text.hpp>

namespace ferry::core {

namespace {

bool has(std::string_view text, std::string_view words) {
    return text.find(words) != text.npos;
}

Error failure(ferry_status status, int http_status, Text message, Text remedy) {
    Error error(status, std::move(message), std::move(remedy));
    error.http_status = http_status;
    return error;
}

} // namespace

std::optional<Error> explain_page(int status, std::string_view base_url, std::string_view body, const std::string &by) {
    if (status != 400) return std::nullopt;
    if (base_url.starts_with("http://") &&
        (has(body, "plain HTTP request was sent to HTTPS port") || has(body, "HTTP request to an HTTPS server")))
        return failure(FERRY_E_PROTOCOL, status, say("{} speaks TLS on that port, and was asked in plain http", by),
                       say("leave http:// out in front of its name, or write https://"));
    if (has(body, "No required SSL certificate was sent"))
        return failure(
            FERRY_E_TLS, status, say("{} wants a client certificate, and got none", by),
            say("give it with --client-cert FILE and --client-key FILE, or put client.cert and client.key into "
                "/etc/docker/certs.d/{}/",
                by));
    if (has(body, "The SSL certificate error"))
        return failure(FERRY_E_TLS, status, say("{} refused the client certificate", by),
                       say("ask its operator for one of the authority that it trusts, and give that with --client-cert "
                           "FILE or in /etc/docker/certs.d/{}/",
                           by));
    return std::nullopt;
}

bool is_page(std::string_view body) noexcept {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    const auto first = body.find_first_not_of(" \t\r\n");
    return first != body.npos && body[first] == '<';
}

Error page_instead(const std::string &by, const Text &what) {
    return failure(FERRY_E_PROTOCOL, 200, say("{} answered with a web page instead of {}", by, what),
                   say("check that this is a registry, and whether a proxy or the login page of a network stands in "
                       "between: a browser shows that page"));
}

} // namespace ferry::core
