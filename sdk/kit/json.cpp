#include "json_strings.hpp"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/text.hpp>

#include <charconv>
#include <limits>
#include <vector>

namespace ferry::kit {

// A document in the order of its text: a value, then what is in it; a member is its name and its value.
struct Json::Document {
    struct Node {
        std::uint32_t at;   // where in the text it begins; that byte tells the kind
        std::uint32_t next; // the node behind it and all that is in it
    };
    struct Builder;

    std::string text;
    std::vector<Node> nodes;

    char first(std::uint32_t node) const noexcept { return text[nodes[node].at]; }
    // From the first byte of a node on.
    std::string_view from(std::uint32_t node) const noexcept { return std::string_view(text).substr(nodes[node].at); }
};

namespace {

[[noreturn]] void too_large(const Text &why) {
    JsonError error(why);
    error.too_large = true;
    throw error;
}

// Checks a text against the grammar and tells `sink` of each value and name where it begins, and when the last one
// turns out to be an array or object, and when that ends. What is open is kept here and not on the stack of the thread.
template <class Sink> class Scanner {
public:
    Scanner(std::string_view text, const JsonLimits &limits, Sink &sink) noexcept
        : text_(text), limits_(limits), sink_(sink) {}

    void document() {
        do {
            space();
            if (!value()) continue; // something was opened that is not empty
            while (!open_.empty() && !more()) close();
        } while (!open_.empty());
        space();
        if (at_ != text_.size()) fail(later("something follows the document"));
    }

private:
    [[noreturn]] void fail(const char *what) const { throw JsonError(say("{} at byte {}", say(what), at_)); }
    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    void space() noexcept {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }
    bool take(char c) noexcept {
        if (peek() != c || at_ == text_.size()) return false;
        ++at_;
        return true;
    }
    void began() {
        if (!sink_.began(at_)) too_large(say("it holds more than {} values", limits_.values));
    }

    // Reads a value up to its end, or up to its first item or member's value: then false.
    bool value() {
        began();
        switch (peek()) {
        case '{':
        case '[': return open();
        case '"': string(); break;
        case 't': word("true"); break;
        case 'f': word("false"); break;
        case 'n': word("null"); break;
        default: number();
        }
        return true;
    }

    bool open() {
        const char bracket = peek();
        if (open_.size() >= limits_.depth) fail(later("nested too deeply"));
        ++at_;
        open_ += bracket;
        sink_.opened();
        space();
        if (peek() == (bracket == '{' ? '}' : ']')) {
            close();
            return true;
        }
        if (bracket == '{') name();
        return false;
    }

    void close() {
        ++at_;
        open_.pop_back();
        sink_.ended();
    }

    // Behind a value that is in something: is there another one?
    bool more() {
        space();
        const bool object = open_.back() == '{';
        if (take(',')) {
            space();
            if (object) name();
            return true;
        }
        if (peek() != (object ? '}' : ']')) fail(object ? later("',' or '}' expected") : later("',' or ']' expected"));
        return false;
    }

    void name() {
        if (peek() != '"') fail(later("a string expected"));
        began();
        string();
        space();
        if (!take(':')) fail(later("':' expected"));
    }

    void word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) fail(later("an unknown word"));
        at_ += expected.size();
    }

    void number() {
        const auto digits = [this] {
            if (!is_digit(peek())) fail(later("a value expected"));
            while (is_digit(peek())) ++at_;
        };
        take('-');
        if (!take('0')) digits();
        if (take('.')) digits();
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            digits();
        }
    }

    void string() {
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return;
            }
            if (static_cast<unsigned char>(c) < 0x20) fail(later("a control character in a string"));
            if (c == '\\') escape();
        }
        fail(later("a string without end"));
    }

    void escape() {
        ++at_;
        const char c = peek();
        if (c != 'u') {
            if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos)
                fail(later("an unknown escape"));
            return;
        }
        for (int i = 0; i < 4; ++i) {
            ++at_;
            if (!is_digit(peek()) && (lower(peek()) < 'a' || lower(peek()) > 'f'))
                fail(later("four hexadecimal digits expected"));
        }
    }

    std::string_view text_;
    const JsonLimits &limits_;
    Sink &sink_;
    std::string open_; // the brackets
    std::size_t at_ = 0;
};

struct Counter {
    std::size_t most;
    std::size_t values = 0;
    bool began(std::size_t) noexcept { return ++values <= most; }
    void opened() noexcept {}
    void ended() noexcept {}
};

Json::Kind kind_of(char first) noexcept {
    switch (first) {
    case '{': return Json::Kind::object;
    case '[': return Json::Kind::array;
    case '"': return Json::Kind::string;
    case 't':
    case 'f': return Json::Kind::boolean;
    case 'n': return Json::Kind::null;
    default: return Json::Kind::number;
    }
}

} // namespace

struct Json::Document::Builder {
    std::vector<Node> &nodes;
    std::vector<std::uint32_t> open = {};
    bool began(std::size_t at) {
        nodes.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(nodes.size() + 1)});
        return true;
    }
    void opened() { open.push_back(static_cast<std::uint32_t>(nodes.size() - 1)); }
    void ended() {
        nodes[open.back()].next = static_cast<std::uint32_t>(nodes.size());
        open.pop_back();
    }
};

