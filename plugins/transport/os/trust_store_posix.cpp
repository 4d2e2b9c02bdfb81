#include "transport/os/trust_store.h"

#include <ferry/kit/ascii.hpp>

#include <openssl/x509.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ferry::net::os {

namespace {

// In the order of Go's crypto/x509 (root_linux.go).
constexpr const char *bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Gentoo, Synology
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // SUSE
    "/etc/pki/tls/cacert.pem",                           // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7
    "/etc/ssl/cert.pem",                                 // Alpine
};
constexpr const char *folders[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

std::string variable(const char *name) {
    const char *value = std::getenv(name);
    return value ? value : "";
}

} // namespace

TrustPlaces choose_places(const TrustSettings &settings, const std::function<bool(const std::string &)> &readable) {
    TrustPlaces places;
    if (!settings.file.empty()) {
        places.bundles.push_back(settings.file);
    } else {
        if (readable(settings.built_file)) places.bundles.push_back(settings.built_file);
        const auto first = std::find_if(std::begin(bundles), std::end(bundles), readable);
        if (first != std::end(bundles) && *first != settings.built_file) places.bundles.push_back(*first);
    }
    if (!settings.folders.empty()) {
        places.folders = split_paths(settings.folders);
    } else {
        places.folders.push_back(settings.built_folder);
        for (const char *one : folders)
            if (one != settings.built_folder) places.folders.push_back(one);
    }
    places.every_file = !settings.folders.empty() || places.bundles.empty();
    return places;
}

TrustPlaces trust_places() {
    return choose_places({X509_get_default_cert_file(), X509_get_default_cert_dir(),
                          variable(X509_get_default_cert_file_env()), variable(X509_get_default_cert_dir_env())},
                         [](const std::string &path) {
                             std::error_code error;
                             return std::filesystem::is_regular_file(path, error) && std::ifstream(path).good();
                         });
}

std::vector<std::string> split_paths(std::string_view list) {
    const auto paths = kit::words(list, ":");
    return {paths.begin(), paths.end()};
}

} // namespace ferry::net::os
