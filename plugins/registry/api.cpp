#include "api.h"

#include "backend.h"
#include "bearer.h"
#include "place.h"

#include <ferry/kit/base64.hpp>
#include <ferry/kit/dates.hpp>
#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <ctime>

namespace distribution {
namespace {

using ferry::kit::Json;

constexpr std::size_t body_limit = 8 << 20;
constexpr unsigned most_pages = 2500;        // of one list
constexpr unsigned most_requests = 10'000;   // of all lists, as those of each project
constexpr std::size_t most_platforms = 4096; // bytes of one tag's; no image comes near

} // namespace

Api::Api(ferry_http http, const ferry::Op &op, std::string base, const std::string &username, const std::string &secret)
    : http_(http), op_(op), base_(std::move(base)) {
    if (!username.empty()) authorization_ = "Basic " + ferry::kit::base64_encode(username + ':' + secret);
}

Json Api::get(const std::string &path) const {
    if (++asked_ > most_requests) throw endless();
    const std::string url = base_ + path, host = url_of(base_).authority();
    std::vector<ferry_header> headers = {{ferry::raw("Accept"), ferry::raw("application/json")}};
    if (!authorization_.empty()) headers.push_back({ferry::raw("Authorization"), ferry::raw(authorization_)});
    const ferry_request request = ferry::request("GET", url, headers.data(), headers.size());
    const std::unique_ptr<ferry::Response> response = ferry::open(http_, op_, request);
    const int status = response->status();
    const bool refused = status < 200 || status > 299;
    const std::string body = refused ? ferry::read_words(*response, op_, ferry::kit::most_error_bytes)
                                     : ferry::read_all(*response, op_, body_limit);
    const std::string message = ferry::kit::error_document(body).message;
    const ferry::Text said = message.empty() ? "" : ferry::say(": {}", message);
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
            .after(after ? ferry::kit::parse_retry_after(*after, std::time(nullptr)) : -1);
    }
    if (refused) throw ferry::Error(FERRY_E_PROTOCOL, ferry::say("{} answers {}{}", host, status, said)).http(status);
    try {
        ferry::kit::JsonLimits limits;
        limits.bytes = body_limit;
        return Json::parse(body, limits);
    } catch (const ferry::kit::JsonError &e) {
        throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} answers what is not JSON: {}", host, e.why));
    }
}

Json Api::object(const std::string &path) const {
    Json document = get(path);
    if (!document.is(Json::Kind::object))
        throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} has another API", url_of(base_).authority()));
    return document;
}

void Api::pages(const std::string &path, Json::Kind top, const std::function<bool(const Json &)> &use) const {
    std::string before;
    for (unsigned number = 1; number <= most_pages; ++number) {
        const Json page = get(path + (path.find('?') == path.npos ? "?" : "&") +
                              "page_size=" + std::to_string(page_size) + "&page=" + std::to_string(number));
        if (!page.is(top))
            throw ferry::Error(FERRY_E_UNSUPPORTED, ferry::say("{} has another API", url_of(base_).authority()));
        // A server that knows no pages sends the same one for each number.
        if (page.source() == before || !use(page)) return;
        before = page.source();
    }
    throw endless();
}

ferry::Error Api::endless() const {
    return {FERRY_E_PROTOCOL,
            ferry::say("{} sends a list without end: {} pages so far", url_of(base_).authority(), asked_)};
}

std::int64_t number_of(const Json &object, const char *name, std::int64_t otherwise) {
    const auto member = object.find(name);
    const auto value = member ? member->number() : std::nullopt;
    return value ? static_cast<std::int64_t>(std::clamp(*value, -1.0, 9e15)) : otherwise;
}

std::int64_t date_of(const Json &object, const char *name) {
    return std::max<std::int64_t>(ferry::kit::parse_rfc3339(object.string_of(name)).value_or(0), 0);
}

std::string platform_of(const Json &object) {
    const std::string os = object.string_of("os"), architecture = object.string_of("architecture");
    if (architecture.empty() || architecture == "unknown" || os == "unknown") return {};
    const std::string variant = object.string_of("variant");
    return (os.empty() ? "linux" : os) + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

void add_platform(std::string &platforms, const std::string &platform) {
    if (platform.empty() || (" " + platforms + " ").find(" " + platform + " ") != std::string::npos) return;
    if (platform.find(' ') != std::string::npos) return; // it would look like two
    if (platforms.size() + platform.size() > most_platforms) return;
    platforms += (platforms.empty() ? "" : " ") + platform;
}

} // namespace distribution
