// A registry on loopback that holds images in memory and misbehaves by a policy, request by request.
//
// It listens twice: as the registry (127.0.0.1) and as the store that blobs may be redirected to (127.0.0.2), another
// host. Every byte of a blob that it hands to the network is counted. It never has more than `window` bytes under way
// that its client has not read, so that what a client lost with its death has a bound; the kernel alone has none.
#pragma once

#include "support/fault_image.h"

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace ferry::test {

// One request, as a policy sees it.
struct FaultRequest {
    bool at_store = false;
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string blob; // digest, where a layer is asked for; not for the config
    bool ranged = false;
    std::uint64_t begin = 0; // of the blob
    std::uint64_t end = 0;   // past the last byte; the blob's size without a range
    std::uint64_t size = 0;  // of the blob
    std::size_t number = 0;  // of the requests for layers at this host, from 0

    std::string header(std::string_view name) const;
};

// What becomes of the right answer. The default: nothing.
struct Fault {
    int status = 0;                                          // instead of the answer, with a short body
    std::vector<std::pair<std::string, std::string>> fields; // more header fields
    std::optional<std::uint64_t> stop_after = {};            // bytes of the body; then:
    enum class Then { close, reset, stall } then = Then::close;
    bool ignore_range = false;
    std::string content_range = {};                   // sent in the place of the right one
    std::uint64_t shift = 0;                          // the body begins that much later than asked for
    std::optional<std::uint64_t> content_length = {}; // sent in the place of the right one
    bool chunked = false;                             // no Content-Length
    std::optional<std::uint64_t> flip = {};           // that byte of the blob is wrong
    std::size_t drip = 0;                             // bytes at a time, a millisecond apart
    bool hang_up = false;                             // closes after the answer without a word
    bool mute = false;                                // closes instead of answering
    bool redirect = false;                            // to the store, signed
};
using FaultPolicy = std::function<Fault(const FaultRequest &)>;

class FaultRegistry {
public:
    explicit FaultRegistry(std::size_t window = 256 << 10);
    ~FaultRegistry();
    FaultRegistry(const FaultRegistry &) = delete;
    FaultRegistry &operator=(const FaultRegistry &) = delete;

    std::string host() const;       // 127.0.0.1:PORT
    std::string store_host() const; // 127.0.0.2:PORT
    std::size_t window() const noexcept { return window_; }

    // The image that team/app:TAG names. Not while requests are under way.
    void put(const std::string &tag, const FaultImage &image);

    // Forgets all counts and faults.
    void reset();
    void policy(FaultPolicy policy);
    // A token is asked for, and serves so many requests; 0: none is needed.
    void token_life(int requests);
    // A signed URL serves so many requests, then the store answers 403; the registry hands the same signature out for
    // `shared` redirects.
    void signature_life(int requests, int shared = 1);
    // Called after every piece of a blob was handed to the network, with the bytes of blobs so far. [any-thread]
    void on_bytes(std::function<void(std::uint64_t total)> callback);

    struct Served {
        std::string blob;
        std::uint64_t begin;
        std::uint64_t bytes; // that went out
    };
    std::vector<Served> served() const;
    std::uint64_t bytes() const noexcept { return bytes_; } // of layers
    std::uint64_t bytes_of(const std::string &blob) const;
    std::size_t layer_requests() const;                                 // at both hosts
    int most_connections() const noexcept { return most_connections_; } // at once
    std::vector<FaultRequest> requests() const;
    int tokens() const noexcept { return tokens_; }

private:
    struct Connection;
    void accept(bool store);
    void serve(Connection &connection);
    bool answer(Connection &connection, FaultRequest &request);
    bool answer_bytes(Connection &connection, FaultRequest &request, const std::string &bytes, const Fault &fault);
    bool send_body(Connection &connection, const FaultRequest &request, std::string_view body, const Fault &fault);
    // Whether the request may pass; answers it when not. `alive`: the connection still is.
    bool allowed(Connection &connection, const FaultRequest &request, bool &alive);
    std::string redirect_target(const std::string &digest);
    Fault examine(FaultRequest &request);

    const std::size_t window_;
    int listeners_[2] = {-1, -1};
    std::uint16_t ports_[2] = {0, 0};
    int stop_ = -1;
    mutable std::mutex mutex_;
    std::map<std::string, FaultImage> images_; // by tag
    FaultPolicy policy_;
    std::function<void(std::uint64_t)> on_bytes_;
    int token_life_ = 0, token_left_ = 0, token_ = 0;
    int signature_life_ = 1, shared_ = 1, signature_ = 0, handed_ = 0;
    std::map<int, int> signature_left_;
    std::size_t numbers_[2] = {0, 0};
    unsigned epoch_ = 0; // what began before a reset() is not counted
    std::vector<FaultRequest> requests_;
    std::vector<Served> served_;
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<int> tokens_{0}, connections_{0}, most_connections_{0};
    std::list<std::thread> threads_;
    std::thread acceptors_[2];
};

} // namespace ferry::test
