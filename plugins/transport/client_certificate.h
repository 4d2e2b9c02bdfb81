// The certificate by which a client shows who it is, and its key.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace ferry::net {

// Two PEM files, or one and the same. Throws FERRY_E_INVALID naming the file that cannot be used.
void use_client_certificate(SSL_CTX *context, const std::string &certificate, const std::string &key);

// The pair in a folder of certs.d: NAME.cert and NAME.key. False: there is none. Throws as above, and when one of the
// two is missing.
bool use_own_certificate(SSL_CTX *context, const std::string &folder);

} // namespace ferry::net
