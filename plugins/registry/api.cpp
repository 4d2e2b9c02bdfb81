#include "api.h"

#include "backend.h"
#include "bearer.h"
#include "place.h"

#include <ferry/text.hpp>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <ctime>

namespace distribution {
namespace {

constexpr std::size_t body_limit = 8 << 20;

} // namespace

Api::Api(ferry_http http, const ferry::Op &op, std::string base, const std::string &username, const std::string &secret)
    : http_(http), op_(op), base_(std::move(base)) {
    if (!username.empty()) authorization_ = "Basic " + base64(username + ':' + secret);
}

Poco::Dynamic::Var Api::get(const std::string &path) const {
    const std::string url = base_ + path, host = place_of(base_).authority;
    std::vector<ferry_header> headers = {{ferry::raw("Accept"), ferry::raw("application/json")}};
    if (!authorization_.empty()) headers.push_back({ferry::raw("Authorization"), ferry::raw(authorization_)});
    ferry_request request{};
    request.struct_size = sizeof request;
    request.method = ferry::raw("GET");
    request.url = ferry::raw(url);
    request.headers = headers.data();
    request.header_count = headers.size();
    request.connect_timeout_ms = 15000;
    request.stall_timeout_ms = 30000;
    const std::unique_ptr<ferry::Response> response = ferry::open(http_, op_, request);
    const int status = response->status();
    const std::string body = ferry::read_all(*response, op_, body_limit);
    const std::string message = registry_error(body).message, said = message.empty() ? "" : ferry::say(": {}", message);
    if (status == 401)
        throw ferry::Error(FERRY_E_UNAUTHORIZED, authorization_.empty()
                                                     ? ferry::say("{} answers this only after a login{}", host, said)
                                                     : ferry::say("{} does not accept this login{}", host, said))
            .http(status);
    if (status == 403)
        throw ferry::Error(FERRY_E_FORBIDDEN, ferry::say("{} does not allow this{}", host, said)).http(status);
    if (status == 404)
        throw ferry::Error(FERRY_E_NOT_FOUND, ferry::say("{} does not have this{}", host, said)).http(status);
    if (status == 429) {
        const auto after = response->header("Retry-After");
        throw ferry::Error(FERRY_E_RATE_LIMITED, ferry::say("{} takes no more requests for now{}", host, said))
            .http(status)
            .after(after ? retry_after(*after, std::time(nullptr)) : -1);
    }
    if (status < 200 || status > 299)
        throw ferry::Error(FERRY_E_PROTOCOL, ferry::say("{} answers {}{}", host, status, said)).http(status);
    try {
        return Poco::JSON::Parser().parse(body);
    } catch (const std::exception &) {
        throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} answers what is no JSON", host));
    }
}

Poco::JSON::Object::Ptr Api::object(const std::string &path) const {
    const Poco::Dynamic::Var document = get(path);
    if (document.type() != typeid(Poco::JSON::Object::Ptr))
        throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} has another API", place_of(base_).authority));
    return document.extract<Poco::JSON::Object::Ptr>();
}

Poco::JSON::Array::Ptr Api::array(const std::string &path) const {
    const Poco::Dynamic::Var document = get(path);
    if (document.type() != typeid(Poco::JSON::Array::Ptr))
        throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} has another API", place_of(base_).authority));
    return document.extract<Poco::JSON::Array::Ptr>();
}

std::string text_of(const Poco::JSON::Object &object, const char *name) {
    const Poco::Dynamic::Var value = object.get(name);
    return value.isString() ? value.extract<std::string>() : std::string();
}

std::int64_t number_of(const Poco::JSON::Object &object, const char *name, std::int64_t otherwise) {
    const Poco::Dynamic::Var value = object.get(name);
    if (value.isEmpty() || !value.isNumeric() || value.isBoolean()) return otherwise;
    return static_cast<std::int64_t>(std::clamp(value.convert<double>(), -1.0, 9e15));
}

std::int64_t date_of(const Poco::JSON::Object &object, const char *name) {
    Poco::DateTime date;
    int zone = 0;
    try {
        if (!Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT, text_of(object, name), date,
                                            zone))
            return 0;
        return std::max<std::int64_t>(date.timestamp().epochTime() - zone, 0);
    } catch (const std::exception &) {
        return 0;
    }
}

std::string platform_of(const Poco::JSON::Object &object) {
    const std::string os = text_of(object, "os"), architecture = text_of(object, "architecture");
    if (architecture.empty() || architecture == "unknown" || os == "unknown") return {};
    const std::string variant = text_of(object, "variant");
    return (os.empty() ? "linux" : os) + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

void add_platform(std::string &platforms, const std::string &platform) {
    if (platform.empty() || (" " + platforms + " ").find(" " + platform + " ") != std::string::npos) return;
    if (platform.find(' ') != std::string::npos) return; // it would look like two
    platforms += (platforms.empty() ? "" : " ") + platform;
}

} // namespace distribution
