// A registry's own API besides the distribution protocol: JSON documents by GET, page by page.
#pragma once

#include <ferry/kit/json.hpp>
#include <ferry/registry.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace distribution {

constexpr std::size_t page_size = 100; // the most that the APIs of Harbor and Docker Hub give

class Api {
public:
    // `base` is scheme://host[:port]; `username` empty: anonymous. `op` must outlive it.
    Api(ferry_http http, const ferry::Op &op, std::string base, const std::string &username, const std::string &secret);

    // The document at `path` (with query). Throws ferry::Error: FERRY_E_UNSUPPORTED where the answer is no JSON, as
    // from a host that has no such API; by its status otherwise.
    ferry::kit::Json object(const std::string &path) const;
    // The pages of a list, one after the other, until `use` returns false, or one is the same as that before. Each is a
    // `top`. Throws ferry::Error when there is no end to them.
    void pages(const std::string &path, ferry::kit::Json::Kind top,
               const std::function<bool(const ferry::kit::Json &)> &use) const;

private:
    ferry::kit::Json get(const std::string &path) const;
    ferry::Error endless() const;

    ferry_http http_;
    const ferry::Op &op_;
    std::string base_;
    std::string authorization_;
    mutable unsigned asked_ = 0;
};

// A member of an API document from -1 to 9e15; `otherwise` where it is absent or of another type.
std::int64_t number_of(const ferry::kit::Json &object, const char *name, std::int64_t otherwise);
// An RFC 3339 date as seconds since 1970; 0 when it is none.
std::int64_t date_of(const ferry::kit::Json &object, const char *name);
// "linux/arm64/v8" of an object with os, architecture and variant; empty where it says nothing or "unknown".
std::string platform_of(const ferry::kit::Json &object);
// `platforms` with one more, each once.
void add_platform(std::string &platforms, const std::string &platform);

} // namespace distribution
