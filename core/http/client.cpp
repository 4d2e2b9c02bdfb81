#include "core/http/client.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

namespace ferry::core {

namespace {

// Whom a field is for cannot be known, as backends may have their own: what is not known to be harmless is a secret.
bool for_anybody(std::string_view name) {
    for (const char *known : {"accept", "accept-language", "range", "if-range", "if-match", "if-none-match"})
        if (ferry::Response::same_name(name, known)) return true;
    return false;
}

void become_get(HttpRequest &request) {
    request.method = "GET";
    request.body.clear();
    std::erase_if(request.headers,
                  [](const auto &field) { return ferry::Response::same_name(field.first, "content-type"); });
}

// Says when the body that it passes on has become too slow.
class WatchedResponse final : public ferry::Response {
public:
    WatchedResponse(std::unique_ptr<ferry::Response> inner, const ClientRules &rules, std::string host,
                    std::optional<Deadlines::Clock::time_point> end)
        : inner_(std::move(inner)), rules_(rules), watch_(rules.rate), host_(std::move(host)), end_(end) {}

    int status() const noexcept override { return inner_->status(); }
    std::size_t header_count() const noexcept override { return inner_->header_count(); }
    ferry_header header_at(std::size_t index) const noexcept override { return inner_->header_at(index); }
    std::size_t read(const ferry::Op &op, void *buffer, std::size_t capacity) override {
        if (slow_) throw *slow_;
        const auto begin = Deadlines::Clock::now();
        const std::size_t got = inner_->read(op, buffer, capacity);
        const auto now = Deadlines::Clock::now();
        if (!got) return got;
        // What came is good; the next read says that there will be no more.
        if (const auto rate = watch_.came(got, now - begin))
            fail(say("{} sends {} bytes a second, fewer than {} (--min-rate)", host_, *rate,
                     rules_.rate.bytes_per_second));
        else if (end_ && now >= *end_)
            fail(say("the whole answer of {} is not there after {} s (--request-timeout)", host_,
                     total_time(rules_) / 1000));
        return got;
    }
    static std::int64_t total_time(const ClientRules &rules) {
        return std::max<std::int64_t>(rules.total_timeout_ms, rules.connect_timeout_ms + rules.stall_timeout_ms);
    }

private:
    void fail(Text why) { slow_ = ferry::Error(FERRY_E_TIMEOUT, std::move(why)).retryable(); }

