// How a transport's TLS is set: its options, and their names in a plugin's list.
#pragma once

#include "transport/url.h"

#include <ferry/ferry.hpp>

#include <string>
#include <vector>

namespace ferry::net {

struct TlsOptions {
    bool insecure = false;
    std::string ca_cert;     // PEM file or a directory of them, beside the system's
    std::string client_cert; // PEM file: the certificate, then its chain
    std::string client_key;  // PEM file; empty: in client_cert
    // Folders with one folder HOST[:PORT] for each server, as Docker's certs.d: its *.crt are authorities, *.cert with
    // *.key the client's certificate. As the system lists folders; the first that has a folder for the server counts.
    std::string certs_dir = {};
    std::vector<HostPort> insecure_servers = {}; // insecure for these alone
    std::string min_tls = {};                    // "1.2" (also when empty) or "1.3"
};

// From the options of FERRY_TLS_OPTIONS. Throws FERRY_E_INVALID when one cannot be read.
TlsOptions tls_options(const Config &config);

// Those options, for a plugin's list.
#define FERRY_TLS_OPTIONS                                                                                              \
    {"insecure", "no", ferry::later("Skip the verification of TLS certificates.")},                                    \
        {"insecure_hosts", nullptr, ferry::later("Skip it for these alone: host[:port], separated by commas.")},       \
        {"ca_cert", nullptr,                                                                                           \
         ferry::later("PEM file or folder of certificate authorities to trust beside the system's.")},                 \
        {"client_cert", nullptr, ferry::later("PEM file with the certificate that identifies this client.")},          \
        {"client_key", nullptr, ferry::later("PEM file with that certificate's private key.")},                        \
        {"certs_dir", "/etc/docker/certs.d:/etc/containers/certs.d",                                                   \
         ferry::later("Folders with a folder HOST[:PORT] for each server: its *.crt, *.cert and *.key.")},             \
    {                                                                                                                  \
        "min_tls", "1.2", ferry::later("The lowest version of TLS to speak: 1.2 or 1.3.")                              \
    }

} // namespace ferry::net
