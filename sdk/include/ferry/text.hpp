// ferry/text.hpp: texts for the user, which say what they mean in no language yet.
//
// say("cannot read {}: {}", path, why) makes a Text: an English format and its arguments. Whoever shows it renders it,
// by a Translator, into the user's language; what has no translation stays English. Placeholders are {} in order, or
// {1} {2}... where a translation needs another order; {{ is a brace. A plugin only makes texts: the host hands it the
// words of its front end with each call (ferry_texts in base.h), and the C++ layer renders what crosses to the host.
// Texts are immutable and cheap to copy; copying one does not throw. [any-thread]
#ifndef FERRY_TEXT_HPP
#define FERRY_TEXT_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ferry {

// The words of a front end. All of it [any-thread]; what is returned lives as long as the translator.
class Translator {
public:
    virtual ~Translator() = default;
    // The translation of an English format; empty: there is none.
    virtual std::string_view find(std::string_view english) const noexcept = 0;
    // The translation of "{} file" or "{} files" for that number of them; empty: there is none.
    virtual std::string_view find(std::string_view one, std::string_view many, std::uint64_t count) const noexcept = 0;
    // How the front end words a piece of advice (advice.hpp), in the user's language; empty: in no way of its own.
    virtual std::string_view advice(std::string_view id) const noexcept = 0;
};

class Text {
public:
    Text() = default;
    // What is not to be translated: a name, a number, what a system or a peer said.
    static Text verbatim(std::string words) { return Text(Kind::verbatim, std::move(words), {}); }
    Text(std::string words) : Text(Kind::verbatim, std::move(words), {}) {}
    Text(std::string_view words) : Text(std::string(words)) {}
    Text(const char *words) : Text(std::string(words ? words : "")) {}
    // What say(), say_n() and those of advice.hpp make.
    static Text of(std::string format, std::vector<Text> arguments) {
        return Text(Kind::format, std::move(format), std::move(arguments));
    }
    static Text counted(std::string one, std::string many, std::uint64_t count, std::vector<Text> arguments) {
        return Text(Kind::counted, std::move(one), std::move(arguments), std::move(many), count);
    }
    static Text advice(std::string id, std::string english, std::vector<Text> arguments = {}) {
        return Text(Kind::advice, std::move(english), std::move(arguments), std::move(id));
    }

    bool empty() const noexcept { return !node_; }
    // In English; lives as long as this text.
    const std::string &english() const noexcept {
        static const std::string nothing;
        return node_ ? node_->english : nothing;
    }
    // In the words of that translator; null: in English.
    std::string in(const Translator *words) const {
        if (!words || !node_ || node_->kind == Kind::verbatim) return english();
        return render(*node_, words);
    }
    std::string in(const Translator &words) const { return in(&words); }
    // Does its English hold those words, as the name of a host?
    bool mentions(std::string_view words) const noexcept { return english().find(words) != std::string::npos; }

    // One behind the other.
    friend Text operator+(const Text &a, const Text &b) {
        if (a.empty()) return b;
        return b.empty() ? a : Text(Kind::joined, {}, {a, b});
    }
    Text &operator+=(const Text &more) { return *this = *this + more; }
    // The same in English.
    friend bool operator==(const Text &a, const Text &b) noexcept { return a.english() == b.english(); }
    friend bool operator!=(const Text &a, const Text &b) noexcept { return !(a == b); }

private:
    enum class Kind { verbatim, format, counted, advice, joined };
    struct Node {
        Kind kind;
        std::string format; // of counted ones: of one; else in English, too
        std::string other;  // of counted ones: of many; of advice: its id
        std::uint64_t count;
        std::vector<Text> arguments;
        std::string english;
    };

    Text(Kind kind, std::string format, std::vector<Text> arguments, std::string other = {}, std::uint64_t count = 0) {
        if (kind == Kind::verbatim && format.empty()) return;
        Node node{kind, std::move(format), std::move(other), count, std::move(arguments), {}};
        node.english = kind == Kind::verbatim ? std::move(node.format) : render(node, nullptr);
        node_ = std::make_shared<const Node>(std::move(node));
    }

    // Never throws on a bad format: what cannot be filled is shown as it stands.
    static std::string fill_in(std::string_view format, const std::vector<Text> &arguments, const Translator *words) {
        std::string out;
        std::size_t next = 0;
        for (std::size_t i = 0; i < format.size(); ++i) {
            const char c = format[i];
            if ((c == '{' || c == '}') && i + 1 < format.size() && format[i + 1] == c) {
                out += c;
                ++i;
                continue;
            }
            std::size_t end = i + 1, number = 0;
            while (c == '{' && end < format.size() && format[end] >= '0' && format[end] <= '9' && number < 100)
                number = number * 10 + static_cast<std::size_t>(format[end++] - '0');
            if (c != '{' || end >= format.size() || format[end] != '}') {
                out += c;
                continue;
            }
            const std::size_t index = end == i + 1 ? next++ : number - 1;
            if (index < arguments.size())
                out += arguments[index].in(words);
            else
                out.append(format.substr(i, end + 1 - i));
            i = end;
        }
        return out;
    }

    // Not for verbatim ones.
    static std::string render(const Node &node, const Translator *words) {
        std::string_view found;
        switch (node.kind) {
        case Kind::joined: return node.arguments[0].in(words) + node.arguments[1].in(words);
        case Kind::counted:
            if (words) found = words->find(node.format, node.other, node.count);
            if (found.empty() && node.count != 1) found = node.other;
            break;
        case Kind::advice:
            if (words) found = words->advice(node.other);
            break;
        case Kind::verbatim:
        case Kind::format:
            if (words) found = words->find(node.format);
            break;
        }
        return fill_in(found.empty() ? std::string_view(node.format) : found, node.arguments, words);
    }

    std::shared_ptr<const Node> node_; // null: the empty text
};

namespace detail {

template <class Piece> Text piece(const Piece &piece) {
    if constexpr (std::is_arithmetic_v<Piece>)
        return Text(std::to_string(piece));
    else
        return Text(piece);
}

} // namespace detail

// Arguments are texts, strings or numbers.
template <class... Parts> Text say(const char *format, const Parts &...parts) {
    return Text::of(format, {detail::piece(parts)...});
}

// say_n("{} layer", "{} layers", count): the right form for that number, which is the first argument; `more` follow.
template <class... Parts> Text say_n(const char *one, const char *many, std::uint64_t count, const Parts &...more) {
    return Text::counted(one, many, count, {detail::piece(count), detail::piece(more)...});
}

// Marks a literal that is made a text elsewhere, by say(literal): returns it as it is.
constexpr const char *later(const char *text) noexcept {
    return text;
}

} // namespace ferry

#endif
