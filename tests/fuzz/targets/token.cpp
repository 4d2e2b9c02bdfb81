// What a token service answers: the first byte is its status and what it was asked with, the rest is the body.
#include "secrets.h"

#include "bearer.h"

using namespace ferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1) return 0;
    constexpr int statuses[] = {200, 200, 201, 401, 403, 404, 429, 503};
    const int status = statuses[data[0] & 7];
    const std::string body(fuzz::text_of(data + 1, size - 1));
    ferry::Challenge challenge{"https://reg.example", {}, "repository:team/app:pull", {}, {}, {}};
    if (data[0] & 8) challenge.username = fuzz::username, challenge.secret = fuzz::password;
    if (data[0] & 16) challenge.identity_token = fuzz::refresh;
    const distribution::AuthChallenge bearer{"bearer", {{"realm", "https://auth.example/token"}, {"service", "x"}}};
    const auto ask = [&](const std::string &answer, int with) {
        fuzz::Service service("https://reg.example", with, answer);
        auto credential =
            distribution::fetch_token(service.http(), Op(nullptr), challenge, bearer, distribution::PlainRealm::refuse);
        HOLDS(service.urls().find("S3cret") == std::string::npos);
        return credential;
    };
    try {
        const ferry::Credential credential = ask(body, status);
        HOLDS(status >= 200 && status <= 299);
        HOLDS(credential.name == "Authorization" && credential.value.starts_with("Bearer ") &&
              credential.value.size() > 7);
        const std::string token = credential.value.substr(7);
        for (const char c : token) HOLDS(c > ' ' && c < 0x7F);
        HOLDS(credential.lifetime_ms >= 54'000 && credential.lifetime_ms <= 24 * 3600 * 1000);
        std::string quoted;
        for (const char c : token) quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
        HOLDS(ask("{\"access_token\":\"" + quoted + "\"}", 200).value == credential.value);
    } catch (const ferry::Error &e) {
        fuzz::check_failure(e, body);
    }
    return 0;
}
