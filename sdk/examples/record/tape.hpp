// A recording of HTTP exchanges: a folder with a file for each, numbered in the order in which their answers came.
//
//     GET http://registry.corp/v2/app/blobs/sha256:... HTTP/1.1     the request, without user and password,
//     Range: bytes=0-1048575                                        and of its fields those that choose the answer
//                                                                   an empty line
//     HTTP/1.1 206                                                  the answer
//     Content-Range: bytes 0-1048575/4194304
//                                                                   an empty line
//     ...                                                           the body as far as it was read
//
// 000001.http is an answer that was read to its end, 000001.cut one that was given up before. Files are readable by
// their owner alone. Lines end with LF. A recording goes on where one is already; one program at a time.
#ifndef RECORD_TAPE_HPP
#define RECORD_TAPE_HPP

#include <ferry/transport.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace record {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Which bytes a request wants: all of them, or those of "Range: bytes=first-last".
struct Range {
    bool given = false;
    std::uint64_t first = 0;
    std::uint64_t last = UINT64_MAX;
};
// Throws FERRY_E_UNSUPPORTED on ranges that ferry never asks for.
Range range_of(const ferry_request &request);

// What chooses an answer: method, URL and Accept.
std::string key_of(const ferry_request &request);

// One exchange as it is being written down. One thread at a time.
class Track {
public:
    // Opens the first free number above `last` in `folder`, which is made if it is not there. Throws FERRY_E_IO.
    Track(const std::string &folder, std::atomic<unsigned> &last, const ferry_request &request,
          const ferry::Response &response);
    ~Track();
    Track(const Track &) = delete;
    Track &operator=(const Track &) = delete;

    // Throws FERRY_E_IO.
    void write(const void *bytes, std::size_t size);
    // The body has come to its end.
    void end();

private:
    void put(const std::string &text);
    void spill();
    void close() noexcept;

    std::string path_; // without its ending
    std::FILE *file_ = nullptr;
    bool json_ = false; // held back until its end, so that tokens can be taken out
    std::string held_;
};

// One answer of a recording.
struct Answer {
    std::string path;
    int status = 0;
    Fields fields;
    long body = 0;          // where it begins in the file
    std::uint64_t size = 0; // bytes of it that are there
    bool whole = false;
    // A part of a representation (RFC 9110 section 14): where it begins and how long the whole is. Any part can be
    // given from the parts that were recorded.
    bool content = false;
    std::uint64_t first = 0, total = 0;
};

// A recording that is played back. Lives as long as the responses that it gave. [any-thread]
class Tape {
public:
    // Reads the heads of all exchanges. Throws FERRY_E_IO, or FERRY_E_INVALID where there is no recording.
    explicit Tape(const std::string &folder);

    // The next answer to that request; the last one stays. Throws FERRY_E_NOT_FOUND.
    std::unique_ptr<ferry::Response> answer(const ferry_request &request);

private:
    struct Series {
        std::vector<Answer> answers;
        std::size_t next = 0;
    };
    std::string folder_;
    std::mutex mutex_;
    std::map<std::string, Series> series_; // by key_of()
};

} // namespace record

#endif
