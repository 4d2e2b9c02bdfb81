// What images in an archive are called, as repositories that a registry can offer. Pure.
#pragma once

#include <string>

namespace ferry::core {

struct StoredName {
    std::string repository; // as `ferry serve` offers it: debian, ghcr.io/a/b
    std::string tag;
    std::string digest; // of a manifest in the archive
    bool operator==(const StoredName &) const = default;
};

// The repository that an archive's name for an image becomes: without docker.io, library/, localhost, and without a
// host that has a port, which no repository can have in it. False for what is not a name.
bool stored_name(const std::string &name, std::string &repository, std::string &tag);

// A file name as a repository: what no repository may have becomes a hyphen.
std::string repository_of_file(const std::string &stem);

} // namespace ferry::core
