// A tar that comes from anywhere. Mutations are followed by a walk that makes the headers' checksums right again,
// without which hardly any input would come past its first block.
#include "fuzz.h"

#include "core/archive/tar.h"
#include "core/archive/tar_reader.h"
#include "support/memory_disk.h"

#include <optional>
#include <set>

using namespace ferry;
using namespace ferry::core;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

namespace {

const std::string path = "x.tar";

bool plain(std::string_view name, bool may_be_empty) {
    if (name.empty()) return may_be_empty;
    if (name.size() > TarIndex::most_name * 2) return false;
    while (!name.empty()) {
        const std::string_view part = fuzz::take_until(name, "/");
        if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return false;
    }
    return true;
}

// The same members as our own writer writes them, contents as zeros; empty where it has no such kind.
std::string rewritten(const TarIndex &index) {
    std::string out;
    for (const TarMember &member : index.members()) {
        if (member.path.size() == TarIndex::most_name) return {}; // a folder is written with a '/' more
        std::string target;
        switch (member.kind) {
        case TarMember::Kind::directory: out += tar_header(TarType::directory, member.path, 0, 0755, 0); break;
        case TarMember::Kind::symlink:
            // Relative to the folder that the link is in.
            for (const char c : member.path) target += c == '/' ? "../" : "";
            target += member.target;
            if (target.size() > TarIndex::most_name) return {};
            out += tar_header(TarType::symlink, member.path, 0, 0777, 0, target);
            break;
        case TarMember::Kind::file:
            out += tar_header(TarType::file, member.path, member.size, 0644, 0);
            out.append(static_cast<std::size_t>(member.size + tar_padding(member.size)), '\0');
            break;
        default: return {};
        }
    }
    return out + std::string(tar_end_size, '\0');
}

bool same(const TarMember &a, const TarMember &b) {
    return a.path == b.path && a.kind == b.kind && a.size == b.size && a.target == b.target;
}

void check_members(File &file, const TarIndex &index) {
    std::set<std::string> seen;
    std::uint64_t end = 0;
    for (const TarMember &member : index.members()) {
        const bool link = member.kind == TarMember::Kind::symlink || member.kind == TarMember::Kind::hardlink;
        HOLDS(plain(member.path, false) && plain(member.target, true) && (link || member.target.empty()));
        HOLDS(seen.insert(member.path).second);
        HOLDS(member.offset <= file.size() && member.size <= file.size() - member.offset);
        const bool sparse = member.kind == TarMember::Kind::sparse;
        HOLDS(member.kind == TarMember::Kind::file || sparse || member.size == 0);
        HOLDS(member.offset >= end + tar_block); // behind a header of its own
        end = member.offset + member.size;
        try {
            const TarMember *found = index.find(member.path);
            HOLDS(!found || found->kind == TarMember::Kind::file);
            if (member.kind == TarMember::Kind::file) HOLDS(found == &member);
            if (found) HOLDS(read_member(file, *found, static_cast<std::size_t>(file.size())).size() == found->size);
        } catch (const core::Error &error) {
            HOLDS(error.kind() == Kind::integrity && (link || sparse)); // in a circle, or with holes
        }
    }
}

std::uint64_t octal(const std::uint8_t *field, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size && field[i] >= '0' && field[i] <= '7'; ++i) value = value * 8 + (field[i] - '0');
    return value;
}

void mend_checksums(std::uint8_t *data, std::size_t size) {
    for (std::size_t at = 0; size - at >= tar_block;) {
        std::uint8_t *block = data + at;
        at += tar_block;
        if (std::all_of(block, block + tar_block, [](std::uint8_t byte) { return byte == 0; })) continue;
        std::fill(block + 148, block + 156, std::uint8_t(' '));
        unsigned sum = 0;
        for (std::size_t i = 0; i < tar_block; ++i) sum += block[i];
        std::snprintf(reinterpret_cast<char *>(block) + 148, 7, "%06o", sum);
        const std::uint64_t content =
            std::string_view("123456").find(static_cast<char>(block[156])) == std::string_view::npos
                ? octal(block + 124, 12)
                : 0;
        if (content > size - at || content + tar_padding(content) > size - at) return;
        at += static_cast<std::size_t>(content + tar_padding(content));
    }
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
    const std::size_t mutated = LLVMFuzzerMutate(data, size, most);
    if (seed % 16) mend_checksums(data, mutated);
    return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    test::MemoryDisk disk;
    disk.put(path, std::string(fuzz::text_of(data, size)));
    const auto file = disk.open(path, false);
    std::optional<TarIndex> index;
    try {
        index.emplace(*file);
    } catch (const core::Error &error) {
        HOLDS(error.kind() == Kind::integrity && !error.remedy.empty());
        return 0;
    }
    check_members(*file, *index);
    const std::string again = rewritten(*index);
    if (again.empty()) return 0;
    disk.put(path, again);
    const auto written = disk.open(path, false);
    const TarIndex other(*written);
    HOLDS(std::equal(index->members().begin(), index->members().end(), other.members().begin(), other.members().end(),
                     same));
    return 0;
}
