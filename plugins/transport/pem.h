// Files of certificates and keys, in PEM.
#pragma once

#include <ferry/ferry.hpp>

#include <openssl/x509.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::net {

// The files of a folder with one of these endings, by name. Empty when it cannot be read.
std::vector<std::string> files_of(const std::string &folder, std::initializer_list<std::string_view> endings);

// Those that are called as authorities are: .crt, .pem or .cer.
std::vector<std::string> authority_files(const std::string &folder);

// `format`, by later(), says that the file cannot be read, and why. Throws FERRY_E_INVALID.
void require_file(const char *format, const std::string &file);

// The first certificate in a file, or null.
std::unique_ptr<X509, decltype(&X509_free)> first_certificate(const std::string &file);

// What OpenSSL says of the last error of this thread.
Text last_reason();

} // namespace ferry::net
