// One image for one platform, as packers see it.
#pragma once

#include "core/image/manifest.h"
#include "core/image/reference.h"

#include <ferry/packer.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ferry::core {

struct Layer {
    Descriptor blob;
    std::string diff_id;
};

// An index as the registry sent it.
struct IndexDocument {
    Descriptor blob;
    std::string json;
};

struct Image {
    Reference reference; // as the registry knows it, after normalisation
    Platform platform;
    std::vector<std::string> names; // what the archive calls it
    Descriptor manifest;
    std::string manifest_json;
    Descriptor config;
    std::string config_json;
    std::vector<Layer> layers;
    std::int64_t created = 0;
    bool attachment = false; // no image: it describes one, and its layers have no diff_id
    // Of an image that was resolved with all others of its index: the indexes that lead to it, from the top down.
    std::vector<std::shared_ptr<const IndexDocument>> indexes;
};

// The ferry_image view of some images, alive as long as the images are. `unpacked` gives unpacked sizes by the
// layers' blob digest, as far as they are known.
class ImageViews {
public:
    explicit ImageViews(const std::vector<Image> &images, const std::map<std::string, std::uint64_t> &unpacked = {});
    ImageViews(const ImageViews &) = delete;
    ImageViews &operator=(const ImageViews &) = delete;

    const ferry_image *const *data() const noexcept { return pointers_.data(); }
    std::size_t size() const noexcept { return pointers_.size(); }

private:
    struct View {
        ferry_image image{};
        std::string registry; // host[:port]
        std::string platform;
        std::vector<ferry_str> names;
        std::vector<ferry_blob> layers;
        std::vector<ferry_index> indexes;
    };
    std::vector<std::unique_ptr<View>> views_;
    std::vector<const ferry_image *> pointers_;
};

} // namespace ferry::core
