// ferry/transport.hpp: transports as C++ classes, and HTTP calls on any ferry_http.
#ifndef FERRY_TRANSPORT_HPP
#define FERRY_TRANSPORT_HPP

#include <ferry/ferry.hpp>

#include <memory>
#include <vector>

namespace ferry {

// One exchange after its header fields came in. Derive from it in a transport; its destructor drops or reuses the
// connection. One thread at a time.
class Response {
public:
    virtual ~Response() = default;
    virtual int status() const noexcept = 0;
    virtual std::size_t header_count() const noexcept = 0;
    virtual ferry_header header_at(std::size_t index) const noexcept = 0;
    // Stores at least one byte and at most `capacity`; 0 at the end of the whole body. Throws ferry::Error.
    virtual std::size_t read(const Op &op, void *buffer, std::size_t capacity) = 0;

    // The value of the first field of that name, compared without case.
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        for (std::size_t i = 0; i < header_count(); ++i) {
            const ferry_header field = header_at(i);
            if (same_name(view(field.name), name)) return view(field.value);
        }
        return std::nullopt;
    }
    std::vector<std::string_view> headers(std::string_view name) const {
        std::vector<std::string_view> values;
        for (std::size_t i = 0; i < header_count(); ++i) {
            const ferry_header field = header_at(i);
            if (same_name(view(field.name), name)) values.push_back(view(field.value));
        }
        return values;
    }

    static bool same_name(std::string_view a, std::string_view b) noexcept {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (lower(a[i]) != lower(b[i])) return false;
        return true;
    }

private:
    static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
};

// A transport: open() from several threads at once.
class Transport {
public:
    virtual ~Transport() = default;
    virtual std::unique_ptr<Response> open(const Op &op, const ferry_request &request) = 0;
};

namespace detail {

inline Response *of(ferry_response *response) noexcept {
    return reinterpret_cast<Response *>(response);
}
inline const Response *of(const ferry_response *response) noexcept {
    return reinterpret_cast<const Response *>(response);
}

} // namespace detail

// The C table over the two classes above; `self` is a Transport *.
inline const ferry_http_v1 &http_table() noexcept {
    static const ferry_http_v1 table = {
        sizeof(ferry_http_v1),
        0,
        [](void *self, const ferry_op *op, const ferry_request *request, ferry_response **response,
           ferry_error *error) noexcept -> ferry_status {
            return firewall(error, [&] {
                *response = reinterpret_cast<ferry_response *>(
                    static_cast<Transport *>(self)->open(Op(op), *request).release());
            });
        },
        [](const ferry_response *response) noexcept -> std::int32_t { return detail::of(response)->status(); },
        [](const ferry_response *response) noexcept -> std::size_t { return detail::of(response)->header_count(); },
        [](const ferry_response *response, std::size_t index) noexcept -> ferry_header {
            return detail::of(response)->header_at(index);
        },
        [](ferry_response *response, const ferry_op *op, void *buffer, std::size_t capacity, std::size_t *got,
           ferry_error *error) noexcept -> ferry_status {
            *got = 0;
            return firewall(error, [&] { *got = detail::of(response)->read(Op(op), buffer, capacity); });
        },
        [](ferry_response *response) noexcept { delete detail::of(response); }};
    return table;
}

// A table for FERRY_PLUGIN. T is a Transport that is constructible from (Config, ferry_http next).
template <class T> constexpr ferry_transport_v1 transport(std::uint32_t flags = 0) noexcept {
    return {
        sizeof(ferry_transport_v1), flags,
        [](const ferry_config *config, ferry_http next, ferry_http *out, ferry_error *error) noexcept -> ferry_status {
            return firewall(error, [&] {
                Transport *made = new T(Config(config), next);
                *out = {&http_table(), made};
            });
        },
        [](ferry_http transport) noexcept { delete static_cast<Transport *>(transport.self); }};
}

// A response opened through a ferry_http that somebody else implements.
class RemoteResponse final : public Response {
public:
    RemoteResponse(const ferry_http_v1 *table, ferry_response *response) noexcept
        : table_(table), response_(response) {}
    ~RemoteResponse() override { table_->close(response_); }
    RemoteResponse(const RemoteResponse &) = delete;
    RemoteResponse &operator=(const RemoteResponse &) = delete;

    int status() const noexcept override { return table_->status(response_); }
    std::size_t header_count() const noexcept override { return table_->header_count(response_); }
    ferry_header header_at(std::size_t index) const noexcept override { return table_->header_at(response_, index); }
    std::size_t read(const Op &op, void *buffer, std::size_t capacity) override {
        ferry_error error = blank_error(op.texts());
        std::size_t got = 0;
        const ferry_status status = table_->read(response_, op.c(), buffer, capacity, &got, &error);
        // Bytes that came before an error count; the error shows again on the next read.
        if (status != FERRY_OK && got == 0) check(status, error);
        return got;
    }

private:
    const ferry_http_v1 *table_;
    ferry_response *response_;
};

// A request as C has it, with the usual timeouts. What the arguments refer to must outlive it.
inline ferry_request request(std::string_view method, std::string_view url, const ferry_header *headers,
                             std::size_t header_count, std::string_view body = {}) {
    ferry_request out{};
    out.struct_size = sizeof out;
    out.method = raw(method);
    out.url = raw(url);
    out.headers = headers;
    out.header_count = header_count;
    out.body = raw(body);
    out.connect_timeout_ms = 15000;
    out.stall_timeout_ms = 30000;
    return out;
}

// Opens `request` on `http`; throws ferry::Error.
inline std::unique_ptr<Response> open(ferry_http http, const Op &op, const ferry_request &request) {
    ferry_error error = blank_error(op.texts());
    ferry_response *response = nullptr;
    check(http.table->open(http.self, op.c(), &request, &response, &error), error);
    return std::make_unique<RemoteResponse>(http.table, response);
}

// The rest of the body. Throws when it is longer than `limit` bytes.
inline std::string read_all(Response &response, const Op &op, std::size_t limit) {
    std::string body;
    char buffer[16384];
    while (const std::size_t got = response.read(op, buffer, sizeof buffer)) {
        if (body.size() + got > limit) throw Error(FERRY_E_PROTOCOL, say("the answer is longer than {} bytes", limit));
        body.append(buffer, got);
    }
    return body;
}

// The body of a refusal, as far as it comes and at most `limit` bytes of it: without its words it is a refusal all the
// same. Throws only when the operation was cancelled.
inline std::string read_words(Response &response, const Op &op, std::size_t limit) {
    std::string body;
    char buffer[4096];
    try {
        while (body.size() < limit) {
            const std::size_t got = response.read(op, buffer, sizeof buffer);
            if (!got) break;
            body.append(buffer, got < limit - body.size() ? got : limit - body.size());
        }
    } catch (const Error &) {
        op.throw_if_cancelled();
    }
    return body;
}

} // namespace ferry

#endif
