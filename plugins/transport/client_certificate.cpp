#include "transport/client_certificate.h"

#include "transport/finding.h"
#include "transport/pem.h"

#include <ferry/text.hpp>

#include <openssl/err.h>

#include <filesystem>

namespace ferry::net {

namespace fs = std::filesystem;

namespace {

// What the certificate in a file calls itself.
Text subject_in(const std::string &file) {
    const auto certificate = first_certificate(file);
    return certificate ? text_of(X509_get_subject_name(certificate.get())) : "";
}

[[noreturn]] void refuse_pair(const std::string &certificate, const std::string &key) {
    throw Error(FERRY_E_INVALID,
                say("the client key {} does not belong to the client certificate {} ({}); give the key "
                    "that this certificate was issued for",
                    key, certificate, subject_in(certificate)));
}

} // namespace

void use_client_certificate(SSL_CTX *context, const std::string &certificate, const std::string &key) {
    require_file(later("cannot read the client certificate {}: {}"), certificate);
    require_file(later("cannot read the client key {}: {}"), key);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        throw Error(FERRY_E_INVALID, say("cannot use the client certificate {}: {}", certificate, last_reason()));
    // Without this OpenSSL asks for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context, [](char *, int, int, void *) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) refuse_pair(certificate, key);
        throw Error(FERRY_E_INVALID,
                    say("cannot use the client key {}: it holds no PEM private key, or an encrypted one ({})", key,
                        last_reason()));
    }
    if (SSL_CTX_check_private_key(context) != 1) refuse_pair(certificate, key);
}

bool use_own_certificate(SSL_CTX *context, const std::string &folder) {
    const auto certificates = files_of(folder, {".cert"}), keys = files_of(folder, {".key"});
    const auto partner = [](const std::string &file, const char *ending) {
        return fs::path(file).replace_extension(ending).string();
    };
    for (const std::string &key : keys)
        if (!fs::exists(partner(key, ".cert")))
            throw Error(FERRY_E_INVALID,
                        say("there is no client certificate {} to go with the key {}", partner(key, ".cert"), key));
    for (const std::string &certificate : certificates)
        if (!fs::exists(partner(certificate, ".key")))
            throw Error(FERRY_E_INVALID,
                        say("there is no key {} to go with the client certificate {}; an authority to trust has to be "
                            "called .crt",
                            partner(certificate, ".key"), certificate));
    if (certificates.empty()) return false;
    use_client_certificate(context, certificates.front(), partner(certificates.front(), ".key"));
    return true;
}

} // namespace ferry::net
