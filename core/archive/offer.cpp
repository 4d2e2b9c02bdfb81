#include "core/archive/offer.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"

#include <ferry/kit/json.hpp>
#include <ferry/kit/media_types.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

std::string index_of(const std::vector<std::pair<std::string, TagCandidate>> &platforms, std::string_view type) {
    kit::JsonWriter out;
    out.begin_object().name("schemaVersion").natural(2).member("mediaType", type).name("manifests").begin_array();
    for (const auto &[name, one] : platforms) {
        const Platform &platform = one.manifest->platform;
        out.begin_object().member("mediaType", one.manifest->media_type);
        out.name("size").natural(one.manifest->json.size()).member("digest", one.digest);
        out.name("platform").begin_object().member("architecture", platform.architecture).member("os", platform.os);
        if (!platform.variant.empty()) out.member("variant", platform.variant);
        out.end_object().end_object();
    }
    out.end_array().end_object();
    return out.text();
}

} // namespace

TagChoice choose_tag(std::vector<TagCandidate> candidates) {
    std::sort(candidates.begin(), candidates.end(), [](const TagCandidate &a, const TagCandidate &b) {
        return a.modified_ns != b.modified_ns ? a.modified_ns > b.modified_ns : a.digest < b.digest;
    });
    const TagCandidate &newest = candidates.front();
    if (newest.manifest->is_index || newest.manifest->platform.os.empty())
        return {newest.digest, {}, newest.manifest->media_type};
    std::vector<std::pair<std::string, TagCandidate>> platforms;
    for (const TagCandidate &one : candidates) {
        if (one.manifest->is_index || one.manifest->platform.os.empty()) continue;
        const std::string name = normalized(one.manifest->platform).str();
        if (std::none_of(platforms.begin(), platforms.end(), [&](const auto &p) { return p.first == name; }))
            platforms.emplace_back(name, one);
    }
    if (platforms.size() == 1) return {newest.digest, {}, newest.manifest->media_type};
    std::sort(platforms.begin(), platforms.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    // Engines that know no OCI index have Docker manifests only.
    const bool docker = std::all_of(platforms.begin(), platforms.end(), [](const auto &p) {
        return p.second.manifest->media_type == kit::docker_manifest;
    });
    TagChoice made;
    made.media_type = std::string(docker ? kit::docker_list : kit::oci_index);
    made.index = index_of(platforms, made.media_type);
    made.digest = digest_of(made.index);
    return made;
}

Offer::Offer(std::vector<std::shared_ptr<const StoredArchive>> archives) : archives_(std::move(archives)) {
    std::map<std::string, std::map<std::string, std::vector<TagCandidate>>> tags;
    for (const auto &archive : archives_) {
        const Contents &contents = archive->contents;
        for (const StoredName &name : contents.names)
            tags[name.repository][name.tag].push_back(
                {name.digest, &contents.manifests.at(name.digest), archive->state.modified_ns});
        for (const StoredName &name : contents.names) {
            Repository &repository = repositories_[name.repository];
            for (const auto &[digest, manifest] : contents.manifests)
                repository.manifests_.emplace(digest, Manifest{manifest.media_type, &manifest.json, manifest.is_index});
            for (const auto &[digest, place] : contents.blobs) repository.blobs_.emplace(digest, Blob{archive, place});
        }
    }
    for (auto &[name, by_tag] : tags) {
        Repository &repository = repositories_[name];
        for (auto &[tag, candidates] : by_tag) {
            TagChoice choice = choose_tag(std::move(candidates));
            repository.tags_[tag] = choice.digest;
            if (choice.index.empty()) continue;
            made_.push_back(std::make_unique<std::string>(std::move(choice.index)));
            repository.manifests_.emplace(choice.digest, Manifest{choice.media_type, made_.back().get(), true});
        }
    }
    const auto alias = [this](const std::string &other, const std::string &name) {
        const auto [place, added] = aliases_.emplace(other, name);
        if (!added && place->second != name) place->second.clear();
    };
    for (const auto &[name, repository] : repositories_) {
        const auto slash = name.find('/');
        if (slash == name.npos) {
            alias("library/" + name, name);
            alias("docker.io/library/" + name, name);
        } else if (name.find('.') < slash) {
            alias(name.substr(slash + 1), name); // its host
        } else {
            alias("docker.io/" + name, name);
        }
    }
}

const Offer::Repository *Offer::find(const std::string &name, const std::string &ns) const {
    const auto by_name = [this](const std::string &text) -> const Repository * {
        const auto found = repositories_.find(text);
        return found == repositories_.end() ? nullptr : &found->second;
    };
    if (!ns.empty() && ns != "docker.io")
        if (const Repository *found = by_name(ns + '/' + name)) return found;
    if (const Repository *found = by_name(name)) return found;
    const auto known = aliases_.find(name);
    return known == aliases_.end() || known->second.empty() ? nullptr : by_name(known->second);
}

const Offer::Manifest *Offer::plain(const Repository &repository, const Manifest &index) const {
    const Manifest *first = nullptr;
    const auto parsed = parse_manifest(*index.json, index.media_type, "an index");
    for (const Index::Entry &entry : std::get<Index>(parsed).entries) {
        const Manifest *one = repository.manifest(entry.descriptor.digest);
        if (!one || one->is_index || entry.attestation) continue;
        if (entry.platform == Platform{"linux", "amd64", ""}) return one;
        if (!first) first = one;
    }
    return first;
}

const Offer::Manifest *Offer::Repository::manifest(const std::string &digest) const {
    const auto found = manifests_.find(digest);
    return found == manifests_.end() ? nullptr : &found->second;
}

const Offer::Blob *Offer::Repository::blob(const std::string &digest) const {
    const auto found = blobs_.find(digest);
    return found == blobs_.end() ? nullptr : &found->second;
}

} // namespace ferry::core
