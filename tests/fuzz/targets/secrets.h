// A token service for fuzz targets: it answers what it is told to, and no secret may reach it where it is not safe.
#pragma once

#include "fuzz.h"

#include "place.h"

#include <ferry/kit/address.hpp>
#include <ferry/kit/base64.hpp>
#include <ferry/transport.hpp>

#include <string>

namespace ferry::fuzz {

inline constexpr const char *username = "alice", *password = "hunter2-S3cret", *refresh = "R3fresh+S3cret/token=";

class Service final : public Transport {
public:
    Service(std::string registry, int status, std::string body)
        : registry_(std::move(registry)), status_(status), body_(std::move(body)) {}
    ferry_http http() { return {&http_table(), static_cast<Transport *>(this)}; }

    std::unique_ptr<Response> open(const Op &, const ferry_request &request) override {
        const std::string url = str(request.url);
        for (const char c : url) HOLDS(static_cast<unsigned char>(c) > ' ' && c != 0x7F);
        bool secret = str(request.body).find("refresh_token=") != std::string::npos;
        for (std::size_t i = 0; i < request.header_count; ++i) {
            const std::string value = str(request.headers[i].value);
            for (const char c : value) HOLDS(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
            secret |= Response::same_name(view(request.headers[i].name), "authorization");
        }
        urls_ += url + '\n';
        const kit::Url from = distribution::url_of(registry_), to = distribution::url_of(url);
        HOLDS(!to.scheme.empty());
        if (secret && to.scheme == "http") {
            HOLDS(from.scheme == "http");
            HOLDS(from.host == to.host || (kit::is_private(from.host) && kit::is_private(to.host)));
        }
        return std::make_unique<Answer>(status_, body_);
    }

    // All that was asked for.
    const std::string &urls() const noexcept { return urls_; }

private:
    class Answer final : public Response {
    public:
        Answer(int status, const std::string &body) : status_(status), body_(body) {}
        int status() const noexcept override { return status_; }
        std::size_t header_count() const noexcept override { return 0; }
        ferry_header header_at(std::size_t) const noexcept override { return {}; }
        std::size_t read(const Op &, void *buffer, std::size_t capacity) override {
            const std::size_t size = std::min(capacity, body_.size() - at_);
            std::memcpy(buffer, body_.data() + at_, size);
            at_ += size;
            return size;
        }

    private:
        int status_;
        std::string body_;
        std::size_t at_ = 0;
    };
    std::string registry_;
    int status_;
    std::string body_, urls_;
};

// A failure is one clean sentence without a secret. What a peer that was given it says itself, `said`, may hold one:
// the host knows the secrets and hides them wherever such words are shown.
inline void check_failure(const Error &e, std::string_view said) {
    HOLDS(e.code != FERRY_OK && !e.message.empty());
    for (const std::string &secret : {std::string(password), std::string(refresh),
                                      ferry::kit::base64_encode(std::string(username) + ':' + password)})
        HOLDS(e.message.english().find(secret) == e.message.english().npos || said.find(secret) != said.npos);
}

} // namespace ferry::fuzz
