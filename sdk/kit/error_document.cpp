#include <ferry/kit/error_document.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/utf8.hpp>

namespace ferry::kit {

std::string ErrorDocument::words() const {
    return code.empty() || message.empty() ? code + message : code + ", " + message;
}

ErrorDocument error_document(std::string_view body) {
    try {
        JsonLimits limits;
        limits.bytes = most_error_bytes;
        const Json document = Json::parse(std::string(body), limits);
        if (const auto errors = document.find("errors"); errors && !errors->items().empty()) {
            const Json first = errors->items().front();
            return {one_line(first.string_of("code"), 100), one_line(first.string_of("message"), 200)};
        }
        for (const char *name : {"details", "error_description", "message", "error"})
            if (const std::string text = document.string_of(name); !text.empty()) return {{}, one_line(text, 200)};
    } catch (const JsonError &) { // a page of a proxy, or nothing at all
    }
    return {};
}

std::string one_line(std::string_view text, std::size_t most) {
    // Control characters are U+0000 to U+001F, U+007F and, of two bytes, U+0080 to U+009F.
    std::string out;
    for (const std::string valid = valid_utf8(text.substr(0, most + 4)); out.size() < valid.size();) {
        const std::string_view rest = std::string_view(valid).substr(out.size());
        const auto first = static_cast<unsigned char>(rest[0]);
        const bool c1 = first == 0xC2 && static_cast<unsigned char>(rest[1]) < 0xA0;
        const std::size_t length = utf8_length(rest);
        out += first < 0x20 || first == 0x7F || c1 ? std::string(length, ' ') : std::string(rest.substr(0, length));
    }
    if (text.size() <= most && out.size() <= most) return out;
    constexpr std::string_view dots = "...";
    out.resize(utf8_prefix(out, most - dots.size()));
    return out.append(dots);
}

} // namespace ferry::kit
