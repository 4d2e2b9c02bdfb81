// Where this operating system keeps the authorities that it trusts.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::net::os {

// What says where they are: OpenSSL as it was built, and the environment.
struct TrustSettings {
    std::string built_file;   // X509_get_default_cert_file()
    std::string built_folder; // X509_get_default_cert_dir()
    std::string file;         // SSL_CERT_FILE
    std::string folders;      // SSL_CERT_DIR, a list
};

struct TrustPlaces {
    std::vector<std::string> bundles; // files of many certificates, all to be read
    std::vector<std::string> folders; // where OpenSSL finds certificates by the hash of their subject
    bool every_file = false;          // the folders' other files are to be read as well

    bool operator==(const TrustPlaces &) const = default;
};

// The places as Go, and so docker, takes them: the first bundle that exists is always read, whatever the folders hold;
// SSL_CERT_FILE replaces the bundles, and SSL_CERT_DIR the folders. Beside them what OpenSSL was built for.
// `readable`: is that a file that can be read? Pure.
TrustPlaces choose_places(const TrustSettings &settings, const std::function<bool(const std::string &)> &readable);

// Of this system and this environment. [any-thread, while nobody changes the environment]
TrustPlaces trust_places();

// The folders in a list as this system writes it: with ':' between them on POSIX. Empty ones are left out.
std::vector<std::string> split_paths(std::string_view list);

} // namespace ferry::net::os
