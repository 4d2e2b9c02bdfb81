// A bounded, read-only view of a JSON document (RFC 8259) over Poco::JSON, whose errors say where.
//
// Integers are exact or an error; a NUL in a text is an error; nesting is bounded. Digests are never computed over
// anything but the bytes received: this view is for reading values only. Thread-safe once made.
#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::core {

class Json {
public:
    // Throws Error(network) "`what` is not JSON: ..." on anything but one well-formed document of at most `limit`
    // bytes whose top is an object or an array.
    static Json parse(std::string_view text, std::string_view what, std::size_t limit = 4 << 20);

    bool is_object() const;
    bool is_array() const;
    bool has(const std::string &key) const;

    // The member; throws Error naming its path when it is absent or this is no object.
    Json at(const std::string &key) const;
    std::optional<Json> find(const std::string &key) const; // absent or null: none
    std::vector<Json> items() const;                        // of an array
    std::vector<std::string> keys() const;                  // of an object

    std::string string() const;
    std::uint64_t size() const; // an integer from 0 to 2^53

    // The text member, or `otherwise` when it is absent or null.
    std::string string(const std::string &key, std::string_view otherwise = {}) const;

private:
    Json(Poco::Dynamic::Var value, std::string path) : value_(std::move(value)), path_(std::move(path)) {}
    [[noreturn]] void wrong(const char *expected) const;

    Poco::Dynamic::Var value_;
    std::string path_; // manifest.layers[2].digest
};

} // namespace ferry::core
