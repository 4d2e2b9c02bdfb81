// Reads what a tar has, without its contents: for archives that come from anywhere, and so for hostile ones.
//
// Understands POSIX ustar and pax, GNU (long names, base-256) and the old V7 form. One pass over the headers; memory is
// bounded by the limits below. As for the loaders, '/' is the archive's root: a leading one means nothing. Refused are:
// a wrong checksum, a size that leads past the end of the file, names with "..", links that lead out, the same file
// twice with different content, and what no archive tool writes. Members with holes are known, and refused when looked
// up. Source: POSIX.1-2001 pax, GNU tar manual appendix "Tar Internals". Pure over the File seam.
#pragma once

#include "core/os/file.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

struct TarMember {
    // sparse: a file with holes, whose content is not in one piece; other: devices and pipes, which have no content
    enum class Kind { file, directory, symlink, hardlink, sparse, other };
    std::string path; // '/' between parts; without "./" in front and '/' at the end
    Kind kind = Kind::file;
    std::uint64_t offset = 0; // of the content
    std::uint64_t size = 0;
    std::string target; // of a link: the path in the archive that it leads to

    bool operator==(const TarMember &) const = default;
};

// Is the block of 512 bytes a member's header: does its checksum fit? That alone makes a tar of it, for Go and GNU tar
// too.
bool is_tar_header(std::string_view block) noexcept;

class TarIndex {
public:
    static constexpr std::size_t most_members = 200'000;
    static constexpr std::size_t most_name = 4096;      // bytes of a path or link target
    static constexpr std::size_t most_pax = 256 << 10;  // bytes of one extended header
    static constexpr std::size_t most_names = 16 << 20; // bytes of all paths and targets

    // Throws Error(integrity), naming the file, on everything that is refused; Error(disk) when it cannot be read.
    explicit TarIndex(File &file);

    // In the order of the archive; the empty path (the folder "./") left out.
    const std::vector<TarMember> &members() const noexcept { return members_; }

    // The file under that path (as an archive may write it: ./a, /a), links followed; null when there is none. Throws
    // Error(integrity) on links in a circle, and on a file with holes.
    const TarMember *find(std::string_view path) const;

private:
    static bool same(File &file, const TarMember &a, const TarMember &b);

    std::string file_;
    std::vector<TarMember> members_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

// The content of a member of at most `limit` bytes. Throws Error(integrity) when it is longer.
std::string read_member(File &file, const TarMember &member, std::size_t limit);

} // namespace ferry::core
