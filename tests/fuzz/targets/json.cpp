// Documents of any kind, as the kit reads and writes them. "*TEXT" is an array of TEXT again and again: 16 KiB, and
// 4 MiB where the sum of its bytes is a multiple of 256, as that of some kept inputs is. All would take too much
// time: a document of 4 MiB takes half a second and more with the sanitizers.
#include "fuzz.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/utf8.hpp>

#include <optional>

using namespace ferry;
using kit::Json;

namespace {

constexpr std::size_t most_bytes = 4 << 20;

std::string repeated(std::string_view item) {
    unsigned sum = 0;
    for (const char c : item) sum += static_cast<unsigned char>(c);
    std::string text = "[";
    while (text.size() + item.size() + 1 < (sum % 256 ? 16 << 10 : most_bytes)) text.append(item).append(",");
    text.back() = ']';
    return text;
}

std::optional<Json> parsed(const std::string &text) {
    kit::JsonLimits limits;
    limits.bytes = most_bytes;
    try {
        return Json::parse(text, limits);
    } catch (const kit::JsonError &error) {
        HOLDS(*error.what());
        return std::nullopt;
    }
}

std::string written(const Json &value, kit::JsonEscapes escapes) {
    std::string text = kit::JsonWriter(escapes).value(value).text();
    HOLDS(valid_utf8(text) == text);
    return text;
}

// What holds of every value. Some of it takes time with the square of the size.
void check(const Json &value, bool small) {
    std::size_t items = 0;
    for (const Json &item : value.items()) {
        if (small) HOLDS(item.path() == value.path() + '[' + std::to_string(items) + ']');
        if (small) HOLDS(value.items()[items].same_place(item));
        check(item, small);
        ++items;
    }
    HOLDS(value.items().size() == items && (items == 0) == value.items().empty());
    HOLDS(items == 0 || value.is(Json::Kind::array));
    for (const auto &[name, member] : value.members()) {
        HOLDS(value.is(Json::Kind::object) && valid_utf8(name) == name);
        if (small) {
            HOLDS(member.path() == value.path() + '.' + name);
            std::optional<Json> last; // of those with this name
            for (const auto &[other, its] : value.members())
                if (other == name) last = its;
            const auto entry = value.entry(name);
            HOLDS(entry && entry->same_place(*last));
        }
        check(member, small);
    }
    HOLDS(value.string().has_value() == value.is(Json::Kind::string));
    HOLDS(value.boolean().has_value() == value.is(Json::Kind::boolean));
    HOLDS(value.literal().empty() != value.is(Json::Kind::number));
    if (const auto text = value.string()) HOLDS(valid_utf8(*text) == *text);
    if (const auto number = value.integer())
        HOLDS(std::to_string(*number) == value.literal() || (*number == 0 && value.literal() == "-0"));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    const std::string text = size > 1 && input[0] == '*' ? repeated(input.substr(1)) : std::string(input);
    if (const auto document = parsed(text)) {
        HOLDS(document->memory() <= text.size() + 8 * (text.size() / 2 + 1) + 256);
        if (text.size() > 64 << 10) return 0; // the rest is the same, and takes seconds here
        const std::string plain = written(*document, kit::JsonEscapes::fewest);
        const auto again = parsed(plain);
        // What was invalid UTF-8 has grown.
        HOLDS(again || plain.size() > most_bytes);
        if (again) {
            HOLDS(again->kind() == document->kind() && written(*again, kit::JsonEscapes::fewest) == plain);
            const std::string html = written(*document, kit::JsonEscapes::html);
            const auto third = parsed(html);
            HOLDS(third ? written(*third, kit::JsonEscapes::fewest) == plain : html.size() > most_bytes);
        }
        if (text.size() < 4096) check(*document, text.size() < 512);
    }
    const kit::ErrorDocument said = kit::error_document(text);
    HOLDS(said.code.size() <= 100 && said.message.size() <= 200);
    const std::string words = said.words();
    HOLDS(valid_utf8(words) == words && words.find_first_of("\n\r\x1b\x7f") == words.npos);
    HOLDS(Json::parse(kit::json_quoted(input.substr(0, 4096))).string() == valid_utf8(input.substr(0, 4096)));
    return 0;
}
