// The manifests that an index leads to, and which of them may be the image that is wanted.
#pragma once

#include "core/registry/child_manifests.h"

#include <optional>
#include <vector>

namespace ferry::core {

// No index lies deeper below another one.
constexpr int deepest_index = 4;
// The failure where one does.
Error endless_indexes(const std::string &name);

// An image manifest that an index leads to.
struct Leaf {
    Descriptor descriptor;
    Platform platform;    // empty os or architecture: its config says
    bool special = false; // Index::Entry::special
};

// What an index leads to.
struct Leaves {
    std::vector<Leaf> all;
    std::optional<Error> missing = {}; // why an index below could not be opened, so that something may be left out
};

// Are indexes within an index opened? Most pulls need none.
enum class Nested { passed_over, opened };

// The manifests below an index, attestations left out, each once for a platform. Throws Error; not where an index below
// is gone or is something else.
Leaves collect_leaves(ChildManifests &children, const Index &index, Nested nested);

// The places of the leaves that may serve `wanted`, in the order in which they are to be tried: what says so and is
// nothing special, what leaves its platform open, what is special (pure).
std::vector<std::size_t> candidates(const Platform &wanted, const std::vector<Leaf> &leaves);

} // namespace ferry::core
