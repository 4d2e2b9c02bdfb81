#include "bearer.h"

#include "backend.h"
#include "place.h"

#include <ferry/kit/address.hpp>
#include <ferry/kit/base64.hpp>
#include <ferry/kit/dates.hpp>
#include <ferry/kit/error_document.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace distribution {
namespace {

constexpr std::size_t body_limit = 1 << 20;

struct Answer {
    int status = 0;
    std::string body;
    std::int64_t retry_after_ms = -1;
};

// The token service of one challenge.
class TokenService {
public:
    TokenService(ferry_http http, const ferry::Op &op, const ferry::Challenge &challenge, const AuthChallenge &bearer,
                 PlainRealm policy)
        : http_(http), op_(op), challenge_(challenge), service_(bearer.find("service")),
          scopes_(scopes_for(challenge.scope, bearer)), harbor_(policy == PlainRealm::upgrade),
          urls_(token_services(challenge.endpoint, bearer.find("realm"),
                               !challenge.username.empty() || !challenge.identity_token.empty(), policy)),
          url_(urls_.front()) {}

    ferry::Credential ask() {
        for (std::size_t i = 0; i + 1 < urls_.size(); ++i) {
            url_ = urls_[i];
            try {
                const Answer answer = ask_here();
                if (answer.status != 404) return credential_of(answer);
            } catch (const ferry::Error &e) {
                if (e.code != FERRY_E_NETWORK && e.code != FERRY_E_TIMEOUT && e.code != FERRY_E_TLS) throw;
            }
        }
        url_ = urls_.back();
        return credential_of(ask_here());
    }

private:
    Answer ask_here() {
        Answer answer;
        bool answered = false;
        if (!challenge_.identity_token.empty()) {
            answer = post();
            // A service without the OAuth2 half has no such resource or method.
            answered = answer.status != 404 && answer.status != 405;
        }
        if (!answered) answer = get();
        return answer;
    }

    ferry::Credential credential_of(const Answer &answer) const {
        if (answer.status < 200 || answer.status > 299) refuse(answer);
        return credential(answer.body);
    }

    // GET realm?service=...&scope=...
    Answer get() {
        std::string url = url_;
        char separator = url.find('?') == url.npos ? '?' : '&';
        const auto add = [&](const char *name, std::string_view value) {
            if (value.empty()) return;
            if (url.back() != '?' && url.back() != '&') url += separator;
            url += std::string(name) + '=' + ferry::kit::percent_encode(value);
            separator = '&';
        };
        add("service", service_);
        for (const std::string &scope : scopes_) add("scope", scope);

        std::vector<ferry_header> headers = {{ferry::raw("Accept"), ferry::raw("application/json")}};
        std::string basic;
        if (!challenge_.username.empty()) {
            basic = "Basic " + ferry::kit::base64_encode(challenge_.username + ':' + challenge_.secret);
            headers.push_back({ferry::raw("Authorization"), ferry::raw(basic)});
        }
        return exchange("GET", url, headers, {});
    }

    // The OAuth2 form with a refresh token.
    Answer post() {
        std::string scope;
        for (const std::string &one : scopes_) scope += (scope.empty() ? "" : " ") + one;
        std::string body = "grant_type=refresh_token&client_id=ferry";
        if (!service_.empty()) body += "&service=" + ferry::kit::percent_encode(service_);
        if (!scope.empty()) body += "&scope=" + ferry::kit::percent_encode(scope);
        body += "&refresh_token=" + ferry::kit::percent_encode(challenge_.identity_token);
        return exchange("POST", url_,
                        {{ferry::raw("Accept"), ferry::raw("application/json")},
                         {ferry::raw("Content-Type"), ferry::raw("application/x-www-form-urlencoded")}},
                        body);
    }

