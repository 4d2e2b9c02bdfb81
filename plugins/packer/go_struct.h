// Go structs as encoding/json reads and writes them: a table of members for each, over <ferry/kit/json.hpp>.
//
// What is of another type than the struct's is refused with a JsonError that names the member, in words for the user.
#pragma once

#include "go_json.h"

#include <ferry/kit/json.hpp>
#include <ferry/text.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace packer::go {

using ferry::kit::Json, ferry::kit::JsonWriter;

// Go's types as far as Docker's structs use them. What is optional here is nil there, and nil is not empty.
using Slice = std::optional<std::vector<std::string>>;
struct StrSlice : Slice {}; // strslice.StrSlice: a string alone is a list of one
using Set = std::optional<std::set<std::string>>;
using Map = std::optional<std::map<std::string, std::string>>;
struct Time {
    std::string text = "0001-01-01T00:00:00Z";
};

// One member of a Go struct with its tag.
template <class T> struct Field {
    const char *name;
    void (*take)(const Json &value, T &into, const std::string &at);
    void (*put)(const T &from, JsonWriter &out); // the value
    bool (*written)(const T &from);              // false: left out
};

template <class T> struct Fields {
    static const std::vector<Field<T>> all; // in the order of the Go struct
};

[[noreturn]] void refuse(const std::string &at, const char *wanted); // `wanted` is marked with later()

// Reads a value into what has its defaults; `at` is the path of the value.
void take(const Json &value, std::string &into, const std::string &at);
void take(const Json &value, bool &into, const std::string &at);
void take(const Json &value, std::int64_t &into, const std::string &at);
void take(const Json &value, Time &into, const std::string &at);
void take(const Json &value, Slice &into, const std::string &at);
void take(const Json &value, StrSlice &into, const std::string &at);
void take(const Json &value, Set &into, const std::string &at);
void take(const Json &value, Map &into, const std::string &at);

// Writes a value.
void put(const std::string &value, JsonWriter &out);
void put(bool value, JsonWriter &out);
void put(std::int64_t value, JsonWriter &out);
void put(const Time &value, JsonWriter &out);
void put(const Slice &value, JsonWriter &out);
void put(const Set &value, JsonWriter &out);
void put(const Map &value, JsonWriter &out);

// What omitempty leaves out.
bool empty(const std::string &value) noexcept;
bool empty(bool value) noexcept;
bool empty(std::int64_t value) noexcept;
bool empty(const Slice &value) noexcept;
bool empty(const Set &value) noexcept;

template <class T> void take_struct(const Json &value, T &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object"));
    for (const auto &[name, member] : value.members())
        for (const Field<T> &field : Fields<T>::all)
            if (ferry::kit::same_field(field.name, name)) field.take(member, into, at.empty() ? name : at + '.' + name);
}
template <class T> void take(const Json &value, std::optional<T> &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!into) into.emplace();
    take(value, *into, at);
}

template <class T> void put_struct(const T &value, JsonWriter &out) {
    out.begin_object();
    for (const Field<T> &field : Fields<T>::all)
        if (field.written(value)) field.put(value, out.name(field.name));
    out.end_object();
}
template <class T> void put(const std::optional<T> &value, JsonWriter &out) {
    put(*value, out);
}

template <class T> bool empty(const std::optional<T> &value) noexcept {
    return !value;
}

template <class> struct MemberOf;
template <class T, class V> struct MemberOf<V T::*> { using Struct = T; };
template <auto Member> using StructOf = typename MemberOf<decltype(Member)>::Struct;

template <auto Member> void take_member(const Json &value, StructOf<Member> &into, const std::string &at) {
    take(value, into.*Member, at);
}
template <auto Member> void put_member(const StructOf<Member> &from, JsonWriter &out) {
    put(from.*Member, out);
}
template <auto Member> constexpr Field<StructOf<Member>> always(const char *name) {
    return {name, take_member<Member>, put_member<Member>, [](const StructOf<Member> &) { return true; }};
}
template <auto Member> constexpr Field<StructOf<Member>> omitempty(const char *name) {
    return {name, take_member<Member>, put_member<Member>,
            [](const StructOf<Member> &from) { return !empty(from.*Member); }};
}
template <auto Member> constexpr Field<StructOf<Member>> read_only(const char *name) {
    return {name, take_member<Member>, nullptr, [](const StructOf<Member> &) { return false; }};
}

} // namespace packer::go
