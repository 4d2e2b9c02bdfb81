// What else a registry has: the tags of a repository, and repositories by a search.
#pragma once

#include "core/registry/access.h"

namespace ferry::core {

template <class Item> struct Listed {
    std::vector<Item> items;
    bool cut = false; // there are more than were asked for
};

// The tags of the repository, `limit` 0: all. The backend's own list in its order, where it has one and no mirror
// stands before it, else tags/list, sorted. Throws Error.
Listed<ferry::Tag> list_tags(const Operation &operation, Repository &repository, std::size_t limit);

// Repositories of `registry` (host[:port], with http:// where that was typed) whose name or description fits `query`;
// an empty one asks for all. The backend's search, else the registry's catalog. Throws Error.
Listed<ferry::SearchHit> search_registry(const Operation &operation, Access &access,
                                         const kit::RegistryAddress &registry, const std::string &query,
                                         std::size_t limit);

} // namespace ferry::core
