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

void put(const std::string &value, std::string &out) {
    out += go_string(value);
}
void put(bool value, std::string &out) {
    out += value ? "true" : "false";
}
void put(std::int64_t value, std::string &out) {
    out += std::to_string(value);
}
void put(const Time &value, std::string &out) {
    out += go_string(value.text);
}
void put(const Slice &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    out += '[';
    for (std::size_t i = 0; i < value->size(); ++i) out += (i ? "," : "") + go_string((*value)[i]);
    out += ']';
}
void put(const Set &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    out += '{';
    for (const std::string &name : *value) out += (out.back() == '{' ? "" : ",") + go_string(name) + ":{}";
    out += '}';
}
void put(const Map &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    const char *comma = "";
    out += '{';
    for (const auto &[name, text] : *value) {
        out += comma + go_string(name) + ':' + go_string(text);
        comma = ",";
    }
    out += '}';
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
