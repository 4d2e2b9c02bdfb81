// The messages of one language: a message catalogue as msgfmt writes it, read into memory.
//
// Format: GNU gettext manual, section 10.3 "The Format of GNU MO Files"; either byte order, revision 0, UTF-8. The hash
// table is not used: the originals are sorted. Of plural rules it knows those of its languages (see plural_rule in the
// source). No locale of the machine plays a part. [any-thread once made]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::cli {

class Messages {
public:
    // Nothing where `bytes` is not a whole catalogue, is not in UTF-8 or has an unknown plural rule.
    static std::optional<Messages> parse(std::string bytes);
    // The catalogue in that file; nothing also where it cannot be read.
    static std::optional<Messages> read(const std::string &file);

    // The translation of `original`; empty: there is none. What is returned lives as long as this object.
    std::string_view find(std::string_view original) const noexcept;
    // The form of the translation of `one` and its plural that `count` needs; empty: there is none.
    std::string_view find(std::string_view one, std::uint64_t count) const noexcept;

    std::size_t size() const noexcept { return entries_.size(); }

private:
    // Places within bytes_; each text ends before a NUL.
    struct Place {
        std::uint32_t offset;
        std::uint32_t size;
    };
    struct Entry {
        Place original; // without its plural
        Place translation;
    };

    Messages() = default;
    std::string_view at(Place place) const noexcept {
        return std::string_view(bytes_).substr(place.offset, place.size);
    }
    const Entry *entry(std::string_view original) const noexcept;

    std::string bytes_;
    std::vector<Entry> entries_; // by original
    std::size_t (*form_)(std::uint64_t count) noexcept = nullptr;
};

} // namespace ferry::cli
