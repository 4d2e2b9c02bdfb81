#include "core/registry/whole_index.h"

#include "core/registry/image_of_manifest.h"
#include "core/registry/index_leaves.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace ferry::core {

namespace {

class WholeIndex {
public:
    explicit WholeIndex(ChildManifests &children) : children_(children) {}

    // Throws Error where something of it is missing or cannot be kept.
    std::vector<Image> take(const Index &index, const std::string &digest, std::string body) {
        add(index, digest, std::move(body));
        const bool any =
            std::any_of(images_.begin(), images_.end(), [](const Image &image) { return !image.attachment; });
        const std::string name = children_.repository().reference().str();
        if (!any)
            throw Error(Kind::not_found, say("{} holds no image for any platform", name),
                        say("the index is empty, or holds only what describes images: tell its publisher"));
        for (const auto &[inner, first] : below_)
            if (!first) // packers get indexes with the images they lead to
                throw Error(Kind::integrity, say("the index {} of {} leads to nothing", inner, name), one_platform());
        return std::move(images_);
    }

private:
    static Text one_platform() {
        return say("an archive of all platforms would have a hole; take one platform: -a amd64, for example");
    }

    // The first image below the index: its place, or nothing.
    std::optional<std::size_t> add(const Index &index, const std::string &digest, std::string body) {
        children_.keep(body.size());
        const std::uint64_t size = body.size();
        path_.push_back(
            std::make_shared<IndexDocument>(IndexDocument{{digest, index.media_type, size, {}}, std::move(body)}));
        if (path_.size() > deepest_index + 1) throw endless_indexes(children_.repository().reference().str());
        std::optional<std::size_t> first;
        for (const Index::Entry &entry : index.entries) {
            const auto found = add(entry);
            if (!first) first = found;
        }
        path_.pop_back();
        below_[digest] = first;
        return first;
    }

    std::optional<std::size_t> add(const Index::Entry &entry) {
        const std::string &digest = entry.descriptor.digest;
        if (const auto image = place_.find(digest); image != place_.end()) return again(image->second, 0);
        if (const auto inner = below_.find(digest); inner != below_.end())
            return inner->second ? std::optional(again_below(digest, *inner->second)) : std::nullopt;
        auto document = fetch(entry);
        if (auto *inner = std::get_if<InnerIndex>(&document)) return add(inner->index, digest, std::move(inner->body));
        Image &image = std::get<Image>(document);
        children_.keep(image.manifest_json.size() + image.config_json.size());
        place_[digest] = images_.size();
        return put(std::move(image));
    }

    struct InnerIndex {
        Index index;
        std::string body;
    };
    std::variant<InnerIndex, Image> fetch(const Index::Entry &entry) {
        try {
            HttpReply reply = children_.fetch(entry.descriptor, entry.platform);
            auto parsed = children_.read(reply, entry.descriptor, Artifacts::allowed);
            if (auto *index = std::get_if<Index>(&parsed)) return InnerIndex{std::move(*index), std::move(reply.body)};
            Manifest &manifest = std::get<Manifest>(parsed);
            manifest.artifact |= entry.attestation;
            return image_of_manifest(children_.operation(), children_.repository(), manifest, entry.descriptor.digest,
                                     entry.platform, std::move(reply.body), Artifacts::allowed);
        } catch (Error &e) {
            if ((e.kind() == Kind::not_found || e.kind() == Kind::integrity) && !children_.spent())
                e.remedy = one_platform();
            throw;
        }
    }

    // An index that is listed by another one, too: the image at `first` shows the way below it.
    std::size_t again_below(const std::string &digest, std::size_t first) {
        const auto &way = images_[first].indexes;
        const auto from =
            std::find_if(way.begin(), way.end(), [&](const auto &one) { return one->blob.digest == digest; });
        return again(first, static_cast<std::size_t>(from - way.begin()));
    }

    // The image of that place under path_, and under its own path from `from` on, unless all these indexes were carried
    // before. Returns its place there.
    std::size_t again(std::size_t place, std::size_t from) {
        auto way = path_;
        const auto &own = images_[place].indexes;
        if (from) way.insert(way.end(), own.begin() + std::ptrdiff_t(from), own.end());
        if (std::all_of(way.begin(), way.end(), [&](const auto &one) { return carried_.count(one->blob.digest); }))
            return place;
        Image image = images_[place];
        children_.keep(image.manifest_json.size() + image.config_json.size());
        path_.swap(way);
        const std::size_t added = put(std::move(image));
        path_.swap(way);
        return added;
    }

    std::size_t put(Image image) {
        image.indexes = path_;
        for (const auto &index : path_) carried_.insert(index->blob.digest);
        images_.push_back(std::move(image));
        return images_.size() - 1;
    }

    ChildManifests &children_;
    std::vector<Image> images_;
    std::vector<std::shared_ptr<const IndexDocument>> path_;
    std::set<std::string> carried_;                           // indexes that an image leads to
    std::map<std::string, std::size_t> place_;                // of images by their digest
    std::map<std::string, std::optional<std::size_t>> below_; // by the digest of an index: the first image below it
};

} // namespace

std::vector<Image> images_below(ChildManifests &children, const Index &index, const std::string &digest,
                                std::string body) {
    return WholeIndex(children).take(index, digest, std::move(body));
}

} // namespace ferry::core
