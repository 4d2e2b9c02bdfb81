#include "core/image/image.h"

#include <ferry/ferry.hpp>

namespace ferry::core {

namespace {

ferry_blob blob_view(const Descriptor &d, std::string_view diff_id = {}, std::uint64_t unpacked = FERRY_SIZE_UNKNOWN) {
    return {ferry::raw(d.digest), ferry::raw(d.media_type), ferry::raw(diff_id), d.size, unpacked};
}

} // namespace

ImageViews::ImageViews(const std::vector<Image> &images, const std::map<std::string, std::uint64_t> &unpacked) {
    for (const Image &image : images) {
        auto view = std::make_unique<View>();
        view->platform = image.platform.str();
        view->registry = image.reference.registry.str();
        for (const std::string &name : image.names) view->names.push_back(ferry::raw(name));
        for (const Layer &layer : image.layers) {
            const auto size = unpacked.find(layer.blob.digest);
            view->layers.push_back(
                blob_view(layer.blob, layer.diff_id, size == unpacked.end() ? FERRY_SIZE_UNKNOWN : size->second));
        }
        for (const auto &index : image.indexes)
            view->indexes.push_back({blob_view(index->blob), ferry::raw(index->json)});
        ferry_image &out = view->image;
        out.struct_size = sizeof out;
        out.flags = image.attachment ? FERRY_IMAGE_ATTACHMENT : 0;
        out.registry = ferry::raw(view->registry);
        out.repository = ferry::raw(image.reference.repository);
        out.tag = ferry::raw(image.reference.tag);
        out.platform = ferry::raw(view->platform);
        out.names = view->names.data();
        out.name_count = view->names.size();
        out.manifest = blob_view(image.manifest);
        out.manifest_json = ferry::raw(image.manifest_json);
        out.config = blob_view(image.config);
        out.config_json = ferry::raw(image.config_json);
        out.layers = view->layers.data();
        out.layer_count = view->layers.size();
        out.created = image.created;
        out.indexes = view->indexes.data();
        out.index_count = view->indexes.size();
        pointers_.push_back(&out);
        views_.push_back(std::move(view));
    }
}

} // namespace ferry::core