    std::unique_ptr<ferry::Response> inner_;
    const ClientRules &rules_;
    RateWatch watch_;
    std::string host_;
    std::optional<Deadlines::Clock::time_point> end_;
    std::optional<ferry::Error> slow_;
};

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

HttpRequest redirected(const HttpRequest &first, const Url &from, int status, std::string_view location,
                       const ClientRules &rules) {
    const Url origin = Url::parse(first.url), to = follow(origin, from, location, rules.redirects);
    HttpRequest next = first;
    next.url = to.str();
    if ((first.method == "POST" && (status == 301 || status == 302)) || (status == 303 && first.method != "HEAD"))
        become_get(next);
    if (to.same_origin(origin)) return next;
    if (!next.body.empty())
        throw Error(Kind::network,
                    say("{} redirects a form that may hold secrets to {}, and ferry does not send it there",
                        from.authority(), to.authority()),
                    say("the registry is set up wrongly, or means harm; tell its operator"));
    std::erase_if(next.headers, [](const auto &field) { return !for_anybody(field.first); });
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
        wanted.small = true;
        try {
            const Url url = Url::parse(wanted.url);
            if (!operation.behalf.empty() && enters_private(operation.behalf, url.host, client_.rules().redirects))
                throw Error(Kind::network,
                            say("{} sends us to {}, which lies in a private network, though it is itself a public host",
                                operation.behalf, url.authority()),
                            say("if both are in your own network, allow it with --private-redirects"));
            return client_.open_retrying(operation, wanted, nullptr, client_.rules().retry);
        } catch (const Error &e) {
            // Nothing else takes the remedy through the plugin.
            ferry::Error out(e.status(), e.remedy.empty() ? e.message : say("{}; {}", e.message, e.remedy));
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

std::unique_ptr<ferry::Response> Client::exchange(const Operation &operation, const HttpRequest &request,
                                                  const Url &url) const {
    const Headers secrets = request.secrets ? request.secrets(url) : Headers();
    std::vector<ferry_header> headers;
    for (const auto &[name, value] : request.headers) headers.push_back({ferry::raw(name), ferry::raw(value)});
    for (const auto &[name, value] : secrets) headers.push_back({ferry::raw(name), ferry::raw(value)});
    headers.push_back({ferry::raw("User-Agent"), ferry::raw(rules_.user_agent)});
    headers.push_back({ferry::raw("Accept-Encoding"), ferry::raw("identity")});
    const std::string verbatim = url.str();
    ferry_request raw{};
    raw.struct_size = sizeof raw;
    raw.method = ferry::raw(request.method);
    raw.url = ferry::raw(verbatim);
    raw.headers = headers.data();
    raw.header_count = headers.size();
    raw.body = ferry::raw(request.body);
    raw.connect_timeout_ms = rules_.connect_timeout_ms;
    raw.stall_timeout_ms = rules_.stall_timeout_ms;
    const bool timed = rules_.total_timeout_ms > 0;
    const std::int64_t total = WatchedResponse::total_time(rules_);
    const auto end =
        timed ? Deadlines::Clock::now() + std::chrono::milliseconds(total) : Deadlines::Clock::time_point::max();
    const TimedOperation limited(deadlines_, operation, end);
    try {
        auto response = ferry::open(chain_, limited.operation().op(), raw);
        return std::make_unique<WatchedResponse>(std::move(response), rules_, url.authority(),
                                                 timed && request.small ? std::optional(end) : std::nullopt);
    } catch (const ferry::Error &e) {
        operation.throw_if_cancelled();
        if (limited.over())
            throw Error(FERRY_E_TIMEOUT, say("the head of the answer of {} is not there after {} s (--request-timeout)",
                                             url.authority(), total / 1000));
        throw Error::from(e);
    }
}

std::unique_ptr<ferry::Response> Client::open(const Operation &operation, const HttpRequest &request,
                                              std::string *final_url) const {
    HttpRequest first = request; // what a redirect derives the next request from
    HttpRequest current = request;
    for (int hop = 0;; ++hop) {
        operation.throw_if_cancelled();
        const Url url = Url::parse(current.url);
        const auto trace = [&](const std::string &what) {
            if (!operation.log().wants(Level::debug)) return;
            const auto range = std::find_if(current.headers.begin(), current.headers.end(),
                                            [](const auto &field) { return field.first == "Range"; });
            operation.log().debug(current.method + " " + redact_url(url.str()) +
                                  (range == current.headers.end() ? "" : " " + range->second) + " -> " + what);
        };
        std::unique_ptr<ferry::Response> response;
        try {
            response = exchange(operation, current, url);
        } catch (Error &e) {
            if (e.kind() == Kind::interrupted) throw;
            trace(e.message.english());
            // No user and no plugin wrote the address that a redirect led to.
            if (hop && e.kind() == Kind::usage) throw Error(Kind::network, e.message, e.remedy);
            throw;
        }
        trace(std::to_string(response->status()));
        const auto location = response->header("Location");
        if (!is_redirect(response->status()) || !location) {
            if (final_url) *final_url = url.str();
            return response;
        }
        try {
            if (hop >= rules_.most_redirects)
                throw Error(Kind::network, say("{} redirects more than {} times", Url::parse(request.url).authority(),
                                               rules_.most_redirects));
            current = redirected(first, url, response->status(), *location, rules_);
            if (current.method != first.method) become_get(first); // for good
        } catch (Error &e) {
            e.http_status = response->status(); // a word of the host, if a bad one
            throw;
        }
    }
}

std::unique_ptr<ferry::Response> Client::open_retrying(const Operation &operation, const HttpRequest &request,
                                                       std::string *final_url, const RetryRules &retry) const {
    for (int tried = 1;; ++tried) {
        Text why;
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
    HttpRequest small = request;
    small.small = true;
    for (int tried = 1;; ++tried) {
        HttpReply reply;
        std::optional<Error> failure;
        std::int64_t floor_ms = -1;
        try {
            const auto response = open(operation, small, &reply.url);
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
            if (e.kind() == Kind::interrupted) throw;
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
