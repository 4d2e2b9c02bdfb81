#include "core/http/client.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <ctime>

namespace ferry::core {

namespace {

bool secret_header(std::string_view name) {
    for (const char *secret : {"authorization", "cookie", "proxy-authorization"})
        if (ferry::Response::same_name(name, secret)) return true;
    return false;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::int64_t retry_after(const ferry::Response &response) {
    const auto value = response.header("Retry-After");
    return value ? parse_retry_after(*value, std::time(nullptr)) : -1;
}

} // namespace

std::string_view HttpReply::header(std::string_view name) const noexcept {
    for (const auto &field : headers)
        if (ferry::Response::same_name(field.first, name)) return field.second;
    return {};
}

std::vector<std::string> HttpReply::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto &field : headers)
        if (ferry::Response::same_name(field.first, name)) values.push_back(field.second);
    return values;
}

HttpRequest redirected(const HttpRequest &first, const Url &from, std::string_view location, const ClientRules &rules) {
    if (auto refusal = refuse_redirect(Url::parse(first.url), from, location, rules.redirects))
        throw Error(Kind::network, std::move(refusal->why), std::move(refusal->remedy));
    const Url to = resolve_location(from, location);
    HttpRequest next = first;
    next.url = to.str();
    if (!to.same_origin(Url::parse(first.url))) {
        std::erase_if(next.headers, [](const auto &field) { return secret_header(field.first); });
        next.secrets.clear();
    }
    return next;
}

// The client as backends see it.
class RetryingTransport final : public ferry::Transport {
public:
    explicit RetryingTransport(const Client &client) : client_(client) {}

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        HttpRequest wanted{ferry::str(request.url), {}, ferry::str(request.method), ferry::str(request.body)};
        for (std::size_t i = 0; i < request.header_count; ++i)
            wanted.headers.emplace_back(ferry::str(request.headers[i].name), ferry::str(request.headers[i].value));
        if (!op.c()) throw ferry::Error(FERRY_E_INVALID, say("the request was made outside of an operation"));
        // Every op that plugins hold was made by this host.
        const auto &operation = *static_cast<const Operation *>(op.c()->host_data);
        try {
            return client_.open_retrying(operation, wanted, nullptr, client_.rules().retry);
        } catch (const Error &e) {
            ferry::Error out(e.status, e.message);
            out.retryable(e.retryable).http(e.http_status).after(e.retry_after_ms);
            throw out;
        }
    }

private:
    const Client &client_;
};

Client::Client(ferry_http chain, ClientRules rules)
    : chain_(chain), rules_(std::move(rules)), facade_(std::make_unique<RetryingTransport>(*this)) {}

ferry_http Client::as_http() noexcept {
    return {&ferry::http_table(), facade_.get()};
}

std::unique_ptr<ferry::Response> Client::open(const Operation &operation, const HttpRequest &request,
                                              std::string *final_url) const {
    HttpRequest first = request; // what a redirect derives the next request from
    HttpRequest current = request;
    for (int hop = 0;; ++hop) {
        operation.throw_if_cancelled();
        const Url url = Url::parse(current.url);
        std::vector<ferry_header> headers;
        for (const auto &[name, value] : current.headers) headers.push_back({ferry::raw(name), ferry::raw(value)});
        for (const auto &[name, value] : current.secrets) headers.push_back({ferry::raw(name), ferry::raw(value)});
        headers.push_back({ferry::raw("User-Agent"), ferry::raw(rules_.user_agent)});
        headers.push_back({ferry::raw("Accept-Encoding"), ferry::raw("identity")});
        const std::string verbatim = url.str();
        ferry_request raw{};
        raw.struct_size = sizeof raw;
        raw.method = ferry::raw(current.method);
        raw.url = ferry::raw(verbatim);
        raw.headers = headers.data();
        raw.header_count = headers.size();
        raw.body = ferry::raw(current.body);
        raw.connect_timeout_ms = rules_.connect_timeout_ms;
        raw.stall_timeout_ms = rules_.stall_timeout_ms;
        std::unique_ptr<ferry::Response> response;
        try {
            response = ferry::open(chain_, operation.op(), raw);
        } catch (const ferry::Error &e) {
            operation.throw_if_cancelled();
            if (operation.log().wants(Level::debug))
                operation.log().debug(current.method + " " + redact_url(verbatim) + " -> " + e.message);
            Error error = Error::from(e);
            if (hop > 0 && error.kind == Kind::usage) { // where a server sent us is not the user's mistake
                error.kind = Kind::network;
                error.status = FERRY_E_PROTOCOL;
            }
            throw error;
        }
        if (operation.log().wants(Level::debug)) {
            const auto range = std::find_if(current.headers.begin(), current.headers.end(),
                                            [](const auto &field) { return field.first == "Range"; });
            operation.log().debug(current.method + " " + redact_url(verbatim) +
                                  (range == current.headers.end() ? "" : " " + range->second) + " -> " +
                                  std::to_string(response->status()));
        }
        const auto location = response->header("Location");
        if (!is_redirect(response->status()) || !location) {
            if (final_url) *final_url = verbatim;
            return response;
        }
        if (hop >= rules_.most_redirects)
            throw Error(Kind::network, say("{} redirects more than {} times", Url::parse(request.url).authority(),
                                           rules_.most_redirects));
        if (response->status() == 303 && first.method != "HEAD") {
            first.method = "GET";
            first.body.clear();
        }
        current = redirected(first, url, *location, rules_);
    }
}

