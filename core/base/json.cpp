#include "core/base/json.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>

namespace ferry::core {

namespace {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;

template <class T> const T *as(const Poco::Dynamic::Var &value) {
    return value.type() == typeid(T) ? &value.extract<T>() : nullptr;
}

// What Poco reads wrongly without a word: a key is cut at an escaped NUL, so that two different ones read as one, and
// an integer beyond 64 bits becomes another number. Returns what is wrong, or null.
const char *misread(std::string_view text) {
    constexpr std::size_t most_digits = 19;
    bool quoted = false;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\0') return later("it holds a NUL character");
        if (quoted) {
            if (c == '"') quoted = false;
            if (c != '\\') continue;
            if (text.substr(i, 6) == "\\u0000") return later("it holds a NUL character");
            ++i; // whatever is escaped, a quote or backslash too
        } else if (c >= '0' && c <= '9') {
            if (++digits > most_digits) return later("it holds a number of too many digits");
        } else {
            digits = 0;
            quoted = c == '"';
        }
    }
    return nullptr;
}

} // namespace

Json Json::parse(std::string_view text, std::string_view what, std::size_t limit) {
    const std::string name(what);
    if (text.size() > limit) throw Error(Kind::network, say("{} is longer than {} bytes", name, limit));
    if (const char *why = misread(text))
        throw Error(Kind::network, say("{} is not acceptable JSON: {}", name, translated(why)));
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(64);
        const Poco::Dynamic::Var value = parser.parse(std::string(text));
        if (!as<Object>(value) && !as<Array>(value))
            throw Error(Kind::network, say("{} is not a JSON object or array", name));
        return Json(value, name);
    } catch (const Error &) {
        throw;
    } catch (const Poco::Exception &e) {
        throw Error(Kind::network, say("{} is not JSON: {}", name, e.message().empty() ? e.name() : e.message()));
    } catch (const std::exception &e) {
        throw Error(Kind::network, say("{} is not JSON: {}", name, e.what()));
    }
}

void Json::wrong(const char *expected) const {
    throw Error(Kind::network, say("{} is not {}", path_, translated(expected)));
}

bool Json::is_object() const {
    return as<Object>(value_) != nullptr;
}
bool Json::is_array() const {
    return as<Array>(value_) != nullptr;
}

bool Json::has(const std::string &key) const {
    const Object *object = as<Object>(value_);
    return object && (*object)->has(key) && !(*object)->isNull(key);
}

Json Json::at(const std::string &key) const {
    if (!is_object()) wrong(later("an object"));
    if (!has(key)) throw Error(Kind::network, say("{} has no \"{}\"", path_, key));
    return Json((*as<Object>(value_))->get(key), path_ + "." + key);
}

std::optional<Json> Json::find(const std::string &key) const {
    return has(key) ? std::optional<Json>(at(key)) : std::nullopt;
}

std::vector<Json> Json::items() const {
    const Array *array = as<Array>(value_);
    if (!array) wrong(later("an array"));
    std::vector<Json> items;
    for (std::size_t i = 0; i < (*array)->size(); ++i)
        items.push_back(Json((*array)->get(static_cast<unsigned>(i)), path_ + "[" + std::to_string(i) + "]"));
    return items;
}

std::vector<std::string> Json::keys() const {
    const Object *object = as<Object>(value_);
    if (!object) wrong(later("an object"));
    std::vector<std::string> keys;
    for (const auto &member : **object) keys.push_back(member.first);
    return keys;
}

std::string Json::string() const {
    const std::string *text = as<std::string>(value_);
    if (!text) wrong(later("a text"));
    return *text;
}

std::uint64_t Json::size() const {
    constexpr std::int64_t most = std::int64_t(1) << 53;
    if (!value_.isInteger() || value_.type() == typeid(bool)) wrong(later("a whole number"));
    std::int64_t number = -1;
    try {
        number = value_.convert<std::int64_t>();
    } catch (const Poco::Exception &) { // beyond 64 bits
    }
    if (number < 0 || number > most) wrong(later("a size from 0 to 2^53"));
    return static_cast<std::uint64_t>(number);
}

std::string Json::string(const std::string &key, std::string_view otherwise) const {
    const auto member = find(key);
    return member ? member->string() : std::string(otherwise);
}

} // namespace ferry::core
