// JSON by the rules of Go's encoding/json, in which Docker reads and writes image configs.
//
// Docker's v1 layer ids are digests of JSON that Go wrote, so its rules have to be met to the byte. Poco::JSON cannot
// serve here: it cuts keys at \u0000, reads 2^64 as 0, and refuses strings that Go repairs.
// Source: Go 1.19, encoding/json (decode.go, encode.go) and time.Time.UnmarshalJSON; RFC 8259. All functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace packer {

struct JsonError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A document as it stands: members in their order, repeated keys kept, numbers as they were written.
struct Json {
    enum class Kind { null, boolean, number, string, array, object };

    struct Member;

    Kind kind = Kind::null;
    bool truth = false;
    std::string text; // a string's value in valid UTF-8, or a number's literal
    std::vector<Json> items;
    std::vector<Member> members;

    bool is(Kind wanted) const noexcept { return kind == wanted; }
    // The last member of that name, as the last one wins; null when there is none or this is no object.
    const Json *find(std::string_view name) const noexcept;
    Json *find(std::string_view name) noexcept;
    // A number that is a whole int64, without fraction or exponent.
    std::optional<std::int64_t> integer() const noexcept;

    static Json string(std::string_view value);
    static Json integer(std::uint64_t value);
};

struct Json::Member {
    std::string name;
    Json value;
};

// Throws JsonError for what is no JSON, or is nested deeper than 256. Invalid UTF-8 and lone surrogates in strings
// become U+FFFD.
Json parse_json(std::string_view text);

// Compact, with strings as go_string writes them.
std::string write_json(const Json &value);

// A JSON string with quotes: <, >, &, U+2028, U+2029 and control characters escaped, invalid UTF-8 written as \ufffd.
std::string go_string(std::string_view text);

// How time.Time writes the RFC 3339 date `text` that it has read: trailing zeros of the fraction dropped, at most nine
// digits of it, +00:00 as Z. Nothing when Go would not read it.
std::optional<std::string> go_time(std::string_view text);

} // namespace packer
