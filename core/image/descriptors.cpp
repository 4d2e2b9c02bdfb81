#include "core/image/descriptors.h"

#include "core/base/digest.h"
#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <limits>

namespace ferry::core {

namespace {

[[noreturn]] void refuse(Text message) {
    throw Error(Kind::integrity, std::move(message), say("the image is damaged: tell its publisher"));
}

} // namespace

bool size_open(const Descriptor &descriptor) {
    return descriptor.size == 0 && digest_of({}, descriptor.digest) != descriptor.digest;
}

std::uint64_t sum_of_sizes(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max(); // an offset in a file
    if (a > most || b > most - a) refuse(say("the layers claim to have more bytes together than any file can hold"));
    return a + b;
}

Descriptors::Descriptors(const std::vector<Image> &images) {
    for (const Image &image : images) add(image);
}

void Descriptors::add(const Image &image) {
    add_document(image.manifest, image.manifest_json, {&image, Role::manifest});
    add_document(image.config, image.config_json, {&image, Role::config});
    for (const auto &index : image.indexes) add_document(index->blob, index->json, {&image, Role::index});
    for (std::size_t i = 0; i < image.layers.size(); ++i) add_layer(image.layers[i], {&image, Role::layer, i});
    ++images_;
}

const Descriptors::Blob *Descriptors::find(const std::string &digest) const {
    const auto known = entries_.find(digest);
    return known == entries_.end() ? nullptr : &known->second.blob;
}

const Descriptors::Blob &Descriptors::at(const std::string &digest) const {
    if (const Blob *blob = find(digest)) return *blob;
    throw fault_of_ferry(say("no image has the blob {}", digest));
}

Text Descriptors::text(const Mention &mention) {
    const std::string image = mention.image->reference.str(), &manifest = mention.image->manifest.digest;
    switch (mention.role) {
    case Role::manifest: return say("the manifest {} of {}", manifest, image);
    case Role::config: return say("the config of {} (manifest {})", image, manifest);
    case Role::index: return say("the index of {} (manifest {})", image, manifest);
    case Role::layer: break;
    }
    return say("layer {} of {} (manifest {})", mention.number + 1, image, manifest);
}

Descriptors::Entry &Descriptors::note(const Descriptor &descriptor, const Mention &mention) {
    const auto [known, added] = entries_.try_emplace(descriptor.digest);
    Entry &entry = known->second;
    if (added) {
        entry.blob = {&descriptor, descriptor.size, {}, nullptr, images_};
        entry.first = mention;
    } else if (entry.blob.size != descriptor.size) {
        refuse(say("the blob {} has {} bytes according to {}, and {} bytes according to {}", descriptor.digest,
                   entry.blob.size, text(entry.first), descriptor.size, text(mention)));
    }
    return entry;
}

void Descriptors::add_document(const Descriptor &descriptor, const std::string &bytes, const Mention &mention) {
    if (descriptor.size != bytes.size())
        refuse(say("the blob {} has {} bytes, and {} bytes according to {}", descriptor.digest, bytes.size(),
                   descriptor.size, text(mention)));
    Entry &entry = note(descriptor, mention);
    if (entry.blob.bytes) return;
    entry.blob.bytes = &bytes;
    entry.document = mention;
    check_role(entry);
}

void Descriptors::add_layer(const Layer &layer, const Mention &mention) {
    if (size_open(layer.blob))
        refuse(say("{} has 0 bytes according to its descriptor, and the digest {}, which is not that of nothing",
                   text(mention), layer.blob.digest));
    Entry &entry = note(layer.blob, mention);
    std::string &diff_id = entry.blob.diff_id;
    if (layer.diff_id.empty()) return; // of an attachment: any bytes
    if (!diff_id.empty() && diff_id != layer.diff_id)
        refuse(say("the layer {} cannot unpack to both {} and {}", layer.blob.digest, diff_id, layer.diff_id));
    if (!diff_id.empty()) return;
    diff_id = layer.diff_id;
    entry.layer = mention;
    check_role(entry);
}

void Descriptors::check_role(const Entry &entry) {
    if (entry.layer.image && entry.document.image)
        refuse(say("the blob {} cannot be both {} and {}", entry.blob.descriptor->digest, text(entry.document),
                   text(entry.layer)));
}

} // namespace ferry::core
