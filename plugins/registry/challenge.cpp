#include "challenge.h"

#include <ferry/kit/ascii.hpp>

namespace distribution {
namespace {

using ferry::kit::lower;

bool token68_char(char c) noexcept {
    return ferry::kit::is_alphanumeric(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
}

class Field {
public:
    Field(std::string_view text, std::vector<AuthChallenge> &out) : text_(text), out_(out) {}

    // Parameters follow their scheme after a comma just as the next scheme does: only the '=' tells them apart.
    void read() {
        AuthChallenge *current = nullptr;
        while (true) {
            while (blank() || at(',')) ++at_;
            if (at_ == text_.size()) return;
            const std::string_view word = run(ferry::kit::is_token);
            if (word.empty()) {
                skip_element();
                continue;
            }
            const std::size_t after = at_;
            skip_blanks();
            if (at('=')) {
                ++at_;
                skip_blanks();
                std::string value = this->value();
                if (current) current->parameters.emplace_back(lower(word), std::move(value));
                continue;
            }
            current = &out_.emplace_back();
            current->scheme = lower(word);
            if (at_ > after) skip_token68();
        }
    }

private:
    bool at(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }
    bool blank() const noexcept { return at(' ') || at('\t'); }
    void skip_blanks() noexcept {
        while (blank()) ++at_;
    }
    std::string_view run(bool (*fits)(char)) noexcept {
        const std::size_t from = at_;
        while (at_ < text_.size() && fits(text_[at_])) ++at_;
        return text_.substr(from, at_ - from);
    }
    void skip_element() {
        while (at_ < text_.size() && !at(',')) {
            if (at('"')) {
                quoted();
            } else {
                ++at_;
            }
        }
    }
    std::string quoted() {
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            if (at('"')) {
                ++at_;
                break;
            }
            if (at('\\') && at_ + 1 < text_.size()) ++at_;
            out += text_[at_];
        }
        return out;
    }
    // Beyond the grammar, a bare value may hold what a token may not: some registries leave out the quotes of a URL.
    std::string value() {
        if (at('"')) return quoted();
        return std::string(run([](char c) { return c != ',' && c != ' ' && c != '\t'; }));
    }
    // Only what is one as a whole, as in "Negotiate oYG2==".
    void skip_token68() {
        const std::size_t from = at_;
        run(token68_char);
        run([](char c) { return c == '='; });
        const std::size_t to = at_;
        skip_blanks();
        if (to == from || (at_ < text_.size() && !at(','))) at_ = from;
    }

    std::string_view text_;
    std::vector<AuthChallenge> &out_;
    std::size_t at_ = 0;
};

} // namespace

std::string_view AuthChallenge::find(std::string_view name) const noexcept {
    for (const auto &[key, value] : parameters)
        if (key == name) return value;
    return {};
}

std::vector<AuthChallenge> parse_challenges(const std::vector<std::string> &fields) {
    std::vector<AuthChallenge> out;
    for (const std::string &field : fields) Field(field, out).read();
    return out;
}

const AuthChallenge *choose(const std::vector<AuthChallenge> &challenges) noexcept {
    for (const AuthChallenge &challenge : challenges)
        if (challenge.scheme == "bearer" && !challenge.find("realm").empty()) return &challenge;
    for (const AuthChallenge &challenge : challenges)
        if (challenge.scheme == "basic") return &challenge;
    return nullptr;
}

} // namespace distribution
