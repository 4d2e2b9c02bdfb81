#include "go_json.h"

#include <ferry/text.hpp>

#include <charconv>
#include <utility>

namespace packer {
namespace {

constexpr std::size_t depth_limit = 256;
constexpr char32_t replacement = 0xFFFD;

void append_utf8(std::string &out, char32_t c) {
    const auto push = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        push(c);
    } else if (c < 0x800) {
        push(0xC0 | c >> 6);
        push(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        push(0xE0 | c >> 12);
        push(0x80 | (c >> 6 & 0x3F));
        push(0x80 | (c & 0x3F));
    } else {
        push(0xF0 | c >> 18);
        push(0x80 | (c >> 12 & 0x3F));
        push(0x80 | (c >> 6 & 0x3F));
        push(0x80 | (c & 0x3F));
    }
}

// The length of the valid UTF-8 sequence at the front of `text`, or 0: then Go replaces one byte.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    unsigned low = 0x80, high = 0xBF; // of the second byte: no overlong form, no surrogate, nothing above U+10FFFF
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
    }
    if (length == 0 || text.size() < length || at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    return length;
}

bool digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

class Reader {
public:
    explicit Reader(std::string_view text) noexcept : text_(text) {}

    Json document() {
        Json value = read(0);
        space();
        if (at_ != text_.size()) fail(ferry::later("something follows the document"));
        return value;
    }

private:
    [[noreturn]] void fail(const char *what) const {
        throw JsonError(ferry::say("no JSON: {} at byte {}", ferry::translated(what), at_));
    }
    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    void space() noexcept {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }
    bool take(char c) noexcept {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) fail(ferry::later("an unknown word"));
        at_ += expected.size();
    }

    Json read(std::size_t depth) {
        if (depth > depth_limit) fail(ferry::later("nested too deeply"));
        space();
        Json value;
        switch (peek()) {
        case '{': members(value, depth); break;
        case '[': items(value, depth); break;
        case '"':
            value.kind = Json::Kind::string;
            value.text = string();
            break;
        case 't':
            word("true");
            value.kind = Json::Kind::boolean;
            value.truth = true;
            break;
        case 'f':
            word("false");
            value.kind = Json::Kind::boolean;
            break;
        case 'n': word("null"); break;
        default: value.kind = Json::Kind::number; value.text = number();
        }
        return value;
    }

    void members(Json &value, std::size_t depth) {
        value.kind = Json::Kind::object;
        take('{');
        space();
        if (take('}')) return;
        do {
            space();
            std::string name = string();
            space();
            if (!take(':')) fail(ferry::later("':' expected"));
            value.members.push_back({std::move(name), read(depth + 1)});
            space();
        } while (take(','));
        if (!take('}')) fail(ferry::later("',' or '}' expected"));
    }

    void items(Json &value, std::size_t depth) {
        value.kind = Json::Kind::array;
        take('[');
        space();
        if (take(']')) return;
        do {
            value.items.push_back(read(depth + 1));
            space();
        } while (take(','));
        if (!take(']')) fail(ferry::later("',' or ']' expected"));
    }

