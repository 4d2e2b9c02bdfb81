#include "core/archive/image_names.h"

#include "core/base/error.h"
#include "core/image/reference.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/kit/image_name.hpp>

#include <algorithm>

namespace ferry::core {

bool stored_name(const std::string &name, std::string &repository, std::string &tag) {
    if (name.empty()) return false;
    Reference reference;
    try {
        reference = parse_reference(name, "docker.io");
    } catch (const Error &) {
        return false;
    }
    if (reference.tag.empty()) return false;
    const std::string host = kit::lower(reference.registry.str());
    repository = reference.repository;
    if (reference.default_host || kit::is_docker_hub(host)) {
        repository = std::string(kit::without_library(repository));
    } else if (host.find(':') == host.npos && host != "localhost") {
        repository = host + '/' + repository;
        try { // a host may have what no repository has
            parse_reference("docker.io/" + repository, {});
        } catch (const Error &) {
            return false;
        }
    }
    tag = reference.tag;
    return true;
}

std::string repository_of_file(const std::string &stem) {
    std::string out;
    for (const char c : stem) {
        if (kit::is_alphanumeric(c))
            out += kit::lower(c);
        else if (!out.empty() && kit::is_alphanumeric(out.back()))
            out += c == '.' || c == '_' ? c : '-';
    }
    out.resize(std::min<std::size_t>(out.size(), 128));
    while (!out.empty() && !kit::is_alphanumeric(out.back())) out.pop_back();
    return out.empty() ? "image" : out;
}

} // namespace ferry::core