    Answer exchange(std::string_view method, const std::string &url, const std::vector<ferry_header> &headers,
                    std::string_view body) {
        const ferry_request request = ferry::request(method, url, headers.data(), headers.size(), body);
        try {
            const std::unique_ptr<ferry::Response> response = ferry::open(http_, op_, request);
            const bool refused = response->status() < 200 || response->status() > 299;
            Answer answer{response->status(),
                          refused ? ferry::read_words(*response, op_, ferry::kit::most_error_bytes)
                                  : ferry::read_all(*response, op_, body_limit),
                          -1};
            if (const auto value = response->header("Retry-After"))
                answer.retry_after_ms = ferry::kit::parse_retry_after(*value, std::time(nullptr));
            return answer;
        } catch (ferry::Error &e) {
            if (e.code != FERRY_E_CANCELLED)
                e.message = ferry::say("the token service {}: {}", where(), without_secrets(op_.words(e.message)));
            throw;
        }
    }

    std::string where() const { return std::string(without_query(url_)); }

    std::string without_secrets(std::string text) const {
        const std::string both = ferry::kit::base64_encode(challenge_.username + ':' + challenge_.secret);
        for (const std::string &secret : {challenge_.secret, challenge_.identity_token, both}) {
            if (secret.empty()) continue;
            for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3)
                text.replace(at, secret.size(), "***");
        }
        return text;
    }

    // What an error says about a body: the message of an error document, or how a text begins. Never the beginning of
    // a document, as it may hold a token.
    ferry::Text quote(const std::string &body) const {
        std::string text;
        const std::size_t start = body.find_first_not_of(" \t\r\n");
        if (start == body.npos) return ferry::say("nothing");
        if (body[start] == '{' || body[start] == '[') {
            text = ferry::kit::error_document(body).message;
            if (text.empty()) return ferry::say("a document without a token");
        } else {
            text = body.substr(start);
        }
        return '\'' + ferry::kit::one_line(without_secrets(text), 100) + '\'';
    }

    [[noreturn]] void refuse(const Answer &answer) const {
        const bool named = !challenge_.username.empty() || !challenge_.identity_token.empty();
        ferry::Error error(FERRY_E_PROTOCOL, ferry::say("the token service {} answered {}: {}", where(), answer.status,
                                                        quote(answer.body)));
        if (answer.status == 401 || answer.status == 403) {
            error.code = FERRY_E_UNAUTHORIZED;
            if (!named)
                error.message = ferry::say("the token service {} gives nothing without a login ({}: {}); name a user "
                                           "with -u NAME --password-stdin",
                                           where(), answer.status, quote(answer.body));
            else if (harbor_)
                error.message = ferry::say("the token service {} refused the login ({}: {}). {}", where(),
                                           answer.status, quote(answer.body), robot_hint());
            else
                error.message = ferry::say(
                    "the token service {} refused the login ({}: {}); check the user name and the password or token",
                    where(), answer.status, quote(answer.body));
        } else if (answer.status == 429) {
            error.code = FERRY_E_RATE_LIMITED;
            error.message = ferry::say("the token service {} refuses more requests for now (429); wait, or log in with "
                                       "-u NAME --password-stdin",
                                       where());
            error.after(answer.retry_after_ms).retryable();
        } else if (answer.status >= 500) {
            error.code = FERRY_E_NETWORK;
            error.after(answer.retry_after_ms).retryable();
        }
        error.http(answer.status);
        throw error;
    }

    ferry::Credential credential(const std::string &body) const {
        std::string token;
        std::optional<std::int64_t> expires_in;
        try {
            ferry::kit::JsonLimits limits;
            limits.bytes = body_limit;
            const auto document = ferry::kit::Json::parse(body, limits);
            for (const char *name : {"token", "access_token"})
                if (token.empty()) token = document.string_of(name);
            const auto member = document.find("expires_in");
            if (const auto value = member ? member->number() : std::nullopt)
                expires_in = static_cast<std::int64_t>(std::clamp(*value, 0.0, 1e9));
        } catch (const ferry::kit::JsonError &) { // then there is no token
        }
        // A control character would end the header field and begin another.
        const bool clean = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
        if (token.empty() || !clean)
            throw ferry::Error(FERRY_E_PROTOCOL, ferry::say("the token service {} answered with no token but with {}; "
                                                            "is this address a registry, or a login page before it?",
                                                            where(), quote(body)));
        return {"Authorization", "Bearer " + token, token_lifetime(expires_in)};
    }

