// ferry/kit/json.hpp: JSON as Go's encoding/json reads and writes it, since that is what wrote the documents of
// registries and images, and what reads them after us. Link ferry::kit.
//
// Source: RFC 8259; Go 1.26, encoding/json (scanner.go, decode.go, encode.go, fold.go).
//
// The document keeps its text, and eight bytes for each value in it: values are views into both. One of N bytes takes
// at most N + 8 * min(N / 2 + 1, JsonLimits::values) bytes. Nothing recurses.
// Everything is thread-safe once made; a Json keeps its document alive and is cheap to copy.
#ifndef FERRY_KIT_JSON_HPP
#define FERRY_KIT_JSON_HPP

#include <ferry/text.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ferry::kit {

// The text is not one well-formed document, or is beyond a limit. `why` is for the user, what() the same in English:
// "':' expected at byte 7".
struct JsonError : std::runtime_error {
    explicit JsonError(Text reason) : std::runtime_error(reason.english()), why(std::move(reason)) {}
    Text why;
    bool too_large = false; // beyond the limit of bytes or values
};

struct JsonLimits {
    std::size_t bytes = 4 << 20;    // never more than 4 GiB
    std::size_t values = 1'000'000; // names of members count as well; counted before anything is built
    std::size_t depth = 10'000;     // arrays and objects within one another; Go's own limit
};

// One value of a document.
//
// As in Go, a lone surrogate escape and a byte that is not UTF-8 read as U+FFFD, \u0000 is a character, numbers may
// have any length, and a name may occur several times.
class Json {
public:
    enum class Kind { null, boolean, number, string, array, object };
    class Items;
    class Members;

    // Throws JsonError on anything but one document, whatever its kind, within the limits. Nothing but blanks may
    // surround it.
    static Json parse(std::string text, const JsonLimits &limits = {});

    Kind kind() const noexcept;
    bool is(Kind wanted) const noexcept { return kind() == wanted; }

    // The member that Go would put into a field of that name, which must be ASCII: names match in any case, and of
    // several the last one counts. A null stands for an absent member; it leaves what an earlier scalar set, and
    // empties an earlier array or object. (Go would also merge the members of repeated objects. This does not.) Nothing
    // for what is not an object.
    std::optional<Json> find(std::string_view name) const;
    // The entry of a Go map: names match to the letter, of several the last one counts, which may be null.
    std::optional<Json> entry(std::string_view name) const;

    Items items() const noexcept;     // none, of what is not an array
    Members members() const noexcept; // as they stand; none, of what is not an object

    std::optional<std::string> string() const; // valid UTF-8
    std::optional<bool> boolean() const noexcept;
    // A number without fraction and exponent that fits.
    std::optional<std::int64_t> integer() const noexcept;
    std::optional<double> number() const noexcept; // nothing beyond the range of double
    std::string_view literal() const noexcept;     // a number as it is written; lives as long as the document

    // For members that nobody promised, by find: `otherwise`, or no items, where it is absent or something else.
    std::string string_of(std::string_view name, std::string_view otherwise = {}) const;
    Items items_of(std::string_view name) const;

    // Where in the document it stands: ".layers[2].digest", empty for the whole.
    std::string path() const;
    // The text of the whole document; lives as long as it.
    std::string_view source() const noexcept;
    // The bytes that the whole document holds.
    std::size_t memory() const noexcept;
    // Are these the same place of the same document?
    bool same_place(const Json &other) const noexcept { return document_ == other.document_ && node_ == other.node_; }

private:
    friend class JsonWriter;
    struct Document;
    Json(std::shared_ptr<const Document> document, std::uint32_t node) noexcept
        : document_(std::move(document)), node_(node) {}

    std::shared_ptr<const Document> document_;
    std::uint32_t node_;
};

class Json::Items {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Json;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Json;
        Json operator*() const { return at_; }
        Iterator &operator++() noexcept;
        bool operator==(const Iterator &other) const noexcept { return at_.node_ == other.at_.node_; }
        bool operator!=(const Iterator &other) const noexcept { return !(*this == other); }

    private:
        friend class Items;
        explicit Iterator(Json at) noexcept : at_(std::move(at)) {}
        Json at_;
    };
    using value_type = Json;
    using const_iterator = Iterator;

    Iterator begin() const { return Iterator(begin_); }
    Iterator end() const { return Iterator(end_); }
    bool empty() const noexcept { return begin_.node_ == end_.node_; }
    std::size_t size() const noexcept; // walks
    Json front() const { return begin_; }
    Json operator[](std::size_t index) const; // walks; `index` is less than size()

private:
    friend class Json;
    Items(Json begin, Json end) noexcept : begin_(std::move(begin)), end_(std::move(end)) {}
    Json begin_, end_;
};

class Json::Members {
public:
    struct Member {
        std::string name;
        Json value;
    };
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Member;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Member;
        Member operator*() const;
        Iterator &operator++() noexcept;
        bool operator==(const Iterator &other) const noexcept { return name_.node_ == other.name_.node_; }
        bool operator!=(const Iterator &other) const noexcept { return !(*this == other); }

    private:
        friend class Members;
        explicit Iterator(Json name) noexcept : name_(std::move(name)) {}
        Json name_;
    };
    using value_type = Member;
    using const_iterator = Iterator;

    Iterator begin() const { return Iterator(begin_); }
    Iterator end() const { return Iterator(end_); }
    bool empty() const noexcept { return begin_.node_ == end_.node_; }

private:
    friend class Json;
    Members(Json begin, Json end) noexcept : begin_(std::move(begin)), end_(std::move(end)) {}
    Json begin_, end_; // the names
};

// Does Go take `name`, a member's, for the field `field`, which is ASCII? In any case, as Unicode folds it: U+017F is
// an s, and U+212A a k.
bool same_field(std::string_view field, std::string_view name) noexcept;

// What is escaped in strings, besides what must be.
enum class JsonEscapes {
    fewest, // nothing
    html    // <, >, & and the line ends U+2028 and U+2029, as Go's encoder did before 1.22, and as Docker's ids need it
};

// `text` as a JSON string, with its quotes. The result is valid UTF-8, and below U+0020 there is nothing in it.
std::string json_quoted(std::string_view text, JsonEscapes escapes = JsonEscapes::fewest);

// Writes a document without blanks, from the first byte to the last. The calls must nest as the document does: a name
// before each value of an object.
class JsonWriter {
public:
    explicit JsonWriter(JsonEscapes escapes = JsonEscapes::fewest) : escapes_(escapes) {}

    JsonWriter &begin_object() { return begin('{'); }
    JsonWriter &end_object() { return end('}'); }
    JsonWriter &begin_array() { return begin('['); }
    JsonWriter &end_array() { return end(']'); }
    JsonWriter &name(std::string_view name);
    JsonWriter &string(std::string_view value);
    JsonWriter &integer(std::int64_t value);
    JsonWriter &natural(std::uint64_t value);
    JsonWriter &boolean(bool value);
    JsonWriter &null();
    // As it stands in its document: all members in their order, numbers as they were written.
    JsonWriter &value(const Json &value);
    // name() and string(), for the usual member.
    JsonWriter &member(std::string_view name, std::string_view value) { return this->name(name).string(value); }

    const std::string &text() const &noexcept { return text_; }
    std::string text() &&noexcept { return std::move(text_); }

private:
    JsonWriter &begin(char bracket);
    JsonWriter &end(char bracket);
    void separate();

    std::string text_;
    JsonEscapes escapes_;
    bool comma_ = false; // before what comes next
};

} // namespace ferry::kit

#endif
