#include "core/plugin/elf.h"

namespace ferry::core {

namespace {

constexpr std::uint64_t header_size = 64, entry_size = 64; // Elf64_Ehdr, Elf64_Shdr
constexpr std::uint64_t most_names = 1 << 20;
constexpr std::uint64_t shared_object = 3; // ET_DYN
constexpr std::uint64_t no_bits = 8;       // SHT_NOBITS

// A number of `size` bytes.
std::uint64_t number(std::string_view bytes, std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
    return value;
}

struct Header {
    explicit Header(std::string_view bytes)
        : magic(bytes.substr(0, 4)), bits(bytes[4]), order(bytes[5]), type(number(bytes, 0x10, 2)),
          table(number(bytes, 0x28, 8)), entry(number(bytes, 0x3a, 2)), count(number(bytes, 0x3c, 2)),
          names(number(bytes, 0x3e, 2)) {}
    std::string_view magic;
    char bits, order;
    std::uint64_t type;
    std::uint64_t table, entry, count; // the section table: offset, size of an entry, entries
    std::uint64_t names;               // which section holds their names
};

struct Section {
    explicit Section(std::string_view bytes)
        : name(number(bytes, 0, 4)), type(number(bytes, 4, 4)), offset(number(bytes, 0x18, 8)),
          size(number(bytes, 0x20, 8)) {}
    std::uint64_t name; // where it begins among the names
    std::uint64_t type, offset, size;
};

} // namespace

ElfSection find_elf_section(std::uint64_t file_size,
                            const std::function<std::string(std::uint64_t offset, std::uint64_t size)> &read,
                            std::string_view name, std::uint64_t most) {
    using Outcome = ElfSection::Outcome;
    const auto within = [&](std::uint64_t offset, std::uint64_t size) {
        return offset <= file_size && size <= file_size - offset;
    };
    if (file_size < header_size) return {Outcome::not_elf, {}};
    const std::string head = read(0, header_size);
    const Header header(head);
    if (header.magic != "\x7f"
                        "ELF")
        return {Outcome::not_elf, {}};
    if (header.bits != 2 || header.order != 1 || header.type != shared_object) return {Outcome::foreign, {}};
    if (header.entry != entry_size || header.count == 0 || header.names >= header.count)
        return {Outcome::no_sections, {}};
    if (!within(header.table, header.count * entry_size)) return {Outcome::damaged, {}};
    const std::string table = read(header.table, header.count * entry_size);
    const auto section = [&](std::uint64_t i) {
        return Section(std::string_view(table).substr(i * entry_size, entry_size));
    };
    const Section names = section(header.names);
    if (names.size > most_names || !within(names.offset, names.size)) return {Outcome::damaged, {}};
    const std::string text = read(names.offset, names.size);
    const std::string wanted = std::string(name) + '\0';
    for (std::uint64_t i = 0; i < header.count; ++i) {
        const Section one = section(i);
        if (one.name >= text.size() || std::string_view(text).substr(one.name, wanted.size()) != wanted) continue;
        if (one.type == no_bits || one.size == 0 || one.size > most) return {Outcome::bad_size, {}};
        if (!within(one.offset, one.size)) return {Outcome::damaged, {}};
        return {Outcome::found, read(one.offset, one.size)};
    }
    return {Outcome::absent, {}};
}

} // namespace ferry::core
