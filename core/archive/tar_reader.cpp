#include "core/archive/tar_reader.h"

#include "core/archive/damage.h"
#include "core/archive/tar.h"
#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cstring>
#include <optional>

namespace ferry::core {

namespace {

constexpr std::uint64_t most_size = std::uint64_t(1) << 62;

[[noreturn]] void refuse(const std::string &file, std::uint64_t at, const Text &why) {
    throw Error(Kind::integrity, say("{} is not an archive that can be trusted: at byte {}: {}", file, at, why),
                copy_again());
}

// A header field up to its first NUL.
std::string_view text_of(std::string_view block, std::size_t at, std::size_t size) {
    const std::string_view field = block.substr(at, size);
    return field.substr(0, std::min(field.find('\0'), field.size()));
}

// Octal digits between blanks, or base-256 after a byte of 0x80. Nothing for what is neither, or too large.
std::optional<std::uint64_t> number_of(std::string_view block, std::size_t at, std::size_t size) {
    std::string_view field = block.substr(at, size);
    if (static_cast<unsigned char>(field[0]) & 0x80) {
        if (static_cast<unsigned char>(field[0]) != 0x80) return std::nullopt; // negative, or beyond any file
        std::uint64_t value = 0;
        for (const char c : field.substr(1)) {
            if (value > (most_size >> 8)) return std::nullopt;
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits)
        value = value << 3 | static_cast<std::uint64_t>(field[digits] - '0'); // 12 digits at most
    for (const char c : field.substr(digits))
        if (c != ' ' && c != '\0') return std::nullopt;
    return value;
}

} // namespace

bool is_tar_header(std::string_view block) noexcept {
    if (block.size() != tar_block) return false;
    const auto stored = number_of(block, 148, 8);
    std::int64_t plain = 0, with_sign = 0; // some old programs summed signed chars
    for (std::size_t i = 0; i < tar_block; ++i) {
        const char c = i >= 148 && i < 156 ? ' ' : block[i];
        plain += static_cast<unsigned char>(c);
        with_sign += static_cast<signed char>(c);
    }
    return stored && (static_cast<std::int64_t>(*stored) == plain || static_cast<std::int64_t>(*stored) == with_sign);
}

namespace {

// The parts of a path joined again without "." and empty ones; `base` is where a relative one begins. One that begins
// with '/' begins at the archive's own root, as it does for the loaders. Nothing when it leads out of the archive.
std::optional<std::string> joined(std::string_view base, std::string_view path, bool parents) {
    std::string out(!path.empty() && path.front() == '/' ? std::string_view() : base);
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (!parents || out.empty()) return std::nullopt;
            const auto slash = out.rfind('/');
            out.resize(slash == out.npos ? 0 : slash);
            continue;
        }
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

// What extended headers say of the member behind them.
struct Extended {
    std::optional<std::string> path, target;
    std::optional<std::uint64_t> size;
    std::optional<std::string> sparse_name; // its path, while `path` is a name for programs that know no holes
    bool sparse = false;
};

class Reader {
public:
    explicit Reader(File &file) : file_(file), end_(file.size()) {}

    // The next member, or nothing at the end of the archive.
    std::optional<TarMember> next() {
        Extended extended;
        while (true) {
            const std::uint64_t header_at = at_;
            if (at_ == end_) {
                if (extended.path || extended.target || extended.size) cut(header_at);
                return std::nullopt; // some programs leave the zero blocks out
            }
            const std::string block = take_block();
            if (block.find_first_not_of('\0') == block.npos) {
                if (at_ < end_ && take_block().find_first_not_of('\0') != std::string::npos)
                    refuse(file_.path(), header_at, say("a header is empty"));
                return std::nullopt;
            }
            if (!is_tar_header(block)) refuse(file_.path(), header_at, say("a header's checksum is wrong"));
            const auto stored = number_of(block, 124, 12);
            if (!stored) refuse(file_.path(), header_at, say("a size is not a number, or is too large"));
            const char type = block[156];
            switch (type) {
            case 'x': read_pax(header_at, *stored, extended); continue;
            case 'g': read_pax(header_at, *stored, global_); continue;
            case 'L': extended.path = read_long(header_at, *stored); continue;
            case 'K': extended.target = read_long(header_at, *stored); continue;
            default: return member(block, header_at, type, *stored, extended);
            }
        }
    }

private:
    [[noreturn]] void cut(std::uint64_t at) const { refuse(file_.path(), at, say("the file ends too early")); }

