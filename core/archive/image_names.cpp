#include "core/archive/image_names.h"

#include "core/base/error.h"
#include "core/image/reference.h"

#include <algorithm>
#include <cctype>

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
    std::string host = reference.registry;
    std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    repository = reference.repository;
    if (reference.default_host || host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io") {
        if (repository.rfind("library/", 0) == 0) repository.erase(0, 8);
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
        const auto u = static_cast<unsigned char>(c);
        if (std::isalnum(u) && u < 128)
            out += static_cast<char>(std::tolower(u));
        else if (!out.empty() && std::isalnum(static_cast<unsigned char>(out.back())))
            out += c == '.' || c == '_' ? c : '-';
    }
    out.resize(std::min<std::size_t>(out.size(), 128));
    while (!out.empty() && !std::isalnum(static_cast<unsigned char>(out.back()))) out.pop_back();
    return out.empty() ? "image" : out;
}

} // namespace ferry::core
