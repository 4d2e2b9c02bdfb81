// A registry whose password comes from a signed request, as AWS hands out those of ECR: the token service gets a date
// and an HMAC-SHA256 over it and the body, and answers {"authorizationToken":"base64 of
// user:password","expiresIn":seconds}.
#include <ferry/registry.hpp>

#include <openssl/hmac.h>

#include <cstdlib>
#include <ctime>

namespace {

std::string hmac_hex(const std::string &key, const std::string &text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char *>(text.data()),
         text.size(), bytes, &size);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[bytes[i] >> 4];
        hex += "0123456789abcdef"[bytes[i] & 15];
    }
    return hex;
}

// What stands behind "NAME": in a flat JSON document, without its quotes.
std::string member(const std::string &json, const std::string &name) {
    std::size_t at = json.find('"' + name + '"');
    if (at == std::string::npos || (at = json.find(':', at)) == std::string::npos) return {};
    at = json.find_first_not_of(" \"", at + 1);
    return at == std::string::npos ? std::string() : json.substr(at, json.find_first_of(" \",}", at) - at);
}

class Signed final : public ferry::Registry {
public:
    Signed(ferry::Config config, ferry_http http) : config_(config), http_(http) {}

    static int claims(ferry::Config config, std::string_view host) {
        const auto mine = config.find("registry");
        return mine && *mine == host ? 100 : 0;
    }
    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override {
        ferry::Reference plain = typed;
        plain.default_host = false;
        return {plain};
    }
    std::vector<ferry::Endpoint> endpoints(const ferry::Reference &reference) override {
        return {{(reference.plain_http ? "http://" : "https://") + reference.registry, reference.repository}};
    }

    ferry::Credential authorize(const ferry::Op &op, const ferry::Challenge &challenge) override {
        const std::string url = config_.get("token_url"), id = config_.get("key_id"), key = config_.get("secret_key");
        if (url.empty() || id.empty() || key.empty())
            throw ferry::Error(FERRY_E_UNAUTHORIZED, challenge.endpoint +
                                                         " wants a signed login: set plugin.signed.token_url, "
                                                         "key_id and secret_key in ferry.properties");
        const std::string date = std::to_string(std::time(nullptr));
        const std::string body = "{\"scope\":" + ferry::json_string(challenge.scope) + "}";
        const std::string authorization =
            "HMAC-SHA256 Credential=" + id + ",Signature=" + hmac_hex(key, date + "\n" + body);
        const ferry_header headers[] = {{ferry::raw("X-Date"), ferry::raw(date)},
                                        {ferry::raw("Authorization"), ferry::raw(authorization)},
                                        {ferry::raw("Content-Type"), ferry::raw("application/json")}};
        const ferry_request request = ferry::request("POST", url, headers, 3, body);
        const auto response = ferry::open(http_, op, request);
        const std::string answer = ferry::read_all(*response, op, 1 << 16),
                          token = member(answer, "authorizationToken");
        if (response->status() == 403)
            throw ferry::Error(FERRY_E_FORBIDDEN, url + " refuses the signature of " + id + ": check key and clock")
                .http(403);
        if (response->status() != 200 || token.empty())
            throw ferry::Error(FERRY_E_PROTOCOL,
                               url + " answers " + std::to_string(response->status()) + " without a token");
        return {"Authorization", "Basic " + token, std::atoll(member(answer, "expiresIn").c_str()) * 1000};
    }

private:
    ferry::Config config_;
    ferry_http http_;
};

constexpr ferry_option options[] = {{"registry", nullptr, "host[:port] of the registry"},
                                    {"token_url", nullptr, "where passwords are handed out"},
                                    {"key_id", nullptr, "whose key signs"},
                                    {"secret_key", nullptr, "the key; keep it in ferry.properties"},
                                    {nullptr, nullptr, nullptr}};
constexpr ferry_registry_v1 table = ferry::registry<Signed>();

} // namespace

FERRY_PLUGIN("signed", "1.0.0", "a registry with signed logins", "example", options, FERRY_REGISTRY_V1, table)
