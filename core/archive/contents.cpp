#include "core/archive/contents.h"

#include "core/archive/inflate.h"
#include "core/archive/tar_reader.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/image/descriptors.h"
#include "core/image/reference.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ferry::core {

namespace {

constexpr std::size_t most_manifests = 4096;
constexpr int deepest_index = 8;
constexpr std::size_t buffer_size = 256 << 10;

constexpr const char *docker_manifest_type = "application/vnd.docker.distribution.manifest.v2+json";
constexpr const char *docker_config_type = "application/vnd.docker.container.image.v1+json";
constexpr const char *docker_layer_type = "application/vnd.docker.image.rootfs.diff.tar";
constexpr const char *oci_manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr const char *oci_config_type = "application/vnd.oci.image.config.v1+json";
constexpr const char *oci_layer_type = "application/vnd.oci.image.layer.v1.tar";

Text copy_again() {
    return say("copy it again from where it came, or pull the image anew");
}

std::string blob_path(const std::string &digest) {
    return "blobs/" + digest.substr(0, digest.find(':')) + '/' + std::string(digest_hex(digest));
}

// A file name as a repository: what it may not have becomes a hyphen.
std::string repository_of(const std::string &stem) {
    std::string out;
    for (const char c : stem) {
        const auto u = static_cast<unsigned char>(c);
        if (std::isalnum(u) && u < 128)
            out += static_cast<char>(std::tolower(u));
        else if (!out.empty() && std::isalnum(static_cast<unsigned char>(out.back())))
            out += c == '.' || c == '_' ? c : '-';
    }
    out.resize(std::min<std::size_t>(out.size(), 128));
    while (!out.empty() && !std::isalnum(static_cast<unsigned char>(out.back()))) out.pop_back();
    return out.empty() ? "image" : out;
}

class Reader {
public:
    Reader(File &file, const std::string &stem, const std::function<void()> &alive)
        : file_(file), stem_(repository_of(stem)), alive_(alive), tar_(file) {}

    Contents read() {
        const TarMember *index = tar_.find("index.json");
        const TarMember *classic = tar_.find("manifest.json");
        if (!index && !classic)
            throw Error(Kind::not_found,
                        say("{} holds no images: it has neither index.json nor manifest.json", file_.path()),
                        say("`ferry serve` offers what ferry, docker save, podman save and skopeo write"));
        // Docker 25.0.0 wrote manifests beside which layers are missing (moby#47065): manifest.json has them.
        if (index && read_layout(*index, classic == nullptr)) {
            if (classic) add_names(*classic);
        } else {
            out_ = {};
            unnamed_.clear();
            read_classic(*classic);
        }
        name_the_rest();
        if (out_.manifests.empty()) throw Error(Kind::not_found, say("{} holds no images", file_.path()), copy_again());
        return std::move(out_);
    }

private:
    [[noreturn]] void damaged(const Text &why) const {
        throw Error(Kind::integrity, say("{} is damaged or incomplete: {}", file_.path(), why), copy_again());
    }

    Json json_of(const TarMember &member) {
        return Json::parse(read_member(file_, member, most_manifest_bytes), member.path + " in " + file_.path(),
                           most_manifest_bytes, Kind::integrity);
    }

    // --- OCI layout ---

    // False when something is missing, which is an error where `strict`.
    bool read_layout(const TarMember &member, bool strict) {
        const std::string bytes = read_member(file_, member, most_manifest_bytes);
        const std::string what = "index.json in " + file_.path();
        const auto parsed = parse_manifest(bytes, {}, what, Artifacts::refused, Kind::integrity);
        const auto *index = std::get_if<Index>(&parsed);
        if (!index) damaged(say("index.json is no index"));
        const Json::Items described = Json::parse(bytes, what, most_manifest_bytes, Kind::integrity).list("manifests");
        auto description = described.begin();
        for (const Index::Entry &entry : index->entries) {
            const Json item = *description;
            ++description;
            if (!add_manifest(entry, 0)) {
                if (strict) damaged(say("{} is not there", missing_));
                return false;
            }
            std::string name, reference;
            if (const auto annotations = item.find("annotations")) {
                const auto text = [&](const char *key) {
                    const auto entry_of = annotations->entry(key);
                    return entry_of ? entry_of->string() : std::string();
                };
                name = text("io.containerd.image.name");
                reference = text("org.opencontainers.image.ref.name");
            }
            StoredName stored{{}, {}, entry.descriptor.digest};
            if (stored_name(name, stored.repository, stored.tag) ||
                (reference.find_first_of("/:") != reference.npos &&
                 stored_name(reference, stored.repository, stored.tag)))
                add_name(std::move(stored));
            else if (valid_tag(reference))
                add_name({stem_, reference, entry.descriptor.digest});
            else if (!entry.attestation)
                unnamed_.push_back(entry.descriptor.digest);
        }
        return true;
    }

