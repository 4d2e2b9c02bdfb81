// What the verification of a server's certificate found wrong, and how to say it.
#pragma once

#include <ferry/text.hpp>

#include <openssl/x509v3.h>

#include <string>

namespace ferry::net {

struct Finding {
    int code = 0; // X509_V_ERR_*
    Text subject;
    Text issuer;
    Text names;
    Text not_before;
    Text not_after;
    Text now; // by this machine's clock
    bool leaf = true;
};

// From within a verify callback.
Finding finding_of(X509_STORE_CTX *store);

// A name in the form of RFC 2253, of at most 70 bytes.
Text text_of(const X509_NAME *name);

// The sentence for a certificate that was refused: whose, why, and what to do. Fits into a ferry_error. Pure.
Text explain(const Finding &finding, const std::string &host, const Text &endpoint);

} // namespace ferry::net