std::unique_ptr<ferry::Response> Client::open_retrying(const Operation &operation, const HttpRequest &request,
                                                       std::string *final_url, const RetryRules &retry) const {
    for (int tried = 1;; ++tried) {
        std::string why;
        std::int64_t floor_ms = -1;
        std::exception_ptr failure;
        std::unique_ptr<ferry::Response> response;
        try {
            response = open(operation, request, final_url);
            if (!transient_status(response->status())) return response;
            floor_ms = retry_after(*response);
        } catch (const Error &e) {
            if (!e.transient()) throw;
            failure = std::current_exception();
            floor_ms = e.retry_after_ms;
            why = e.message;
        }
        const auto delay = retry_delay(retry, tried, floor_ms, random_chance());
        if (!delay) {
            if (failure) std::rethrow_exception(failure);
            return response;
        }
        operation.log().warning(failure ? say("{}: {}; trying again in {} ms", redact_url(request.url), why, *delay)
                                        : say("{}: answers {}; trying again in {} ms", redact_url(request.url),
                                              response->status(), *delay));
        response.reset();
        operation.wait(*delay);
    }
}

HttpReply Client::fetch(const Operation &operation, const HttpRequest &request, std::size_t limit, bool patient) const {
    RetryRules retry = rules_.retry;
    if (!patient) retry.most = 0;
    for (int tried = 1;; ++tried) {
        HttpReply reply;
        std::optional<Error> failure;
        std::int64_t floor_ms = -1;
        try {
            const auto response = open(operation, request, &reply.url);
            reply.status = response->status();
            for (std::size_t i = 0; i < response->header_count(); ++i) {
                const ferry_header field = response->header_at(i);
                reply.headers.emplace_back(ferry::str(field.name), ferry::str(field.value));
            }
            const bool passes = transient_status(reply.status);
            try {
                if (request.method != "HEAD")
                    reply.body = reply.status >= 400 ? ferry::read_words(*response, operation.op(),
                                                                         std::min(limit, kit::most_error_bytes))
                                                     : ferry::read_all(*response, operation.op(), limit);
            } catch (const ferry::Error &e) {
                operation.throw_if_cancelled();
                failure = Error::from(e, Url::parse(request.url).authority());
            }
            if (!failure && (!passes || (request.final && request.final(reply)))) return reply;
            floor_ms = retry_after(*response);
        } catch (const Error &e) {
            if (e.kind == Kind::interrupted) throw;
            failure = e;
            floor_ms = e.retry_after_ms;
        }
        const auto delay = retry_delay(retry, tried, floor_ms, random_chance());
        if (failure && (!failure->transient() || !delay)) throw *failure;
        if (!delay) return reply;
        operation.log().warning(
            failure ? say("{}; trying again in {} ms", failure->message, *delay)
                    : say("{}: answers {}; trying again in {} ms", redact_url(request.url), reply.status, *delay));
        operation.wait(*delay);
    }
}

} // namespace ferry::core
