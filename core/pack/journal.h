// What a part file holds for certain: NAME.part.journal. The format is documented in docs/output-formats.md.
//
// A record is added when a chunk's bytes were handed to the file system, not when they are on the device: after a power
// failure a record may stand for bytes that are not there. Whoever reads it back compares checksums.
#pragma once

#include "core/os/file.h"

#include <mutex>
#include <string>
#include <vector>

namespace ferry::core {

class Journal {
public:
    enum class Kind : std::uint32_t {
        chunk = 1,    // number: of the blob; value: of the chunk; crc: of its bytes
        unpacked = 2, // number: of the tail entry; value: its size
        dropped = 3   // number: of a blob, of which everything so far is void
    };
    struct Record {
        Kind kind;
        std::uint32_t number;
        std::uint64_t value;
        std::uint32_t crc;
    };

    // `identity` (a SHA-256 as 64 hex digits) stands for everything that decides where bytes go. Records of a file with
    // another identity are not taken over; then the file is begun anew, and resumed() is false.
    Journal(std::unique_ptr<File> file, std::string_view identity, bool fresh);

    // Does it begin as a journal of any identity?
    static bool recognizes(File &file);
    File &file() noexcept { return *file_; }

    bool resumed() const noexcept { return resumed_; }
    // Of the run before, in order, up to the first that is torn.
    const std::vector<Record> &records() const noexcept { return records_; }
    // [any-thread]
    void add(const Record &record);

private:
    std::unique_ptr<File> file_;
    std::vector<Record> records_;
    bool resumed_ = false;
    std::mutex mutex_;
    std::uint64_t end_ = 0;
};

} // namespace ferry::core
