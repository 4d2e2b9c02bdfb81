#include "core/archive/docker_save.h"

#include "core/archive/damage.h"
#include "core/archive/inflate.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/image/manifest.h"

#include <ferry/kit/media_types.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <array>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

void write_descriptor(kit::JsonWriter &out, std::string_view type, std::uint64_t size, const std::string &digest) {
    out.begin_object().member("mediaType", type).name("size").natural(size).member("digest", digest).end_object();
}

} // namespace

std::string SavedImage::config() const {
    return item_.string("Config");
}

std::vector<std::string> SavedImage::layers() const {
    std::vector<std::string> names;
    for (const Json &layer : item_.list("Layers")) names.push_back(layer.string());
    return names;
}

std::vector<std::string> SavedImage::tags() const {
    std::vector<std::string> names;
    for (const Json &tag : item_.list("RepoTags")) names.push_back(tag.string());
    return names;
}

std::vector<SavedImage> saved_images(File &file, const TarMember &manifest) {
    const Json items = Json::parse(read_member(file, manifest, most_manifest_bytes),
                                   manifest.path + " in " + file.path(), most_manifest_bytes, Kind::integrity);
    std::vector<SavedImage> images;
    for (const Json &item : items.items()) images.emplace_back(item);
    return images;
}

std::string digest_in_name(std::string name) {
    name = name.substr(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
    if (name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0) name.resize(name.size() - 5);
    if (name.rfind("sha256:", 0) != 0) name.insert(0, "sha256:");
    return valid_digest(name) ? name : std::string();
}

void ManifestMaker::damaged(const Text &why) const {
    refuse_damaged(file_.path(), why);
}

StoredManifest ManifestMaker::manifest_of(const SavedImage &image, std::map<std::string, StoredBlob> &blobs) {
    const std::string config_name = image.config();
    const TarMember *config = tar_.find(config_name);
    if (!config) damaged(say("{} is not there", config_name));
    const std::string bytes = read_member(file_, *config, most_manifest_bytes);
    const std::string digest = digest_of(bytes), named = digest_in_name(config_name);
    if (!named.empty() && named != digest) damaged(say("the config {} has other bytes", config_name));
    const ImageConfig parsed = parse_config(bytes, config->path + " in " + file_.path());
    const std::vector<std::string> names = image.layers();
    if (names.size() != parsed.diff_ids.size())
        damaged(say("{} layers, while the config names {}", names.size(), parsed.diff_ids.size()));
    blobs[digest] = {config->offset, config->size};
    std::vector<Layer> layers;
    for (std::size_t i = 0; i < names.size(); ++i) layers.push_back(layer_of(names[i], parsed.diff_ids[i], blobs));
    // Docker's own schema has no type for zstd.
    const bool oci =
        std::any_of(layers.begin(), layers.end(), [](const Layer &one) { return one.form == Layer::Form::zstd; });
    const std::string_view type = oci ? kit::oci_manifest : kit::docker_manifest;
    kit::JsonWriter json;
    json.begin_object().name("schemaVersion").natural(2).member("mediaType", type).name("config");
    write_descriptor(json, oci ? kit::oci_config : kit::docker_config, config->size, digest);
    json.name("layers").begin_array();
    for (const Layer &layer : layers) write_descriptor(json, type_of(layer, oci), layer.size, layer.digest);
    json.end_array().end_object();
    return {std::string(type), std::move(json).text(), false, parsed.platform};
}

std::string ManifestMaker::type_of(const Layer &layer, bool oci) {
    if (!oci) return std::string(kit::docker_layer) + (layer.form == Layer::Form::plain ? "" : ".gzip");
    switch (layer.form) {
    case Layer::Form::gzip: return std::string(kit::oci_layer) + "+gzip";
    case Layer::Form::zstd: return std::string(kit::oci_layer) + "+zstd";
    case Layer::Form::plain: break;
    }
    return std::string(kit::oci_layer);
}

// A plain tar is what its diff_id says, which is checked before it is handed out; what is compressed has another
// digest, known only by reading it.
ManifestMaker::Layer ManifestMaker::layer_of(const std::string &name, const std::string &diff_id,
                                             std::map<std::string, StoredBlob> &blobs) {
    const TarMember *member = tar_.find(name);
    if (!member) damaged(say("{} is not there", name));
    if (member->size == 0 && digest_of({}, diff_id) != diff_id)
        throw Error(Kind::integrity,
                    say("{}: the layer '{}' is empty: the archive was made for a Docker that has it already",
                        file_.path(), name.substr(0, 100)),
                    say("load it there, and save the image anew with docker save"));
    std::array<char, 6> head{};
    const std::size_t got = file_.read_at(member->offset, head.data(), std::min<std::uint64_t>(member->size, 6));
    const Packing packing = packing_of({head.data(), got});
    if (packing == Packing::bzip2 || packing == Packing::xz)
        throw Error(Kind::integrity,
                    say("{}: the layer '{}' is packed with {}, which no registry can offer", file_.path(),
                        name.substr(0, 100), packing == Packing::xz ? "xz" : "bzip2"),
                    say("load it with docker load, and save the image anew with docker save"));
    Layer layer{diff_id, member->size, Layer::Form::plain};
    if (packing != Packing::none) {
        Packed &known = packed_[member->offset];
        if (known.digest.empty()) known = {packed_digest(*member, diff_id), diff_id};
        if (known.diff_id != diff_id) damaged(say("{} cannot unpack to two different layers", name));
        layer.digest = known.digest;
        layer.form = packing == Packing::gzip ? Layer::Form::gzip : Layer::Form::zstd;
    }
    blobs[layer.digest] = {member->offset, member->size};
    return layer;
}

std::string ManifestMaker::packed_digest(const TarMember &member, const std::string &diff_id) {
    Hasher packed, unpacked(diff_id);
    std::uint64_t at = 0, size = 0;
    const auto inflater = Inflater::open(
        [&](void *data, std::size_t wanted) {
            alive_();
            const std::size_t got =
                file_.read_at(member.offset + at, data, std::min<std::uint64_t>(wanted, member.size - at));
            packed.update(data, got);
            at += got;
            return got;
        },
        member.path + " in " + file_.path());
    std::vector<char> buffer(buffer_size);
    while (const std::size_t got = inflater->read(buffer.data(), buffer.size())) {
        unpacked.update(buffer.data(), got);
        size += got;
        if (size > unpacked_ceiling(member.size)) damaged(say("{} is a decompression bomb", member.path));
    }
    // What stands behind the compressed data belongs to the blob, too.
    while (const std::size_t got = file_.read_at(member.offset + at, buffer.data(),
                                                 std::min<std::uint64_t>(buffer.size(), member.size - at))) {
        packed.update(buffer.data(), got);
        at += got;
    }
    if (unpacked.finish() != diff_id) damaged(say("{} has other bytes than the config promises", member.path));
    return packed.finish();
}

} // namespace ferry::core
