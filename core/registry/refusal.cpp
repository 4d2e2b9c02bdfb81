#include "core/registry/refusal.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <ctime>
#include <optional>

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

// The failure behind a 400 of nginx or of Go's server: plain http on a port of TLS, or a client certificate that it
// misses or does not accept; by the words of that page. Nothing: it is another one.
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

// The same by the status alone. `words` are the registry's own, in brackets.
Error by_status(int status, const Asked &asked, const std::string &by, bool named, const Text &words) {
    const Text &what = asked.what;
    switch (status) {
    case 401:
    case 403:
        return {status == 401 ? FERRY_E_UNAUTHORIZED : FERRY_E_FORBIDDEN,
                named ? say("{} does not let {} read {}{}", by, asked.username, what, words)
                      : say("{} does not let anonymous users read {}{}", by, what, words),
                named ? say("check the name, and that this user may pull it")
                      : say("check the name; for a private image log in with -u NAME --password-stdin")};
    case 404:
        return {FERRY_E_NOT_FOUND, say("{} does not have {}{}", by, what, words),
                say("check the spelling of repository and tag, and the registry (-r)")};
    case 429:
        return {FERRY_E_RATE_LIMITED, say("{} limits the rate of requests{}", by, words),
                say("wait, log in with -u NAME --password-stdin, or use another mirror")};
    default:
        return {FERRY_E_PROTOCOL, say("{} answers {} when asked for {}{}", by, status, what, words),
                status >= 500 ? say("the registry has trouble; try again later or use another mirror")
                              : say("see --debug for the whole exchange")};
    }
}

// What the answer means, before it is said how to go on.
Error meaning_of(const HttpReply &reply, const Asked &asked, const Backend &backend) {
    const Url registry = Url::parse(asked.base_url);
    const Url answered = reply.url.empty() ? registry : Url::parse(reply.url);
    const std::string by = answered.authority();
    const bool away = !answered.same_origin(registry); // a redirect's target: it was shown no login
    const bool named = !away && !asked.username.empty();
    if (auto page = explain_page(reply.status, asked.base_url, reply.body, by)) return *std::move(page);
    const auto advice = backend.explain(
        {reply.status, away ? answered.origin() : asked.base_url, asked.repository, reply.body, reply.headers, named});
    const std::string said = kit::error_document(reply.body).words();
    const Text words = said.empty() ? Text() : say(" ({})", said);
    if (away && reply.status == 401)
        return {FERRY_E_UNAUTHORIZED,
                say("{}, where {} sends us for {}, wants a login{}", by, registry.authority(), asked.what, words),
                say("a login for {} is shown to no other: if you trust {}, name it instead", registry.authority(), by)};
    if (advice) return {advice->meaning, advice->what, advice->remedy};
    return by_status(reply.status, asked, by, named, words);
}

} // namespace

Error refusal_of(const HttpReply &reply, const Asked &asked, const Backend &backend) {
    Error error = meaning_of(reply, asked, backend);
    error.http_status = reply.status;
    error.retryable = transient_status(reply.status) && error.status() != FERRY_E_EXHAUSTED;
    if (const auto after = reply.header("Retry-After"); !after.empty())
        error.retry_after_ms = parse_retry_after(after, std::time(nullptr));
    return error;
}

bool is_markup(std::string_view body) noexcept {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    const auto first = body.find_first_not_of(" \t\r\n");
    return first != body.npos && body[first] == '<';
}

Error page_instead_of(const Text &what, const std::string &by) {
    return failure(FERRY_E_PROTOCOL, 200, say("{} answered with a web page instead of {}", by, what),
                   say("check that this is a registry, and whether a proxy or the login page of a network stands in "
                       "between: a browser shows that page"));
}

} // namespace ferry::core