Json Json::parse(std::string text, const JsonLimits &limits) {
    if (text.size() > limits.bytes || text.size() >= std::numeric_limits<std::uint32_t>::max())
        too_large(say("it is longer than {} bytes", limits.bytes));
    Counter counter{limits.values};
    Scanner<Counter>(text, limits, counter).document();

    const auto document = std::make_shared<Document>();
    document->text = std::move(text);
    document->nodes.reserve(counter.values);
    Document::Builder builder{document->nodes};
    Scanner<Document::Builder>(document->text, limits, builder).document();
    return Json(document, 0);
}

Json::Kind Json::kind() const noexcept {
    return kind_of(document_->first(node_));
}

std::optional<Json> Json::find(std::string_view name) const {
    if (!is(Kind::object)) return std::nullopt;
    const auto &nodes = document_->nodes;
    std::uint32_t found = 0; // the root is nobody's member
    for (std::uint32_t at = node_ + 1; at < nodes[node_].next; at = nodes[at + 1].next) {
        if (!is_json_field(name, document_->from(at))) continue;
        if (document_->first(at + 1) != 'n') {
            found = at + 1;
        } else if (const char c = found ? document_->first(found) : '{'; c == '{' || c == '[') {
            found = 0;
        }
    }
    return found ? std::optional(Json(document_, found)) : std::nullopt;
}

std::optional<Json> Json::entry(std::string_view name) const {
    if (!is(Kind::object)) return std::nullopt;
    const auto &nodes = document_->nodes;
    std::uint32_t found = 0;
    for (std::uint32_t at = node_ + 1; at < nodes[node_].next; at = nodes[at + 1].next)
        if (is_json_entry(name, document_->from(at))) found = at + 1;
    return found ? std::optional(Json(document_, found)) : std::nullopt;
}

Json::Items Json::items() const noexcept {
    const std::uint32_t end = document_->nodes[node_].next;
    return {Json(document_, is(Kind::array) ? node_ + 1 : end), Json(document_, end)};
}

Json::Members Json::members() const noexcept {
    const std::uint32_t end = document_->nodes[node_].next;
    return {Json(document_, is(Kind::object) ? node_ + 1 : end), Json(document_, end)};
}

std::optional<std::string> Json::string() const {
    return is(Kind::string) ? std::optional(json_decoded(document_->from(node_))) : std::nullopt;
}

std::optional<bool> Json::boolean() const noexcept {
    return is(Kind::boolean) ? std::optional(document_->first(node_) == 't') : std::nullopt;
}

std::string_view Json::literal() const noexcept {
    if (!is(Kind::number)) return {};
    const std::string_view text = document_->from(node_);
    return text.substr(0, text.find_first_not_of("+-.0123456789Ee"));
}

std::optional<std::int64_t> Json::integer() const noexcept {
    std::int64_t value = 0;
    const std::string_view text = literal();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> Json::number() const noexcept {
    double value = 0;
    const std::string_view text = literal();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string Json::string_of(std::string_view name, std::string_view otherwise) const {
    const auto member = find(name);
    return (member ? member->string() : std::nullopt).value_or(std::string(otherwise));
}

Json::Items Json::items_of(std::string_view name) const {
    const auto member = find(name);
    const std::uint32_t end = document_->nodes[node_].next;
    return member ? member->items() : Items(Json(document_, end), Json(document_, end));
}

std::string_view Json::source() const noexcept {
    return document_->text;
}

std::string Json::path() const {
    std::string path;
    const auto &nodes = document_->nodes;
    for (std::uint32_t at = 0; at != node_;) { // at what it lies in
        const bool object = document_->first(at) == '{';
        std::uint32_t child = at + 1;
        std::size_t index = 0;
        const auto value = [&] { return child + (object ? 1 : 0); };
        for (; nodes[value()].next <= node_; ++index) child = nodes[value()].next;
        path += object ? '.' + json_decoded(document_->from(child)) : '[' + std::to_string(index) + ']';
        at = value();
    }
    return path;
}

std::size_t Json::memory() const noexcept {
    return sizeof(Document) + document_->text.capacity() + document_->nodes.capacity() * sizeof(Document::Node);
}

Json::Items::Iterator &Json::Items::Iterator::operator++() noexcept {
    at_.node_ = at_.document_->nodes[at_.node_].next;
    return *this;
}

std::size_t Json::Items::size() const noexcept {
    std::size_t size = 0;
    for (std::uint32_t at = begin_.node_; at != end_.node_; at = begin_.document_->nodes[at].next) ++size;
    return size;
}

Json Json::Items::operator[](std::size_t index) const {
    std::uint32_t at = begin_.node_;
    while (index--) at = begin_.document_->nodes[at].next;
    return Json(begin_.document_, at);
}

Json::Members::Member Json::Members::Iterator::operator*() const {
    return {json_decoded(name_.document_->from(name_.node_)), Json(name_.document_, name_.node_ + 1)};
}

Json::Members::Iterator &Json::Members::Iterator::operator++() noexcept {
    name_.node_ = name_.document_->nodes[name_.node_ + 1].next;
    return *this;
}

} // namespace ferry::kit
