#include "transport/finding.h"

#include "transport/os/address.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <ctime>
#include <memory>
#include <new>

namespace ferry::net {

namespace {

std::string clip(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        text.resize(limit - 3);
        text += "...";
    }
    return text;
}

Text text_of(const ASN1_TIME *time) {
    std::tm parts{};
    if (!time || !ASN1_TIME_to_tm(time, &parts)) return say("an unreadable date");
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

Text text_of_now() {
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> now(X509_gmtime_adj(nullptr, 0), ASN1_TIME_free);
    return text_of(now.get());
}

// The text of an address in a certificate; empty if it is not one.
std::string address_text(const ASN1_OCTET_STRING *address) {
    kit::Address ip{};
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(address));
    if (size != 4 && size != ip.size()) return {};
    if (size == 4) ip[10] = ip[11] = 0xFF;
    std::copy_n(ASN1_STRING_get0_data(address), size, ip.end() - static_cast<std::ptrdiff_t>(size));
    return os::text_of(ip);
}

// The names that a certificate is for, at most two of them.
Text names_of(X509 *certificate) {
    auto *names = static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string text;
    int shown = 0;
    const int count = names ? sk_GENERAL_NAME_num(names) : 0;
    for (int i = 0; i < count && shown < 2; ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        std::string one;
        if (name->type == GEN_DNS) {
            one.assign(reinterpret_cast<const char *>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        } else if (name->type == GEN_IPADD) {
            one = address_text(name->d.iPAddress);
        }
        if (one.empty()) continue;
        text += (shown++ ? ", " : "") + clip(one, 40);
    }
    GENERAL_NAMES_free(names);
    return count > shown && shown == 2 ? say("{} and others", text) : Text(text);
}

} // namespace

Text text_of(const X509_NAME *name) {
    BIO *out = BIO_new(BIO_s_mem());
    if (!out) throw std::bad_alloc();
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
    char *data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, size > 0 ? static_cast<std::size_t>(size) : 0);
    BIO_free(out);
    return text.empty() ? say("no name") : Text(clip(std::move(text), 70));
}

Finding finding_of(X509_STORE_CTX *store) {
    Finding finding;
    finding.code = X509_STORE_CTX_get_error(store);
    finding.leaf = X509_STORE_CTX_get_error_depth(store) == 0;
    finding.now = text_of_now();
    if (X509 *certificate = X509_STORE_CTX_get_current_cert(store)) {
        finding.subject = text_of(X509_get_subject_name(certificate));
        finding.issuer = text_of(X509_get_issuer_name(certificate));
        finding.names = names_of(certificate);
        finding.not_before = text_of(X509_get0_notBefore(certificate));
        finding.not_after = text_of(X509_get0_notAfter(certificate));
    }
    return finding;
}

Text explain(const Finding &finding, const std::string &host, const Text &endpoint) {
    const Text whose = finding.leaf ? say("its certificate ({})", finding.subject)
                                    : say("a certificate in its chain ({})", finding.subject);
    const std::string at = host.find(':') == std::string::npos ? host : "[" + host + "]";
    switch (finding.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return say("cannot trust {}: {} expired on {}, and this machine's clock says {}; set the clock if it is wrong, "
                   "or have the certificate renewed; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.not_after, finding.now, at);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return say("cannot trust {}: {} is not valid before {}, and this machine's clock says {}; set the clock if it "
                   "is wrong; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.not_before, finding.now, at);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return say("cannot trust {}: {} is for {}, not for {}; use a name that it is for, or have it reissued; for "
                   "tests, --insecure={} skips the check",
                   endpoint, whose, finding.names.empty() ? say("no host name") : finding.names, host, at);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return say("cannot trust {}: {} is self-signed; if you trust it, pass it with --ca-cert FILE or "
                   "REQUESTS_CA_BUNDLE; for tests, --insecure={} skips the check",
                   endpoint, whose, at);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return say("cannot trust {}: {} was issued by an unknown authority ({}); if you trust that one, pass its "
                   "certificate with --ca-cert FILE or REQUESTS_CA_BUNDLE; for tests, --insecure={} skips the check",
                   endpoint, whose, finding.issuer, at);
    default:
        return say("cannot trust {}: {} was refused: {}; have it reissued, or pass its authority with --ca-cert FILE; "
                   "for tests, --insecure={} skips the check",
                   endpoint, whose, X509_verify_cert_error_string(finding.code), at);
    }
}

} // namespace ferry::net
