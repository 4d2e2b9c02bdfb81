// The plan of an archive: what a packer pushed, vetted. Pure.
#pragma once

#include "core/pack/layout.h"
#include "core/plugin/catalog.h"

namespace ferry::core {

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
    // unknown digest, a link that leads outside; and Error(integrity) where the packer refuses the images (packer.h),
    // or these contradict each other about a blob (Descriptors).
    Plan plan(const Operation &operation, const std::vector<Image> &images,
              const std::map<std::string, std::uint64_t> &unpacked = {}) const;

private:
    const ferry_plugin &plugin_;
    const ferry_packer_v1 *table_;
    Options options_;
};

// Is it relative, with '/' between parts, none of them empty, "." or ".."; free of control characters?
bool safe_path(std::string_view path) noexcept;

} // namespace ferry::core
