// What people type where an image name belongs and is none: logins, web pages, other programs' ways to write it. Pure.
#pragma once

#include <ferry/text.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ferry::core {

// Does an address hold a user name or password: https://me:secret@host/app, token@host/app? What follows the @ of an
// image name is a digest.
bool holds_login(std::string_view text);

// `text` for a message: whatever may be a login is "***".
std::string without_login(std::string_view text);

// Why a text cannot be an image name, and the name that was probably meant (empty: nobody knows).
struct Mistyped {
    Text why;
    std::string meant;
};
// Nothing where nothing speaks against it: then the grammar decides.
std::optional<Mistyped> mistyped(std::string_view text);

} // namespace ferry::core
