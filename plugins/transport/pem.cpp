#include "transport/pem.h"

#include <ferry/text.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace ferry::net {

namespace fs = std::filesystem;

std::vector<std::string> files_of(const std::string &folder, std::initializer_list<std::string_view> endings) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (std::error_code odd; it->is_regular_file(odd))
            if (const std::string kind = it->path().extension().string();
                std::find(endings.begin(), endings.end(), kind) != endings.end())
                files.push_back(it->path().string());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> authority_files(const std::string &folder) {
    return files_of(folder, {".crt", ".pem", ".cer"});
}

void require_file(const char *format, const std::string &file) {
    std::error_code error;
    if (!fs::exists(file, error)) throw Error(FERRY_E_INVALID, say(format, file, say("no such file")));
    errno = 0;
    if (!std::ifstream(fs::path(file), std::ios::binary))
        throw Error(FERRY_E_INVALID, say(format, file, std::generic_category().message(errno)));
}

std::unique_ptr<X509, decltype(&X509_free)> first_certificate(const std::string &file) {
    BIO *in = BIO_new_file(file.c_str(), "r");
    X509 *certificate = in ? PEM_read_bio_X509_AUX(in, nullptr, nullptr, nullptr) : nullptr;
    BIO_free(in);
    return {certificate, X509_free};
}

Text last_reason() {
    const unsigned long error = ERR_peek_last_error();
    const char *text = error ? ERR_reason_error_string(error) : nullptr;
    return text ? text : say("unknown reason");
}

} // namespace ferry::net