    std::string take_block() {
        std::string block(tar_block, '\0');
        if (end_ - at_ < tar_block || file_.read_at(at_, block.data(), tar_block) != tar_block) cut(at_);
        at_ += tar_block;
        return block;
    }

    // Bytes of an extended header, of which no more than `limit` are read.
    std::string take(std::uint64_t header_at, std::uint64_t size, std::size_t limit) {
        if (size > limit) refuse(file_.path(), header_at, say("an extended header of {} bytes", size));
        std::string bytes(size, '\0');
        if (end_ - at_ < size || file_.read_at(at_, bytes.data(), bytes.size()) != size) cut(at_);
        skip(size);
        return bytes;
    }

    void skip(std::uint64_t size) {
        const std::uint64_t whole = size + tar_padding(size);
        at_ += std::min(whole, end_ - at_); // the padding of the last member may be missing
    }

    std::string read_long(std::uint64_t header_at, std::uint64_t size) {
        std::string text = take(header_at, size, TarIndex::most_name + 1);
        text.resize(std::min(text.find('\0'), text.size()));
        return text;
    }

    // "LENGTH key=value\n", again and again.
    void read_pax(std::uint64_t header_at, std::uint64_t size, Extended &into) {
        const std::string bytes = take(header_at, size, TarIndex::most_pax);
        const auto broken = [&] { refuse(file_.path(), header_at, say("an extended header is broken")); };
        std::string_view rest = bytes;
        while (!rest.empty() && rest.front() != '\0') {
            std::size_t length = 0, digits = 0;
            while (digits < rest.size() && digits < 7 && rest[digits] >= '0' && rest[digits] <= '9')
                length = length * 10 + static_cast<std::size_t>(rest[digits++] - '0');
            if (digits == 0 || digits >= rest.size() || rest[digits] != ' ' || length > rest.size() ||
                length < digits + 3 || rest[length - 1] != '\n')
                broken();
            const std::string_view record = rest.substr(digits + 1, length - digits - 2);
            rest.remove_prefix(length);
            const auto equals = record.find('=');
            if (equals == record.npos) broken();
            const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
            if (key == "path") into.path = std::string(value);
            if (key == "linkpath") into.target = std::string(value);
            if (key == "size") {
                if (value.empty() || value.size() > 18 || value.find_first_not_of("0123456789") != value.npos) broken();
                into.size = std::stoull(std::string(value));
            }
            if (key == "GNU.sparse.name") into.sparse_name = std::string(value);
            if (key.rfind("GNU.sparse.", 0) == 0) into.sparse = true;
        }
    }

    TarMember member(const std::string &block, std::uint64_t header_at, char type, std::uint64_t size,
                     const Extended &extended) {
        TarMember out;
        switch (type) {
        case '0':
        case '7':
        case '\0': break;
        case '1': out.kind = TarMember::Kind::hardlink; break;
        case '2': out.kind = TarMember::Kind::symlink; break;
        case '3':
        case '4':
        case '6': out.kind = TarMember::Kind::other; break;
        case '5': out.kind = TarMember::Kind::directory; break;
        case 'S': out.kind = TarMember::Kind::sparse; break;
        default: refuse(file_.path(), header_at, say("a member of an unknown kind"));
        }
        std::string name(text_of(block, 0, 100));
        // In the GNU form other things stand where ustar has the prefix.
        if (block.compare(257, 6, "ustar\0", 6) == 0)
            if (const std::string_view prefix = text_of(block, 345, 155); !prefix.empty())
                name = std::string(prefix) + '/' + name;
        if (const auto &path = extended.path ? extended.path : global_.path) name = *path;
        if (extended.sparse_name) name = *extended.sparse_name;
        if (extended.sparse && out.kind == TarMember::Kind::file) out.kind = TarMember::Kind::sparse;
        if (type == '\0' && !name.empty() && name.back() == '/') out.kind = TarMember::Kind::directory; // V7
        if (const auto &long_size = extended.size ? extended.size : global_.size) size = *long_size;
        out.path = safe(header_at, name, {}, false);
        out.offset = at_;
        if (out.kind == TarMember::Kind::file || out.kind == TarMember::Kind::sparse) {
            // The old form of GNU has more of its map in blocks behind the header.
            if (type == 'S')
                for (bool more = block[482] != '\0'; more;) more = take_block()[504] != '\0';
            out.offset = at_;
            if (size > end_ - at_) cut(header_at);
            out.size = size;
            skip(size);
        } else if (out.kind == TarMember::Kind::symlink || out.kind == TarMember::Kind::hardlink) {
            std::string target(text_of(block, 157, 100));
            if (const auto &path = extended.target ? extended.target : global_.target) target = *path;
            const auto slash = out.path.rfind('/');
            const bool symbolic = out.kind == TarMember::Kind::symlink;
            out.target = safe(header_at, target,
                              symbolic && slash != out.path.npos ? out.path.substr(0, slash) : std::string(), symbolic);
        }
        return out;
    }

