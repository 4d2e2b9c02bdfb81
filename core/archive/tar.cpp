#include "core/archive/tar.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cstring>

namespace ferry::core {

namespace {

// Fields of a ustar header: offset and length.
struct Field {
    std::size_t at, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8}, size_field{124, 12},
    mtime_field{136, 12}, checksum_field{148, 8}, link_field{157, 100}, prefix_field{345, 155};
constexpr std::size_t type_at = 156, magic_at = 257;

void put(std::string &block, Field field, std::string_view text) {
    if (!text.empty()) std::memcpy(&block[field.at], text.data(), text.size());
}

void put_octal(std::string &block, Field field, std::uint64_t number) {
    for (std::size_t i = field.size - 1; i-- > 0; number >>= 3)
        block[field.at + i] = static_cast<char>('0' + (number & 7));
}

constexpr std::uint64_t octal_limit = std::uint64_t(1) << 33; // 11 octal digits

void put_size(std::string &block, std::uint64_t size) {
    if (size < octal_limit) return put_octal(block, size_field, size);
    block[size_field.at] = static_cast<char>(0x80);
    for (std::size_t i = size_field.size; i-- > 1; size >>= 8)
        block[size_field.at + i] = static_cast<char>(size & 0xff);
}

void put_checksum(std::string &block) {
    std::memset(&block[checksum_field.at], ' ', checksum_field.size);
    std::uint32_t sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    for (std::size_t i = 6; i-- > 0; sum >>= 3) block[checksum_field.at + i] = static_cast<char>('0' + (sum & 7));
    block[checksum_field.at + 6] = '\0';
}

// Splits a path at a '/' so that it fits into name and prefix; false when it cannot be.
bool split(std::string_view path, std::string_view &prefix, std::string_view &name) {
    if (path.size() <= name_field.size) {
        name = path;
        return true;
    }
    for (auto slash = path.find('/', path.size() - std::min(path.size(), name_field.size + 1)); slash != path.npos;
         slash = path.find('/', slash + 1)) {
        if (slash > prefix_field.size || slash + 1 == path.size()) return false;
        prefix = path.substr(0, slash);
        name = path.substr(slash + 1);
        if (!prefix.empty() && name.size() <= name_field.size) return true;
    }
    return false;
}

std::string block_of(TarType type, std::string_view path, std::uint64_t size, std::uint32_t mode, std::int64_t mtime,
                     std::string_view target, char type_char) {
    std::string block(tar_block, '\0');
    std::string_view prefix, name;
    if (!split(path, prefix, name)) name = path.substr(0, name_field.size); // a pax header carries the whole
    put(block, name_field, name);
    put(block, prefix_field, prefix);
    put_octal(block, mode_field, mode);
    put_octal(block, uid_field, 0);
    put_octal(block, gid_field, 0);
    put_size(block, type == TarType::file ? size : 0);
    put_octal(block, mtime_field, static_cast<std::uint64_t>(mtime));
    block[type_at] = type_char;
    put(block, link_field, target.substr(0, link_field.size));
    std::memcpy(&block[magic_at],
                "ustar\0"
                "00",
                8);
    put_checksum(block);
    return block;
}

// "LENGTH key=value\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest;
    for (std::size_t next = rest + std::to_string(length).size(); next != length;
         next = rest + std::to_string(length).size())
        length = next;
    return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

} // namespace

std::string tar_header(TarType type, std::string_view path, std::uint64_t size, std::uint32_t mode, std::int64_t mtime,
                       std::string_view target) {
    if (mtime < 0 || mtime > most_tar_date || mode > 07777)
        throw Error(Kind::plugin, say("the entry {} has a date or mode that no archive can hold", path));
    std::string full(path);
    if (type == TarType::directory) full += '/';
    std::string pax;
    std::string_view prefix, name;
    if (!split(full, prefix, name)) pax += pax_record("path", full);
    if (target.size() > link_field.size) pax += pax_record("linkpath", target);
    std::string out;
    if (!pax.empty()) {
        out = block_of(TarType::file, "PaxHeaders.0/entry", pax.size(), 0644, mtime, {}, 'x');
        out += pax;
        out.append(tar_padding(pax.size()), '\0');
    }
    return out + block_of(type, full, size, mode, mtime, target, static_cast<char>(type));
}

} // namespace ferry::core