    ferry_http http_;
    const ferry::Op &op_;
    const ferry::Challenge &challenge_;
    std::string service_;
    std::vector<std::string> scopes_;
    bool harbor_;
    std::vector<std::string> urls_;
    std::string url_; // the one that is asked
};

} // namespace

std::string token_service(std::string_view endpoint, std::string_view realm, bool with_secrets, PlainRealm policy) {
    const ferry::kit::Url registry = url_of(endpoint);
    std::string url(realm.substr(0, realm.find('#')));
    if (!url.empty() && url[0] == '/' && url.substr(0, 2) != "//") url = registry.origin() + url;
    const ferry::kit::Url service = url_of(url);
    const std::string shown(without_query(url));
    if (service.scheme.empty() || std::any_of(url.begin(), url.end(), [](char c) { return c <= 0x20 || c == 0x7F; }))
        throw ferry::Error(FERRY_E_PROTOCOL,
                           ferry::say("{} names a token service that is no http or https URL", registry.authority()));
    if (service.scheme == "https") return url;

    if (registry.scheme == "https" && policy == PlainRealm::upgrade && service.host == registry.host) {
        // The port of plain http does not speak TLS; the registry's own does.
        return "https://" + registry.authority() + service.target;
    }
    if (!with_secrets) return url;
    if (registry.scheme == "https")
        throw ferry::Error(FERRY_E_UNAUTHORIZED,
                           ferry::say("{} sends logins to {}, over plain http: ferry does not show it the password. "
                                      "Correct the registry's token realm to https, or pull without -u",
                                      registry.authority(), shown));
    if (service.host != registry.host &&
        !(ferry::kit::is_private(service.host) && ferry::kit::is_private(registry.host)))
        throw ferry::Error(FERRY_E_UNAUTHORIZED,
                           ferry::say("{}, over plain http, sends logins to another host, {}: ferry does not show it "
                                      "the password. Use https, or pull without -u",
                                      registry.authority(), shown));
    return url;
}

std::vector<std::string> token_services(std::string_view endpoint, std::string_view realm, bool with_secrets,
                                        PlainRealm policy) {
    const std::string told = token_service(endpoint, realm, with_secrets, policy);
    const ferry::kit::Url registry = url_of(endpoint), service = url_of(told);
    const bool weaker = registry.scheme == "http" && service.scheme == "https";
    if (policy != PlainRealm::upgrade || weaker || service.host != registry.host ||
        service.authority() == registry.authority())
        return {told};
    return {registry.origin() + service.target, told};
}

std::vector<std::string> scopes_for(std::string_view own, const AuthChallenge &bearer) {
    std::vector<std::string> scopes;
    const auto add = [&scopes](std::string_view list) {
        while (!list.empty()) {
            const std::string one(list.substr(0, list.find(' ')));
            list.remove_prefix(std::min(list.size(), one.size() + 1));
            if (!one.empty() && std::find(scopes.begin(), scopes.end(), one) == scopes.end()) scopes.push_back(one);
        }
    };
    if (bearer.find("error") == "insufficient_scope") add(bearer.find("scope"));
    add(own);
    return scopes;
}

std::int64_t token_lifetime(std::optional<std::int64_t> expires_in) noexcept {
    const std::int64_t seconds = std::clamp<std::int64_t>(expires_in.value_or(60), 60, 24 * 3600);
    return seconds * 1000 - std::min<std::int64_t>(seconds * 100, 30000);
}

ferry::Credential fetch_token(ferry_http http, const ferry::Op &op, const ferry::Challenge &challenge,
                              const AuthChallenge &bearer, PlainRealm policy) {
    return TokenService(http, op, challenge, bearer, policy).ask();
}

} // namespace distribution
