// A ferry_http that answers from a script and keeps what it was asked: for tests of what stands on top of HTTP.
#pragma once

#include <ferry/transport.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace test {

struct FakeRequest {
    std::string method;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    // The value of the first header of that name; empty when there is none.
    std::string header(std::string_view name) const {
        for (const auto &[key, value] : headers)
            if (ferry::Response::same_name(key, name)) return value;
        return {};
    }
};

struct FakeResponse {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    // Not FERRY_OK: open fails with this and `body` as the message.
    ferry_status failure = FERRY_OK;
};

// Thread-safe. Answers in the order of the script; a request beyond its end is an error.
class FakeHttp final : public ferry::Transport {
public:
    FakeHttp() = default;
    explicit FakeHttp(std::vector<FakeResponse> script) : script_(script.begin(), script.end()) {}

    ferry_http http() { return {&ferry::http_table(), static_cast<ferry::Transport *>(this)}; }

    std::vector<FakeRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    std::unique_ptr<ferry::Response> open(const ferry::Op &, const ferry_request &request) override {
        const std::lock_guard lock(mutex_);
        FakeRequest &kept = requests_.emplace_back();
        kept.method = ferry::str(request.method);
        kept.url = ferry::str(request.url);
        kept.body = ferry::str(request.body);
        for (std::size_t i = 0; i < request.header_count; ++i)
            kept.headers.emplace_back(ferry::str(request.headers[i].name), ferry::str(request.headers[i].value));
        if (script_.empty()) throw ferry::Error(FERRY_E_INTERNAL, "a request beyond the script: " + kept.url);
        FakeResponse next = std::move(script_.front());
        script_.pop_front();
        if (next.failure != FERRY_OK) throw ferry::Error(next.failure, next.body);
        return std::make_unique<Scripted>(std::move(next));
    }

private:
    class Scripted final : public ferry::Response {
    public:
        explicit Scripted(FakeResponse response) : response_(std::move(response)) {}
        int status() const noexcept override { return response_.status; }
        std::size_t header_count() const noexcept override { return response_.headers.size(); }
        ferry_header header_at(std::size_t index) const noexcept override {
            return {ferry::raw(response_.headers[index].first), ferry::raw(response_.headers[index].second)};
        }
        std::size_t read(const ferry::Op &, void *buffer, std::size_t capacity) override {
            const std::size_t size = std::min(capacity, response_.body.size() - at_);
            if (size) std::memcpy(buffer, response_.body.data() + at_, size);
            at_ += size;
            return size;
        }

    private:
        FakeResponse response_;
        std::size_t at_ = 0;
    };

    mutable std::mutex mutex_;
    std::deque<FakeResponse> script_;
    std::vector<FakeRequest> requests_;
};

} // namespace test
