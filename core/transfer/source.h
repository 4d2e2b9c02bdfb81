// Where the bytes of blobs come from: a repository on its endpoints, an archive, the script of a test.
//
// The endpoints of a source hold the same blobs. A source opens streams and says how an endpoint failed; which endpoint
// is asked, how often and when is the caller's policy (rotation.h): nothing here retries. [any-thread]
#pragma once

#include "core/base/error.h"
#include "core/base/operation.h"
#include "core/image/manifest.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

class Source {
public:
    struct Endpoint {
        std::string name;    // for messages: host[:port], or the path of an archive
        bool mirror = false; // mirrors share the work; the others are asked where no mirror is left
        bool silent = false; // it has not answered this command of late, and is asked last
    };

    // Bytes of a blob on their way. Closed by its destructor, read to the end or not. [one-thread]
    class Stream {
    public:
        virtual ~Stream() = default;
        // Waits for bytes, stores up to `size` of them and returns how many; 0 at the end, which may come before that
        // of the range. Throws Error as open() does.
        virtual std::size_t read(const Operation &operation, void *data, std::size_t size) = 0;
    };
    struct Opened {
        std::unique_ptr<Stream> stream;
        std::uint64_t begin = 0; // of the stream in the blob, in bytes: 0 where the endpoint ignored the range
    };

    virtual ~Source() = default;

    // For messages: the image, or the archive.
    virtual std::string name() const = 0;
    // At least one, always the same in the same order; only `silent` may change. An endpoint's number is its place
    // here.
    virtual std::vector<Endpoint> endpoints() const = 0;
    // Opens bytes [begin, end) of a blob on one endpoint. Throws Error, whose transient() and retry_after_ms say
    // whether and when the same request may succeed. http_status 416, or 206 for a wrong range, means: ask for the
    // whole instead. Kind::disk (of an archive) and a cancelled operation end the run; all else concerns that endpoint
    // only.
    virtual Opened open(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                        std::uint64_t end, std::size_t endpoint) = 0;
    // To be told of a failure at the endpoint that came before any byte. Returns whether the endpoint did not answer at
    // all; then it counts as silent for whatever else asks this source.
    virtual bool note_failure(std::size_t endpoint, const Error &failure) = 0;
};

} // namespace ferry::core
