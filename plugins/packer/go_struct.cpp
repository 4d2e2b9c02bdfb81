#include "go_struct.h"

#include <ferry/text.hpp>

namespace packer::go {

[[noreturn]] void refuse(const std::string &at, const char *wanted) {
    throw ferry::kit::JsonError(
        ferry::say("{} is not {}", at.empty() ? ferry::say("the config") : at, ferry::say(wanted)));
}

void take(const Json &value, std::string &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::string)) refuse(at, ferry::later("a string"));
    into = *value.string();
}
void take(const Json &value, bool &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::boolean)) refuse(at, ferry::later("true or false"));
    into = *value.boolean();
}
void take(const Json &value, std::int64_t &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    const auto number = value.integer();
    if (!number) refuse(at, ferry::later("a whole number"));
    into = *number;
}
void take(const Json &value, Time &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    const auto time = value.is(Json::Kind::string) ? go_time(*value.string()) : std::nullopt;
    if (!time) refuse(at, ferry::later("a date as in RFC 3339"));
    into.text = *time;
}
void take(const Json &value, Slice &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::array)) refuse(at, ferry::later("a list of strings"));
    std::vector<std::string> list;
    for (const Json &item : value.items()) {
        const std::size_t index = list.size();
        take(item, list.emplace_back(), at + '[' + std::to_string(index) + ']');
    }
    into = std::move(list);
}
void take(const Json &value, StrSlice &into, const std::string &at) {
    if (value.is(Json::Kind::string)) {
        static_cast<Slice &>(into) = std::vector<std::string>{*value.string()};
    } else {
        take(value, static_cast<Slice &>(into), at);
    }
}
void take(const Json &value, Set &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object of empty objects"));
    if (!into) into.emplace();
    for (const auto &[name, member] : value.members()) {
        if (!member.is(Json::Kind::object) && !member.is(Json::Kind::null))
            refuse(at + '.' + name, ferry::later("an object"));
        into->insert(name);
    }
}
void take(const Json &value, Map &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object of strings"));
    if (!into) into.emplace();
    for (const auto &[name, member] : value.members()) {
        std::string text;
        take(member, text, at + '.' + name);
        (*into)[name] = text;
    }
}

void put(const std::string &value, JsonWriter &out) {
    out.string(value);
}
void put(bool value, JsonWriter &out) {
    out.boolean(value);
}
void put(std::int64_t value, JsonWriter &out) {
    out.integer(value);
}
void put(const Time &value, JsonWriter &out) {
    out.string(value.text);
}
void put(const Slice &value, JsonWriter &out) {
    if (!value) return void(out.null());
    out.begin_array();
    for (const std::string &text : *value) out.string(text);
    out.end_array();
}
void put(const Set &value, JsonWriter &out) {
    if (!value) return void(out.null());
    out.begin_object();
    for (const std::string &name : *value) out.name(name).begin_object().end_object();
    out.end_object();
}
void put(const Map &value, JsonWriter &out) {
    if (!value) return void(out.null());
    out.begin_object();
    for (const auto &[name, text] : *value) out.member(name, text);
    out.end_object();
}

bool empty(const std::string &value) noexcept {
    return value.empty();
}
bool empty(bool value) noexcept {
    return !value;
}
bool empty(std::int64_t value) noexcept {
    return value == 0;
}
bool empty(const Slice &value) noexcept {
    return !value || value->empty();
}
bool empty(const Set &value) noexcept {
    return !value || value->empty();
}

} // namespace packer::go
