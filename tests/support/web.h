// A ferry_http whose answers are computed from the requests, from any number of threads: a whole web without a socket.
#pragma once

#include "support/fake_http.h"

#include <functional>
#include <limits>

namespace ferry::test {

using WebRequest = ::test::FakeRequest;

struct WebReply {
    int status = 200;
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    // Not FERRY_OK: open fails with this and `body` as the message.
    ferry_status failure = FERRY_OK;
    // After that many bytes of the body, reading fails with FERRY_E_TRUNCATED.
    std::size_t cut = std::numeric_limits<std::size_t>::max();
    std::size_t piece = 64 << 10; // the most that one read gives
    std::function<void()> on_read = {};
    bool refused = false; // a failure of the network that is not said to pass
};

class Web final : public ferry::Transport {
public:
    // `index` counts the requests from 0. Called by several threads at once.
    using Handler = std::function<WebReply(const WebRequest &request, std::size_t index)>;
    explicit Web(Handler handler) : handler_(std::move(handler)) {}

    ferry_http http() { return {&ferry::http_table(), static_cast<ferry::Transport *>(this)}; }

    std::vector<WebRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    // How many requests there were whose URL holds `part`.
    std::size_t count(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(
            std::count_if(requests_.begin(), requests_.end(),
                          [&](const WebRequest &request) { return request.url.find(part) != std::string::npos; }));
    }

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        op.throw_if_cancelled();
        WebRequest kept{str(request.method), str(request.url), {}, str(request.body)};
        for (std::size_t i = 0; i < request.header_count; ++i)
            kept.headers.emplace_back(str(request.headers[i].name), str(request.headers[i].value));
        std::size_t index;
        {
            const std::lock_guard lock(mutex_);
            index = requests_.size();
            requests_.push_back(kept);
        }
        WebReply reply = handler_(kept, index);
        if (reply.failure != FERRY_OK) {
            ferry::Error error(reply.failure, reply.body);
            error.retryable(reply.failure == FERRY_E_NETWORK && !reply.refused);
            throw error;
        }
        return std::make_unique<Answer>(std::move(reply));
    }

private:
    class Answer final : public ferry::Response {
    public:
        explicit Answer(WebReply reply) : reply_(std::move(reply)) {}
        int status() const noexcept override { return reply_.status; }
        std::size_t header_count() const noexcept override { return reply_.headers.size(); }
        ferry_header header_at(std::size_t index) const noexcept override {
            return {raw(reply_.headers[index].first), raw(reply_.headers[index].second)};
        }
        std::size_t read(const ferry::Op &op, void *buffer, std::size_t capacity) override {
            if (reply_.on_read) reply_.on_read();
            op.throw_if_cancelled();
            const std::size_t end = std::min(reply_.body.size(), reply_.cut);
            const std::size_t size = std::min({capacity, end - at_, reply_.piece});
            if (size == 0 && end < reply_.body.size())
                throw ferry::Error(FERRY_E_TRUNCATED, "the connection ended early").retryable();
            if (size) std::memcpy(buffer, reply_.body.data() + at_, size);
            at_ += size;
            return size;
        }

    private:
        WebReply reply_;
        std::size_t at_ = 0;
    };

    Handler handler_;
    mutable std::mutex mutex_;
    std::vector<WebRequest> requests_;
};

// The answer of a server that honours ranges (RFC 9110 section 14).
inline WebReply serve(const WebRequest &request, const std::string &bytes) {
    const std::string range = request.header("Range");
    if (range.empty()) return {200, bytes, {{"Content-Length", std::to_string(bytes.size())}}};
    const auto dash = range.find('-');
    const std::size_t begin = std::stoull(range.substr(6, dash - 6));
    const std::size_t end = dash + 1 == range.size() ? bytes.size() : std::stoull(range.substr(dash + 1)) + 1;
    const std::string total = "/" + std::to_string(bytes.size());
    if (begin >= bytes.size()) return {416, "", {{"Content-Range", "bytes *" + total}}};
    return {206,
            bytes.substr(begin, end - begin),
            {{"Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + total}}};
}

} // namespace ferry::test
