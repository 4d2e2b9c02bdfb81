// A registry's own API besides the distribution protocol: JSON documents by GET, page by page.
#pragma once

#include <ferry/registry.hpp>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <string>

namespace distribution {

class Api {
public:
    // `base` is scheme://host[:port]; `username` empty: anonymous. `op` must outlive it.
    Api(ferry_http http, const ferry::Op &op, std::string base, const std::string &username, const std::string &secret);

    // The document at `path` (with query). Throws ferry::Error: FERRY_E_UNSUPPORTED where the answer is no JSON, as
    // from a host that has no such API; by its status otherwise.
    Poco::JSON::Object::Ptr object(const std::string &path) const;
    Poco::JSON::Array::Ptr array(const std::string &path) const;

private:
    Poco::Dynamic::Var get(const std::string &path) const;

    ferry_http http_;
    const ferry::Op &op_;
    std::string base_;
    std::string authorization_;
};

// Members of API documents; what is absent or of another type is empty, or `otherwise`.
std::string text_of(const Poco::JSON::Object &object, const char *name);
std::int64_t number_of(const Poco::JSON::Object &object, const char *name, std::int64_t otherwise);
// An RFC 3339 date as seconds since 1970; 0 when it is none.
std::int64_t date_of(const Poco::JSON::Object &object, const char *name);
// "linux/arm64/v8" of an object with os, architecture and variant; empty where it says nothing or "unknown".
std::string platform_of(const Poco::JSON::Object &object);
// `platforms` with one more, each once.
void add_platform(std::string &platforms, const std::string &platform);

} // namespace distribution
