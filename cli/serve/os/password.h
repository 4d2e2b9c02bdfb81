// Hashes of passwords, as crypt(5) describes them.
#pragma once

#include <string>

namespace ferry::cli {

// The hash of `secret` by the method and the salt that `hash` begins with; empty where the method is unknown. Takes as
// long as that method is made to. [any-thread]
std::string hash_password(const std::string &secret, const std::string &hash);

} // namespace ferry::cli
