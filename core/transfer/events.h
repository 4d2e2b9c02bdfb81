// What a front end may observe of a pull. Core never prints.
#pragma once

#include <ferry/text.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::core {

struct BlobInfo {
    std::string digest;
    std::uint64_t size = 0; // as transferred
    bool unpacked = false;  // it will be unpacked, too
};

// verifying: all bytes are here, and the digest of the last ones is being computed. verified: it is right; a blob that
// is not unpacked has ended with that.
enum class BlobState { waiting, downloading, retrying, verifying, verified, unpacking, done };

// All functions may be called from any thread and must return quickly.
class Observer {
public:
    virtual ~Observer() = default;
    // An image is being looked up.
    virtual void resolving(const std::string &) {}
    // The transfer of an archive begins; blobs are numbered by their place here.
    virtual void begin(const std::string & /*archive*/, const std::vector<BlobInfo> &) {}
    // So many bytes are here from an earlier run; advance() has told of them.
    virtual void resumed(std::uint64_t) {}
    virtual void state(std::size_t /*blob*/, BlobState, const Text & /*reason*/) {}
    // Bytes of a blob that arrived since the last call; negative when some had to be thrown away.
    virtual void advance(std::size_t /*blob*/, std::int64_t /*bytes*/) {}
    // The transfer ended, well or not.
    virtual void end() {}
};

} // namespace ferry::core