    // Adds a manifest and all below it; false when it is not there, or not whole.
    bool add_manifest(const Index::Entry &entry, int depth) {
        const std::string &digest = entry.descriptor.digest;
        if (out_.manifests.count(digest)) return true;
        if (out_.manifests.size() >= most_manifests || depth > deepest_index)
            damaged(say("more manifests than any image has"));
        alive_();
        const TarMember *member = tar_.find(blob_path(digest));
        if (!member) return missing(digest);
        std::string json = read_member(file_, *member, most_manifest_bytes);
        bytes_ += json.size();
        if (bytes_ > most_bytes) damaged(say("more manifests than any image has"));
        if (digest_of(json, digest) != digest) // a wrong size in an index is the publisher's, and nobody minds it
            damaged(say("the manifest {} has other bytes", digest));
        const auto parsed =
            parse_manifest(json, entry.descriptor.media_type, "the manifest " + digest + " in " + file_.path(),
                           Artifacts::allowed, Kind::integrity);
        StoredManifest stored;
        stored.platform = entry.platform;
        if (const auto *index = std::get_if<Index>(&parsed)) {
            stored.is_index = true;
            stored.media_type = index->media_type;
            stored.json = std::move(json);
            // Some of the platforms may have stayed behind: docker save --platform, ctr export.
            bool any = index->entries.empty();
            for (const Index::Entry &child : index->entries) any = add_manifest(child, depth + 1) || any;
            if (!any) return false;
        } else {
            const auto &manifest = std::get<Manifest>(parsed);
            if (!add_blob(manifest.config)) return false;
            for (const Descriptor &layer : manifest.layers)
                if (!add_blob(layer) && layer.urls.empty()) return false;
            if (!manifest.artifact && !entry.attestation && stored.platform.os.empty())
                stored.platform = config_of(*tar_.find(blob_path(manifest.config.digest))).platform;
            stored.media_type = manifest.media_type;
            stored.json = std::move(json);
        }
        out_.manifests.emplace(digest, std::move(stored));
        return true;
    }

    bool add_blob(const Descriptor &descriptor) {
        const TarMember *member = tar_.find(blob_path(descriptor.digest));
        if (!member) return missing(descriptor.digest);
        if (member->size != descriptor.size && !size_open(descriptor))
            damaged(say("the blob {} has {} bytes instead of {}", descriptor.digest, member->size, descriptor.size));
        out_.blobs[descriptor.digest] = {member->offset, member->size};
        return true;
    }

    bool missing(const std::string &digest) {
        missing_ = digest;
        return false;
    }

    ImageConfig config_of(const TarMember &member) {
        return parse_config(read_member(file_, member, most_manifest_bytes), member.path + " in " + file_.path());
    }

    // --- classic docker save ---

    void read_classic(const TarMember &member) {
        for (const Json &item : json_of(member).items()) {
            alive_();
            const std::string config_name = item.string("Config");
            const TarMember *config = tar_.find(config_name);
            if (!config) damaged(say("{} is not there", config_name));
            const std::string digest = digest_of(read_member(file_, *config, most_manifest_bytes));
            const std::string named = named_digest(config_name);
            if (!named.empty() && named != digest) damaged(say("the config {} has other bytes", config_name));
            const ImageConfig parsed = config_of(*config);
            std::vector<std::string> layers;
            for (const Json &layer : item.list("Layers")) layers.push_back(layer.string());
            if (layers.size() != parsed.diff_ids.size())
                damaged(say("{} layers, while the config names {}", layers.size(), parsed.diff_ids.size()));
            if (++images_ > most_manifests) damaged(say("more manifests than any image has"));

            out_.blobs[digest] = {config->offset, config->size};
            std::vector<Layer> found;
            for (std::size_t i = 0; i < layers.size(); ++i)
                found.push_back(classic_layer(layers[i], parsed.diff_ids[i]));
            // Docker's own schema has no type for zstd.
            const bool oci =
                std::any_of(found.begin(), found.end(), [](const Layer &one) { return one.packing == 'z'; });
            const char *type = oci ? oci_manifest_type : docker_manifest_type;
            std::string json = "{\"schemaVersion\":2,\"mediaType\":\"" + std::string(type) + "\",\"config\":" +
                               descriptor(oci ? oci_config_type : docker_config_type, config->size, digest) +
                               ",\"layers\":[";
            for (std::size_t i = 0; i < found.size(); ++i)
                json += (i ? "," : "") + descriptor(type_of(found[i], oci), found[i].size, found[i].digest);
            json += "]}";
            bytes_ += json.size();
            if (bytes_ > most_bytes) damaged(say("more manifests than any image has"));
            const std::string manifest = digest_of(json);
            out_.manifests[manifest] = {type, std::move(json), false, parsed.platform};
            if (!add_tags(item, manifest)) unnamed_.push_back(manifest);
        }
    }

    struct Layer {
        std::string digest;
        std::uint64_t size = 0;
        char packing = 0; // g: gzip, z: zstd
    };

    static std::string type_of(const Layer &layer, bool oci) {
        if (oci) return std::string(oci_layer_type) + (layer.packing == 'g' ? "+gzip" : layer.packing ? "+zstd" : "");
        return std::string(docker_layer_type) + (layer.packing ? ".gzip" : "");
    }

