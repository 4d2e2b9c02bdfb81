#include "cli/serve/os/password.h"

#include <crypt.h>
#include <memory>

namespace ferry::cli {

std::string hash_password(const std::string &secret, const std::string &hash) {
    const auto data = std::make_unique<crypt_data>();
    const char *made = ::crypt_r(secret.c_str(), hash.c_str(), data.get());
    return made ? made : "";
}

} // namespace ferry::cli
