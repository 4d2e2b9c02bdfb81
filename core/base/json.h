// A document of somebody else's as core reads it: ferry::kit::Json, read as Go reads it, with errors that say where.
//
// Digests are never computed over anything but the bytes received: this view is for reading values only. Members are
// found as Go finds them (kit/json.hpp, find): in any case, the last of several, null like absent. Thread-safe once
// made; values keep their document alive.
#pragma once

#include "core/base/error.h"

#include <ferry/kit/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::core {

class Json {
public:
    class Items;

    // Throws Error(`blame`) "`what` is not JSON: ..." on anything but one well-formed document of at most `limit` bytes
    // and of kit::JsonLimits, whose top is an object or an array. `blame` is the kind of all errors of its values as
    // well: integrity for what was verified, or lies in a file.
    static Json parse(std::string_view text, const Text &what, std::size_t limit = 4 << 20, Kind blame = Kind::network);

    bool is_object() const noexcept { return value_.is(kit::Json::Kind::object); }
    bool is_null() const noexcept { return value_.is(kit::Json::Kind::null); }
    bool has(std::string_view key) const { return value_.find(key).has_value(); }

    // The member; throws Error naming its path when it is absent or this is not an object.
    Json at(std::string_view key) const;
    std::optional<Json> find(std::string_view key) const; // absent or null: none
    Items items() const;                                  // of an array, made while one walks over them
    Items list(std::string_view key) const;               // of that member, an array; absent or null: none
    // Of an object whose names are data, as Go's maps have them: to the letter, each once, nulls among the values.
    std::map<std::string, Json> entries() const;
    std::optional<Json> entry(std::string_view key) const; // one of them; absent or null: none

    std::string string() const;
    std::uint64_t size() const; // an integer from 0 to 2^53

    // The text member, or `otherwise` when it is absent or null.
    std::string string(std::string_view key, std::string_view otherwise = {}) const;

    // For errors: manifest.layers[2].digest
    Text path() const { return source_->what + value_.path(); }

private:
    struct Source {
        Text what;
        Kind blame;
    };
    Json(kit::Json value, std::shared_ptr<const Source> source)
        : value_(std::move(value)), source_(std::move(source)) {}
    [[noreturn]] void wrong(const char *expected) const;

    kit::Json value_;
    std::shared_ptr<const Source> source_;
};

class Json::Items {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Json;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Json;
        Json operator*() const { return Json(*at_, source_); }
        Iterator &operator++() noexcept {
            ++at_;
            return *this;
        }
        bool operator==(const Iterator &other) const noexcept { return at_ == other.at_; }

    private:
        friend class Items;
        Iterator(kit::Json::Items::Iterator at, std::shared_ptr<const Source> source)
            : at_(std::move(at)), source_(std::move(source)) {}
        kit::Json::Items::Iterator at_;
        std::shared_ptr<const Source> source_;
    };
    using value_type = Json;
    using const_iterator = Iterator;

    Iterator begin() const { return {items_.begin(), source_}; }
    Iterator end() const { return {items_.end(), source_}; }
    bool empty() const noexcept { return items_.empty(); }
    std::size_t size() const noexcept { return items_.size(); } // walks
    Json front() const { return Json(items_.front(), source_); }
    Json operator[](std::size_t index) const { return Json(items_[index], source_); } // walks

private:
    friend class Json;
    Items(kit::Json::Items items, std::shared_ptr<const Source> source)
        : items_(std::move(items)), source_(std::move(source)) {}
    kit::Json::Items items_;
    std::shared_ptr<const Source> source_;
};

} // namespace ferry::core
