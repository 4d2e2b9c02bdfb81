#include "transport/authorities.h"

#include "transport/pem.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <filesystem>

namespace ferry::net {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_authority(const std::string &file) {
    throw Error(FERRY_E_INVALID,
                say("cannot use the CA certificate {}: it holds no PEM certificate ({})", file, last_reason()));
}

// The files of a folder that are not called by the hash of a subject, as OpenSSL looks for them.
void add_files(X509_STORE *store, const std::string &folder) {
    for (const std::string &file : authority_files(folder)) X509_STORE_load_file(store, file.c_str());
}

// Distributions lead many names to the one bundle, and reading it takes tens of milliseconds.
bool same_file(const std::string &one, const std::string &other) {
    std::error_code error;
    return fs::equivalent(one, other, error);
}

} // namespace

void check_authorities(const std::string &place) {
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        require_file(later("cannot read the CA certificate {}: {}"), place);
        if (!first_certificate(place)) refuse_authority(place);
        return;
    }
    const auto files = authority_files(place);
    if (std::none_of(files.begin(), files.end(), first_certificate))
        throw Error(FERRY_E_INVALID,
                    say("cannot use the CA certificate folder {}: no .crt, .pem or .cer file in it holds one", place));
}

void add_authorities(X509_STORE *store, const std::string &place) {
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        if (X509_STORE_load_file(store, place.c_str()) != 1) refuse_authority(place);
        return;
    }
    // Plain files as in Docker's certs.d, and whatever c_rehash linked.
    add_files(store, place);
    X509_STORE_load_path(store, place.c_str());
}

void add_authorities(X509_STORE *store, const os::TrustPlaces &places) {
    for (auto bundle = places.bundles.begin(); bundle != places.bundles.end(); ++bundle)
        if (std::none_of(places.bundles.begin(), bundle,
                         [&](const auto &before) { return same_file(before, *bundle); }))
            X509_STORE_load_file(store, bundle->c_str());
    for (const std::string &folder : places.folders) {
        if (places.every_file) add_files(store, folder);
        X509_STORE_load_path(store, folder.c_str());
    }
}

} // namespace ferry::net
