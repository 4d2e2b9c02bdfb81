// WWW-Authenticate fields, one a line.
#include "fuzz.h"

#include "challenge.h"

using namespace ferry;
using distribution::AuthChallenge;

namespace {

bool token(std::string_view text) {
    return !text.empty() && text.find_first_not_of("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") == text.npos;
}

std::string written(const std::vector<AuthChallenge> &challenges) {
    std::string field;
    for (const AuthChallenge &one : challenges) {
        if (!field.empty()) field += ", ";
        field += one.scheme;
        bool first = true;
        for (const auto &[name, value] : one.parameters) {
            field += first ? " " : ", ";
            first = false;
            field += name + "=\"";
            for (const char c : value) {
                if (c == '"' || c == '\\') field += '\\';
                field += c;
            }
            field += '"';
        }
    }
    return field;
}

bool same(const AuthChallenge &a, const AuthChallenge &b) {
    return a.scheme == b.scheme && a.parameters == b.parameters;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    std::vector<std::string> fields;
    while (!text.empty()) fields.emplace_back(fuzz::take_until(text, "\n"));
    const auto challenges = distribution::parse_challenges(fields);
    for (const AuthChallenge &one : challenges) {
        HOLDS(token(one.scheme));
        for (const auto &[name, value] : one.parameters) HOLDS(token(name) && value.size() <= size);
    }
    const auto again = distribution::parse_challenges({written(challenges)});
    HOLDS(std::equal(challenges.begin(), challenges.end(), again.begin(), again.end(), same));

    const AuthChallenge *chosen = distribution::choose(challenges);
    bool bearer = false, basic = false;
    for (const AuthChallenge &one : challenges) {
        bearer = bearer || (one.scheme == "bearer" && !one.find("realm").empty());
        basic = basic || one.scheme == "basic";
    }
    HOLDS((chosen != nullptr) == (bearer || basic));
    if (chosen) HOLDS(chosen->scheme == (bearer ? "bearer" : "basic") && (!bearer || !chosen->find("realm").empty()));
    return 0;
}
