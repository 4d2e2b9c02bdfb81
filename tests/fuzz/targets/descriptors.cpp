// Two manifests of one job, as registries may send them: either what they say of their blobs is refused, or there is a
// layout in which every blob has one size, and every byte one place.
#include "fuzz.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/descriptors.h"
#include "core/pack/layout.h"

#include <map>
#include <optional>
#include <set>

using namespace ferry;
using namespace ferry::core;

namespace {

constexpr std::uint64_t most_config = 4096; // that is made for a manifest; the program stops at 4 MiB

std::optional<Image> image_of(std::string_view body, std::string_view diff_ids, const std::string &name) {
    try {
        auto parsed = parse_manifest(body, {}, name, Artifacts::allowed);
        auto *manifest = std::get_if<Manifest>(&parsed);
        if (!manifest || manifest->config.size > most_config) return std::nullopt;
        Image image;
        image.reference = {{{}, "registry.example"}, name, "1", "", name};
        image.manifest_json = std::string(body);
        image.manifest = {digest_of(body), manifest->media_type, body.size(), {}};
        image.config = manifest->config;
        image.config_json = std::string(image.config.size, ' ');
        image.attachment = manifest->artifact;
        // Most layers unpack to what their digest stands for; some to what the input wants.
        for (Descriptor &layer : manifest->layers) {
            const char kind = diff_ids.empty() ? '0' : diff_ids[image.layers.size() % diff_ids.size()];
            const std::string diff_id =
                image.attachment ? "" : digest_of(kind % 8 ? layer.digest : std::string(1, kind));
            image.layers.push_back({std::move(layer), diff_id});
        }
        return image;
    } catch (const core::Error &) {
        return std::nullopt;
    }
}

PlanEntry entry(PlanEntry::From from, const std::string &digest, std::size_t number) {
    PlanEntry made;
    made.from = from;
    made.path = std::to_string(number);
    made.source = digest;
    return made;
}

// Everything, as it comes and unpacked, some of it twice.
Plan plan_of(const std::vector<Image> &images, const Descriptors &blobs) {
    Plan plan;
    const auto add = [&](PlanEntry::From from, const std::string &digest) {
        plan.entries.push_back(entry(from, digest, plan.entries.size()));
    };
    for (const Image &image : images) {
        add(PlanEntry::From::blob, image.manifest.digest);
        add(PlanEntry::From::blob, image.config.digest);
        for (const Layer &layer : image.layers) {
            add(PlanEntry::From::blob, layer.blob.digest);
            if (!blobs.at(layer.blob.digest).diff_id.empty()) add(PlanEntry::From::unpacked, layer.blob.digest);
        }
    }
    return plan;
}

void check(const std::vector<Image> &images, const Descriptors &blobs, const Layout &layout) {
    std::map<std::string, std::uint64_t> sizes;
    const auto one_size = [&](const Descriptor &descriptor) {
        HOLDS(sizes.emplace(descriptor.digest, descriptor.size).first->second == descriptor.size);
        HOLDS(blobs.at(descriptor.digest).size == descriptor.size);
    };
    for (const Image &image : images) {
        one_size(image.manifest);
        one_size(image.config);
        for (const Layer &layer : image.layers) {
            one_size(layer.blob);
            HOLDS(!size_open(layer.blob));
            HOLDS(layer.diff_id.empty() || blobs.at(layer.blob.digest).diff_id == layer.diff_id);
            HOLDS(layer.diff_id.empty() || !blobs.at(layer.blob.digest).bytes);
        }
    }
    std::map<std::uint64_t, std::uint64_t> spans; // of what has bytes: offset -> end
    const auto place = [&](std::uint64_t offset, std::uint64_t size) {
        HOLDS(offset + size >= offset && offset + size <= layout.fixed_size);
        if (size) HOLDS(spans.emplace(offset, offset + size).second);
    };
    for (const Layout::Piece &piece : layout.pieces) place(piece.offset, piece.bytes.size());
    for (const Layout::Place &one : layout.places) {
        place(one.offset, one.size);
        HOLDS(one.offset % 512 == 0 && sizes.at(one.digest) == one.size);
        HOLDS(!blobs.at(one.digest).bytes);
    }
    std::uint64_t at = 0;
    for (const auto &[begin, end] : spans) {
        HOLDS(begin == at);
        at = end;
    }
    HOLDS(at == layout.fixed_size && at % 512 == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string_view diff_ids = fuzz::take_until(rest, "\n"), first = fuzz::take_until(rest, "\n\n");
    std::vector<Image> images;
    if (auto image = image_of(first, diff_ids, "team/a")) images.push_back(std::move(*image));
    if (auto image = image_of(rest, diff_ids, "team/b")) images.push_back(std::move(*image));
    std::optional<Descriptors> blobs;
    std::optional<Layout> layout;
    try {
        blobs.emplace(images);
        layout = lay_out(plan_of(images, *blobs), *blobs);
    } catch (const core::Error &error) {
        HOLDS(error.kind() == Kind::integrity && !error.message.empty() && !error.remedy.empty());
        return 0;
    }
    check_layout(*layout, *blobs);
    check(images, *blobs, *layout);
    return 0;
}
