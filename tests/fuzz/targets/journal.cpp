// A journal that was written, damaged and read again, and the chunks that it claims. The first four bytes of an input
// say what is damaged; the rest is made of records of 16 bytes.
#include "fuzz.h"

#include "core/pack/journal.h"
#include "core/transfer/blob.h"
#include "support/memory_disk.h"

using namespace ferry;
using namespace ferry::core;

namespace {

constexpr std::size_t header_size = 76, record_size = 24; // docs/output-formats.md
constexpr std::uint64_t chunk_size = 64, blob_size = 10 * chunk_size - 7;
const std::string identity(64, 'a');
const std::string path = "x.part.journal";

using Records = std::vector<Journal::Record>;

bool same(const Journal::Record &a, const Journal::Record &b) {
    return a.kind == b.kind && a.number == b.number && a.value == b.value && a.crc == b.crc;
}
bool same(const Records &a, const Records &b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto &x, const auto &y) { return same(x, y); });
}

std::uint64_t number(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

// CRC-32 of IEEE 802.3, bit by bit: another way than the library's.
std::uint32_t crc_of(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

// What the part file holds: bytes that differ from chunk to chunk.
std::string part_bytes() {
    std::string bytes(blob_size, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / chunk_size);
    return bytes;
}
const std::string &part() {
    static const std::string bytes = part_bytes();
    return bytes;
}
std::string_view chunk_of(std::uint64_t chunk) {
    return std::string_view(part()).substr(static_cast<std::size_t>(chunk * chunk_size), chunk_size);
}

Records records_of(std::string_view bytes) {
    Records records;
    for (; bytes.size() >= 16 && records.size() < 64; bytes.remove_prefix(16)) {
        Journal::Record record{static_cast<Journal::Kind>(number(bytes.substr(0, 1))),
                               static_cast<std::uint32_t>(number(bytes.substr(1, 3))), number(bytes.substr(4, 8)),
                               static_cast<std::uint32_t>(number(bytes.substr(12, 4)))};
        // Half of them claim what is true: nobody guesses a checksum.
        if (bytes[0] & 0x40) {
            record.value %= 12;
            if (record.value <= blob_size / chunk_size) record.crc = crc_of(chunk_of(record.value));
        }
        records.push_back(record);
    }
    return records;
}

Records read_back(test::MemoryDisk &disk, bool &resumed) {
    const Journal journal(disk.open(path, false), identity, false);
    resumed = journal.resumed();
    HOLDS(resumed || journal.records().empty());
    // What is behind the last good record is gone, so that what is added stands right behind it.
    HOLDS(disk.bytes(path).size() == header_size + record_size * journal.records().size());
    return journal.records();
}

// Whatever a journal claims, only bytes that are there with that checksum are not fetched again.
void check_claims(const Records &records) {
    test::MemoryDisk disk;
    disk.put("x.part", part());
    const auto file = disk.open("x.part", false);
    FileSink sink(*file, 0);
    Blob blob({digest_of(part()), {}, blob_size}, sink, chunk_size, [](auto, auto, auto) {});
    std::uint64_t restored = 0, claimed = 0;
    for (const Journal::Record &record : records) {
        const std::uint64_t bytes = blob.restore(record.value, record.crc);
        if (!bytes) continue;
        HOLDS(record.value < 10 && bytes == chunk_of(record.value).size());
        HOLDS(crc_of(chunk_of(record.value)) == record.crc);
        restored += bytes;
    }
    while (const Blob::Claim claim = blob.claim()) {
        const Blob::Segment range = blob.range(claim);
        HOLDS(range.at < range.end && range.end <= blob_size);
        claimed += range.end - range.at;
    }
    HOLDS(restored + claimed == blob_size);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 4) return 0;
    const std::string_view input = fuzz::text_of(data, size);
    const Records records = records_of(input.substr(4));
    test::MemoryDisk disk;
    {
        Journal journal(disk.open(path, false), identity, false);
        HOLDS(!journal.resumed());
        for (const Journal::Record &record : records) journal.add(record);
    }
    bool resumed = false;
    HOLDS(same(read_back(disk, resumed), records) && resumed);

    // A byte that is another, or an end that is torn off: all before it stays, and nothing from there on.
    std::string bytes = disk.bytes(path);
    const std::size_t at = number(input.substr(0, 2)) % bytes.size();
    const char flip = input[2];
    if (flip)
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
    else
        bytes.resize(at);
    disk.put(path, bytes);
    Records left = read_back(disk, resumed);
    HOLDS(resumed == (at >= header_size));
    HOLDS(
        same(left, Records(records.begin(),
                           records.begin() + std::ptrdiff_t(at < header_size ? 0 : (at - header_size) / record_size))));
    {
        Journal journal(disk.open(path, false), identity, false);
        if (!records.empty()) journal.add(records[0]);
    }
    if (!records.empty()) left.push_back(records[0]);
    HOLDS(same(read_back(disk, resumed), left) && resumed);
    HOLDS(Journal(disk.open(path, false), std::string(64, 'b'), false).records().empty()); // of another plan

    // Raw bytes behind a good header: a record is what has its own checksum.
    { const Journal fresh(disk.open(path, false), identity, true); }
    const std::string_view raw = input.substr(3);
    disk.put(path, disk.bytes(path) + std::string(raw));
    std::size_t good = 0;
    while ((good + 1) * record_size <= raw.size()) {
        const std::string_view one = raw.substr(good * record_size, record_size);
        std::string stored(one.substr(20));
        std::reverse(stored.begin(), stored.end()); // little-endian
        if (number(stored) != crc_of(one.substr(0, 20))) break;
        ++good;
    }
    const Records found = read_back(disk, resumed);
    HOLDS(resumed && found.size() == good);
    check_claims(records);
    check_claims(found);
    return 0;
}
