#include "core/archive/contents.h"

#include "core/archive/damage.h"
#include "core/archive/docker_save.h"
#include "core/archive/tar_reader.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/image/descriptors.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

constexpr std::size_t most_manifests = 4096;
constexpr int deepest_index = 8;
constexpr std::size_t buffer_size = 256 << 10;

std::string blob_path(const std::string &digest) {
    return "blobs/" + digest.substr(0, digest.find(':')) + '/' + std::string(digest_hex(digest));
}

class Reader {
public:
    Reader(File &file, const std::string &stem, const std::function<void()> &alive)
        : file_(file), stem_(repository_of_file(stem)), alive_(alive), tar_(file) {}

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
    [[noreturn]] void damaged(const Text &why) const { refuse_damaged(file_.path(), why); }

    // --- OCI layout ---

    // False when something is missing, which is an error where `strict`.
    bool read_layout(const TarMember &member, bool strict) {
        const std::string bytes = read_member(file_, member, most_manifest_bytes);
        const std::string what = "index.json in " + file_.path();
        const auto parsed = parse_manifest(bytes, {}, what, Artifacts::refused, Kind::integrity);
        const auto *index = std::get_if<Index>(&parsed);
        if (!index) damaged(say("index.json is not an index"));
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
        ManifestMaker maker(file_, tar_, alive_);
        for (const SavedImage &image : saved_images(file_, member)) {
            alive_();
            if (++images_ > most_manifests) damaged(say("more manifests than any image has"));
            StoredManifest made = maker.manifest_of(image, out_.blobs);
            bytes_ += made.json.size();
            if (bytes_ > most_bytes) damaged(say("more manifests than any image has"));
            const std::string digest = digest_of(made.json);
            out_.manifests[digest] = std::move(made);
            if (!add_tags(image, digest)) unnamed_.push_back(digest);
        }
    }

    // --- names ---

    bool add_tags(const SavedImage &image, const std::string &manifest) {
        bool any = false;
        for (const std::string &tag : image.tags()) {
            StoredName stored{{}, {}, manifest};
            if (!stored_name(tag, stored.repository, stored.tag)) continue;
            add_name(std::move(stored));
            any = true;
        }
        return any;
    }

    // An OCI index without names may have manifest.json beside it, which has them.
    void add_names(const TarMember &classic) {
        for (const SavedImage &image : saved_images(file_, classic)) {
            const std::string config = digest_in_name(image.config());
            const auto is_of = [&](const std::string &digest) {
                const StoredManifest &manifest = out_.manifests.at(digest);
                return !manifest.is_index &&
                       Json::parse(manifest.json, "a manifest").at("config").string("digest") == config;
            };
            const auto found = std::find_if(unnamed_.begin(), unnamed_.end(), is_of);
            if (found != unnamed_.end() && add_tags(image, *found)) unnamed_.erase(found);
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

} // namespace ferry::core
