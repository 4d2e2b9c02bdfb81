#include "core/registry/index_leaves.h"

#include "core/registry/image_of_manifest.h"

#include <ferry/text.hpp>

#include <set>
#include <string>

namespace ferry::core {

namespace {

// More than one index of the largest size can list.
constexpr std::size_t most_leaves = 50'000;

class LeafCollector {
public:
    LeafCollector(ChildManifests &children, Nested nested) : children_(children), nested_(nested) {}

    void add(const Index &index, int depth = 0) {
        if (depth > deepest_index) throw endless_indexes(name());
        for (const Index::Entry &entry : index.entries) {
            if (entry.attestation) continue;
            if (!entry.is_index)
                add_leaf(entry);
            else if (nested_ == Nested::opened && seen_.insert(entry.descriptor.digest).second)
                open(entry, depth);
        }
    }
    Leaves take() { return std::move(leaves_); }

private:
    std::string name() const { return children_.repository().reference().str(); }

    void add_leaf(const Index::Entry &entry) {
        if (!seen_.insert(entry.descriptor.digest + ' ' + entry.platform.str()).second) return;
        if (leaves_.all.size() == most_leaves)
            throw Error(Kind::integrity, say("{} lists more than {} manifests", name(), most_leaves));
        leaves_.all.push_back({entry.descriptor, entry.platform, entry.special});
    }

    // An entry that is called an index.
    void open(const Index::Entry &entry, int depth) {
        const auto document = read(entry);
        if (!document) return;
        if (const auto *inner = std::get_if<Index>(&*document))
            add(*inner, depth + 1);
        else
            leaves_.all.push_back({entry.descriptor, entry.platform, entry.special});
    }

    // Nothing where it is gone, or something else than its media type says.
    std::optional<std::variant<Index, Manifest>> read(const Index::Entry &entry) {
        HttpReply reply;
        try {
            reply = children_.fetch(entry.descriptor, entry.platform);
        } catch (const Error &e) {
            if (e.kind() != Kind::not_found) throw;
            children_.operation().log().warning(e.message);
            if (!leaves_.missing) leaves_.missing = e;
            return std::nullopt;
        }
        try {
            return children_.read(reply, entry.descriptor);
        } catch (const Error &e) {
            children_.operation().log().info(e.message);
            return std::nullopt;
        }
    }

    ChildManifests &children_;
    const Nested nested_;
    std::set<std::string> seen_;
    Leaves leaves_;
};

} // namespace

Error endless_indexes(const std::string &name) {
    return {Kind::integrity, say("{} has indexes within indexes without end", name)};
}

Leaves collect_leaves(ChildManifests &children, const Index &index, Nested nested) {
    LeafCollector collector(children, nested);
    collector.add(index);
    return collector.take();
}

std::vector<std::size_t> candidates(const Platform &wanted, const std::vector<Leaf> &leaves) {
    std::vector<Platform> offered;
    for (const Leaf &leaf : leaves) offered.push_back(leaf.platform);
    std::vector<std::size_t> order, open, special;
    for (const std::size_t place : rank_platforms(wanted, offered))
        if (says_platform(offered[place])) (leaves[place].special ? special : order).push_back(place);
    for (std::size_t i = 0; i < leaves.size(); ++i)
        if (!says_platform(offered[i])) (leaves[i].special ? special : open).push_back(i);
    order.insert(order.end(), open.begin(), open.end());
    order.insert(order.end(), special.begin(), special.end());
    return order;
}

} // namespace ferry::core
