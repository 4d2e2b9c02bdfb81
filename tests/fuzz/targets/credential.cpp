// Logins: the registry's URL, a user, a password, a refresh token, then WWW-Authenticate fields, each on a line.
#include "secrets.h"

#include "backend.h"

using namespace ferry;

namespace {

std::string decoded(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0, count = 0;
    HOLDS(text.size() % 4 == 0);
    while (text.ends_with('=')) text.remove_suffix(1);
    for (const char c : text) {
        HOLDS(digits.find(c) != digits.npos);
        bits = bits << 6 | static_cast<unsigned>(digits.find(c));
        count += 6;
        if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    ferry::Challenge challenge;
    challenge.endpoint = fuzz::take_until(rest, "\n");
    if (distribution::url_of(challenge.endpoint).scheme.empty()) return 0; // the host's own URL
    challenge.username = fuzz::take_until(rest, "\n");
    challenge.secret = fuzz::take_until(rest, "\n");
    challenge.identity_token = fuzz::take_until(rest, "\n");
    challenge.scope = "repository:team/app:pull";
    while (!rest.empty()) challenge.authenticate.emplace_back(fuzz::take_until(rest, "\n"));
    fuzz::Service service(challenge.endpoint, 200, R"({"token":"of-the-service"})");
    distribution::Backend backend(service.http());
    try {
        const ferry::Credential credential = backend.authorize(Op(nullptr), challenge);
        HOLDS(credential.name == "Authorization");
        for (const char c : credential.value) HOLDS(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
        if (credential.value != "Bearer of-the-service") {
            HOLDS(credential.value.starts_with("Basic ") && !challenge.username.empty());
            HOLDS(decoded(std::string_view(credential.value).substr(6)) == challenge.username + ':' + challenge.secret);
        }
    } catch (const ferry::Error &e) {
        HOLDS(e.code != FERRY_OK && !e.message.empty());
    }
    return 0;
}
