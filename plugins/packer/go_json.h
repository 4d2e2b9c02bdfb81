// JSON as Go's encoding/json writes it, and so Docker its documents: its v1 layer ids are digests of JSON that Go
// wrote, so its rules have to be met to the byte. Documents are read with <ferry/kit/json.hpp>. Source: Go 1.19,
// encoding/json (encode.go) and time.Time.UnmarshalJSON. All functions are pure.
#pragma once

#include <ferry/kit/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace packer {

// Writes strings as Go does: <, >, &, U+2028, U+2029 and control characters escaped, invalid UTF-8 as \ufffd.
struct GoWriter : ferry::kit::JsonWriter {
    GoWriter() : JsonWriter(ferry::kit::JsonEscapes::html) {}
};

// How time.Time writes the RFC 3339 date `text` that it has read: trailing zeros of the fraction dropped, at most nine
// digits of it, +00:00 as Z. Nothing when Go would not read it.
std::optional<std::string> go_time(std::string_view text);

} // namespace packer
