// Image references as users type them: [registry/]repository[:tag][@digest] (distribution/reference grammar).
#pragma once

#include <ferry/kit/url.hpp>

#include <string>
#include <string_view>

namespace ferry::core {

struct Reference {
    kit::RegistryAddress registry; // with its scheme where one was typed: http is plain, https never is
    std::string repository;        // as typed: the backend completes it
    std::string tag;               // "latest" when neither tag nor digest was typed
    std::string digest;            // empty when none was typed
    std::string name;              // what the user typed, without tag and digest
    bool default_host = false;     // the name carried no host

    // registry/repository:tag@digest
    std::string str() const;
    // What its manifest is asked for by: the digest, or else the tag.
    const std::string &tag_or_digest() const noexcept { return digest.empty() ? tag : digest; }
};

// `default_registry` serves names that carry no host: [http://|https://]host[:port][/]. Throws Error(usage) with the
// part that is wrong.
Reference parse_reference(std::string_view text, std::string_view default_registry);

bool valid_tag(std::string_view tag) noexcept;

// What an archive calls the image that the user typed so, as `docker load` takes it: NAME:TAG. Throws Error(usage).
std::string archive_name(const Reference &typed);
// The same for NAME[:TAG] given by --tag, completed with `tag` (or "latest").
std::string archive_name(std::string_view text, std::string_view tag);

// The file name of an archive: repository (Hub's library/ dropped, '/' as '_'), tag and architecture, safe on every
// file system: <repository>_<tag>_<arch><suffix>.
std::string archive_file_name(const Reference &reference, std::string_view architecture, std::string_view suffix);

} // namespace ferry::core
