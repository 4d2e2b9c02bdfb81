#include "core/pack/journal.h"

#include "core/base/checksum.h"

#include <array>
#include <cstring>

namespace ferry::core {

namespace {

constexpr std::string_view magic = "FERRYJN1";
constexpr std::size_t identity_size = 64;
constexpr std::size_t header_size = magic.size() + identity_size + 4;
constexpr std::size_t record_size = 24;
constexpr std::uint64_t most_records = std::uint64_t(1) << 22; // 2 TiB in chunks of 512 KiB

void put(char *to, std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<char>(number >> (8 * i) & 0xff);
}

std::uint64_t get(const char *from, std::size_t size) {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(from[i]);
    return number;
}

std::string header_of(std::string_view identity) {
    std::string header = std::string(magic) + std::string(identity);
    char crc[4];
    put(crc, crc32(0, header.data(), header.size()), sizeof crc);
    return header.append(crc, sizeof crc);
}

} // namespace

Journal::Journal(std::unique_ptr<File> file, std::string_view identity, bool fresh) : file_(std::move(file)) {
    const std::string header = header_of(identity);
    std::string found(header_size, '\0');
    resumed_ = !fresh && file_->read_at(0, found.data(), found.size()) == found.size() && found == header;
    end_ = header_size;
    if (!resumed_) {
        file_->resize(0);
        file_->write_at(0, header.data(), header.size());
        return;
    }
    std::array<char, record_size> bytes;
    while (records_.size() < most_records && file_->read_at(end_, bytes.data(), bytes.size()) == bytes.size()) {
        if (get(&bytes[20], 4) != crc32(0, bytes.data(), 20)) break; // torn by the death of its writer
        const Record record{static_cast<Kind>(get(&bytes[0], 4)), static_cast<std::uint32_t>(get(&bytes[4], 4)),
                            get(&bytes[8], 8), static_cast<std::uint32_t>(get(&bytes[16], 4))};
        records_.push_back(record);
        end_ += record_size;
    }
    file_->resize(end_);
}

bool Journal::recognizes(File &file) {
    std::string found(header_size, '\0');
    if (file.read_at(0, found.data(), found.size()) != found.size()) return false;
    return found == header_of(std::string_view(found).substr(magic.size(), identity_size));
}

void Journal::add(const Record &record) {
    std::array<char, record_size> bytes;
    put(&bytes[0], static_cast<std::uint32_t>(record.kind), 4);
    put(&bytes[4], record.number, 4);
    put(&bytes[8], record.value, 8);
    put(&bytes[16], record.crc, 4);
    put(&bytes[20], crc32(0, bytes.data(), 20), 4);
    const std::lock_guard lock(mutex_);
    file_->write_at(end_, bytes.data(), bytes.size());
    end_ += record_size;
}

} // namespace ferry::core
