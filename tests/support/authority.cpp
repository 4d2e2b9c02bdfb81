#include "support/authority.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace ferry::test {

namespace {

struct Free {
    void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
    void operator()(X509 *certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION *extension) const { X509_EXTENSION_free(extension); }
    void operator()(BIO *bio) const { BIO_free(bio); }
    void operator()(GENERAL_NAMES *names) const { GENERAL_NAMES_free(names); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using X509Pointer = std::unique_ptr<X509, Free>;

void must(bool ok, const char *what) {
    if (!ok) throw std::runtime_error(std::string("cannot make a test certificate: ") + what);
}

Key new_key(int rsa_bits = 0) {
    Key key(rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256"));
    must(key != nullptr, "key");
    return key;
}

void extend(X509 *certificate, X509 *issuer, int what, const std::string &value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    must(extension && X509_add_ext(certificate, extension.get(), -1), "extension");
}

// By hand, since a configuration's text cannot hold every name that an attacker can.
void add_names(X509 *certificate, const std::vector<std::string> &names) {
    const std::unique_ptr<GENERAL_NAMES, Free> list(GENERAL_NAMES_new());
    for (const std::string &one : names) {
        unsigned char bytes[16];
        const bool v4 = inet_pton(AF_INET, one.c_str(), bytes) == 1,
                   v6 = !v4 && inet_pton(AF_INET6, one.c_str(), bytes) == 1;
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_STRING *value = v4 || v6 ? static_cast<ASN1_STRING *>(ASN1_OCTET_STRING_new()) : ASN1_IA5STRING_new();
        must(name && value && sk_GENERAL_NAME_push(list.get(), name) > 0, "name");
        if (v4 || v6)
            ASN1_STRING_set(value, bytes, v4 ? 4 : 16);
        else
            ASN1_STRING_set(value, one.data(), static_cast<int>(one.size()));
        GENERAL_NAME_set0_value(name, v4 || v6 ? GEN_IPADD : GEN_DNS, value);
    }
    must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1, "names");
}

X509Pointer make(const CertificateRequest &request, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key) {
    X509Pointer made(X509_new());
    X509 *certificate = made.get();
    must(certificate && X509_set_version(certificate, 2), "version");
    std::uint64_t serial = 0;
    must(RAND_bytes(reinterpret_cast<unsigned char *>(&serial), sizeof serial) == 1, "serial");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), request.from_days * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(certificate), request.to_days * 86400L);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char *>(request.common_name.c_str()), -1, -1, 0);
    X509 *by = issuer ? issuer : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(by));
    for (const auto &[what, value] : request.extensions) extend(certificate, by, what, value);
    if (!request.names.empty()) add_names(certificate, request.names);
    must(X509_sign(certificate, issuer_key, EVP_get_digestbyname(request.digest)) > 0, "signature");
    return made;
}

std::string text(BIO *bio) {
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

std::string pem_of(X509 *certificate) {
    const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
    return text(bio.get());
}

std::string pem_of(EVP_PKEY *key) {
    const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "PEM");
    return text(bio.get());
}

} // namespace

struct Authority::Keys {
    Key key;
    X509Pointer certificate;
};

Authority::Authority(const std::string &name) : keys_(std::make_unique<Keys>()) {
    keys_->key = new_key();
    CertificateRequest request;
    request.common_name = name;
    request.names = {};
    request.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign,cRLSign"}};
    keys_->certificate = make(request, keys_->key.get(), nullptr, keys_->key.get());
    pem_ = pem_of(keys_->certificate.get());
}

Authority::Authority(const Authority &issuer, const CertificateRequest &request) : keys_(std::make_unique<Keys>()) {
    keys_->key = new_key(request.rsa_bits);
    keys_->certificate = make(request, keys_->key.get(), issuer.keys_->certificate.get(), issuer.keys_->key.get());
    pem_ = pem_of(keys_->certificate.get());
    chain_ = pem_ + issuer.chain_;
}

Authority::~Authority() = default;

Certificate Authority::issue(const CertificateRequest &request) const {
    const Key key = new_key(request.rsa_bits);
    const X509Pointer made = make(request, key.get(), keys_->certificate.get(), keys_->key.get());
    return {pem_of(made.get()) + chain_, pem_of(key.get())};
}

Certificate Authority::self_signed(const CertificateRequest &request) {
    const Key key = new_key(request.rsa_bits);
    const X509Pointer made = make(request, key.get(), nullptr, key.get());
    return {pem_of(made.get()), pem_of(key.get())};
}

} // namespace ferry::test