    // Plain tar is what its diff_id says, which is checked before it is handed out; what is compressed has another
    // digest, known only by reading it.
    Layer classic_layer(const std::string &name, const std::string &diff_id) {
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
        Layer layer{diff_id, member->size, 0};
        if (packing != Packing::none) {
            auto &known = packed_[member->offset];
            if (known.first.empty()) known = {packed_digest(*member, diff_id), diff_id};
            if (known.second != diff_id) damaged(say("{} cannot unpack to two different layers", name));
            layer.digest = known.first;
            layer.packing = packing == Packing::gzip ? 'g' : 'z';
        }
        out_.blobs[layer.digest] = {member->offset, member->size};
        return layer;
    }

    std::string packed_digest(const TarMember &member, const std::string &diff_id) {
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

    static std::string descriptor(const std::string &type, std::uint64_t size, const std::string &digest) {
        return "{\"mediaType\":\"" + type + "\",\"size\":" + std::to_string(size) + ",\"digest\":\"" + digest + "\"}";
    }

    // abcd...json, sha256:abcd... and blobs/sha256/abcd... say what the config's digest is; other names do not.
    static std::string named_digest(std::string name) {
        name = name.substr(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
        if (name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0) name.resize(name.size() - 5);
        if (name.rfind("sha256:", 0) != 0) name.insert(0, "sha256:");
        return valid_digest(name) ? name : std::string();
    }

    // --- names ---

    bool add_tags(const Json &item, const std::string &manifest) {
        bool any = false;
        for (const Json &tag : item.list("RepoTags")) {
            StoredName stored{{}, {}, manifest};
            if (!stored_name(tag.string(), stored.repository, stored.tag)) continue;
            add_name(std::move(stored));
            any = true;
        }
        return any;
    }

    // An OCI index without names may have manifest.json beside it, which has them.
    void add_names(const TarMember &classic) {
        for (const Json &item : json_of(classic).items()) {
            const std::string config = named_digest(item.string("Config"));
            const auto is_of = [&](const std::string &digest) {
                const StoredManifest &manifest = out_.manifests.at(digest);
                return !manifest.is_index &&
                       Json::parse(manifest.json, "a manifest").at("config").string("digest") == config;
            };
            const auto found = std::find_if(unnamed_.begin(), unnamed_.end(), is_of);
            if (found != unnamed_.end() && add_tags(item, *found)) unnamed_.erase(found);
        }
    }

    void name_the_rest() {
        for (const std::string &digest : unnamed_) {
            const auto same = [&](const StoredName &name) { return name.digest == digest; };
            if (std::none_of(out_.names.begin(), out_.names.end(), same)) add_name({stem_, "latest", digest});
        }
    }

    void add_name(StoredName name) {
        if (std::find(out_.names.begin(), out_.names.end(), name) == out_.names.end())
            out_.names.push_back(std::move(name));
        if (out_.names.size() > most_manifests) damaged(say("more names than any image has"));
    }

    static constexpr std::size_t most_bytes = 64 << 20; // of all manifests

    File &file_;
    std::string stem_;
    const std::function<void()> &alive_;
    TarIndex tar_;
    Contents out_;
    std::size_t bytes_ = 0, images_ = 0;
    std::string missing_;
    std::vector<std::string> unnamed_;
    std::map<std::uint64_t, std::pair<std::string, std::string>> packed_; // offset -> digest, diff_id
};

} // namespace

Contents read_contents(File &file, const std::string &stem, const std::function<void()> &alive) {
    return Reader(file, stem, alive).read();
}

void verify_blob(File &file, const StoredBlob &blob, const std::string &digest, const std::function<void()> &alive) {
    Hasher hasher(digest);
    std::vector<char> buffer(buffer_size);
    for (std::uint64_t at = 0; at < blob.size;) {
        alive();
        const std::size_t got =
            file.read_at(blob.offset + at, buffer.data(), std::min<std::uint64_t>(buffer.size(), blob.size - at));
        if (got == 0) break;
        hasher.update(buffer.data(), got);
        at += got;
    }
    if (hasher.finish() != digest)
        throw Error(Kind::integrity, say("{} is damaged: the bytes of the blob {} are others", file.path(), digest),
                    copy_again());
}

bool stored_name(const std::string &name, std::string &repository, std::string &tag) {
    if (name.empty()) return false;
    Reference reference;
    try {
        reference = parse_reference(name, "docker.io");
    } catch (const Error &) {
        return false;
    }
    if (reference.tag.empty()) return false;
    std::string host = reference.registry;
    std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    repository = reference.repository;
    if (reference.default_host || host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io") {
        if (repository.rfind("library/", 0) == 0) repository.erase(0, 8);
    } else if (host.find(':') == host.npos && host != "localhost") {
        repository = host + '/' + repository;
        try { // a host may have what no repository has
            parse_reference("docker.io/" + repository, {});
        } catch (const Error &) {
            return false;
        }
    }
    tag = reference.tag;
    return true;
}

} // namespace ferry::core
