// The plan of an archive: what a packer pushed, vetted; and its layout: where each byte goes. Pure.
#pragma once

#include "core/image/image.h"
#include "core/pack/tar.h"
#include "core/plugin/catalog.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::core {

struct PlanEntry {
    TarType type = TarType::file;
    enum class From { inline_bytes, blob, unpacked } from = From::inline_bytes;
    bool late = false;
    std::uint32_t mode = 0;
    std::int64_t mtime = 0;
    std::string path;
    std::string source; // inline bytes, blob digest, or link target

    bool operator==(const PlanEntry &) const = default;
};

struct Plan {
    std::vector<PlanEntry> entries;
    bool has_late() const noexcept;
};

// A packer plugin, ready to plan.
class Packer {
public:
    Packer(const ferry_plugin &plugin, std::map<std::string, std::string> options);
    Packer(const Packer &) = delete;
    Packer &operator=(const Packer &) = delete;

    std::string id() const { return plugin_.id; }
    std::string suffix() const { return table_->suffix ? table_->suffix : ".tar"; }
    bool many_images() const noexcept { return (table_->flags & FERRY_PACKER_MANY_IMAGES) != 0; }
    bool many_platforms() const noexcept { return (table_->flags & FERRY_PACKER_MANY_PLATFORMS) != 0; }

    // Asks the plugin. Throws Error(plugin) on an entry that could not be written: an unsafe or repeated path, an
    // unknown digest, a link that leads outside.
    Plan plan(const Operation &operation, const std::vector<Image> &images,
              const std::map<std::string, std::uint64_t> &unpacked = {}) const;

private:
    const ferry_plugin &plugin_;
    const ferry_packer_v1 *table_;
    Options options_;
};

// Is it relative, with '/' between parts, none of them empty, "." or ".."; free of control characters?
bool safe_path(std::string_view path) noexcept;

struct Layout {
    struct Piece { // headers and inline contents
        std::uint64_t offset;
        std::string bytes;
    };
    struct Place { // a blob as it comes
        std::string digest;
        std::uint64_t size;
        std::uint64_t offset;
    };
    struct Tail { // a layer to unpack behind the fixed part
        PlanEntry entry;
        std::string digest;
        std::string diff_id;
    };
    std::vector<Piece> pieces;
    std::vector<Place> places; // each entry one, so that a digest may stand twice
    std::vector<Tail> tails;
    std::uint64_t fixed_size = 0; // where the tail begins
    bool has_late = false;
};

// `images` are those that the plan was made of.
Layout lay_out(const Plan &plan, const std::vector<Image> &images);

// Header, content and padding of an inline entry.
std::string inline_member(const PlanEntry &entry);

} // namespace ferry::core
