#include <ferry/ferry.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/utf8.hpp>

#include <vector>

namespace ferry::kit {

namespace {

std::string html_quoted(std::string_view text) {
    static const char hex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view sequence = text.substr(0, length ? length : 1);
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        if (length == 0) {
            out += "\\ufffd";
        } else if (sequence == "\xE2\x80\xA8") {
            out += "\\u2028";
        } else if (sequence == "\xE2\x80\xA9") {
            out += "\\u2029";
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
            out += sequence;
        }
        text.remove_prefix(sequence.size());
    }
    return out += '"';
}

} // namespace

std::string json_quoted(std::string_view text, JsonEscapes escapes) {
    return escapes == JsonEscapes::html ? html_quoted(text) : json_string(text);
}

void JsonWriter::separate() {
    if (comma_) text_ += ',';
    comma_ = true;
}

JsonWriter &JsonWriter::begin(char bracket) {
    separate();
    text_ += bracket;
    comma_ = false;
    return *this;
}

JsonWriter &JsonWriter::end(char bracket) {
    text_ += bracket;
    comma_ = true;
    return *this;
}

JsonWriter &JsonWriter::name(std::string_view name) {
    string(name);
    text_ += ':';
    comma_ = false;
    return *this;
}

JsonWriter &JsonWriter::string(std::string_view value) {
    separate();
    text_ += json_quoted(value, escapes_);
    return *this;
}

JsonWriter &JsonWriter::integer(std::int64_t value) {
    separate();
    text_ += std::to_string(value);
    return *this;
}

JsonWriter &JsonWriter::natural(std::uint64_t value) {
    separate();
    text_ += std::to_string(value);
    return *this;
}

JsonWriter &JsonWriter::boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
    return *this;
}

JsonWriter &JsonWriter::null() {
    separate();
    text_ += "null";
    return *this;
}

JsonWriter &JsonWriter::value(const Json &whole) {
    // What is open, as it may lie deeper than the stack of a thread.
    struct Open {
        bool object;
        Json::Items items;
        Json::Items::Iterator item;
        Json::Members members;
        Json::Members::Iterator member;
    };
    std::vector<Open> open;
    const auto write = [&](const Json &one) {
        switch (one.kind()) {
        case Json::Kind::null: null(); break;
        case Json::Kind::boolean: boolean(*one.boolean()); break;
        case Json::Kind::string: string(*one.string()); break;
        case Json::Kind::number:
            separate();
            text_ += one.literal();
            break;
        case Json::Kind::array:
        case Json::Kind::object: {
            const bool object = one.is(Json::Kind::object);
            begin(object ? '{' : '[');
            open.push_back({object, one.items(), one.items().begin(), one.members(), one.members().begin()});
        }
        }
    };
    write(whole);
    while (!open.empty()) {
        Open &top = open.back();
        if (top.object ? top.member == top.members.end() : top.item == top.items.end()) {
            end(top.object ? '}' : ']');
            open.pop_back();
        } else if (top.object) {
            const Json::Members::Member member = *top.member;
            ++top.member;
            name(member.name);
            write(member.value);
        } else {
            const Json item = *top.item;
            ++top.item;
            write(item);
        }
    }
    return *this;
}

} // namespace ferry::kit
