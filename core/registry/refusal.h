// What a refusal says to the user: that of a registry, and the pages by which servers, proxies and networks answer
// instead of one.
#pragma once

#include "core/registry/backend.h"

#include <string>
#include <string_view>

namespace ferry::core {

// What was asked for, of whom, and for whom.
struct Asked {
    std::string base_url; // of the endpoint
    std::string repository;
    std::string username; // of the login that was offered there, or empty
    Text what;            // "the manifest of registry.example/team/app:1"
};

// The failure behind an answer that is not the one that was wanted; `backend` is asked what it means there.
Error refusal_of(const HttpReply &reply, const Asked &asked, const Backend &backend);

// Is that body one of HTML or XML (pure)? No answer of the distribution API is.
bool is_markup(std::string_view body) noexcept;

// The failure when such a page came with 200, as login pages of networks and proxies do it (pure).
Error page_instead_of(const Text &what, const std::string &by);

} // namespace ferry::core
