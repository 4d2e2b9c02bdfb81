#include "core/base/json.h"

#include <ferry/text.hpp>

namespace ferry::core {

Json Json::parse(std::string_view text, const Text &what, std::size_t limit, Kind blame) {
    const auto source = std::make_shared<const Source>(Source{what, blame});
    if (text.size() > limit) throw Error(blame, say("{} is longer than {} bytes", source->what, limit));
    kit::JsonLimits limits;
    limits.bytes = limit;
    std::optional<kit::Json> value;
    try {
        value = kit::Json::parse(std::string(text), limits);
    } catch (const kit::JsonError &e) {
        throw Error(blame, e.too_large ? say("{} is too much to read: {}", source->what, e.why)
                                       : say("{} is not JSON: {}", source->what, e.why));
    }
    if (!value->is(kit::Json::Kind::object) && !value->is(kit::Json::Kind::array))
        throw Error(blame, say("{} is not a JSON object or array", source->what));
    return Json(*std::move(value), source);
}

void Json::wrong(const char *expected) const {
    throw Error(source_->blame, say("{} is not {}", path(), say(expected)));
}

Json Json::at(std::string_view key) const {
    if (!is_object()) wrong(later("an object"));
    auto member = find(key);
    if (!member) throw Error(source_->blame, say("{} has no \"{}\"", path(), key));
    return *std::move(member);
}

std::optional<Json> Json::find(std::string_view key) const {
    auto member = value_.find(key);
    return member ? std::optional(Json(*std::move(member), source_)) : std::nullopt;
}

Json::Items Json::items() const {
    if (!value_.is(kit::Json::Kind::array)) wrong(later("an array"));
    return {value_.items(), source_};
}

Json::Items Json::list(std::string_view key) const {
    if (!is_object()) wrong(later("an object"));
    const auto member = find(key);
    return member ? member->items() : Items(value_.items(), source_); // an object has none
}

std::map<std::string, Json> Json::entries() const {
    if (!is_object()) wrong(later("an object"));
    std::map<std::string, Json> entries;
    for (const auto &[name, value] : value_.members()) entries.insert_or_assign(name, Json(value, source_));
    return entries;
}

std::optional<Json> Json::entry(std::string_view key) const {
    auto value = value_.entry(key);
    return value && !value->is(kit::Json::Kind::null) ? std::optional(Json(*std::move(value), source_)) : std::nullopt;
}

std::string Json::string() const {
    auto text = value_.string();
    if (!text) wrong(later("a text"));
    return *std::move(text);
}

std::uint64_t Json::size() const {
    constexpr std::int64_t most = std::int64_t(1) << 53;
    const std::string_view literal = value_.literal();
    if (literal.empty() || literal.find_first_of(".eE") != literal.npos) wrong(later("a whole number"));
    const auto number = value_.integer();
    if (!number || *number < 0 || *number > most) wrong(later("a size from 0 to 2^53"));
    return static_cast<std::uint64_t>(*number);
}

std::string Json::string(std::string_view key, std::string_view otherwise) const {
    const auto member = find(key);
    return member ? member->string() : std::string(otherwise);
}

} // namespace ferry::core