    std::string number() {
        const std::size_t from = at_;
        const auto digits = [this] {
            if (!digit(peek())) fail(ferry::later("a value expected"));
            while (digit(peek())) ++at_;
        };
        take('-');
        if (!take('0')) digits();
        if (take('.')) digits();
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            digits();
        }
        return std::string(text_.substr(from, at_ - from));
    }

    std::string string() {
        if (!take('"')) fail(ferry::later("a string expected"));
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return out;
            }
            if (c == '\\') {
                ++at_;
                escape(out);
            } else if (static_cast<unsigned char>(c) < 0x20) {
                fail(ferry::later("a control character in a string"));
            } else if (const std::size_t length = utf8_length(text_.substr(at_))) {
                out += text_.substr(at_, length);
                at_ += length;
            } else {
                append_utf8(out, replacement);
                ++at_;
            }
        }
        fail(ferry::later("a string without end"));
    }

    void escape(std::string &out) {
        const char c = peek();
        ++at_;
        switch (c) {
        case '"':
        case '\\':
        case '/': out += c; return;
        case 'b': out += '\b'; return;
        case 'f': out += '\f'; return;
        case 'n': out += '\n'; return;
        case 'r': out += '\r'; return;
        case 't': out += '\t'; return;
        case 'u': break;
        default: --at_; fail(ferry::later("an unknown escape"));
        }
        char32_t unit = hex4();
        if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            const std::size_t back = at_;
            at_ += 2;
            const char32_t low = hex4();
            if (low >= 0xDC00 && low < 0xE000) {
                append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
                return;
            }
            at_ = back;
        }
        append_utf8(out, unit >= 0xD800 && unit < 0xE000 ? replacement : unit);
    }

    char32_t hex4() {
        unsigned value = 0;
        const char *from = text_.data() + at_;
        if (text_.size() - at_ < 4 || std::from_chars(from, from + 4, value, 16).ptr != from + 4)
            fail(ferry::later("four hexadecimal digits expected"));
        at_ += 4;
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

void write(std::string &out, const Json &value) {
    switch (value.kind) {
    case Json::Kind::null: out += "null"; break;
    case Json::Kind::boolean: out += value.truth ? "true" : "false"; break;
    case Json::Kind::number: out += value.text; break;
    case Json::Kind::string: out += go_string(value.text); break;
    case Json::Kind::array:
        out += '[';
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            if (i) out += ',';
            write(out, value.items[i]);
        }
        out += ']';
        break;
    case Json::Kind::object:
        out += '{';
        for (std::size_t i = 0; i < value.members.size(); ++i) {
            if (i) out += ',';
            out += go_string(value.members[i].name) + ':';
            write(out, value.members[i].value);
        }
        out += '}';
    }
}

} // namespace

const Json *Json::find(std::string_view name) const noexcept {
    for (auto at = members.rbegin(); at != members.rend(); ++at)
        if (at->name == name) return &at->value;
    return nullptr;
}

Json *Json::find(std::string_view name) noexcept {
    return const_cast<Json *>(std::as_const(*this).find(name));
}

std::optional<std::int64_t> Json::integer() const noexcept {
    std::int64_t value = 0;
    if (kind != Kind::number) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Json Json::string(std::string_view value) {
    Json made;
    made.kind = Kind::string;
    made.text = value;
    return made;
}

Json Json::integer(std::uint64_t value) {
    Json made;
    made.kind = Kind::number;
    made.text = std::to_string(value);
    return made;
}

Json parse_json(std::string_view text) {
    return Reader(text).document();
}

std::string write_json(const Json &value) {
    std::string out;
    write(out, value);
    return out;
}

std::string go_string(std::string_view text) {
    static const char hex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            out += "\\ufffd";
        } else if (length > 1) {
            const std::string_view sequence = text.substr(0, length);
            if (sequence == "\xE2\x80\xA8") {
                out += "\\u2028";
            } else if (sequence == "\xE2\x80\xA9") {
                out += "\\u2029";
            } else {
                out += sequence;
            }
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
        text.remove_prefix(length ? length : 1);
    }
    return out += '"';
}

std::optional<std::string> go_time(std::string_view text) {
    // 2006-01-02T15:04:05[.999999999](Z|+07:00)
    constexpr std::string_view form = "0000-00-00T00:00:00";
    const auto matches = [](std::string_view value, std::string_view pattern) {
        if (value.size() != pattern.size()) return false;
        for (std::size_t i = 0; i < value.size(); ++i)
            if (pattern[i] == '0' ? !digit(value[i]) : value[i] != pattern[i]) return false;
        return true;
    };
    const auto number = [&text](std::size_t at, std::size_t size) {
        int value = 0;
        for (const char c : text.substr(at, size)) value = value * 10 + (c - '0');
        return value;
    };
    if (!matches(text.substr(0, form.size()), form)) return std::nullopt;
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap ? 1 : 0)) return std::nullopt;
    if (number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;

    std::string out(text.substr(0, form.size()));
    std::string_view rest = text.substr(form.size());
    if (rest.size() > 1 && (rest[0] == '.' || rest[0] == ',') && digit(rest[1])) {
        std::size_t size = 1;
        while (size < rest.size() && digit(rest[size])) ++size;
        std::string fraction(rest.substr(1, size < 10 ? size - 1 : 9));
        while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
        if (!fraction.empty()) out += '.' + fraction;
        rest.remove_prefix(size);
    }
    if (rest == "Z" || rest == "+00:00" || rest == "-00:00") return out + 'Z';
    if (!matches(rest.substr(0, 1) == "-" ? rest.substr(1) : rest.substr(rest.empty() ? 0 : 1), "00:00") ||
        (rest[0] != '+' && rest[0] != '-'))
        return std::nullopt;
    return out.append(rest);
}

} // namespace packer
