// The authorities whose certificates are trusted: those that the user names, and those of the system.
#pragma once

#include "transport/os/trust_store.h"

#include <openssl/x509.h>

#include <string>

namespace ferry::net {

// A place is a PEM file or a folder of them. Throws FERRY_E_INVALID naming one that holds no certificate; looks no
// further than the first.
void check_authorities(const std::string &place);
// Throws FERRY_E_INVALID naming a file that is damaged behind its first certificate.
void add_authorities(X509_STORE *store, const std::string &place);

// What of these places can be read.
void add_authorities(X509_STORE *store, const os::TrustPlaces &places);

} // namespace ferry::net
