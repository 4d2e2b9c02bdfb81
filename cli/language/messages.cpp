#include "cli/language/messages.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace ferry::cli {

namespace {

constexpr std::size_t most_bytes = 16 << 20;

// The file as numbers; what lies beyond it reads as nothing.
class Words {
public:
    explicit Words(std::string_view bytes) noexcept : bytes_(bytes) {}
    void swap() noexcept { swapped_ = true; }
    std::optional<std::uint32_t> at(std::uint64_t offset) const noexcept {
        if (bytes_.size() < 4 || offset > bytes_.size() - 4) return std::nullopt;
        std::uint32_t word = 0;
        for (std::size_t i = 0; i < 4; ++i)
            word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes_[offset + (swapped_ ? 3 - i : i)]))
                    << (8 * i);
        return word;
    }

private:
    std::string_view bytes_;
    bool swapped_ = false; // big-endian
};

// The value of a line of the header, which is the translation of the empty text.
std::string_view field(std::string_view header, std::string_view name) noexcept {
    while (!header.empty()) {
        const auto end = std::min(header.find('\n'), header.size());
        const std::string_view line = header.substr(0, end);
        if (line.substr(0, name.size()) == name && line.substr(name.size(), 1) == ":")
            return line.substr(name.size() + 1);
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return {};
}

using Form = std::size_t (*)(std::uint64_t) noexcept;

// Section 12.6 of the manual, "Additional functions for plural forms", lists the rules by language. Those of ferry's
// languages are known here, word for word but for blanks.
Form plural_rule(std::string_view stated) {
    std::string rule(stated);
    rule.erase(std::remove(rule.begin(), rule.end(), ' '), rule.end());
    if (rule == "nplurals=1;plural=0;") return [](std::uint64_t) noexcept -> std::size_t { return 0; };
    if (rule == "nplurals=2;plural=(n!=1);") return [](std::uint64_t n) noexcept -> std::size_t { return n != 1; };
    return nullptr;
}

} // namespace

std::optional<Messages> Messages::parse(std::string bytes) {
    if (bytes.size() > most_bytes) return std::nullopt;
    Words words(bytes);
    constexpr std::uint32_t magic = 0x950412DE, other_magic = 0xDE120495;
    const auto first = words.at(0);
    if (first == other_magic)
        words.swap();
    else if (first != magic)
        return std::nullopt;
    const auto revision = words.at(4), count = words.at(8), originals = words.at(12), translations = words.at(16);
    // A major revision other than 0 may mean anything; minor ones only add tables.
    if (!translations || *revision >> 16 != 0 || *count > bytes.size() / 16) return std::nullopt;

    Messages made;
    const auto text = [&](std::uint64_t table, std::uint32_t number) -> std::optional<Place> {
        const auto size = words.at(table + 8 * std::uint64_t(number)),
                   offset = words.at(table + 8 * std::uint64_t(number) + 4);
        if (!size || !offset || *offset >= bytes.size() || *size >= bytes.size() - *offset) return std::nullopt;
        if (bytes[*offset + *size] != '\0') return std::nullopt;
        return Place{*offset, *size};
    };
    made.entries_.reserve(*count);
    std::string_view before;
    for (std::uint32_t i = 0; i < *count; ++i) {
        const auto original = text(*originals, i), translation = text(*translations, i);
        if (!original || !translation) return std::nullopt;
        std::string_view name = std::string_view(bytes).substr(original->offset, original->size);
        name = name.substr(0, name.find('\0'));
        if (i && name <= before) return std::nullopt;
        before = name;
        made.entries_.push_back({{original->offset, static_cast<std::uint32_t>(name.size())}, *translation});
    }
    made.bytes_ = std::move(bytes);
    const std::string_view header = made.find("");
    if (field(header, "Content-Type").find("charset=UTF-8") == std::string_view::npos) return std::nullopt;
    made.form_ = plural_rule(field(header, "Plural-Forms"));
    if (!made.form_) return std::nullopt;
    return made;
}

std::optional<Messages> Messages::read(const std::string &file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    return in.bad() ? std::nullopt : parse(std::move(bytes));
}

const Messages::Entry *Messages::entry(std::string_view original) const noexcept {
    const auto found =
        std::lower_bound(entries_.begin(), entries_.end(), original,
                         [this](const Entry &e, std::string_view name) { return at(e.original) < name; });
    return found != entries_.end() && at(found->original) == original ? &*found : nullptr;
}

std::string_view Messages::find(std::string_view original) const noexcept {
    const Entry *found = entry(original);
    if (!found) return {};
    const std::string_view forms = at(found->translation);
    return forms.substr(0, forms.find('\0'));
}

std::string_view Messages::find(std::string_view one, std::uint64_t count) const noexcept {
    const Entry *found = entry(one);
    if (!found) return {};
    std::string_view forms = at(found->translation);
    for (std::size_t skip = form_(count); skip; --skip) {
        const auto end = forms.find('\0');
        if (end == std::string_view::npos) return {};
        forms.remove_prefix(end + 1);
    }
    return forms.substr(0, forms.find('\0'));
}

} // namespace ferry::cli
