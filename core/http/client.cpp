#include "core/http/client.h"

#include "core/http/attempts.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

namespace ferry::core {

namespace {

// Backends may have fields of their own: what is not known to be harmless is taken for a secret.
bool is_public(std::string_view name) {
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

// Passes a body on, and fails when it has become too slow.
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
        // The bytes at hand are good; the next read fails.
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

void trace(Log &log, const HttpRequest &request, const Url &url, const std::string &result) {
    if (!log.wants(Level::debug)) return;
    const auto range = std::find_if(request.headers.begin(), request.headers.end(),
                                    [](const auto &field) { return field.first == "Range"; });
    log.debug(request.method + " " + redact_url(url.str()) +
              (range == request.headers.end() ? "" : " " + range->second) + " -> " + result);
}

HttpStream with_head(std::unique_ptr<ferry::Response> response, const Url &url) {
    HttpStream stream;
    stream.status = response->status();
    stream.url = url.str();
    for (std::size_t i = 0; i < response->header_count(); ++i) {
        const ferry_header field = response->header_at(i);
        stream.headers.emplace_back(ferry::str(field.name), ferry::str(field.value));
    }
    stream.response = std::move(response);
    return stream;
}

std::int64_t retry_after(const HttpHead &answer) {
    const std::string_view value = answer.header("Retry-After");
    return value.empty() ? -1 : parse_retry_after(value, std::time(nullptr));
}

// Why the answer to `request` is not the last word, as a failure that passes; nothing where it is.
std::optional<Error> not_now(const HttpRequest &request, const HttpHead &answer) {
    if (!transient_status(answer.status)) return std::nullopt;
    Error error(FERRY_E_PROTOCOL, say("{} answers {}", redact_url(request.url), answer.status));
    error.http_status = answer.status;
    error.retryable = true;
    error.retry_after_ms = retry_after(answer);
    return error;
}

// Of a refusal only what its words need.
std::string read_body(const Operation &operation, const HttpRequest &request, const HttpStream &answer,
                      std::size_t limit) {
    if (request.method == "HEAD") return {};
    try {
        return answer.status >= 400
                   ? ferry::read_words(*answer.response, operation.op(), std::min(limit, kit::most_error_bytes))
                   : ferry::read_all(*answer.response, operation.op(), limit);
    } catch (const ferry::Error &e) {
        operation.throw_if_cancelled();
        Error error = Error::from(e, Url::parse(request.url).authority());
        error.retry_after_ms = retry_after(answer);
        throw error;
    }
}

} // namespace

std::string_view HttpHead::header(std::string_view name) const noexcept {
    for (const auto &field : headers)
        if (ferry::Response::same_name(field.first, name)) return field.second;
    return {};
}

std::vector<std::string> HttpHead::all(std::string_view name) const {
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
    std::erase_if(next.headers, [](const auto &field) { return !is_public(field.first); });
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
        wanted.body_timed = true;
        try {
            const Url url = Url::parse(wanted.url);
            if (!operation.behalf.empty() && enters_private(operation.behalf, url.host, client_.rules().redirects))
                throw Error(Kind::network,
                            say("{} sends us to {}, which lies in a private network, though it is itself a public host",
                                operation.behalf, url.authority()),
                            say("if both are in your own network, allow it with --private-redirects"));
            return std::move(client_.open_with_retries(operation, wanted).response);
        } catch (const Error &e) {
            // A plugin passes on the message only: the remedy goes with it.
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
                                                 timed && request.body_timed ? std::optional(end) : std::nullopt);
    } catch (const ferry::Error &e) {
        operation.throw_if_cancelled();
        if (limited.over())
            throw Error(FERRY_E_TIMEOUT, say("the head of the answer of {} is not there after {} s (--request-timeout)",
                                             url.authority(), total / 1000));
        throw Error::from(e);
    }
}

HttpStream Client::open(const Operation &operation, const HttpRequest &request) const {
    HttpRequest first = request; // what a redirect derives the next request from
    HttpRequest current = request;
    for (int hop = 0;; ++hop) {
        operation.throw_if_cancelled();
        const Url url = Url::parse(current.url);
        std::unique_ptr<ferry::Response> response;
        try {
            response = exchange(operation, current, url);
        } catch (Error &e) {
            if (e.kind() == Kind::interrupted) throw;
            trace(operation.log(), current, url, e.message.english());
            // No user and no plugin wrote the address that a redirect led to.
            if (hop && e.kind() == Kind::usage) throw Error(Kind::network, e.message, e.remedy);
            throw;
        }
        const int status = response->status();
        trace(operation.log(), current, url, std::to_string(status));
        const auto location = response->header("Location");
        if (!is_redirect(status) || !location) return with_head(std::move(response), url);
        try {
            if (hop >= rules_.most_redirects)
                throw Error(Kind::network, say("{} redirects more than {} times", Url::parse(request.url).authority(),
                                               rules_.most_redirects));
            current = redirected(first, url, status, *location, rules_);
            if (current.method != first.method) become_get(first); // for good
        } catch (Error &e) {
            e.http_status = status; // the host did answer
            throw;
        }
    }
}

HttpStream Client::open_with_retries(const Operation &operation, const HttpRequest &request) const {
    return make_attempts(rules_.retry, operation, [&] {
        HttpStream stream = open(operation, request);
        auto why = not_now(request, stream);
        return Attempt<HttpStream>{std::move(stream), std::move(why)};
    });
}

HttpReply Client::fetch(const Operation &operation, const HttpRequest &request, std::size_t limit,
                        Attempts attempts) const {
    HttpRequest timed = request;
    timed.body_timed = true;
    return make_attempts(limited_to(attempts, rules_.retry), operation, [&] {
        const HttpStream stream = open(operation, timed);
        HttpReply reply{stream, read_body(operation, request, stream, limit)};
        auto why = not_now(request, reply);
        if (why && request.refuses_for_good && request.refuses_for_good(reply)) why.reset();
        return Attempt<HttpReply>{std::move(reply), std::move(why)};
    });
}

} // namespace ferry::core