    std::string safe(std::uint64_t header_at, const std::string &name, const std::string &base, bool parents) {
        const auto path = joined(base, name, parents);
        if (name.size() > TarIndex::most_name || name.find('\0') != name.npos || !path)
            refuse(file_.path(), header_at, say("the name '{}' leads out of the archive", name.substr(0, 100)));
        return *path;
    }

    File &file_;
    std::uint64_t end_;
    std::uint64_t at_ = 0;
    Extended global_;
};

} // namespace

bool TarIndex::same(File &file, const TarMember &a, const TarMember &b) {
    if (a.kind != b.kind || a.size != b.size || a.target != b.target) return false;
    if (a.kind != TarMember::Kind::file) return a.kind != TarMember::Kind::sparse;
    constexpr std::size_t piece = 64 << 10;
    std::string one(piece, '\0'), other(piece, '\0');
    for (std::uint64_t at = 0; at < a.size; at += piece) {
        const std::size_t size = std::min<std::uint64_t>(piece, a.size - at);
        if (file.read_at(a.offset + at, one.data(), size) != size ||
            file.read_at(b.offset + at, other.data(), size) != size || one.compare(0, size, other, 0, size) != 0)
            return false;
    }
    return true;
}

TarIndex::TarIndex(File &file) : file_(file.path()) {
    Reader reader(file);
    std::size_t names = 0, count = 0;
    while (auto member = reader.next()) {
        names += member->path.size() + member->target.size();
        if (++count > most_members || names > most_names)
            refuse(file_, member->offset, say("more members than any image has"));
        if (member->path.empty()) continue;
        const auto [place, added] = places_.emplace(member->path, members_.size());
        if (!added) {
            // One reader would take the first, another the last.
            if (!same(file, members_[place->second], *member))
                refuse(file_, member->offset, say("'{}' stands there twice, and differs", member->path.substr(0, 100)));
            continue;
        }
        members_.push_back(std::move(*member));
    }
}

const TarMember *TarIndex::find(std::string_view path) const {
    constexpr int most_links = 16;
    const auto plain = joined({}, path, false);
    if (!plain) return nullptr;
    path = *plain;
    for (int links = 0; links <= most_links; ++links) {
        const auto place = places_.find(path);
        if (place == places_.end()) return nullptr;
        const TarMember &member = members_[place->second];
        if (member.kind == TarMember::Kind::file) return &member;
        if (member.kind == TarMember::Kind::sparse)
            throw Error(Kind::integrity,
                        say("{}: '{}' is stored with holes (tar --sparse)", file_, std::string(path.substr(0, 100))),
                        say("unpack the archive and pack it again with tar, without --sparse"));
        if (member.kind != TarMember::Kind::symlink && member.kind != TarMember::Kind::hardlink) return nullptr;
        path = member.target;
    }
    throw Error(Kind::integrity, say("{}: links lead in a circle to '{}'", file_, std::string(path.substr(0, 100))),
                copy_again());
}

std::string read_member(File &file, const TarMember &member, std::size_t limit) {
    if (member.size > limit)
        throw Error(Kind::integrity, say("{}: '{}' has {} bytes, more than any image needs", file.path(),
                                         member.path.substr(0, 100), member.size));
    std::string bytes(member.size, '\0');
    if (file.read_at(member.offset, bytes.data(), bytes.size()) != bytes.size())
        throw Error(Kind::integrity, say("{} became shorter while it was read", file.path()));
    return bytes;
}

} // namespace ferry::core
