#include "cli/serve/users.h"

#include "core/base/digest.h"
#include "core/base/error.h"

#include <ferry/text.hpp>

#include <Poco/Base64Decoder.h>
#include <Poco/RandomStream.h>

#include <cerrno>
#include <crypt.h>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr std::size_t most_passed = 1000;
// Of no password: what an unknown user's is compared with. Same cost as htpasswd's default.
constexpr const char *nobody = "$2y$05$abcdefghijklmnopqrstuuQGBNRgYGWWyCxUIqJQGRCTiv5HnMlG2";

bool known_hash(const std::string &hash) {
    for (const char *begin : {"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$"})
        if (hash.rfind(begin, 0) == 0) return true;
    return false;
}

bool matches(const std::string &secret, const std::string &hash) {
    const auto data = std::make_unique<crypt_data>();
    const char *made = ::crypt_r(secret.c_str(), hash.c_str(), data.get());
    return made && equal_in_constant_time(made, hash);
}

} // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    volatile unsigned char differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        differ =
            static_cast<unsigned char>(differ | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
    return differ == 0;
}

std::map<std::string, std::string> Users::read_htpasswd(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw Error(Kind::usage, say("cannot read the file of users {}: {}", path, std::strerror(errno)));
    std::map<std::string, std::string> users;
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        const auto colon = line.find(':');
        if (colon == line.npos || colon == 0)
            throw Error(Kind::usage, say("{}: line {} is not NAME:HASH", path, number));
        const std::string hash = line.substr(colon + 1);
        if (!known_hash(hash))
            throw Error(Kind::usage,
                        say("{}: the hash in line {} is of a kind that is too weak or unknown", path, number),
                        say("write the file with: htpasswd -B {} USER", path));
        users[line.substr(0, colon)] = hash;
    }
    if (users.empty())
        throw Error(Kind::usage, say("{} names no user", path), say("add one with: htpasswd -B {} USER", path));
    return users;
}

Users::Users(std::map<std::string, std::string> hashes, const std::map<std::string, std::string> &secrets)
    : hashes_(std::move(hashes)) {
    Poco::RandomInputStream random;
    salt_.resize(32);
    random.read(salt_.data(), static_cast<std::streamsize>(salt_.size()));
    for (const auto &[name, secret] : secrets) marks_[name] = mark_of(name, secret);
}

std::string Users::mark_of(std::string_view name, std::string_view secret) const {
    return core::digest_of(salt_ + std::to_string(name.size()) + ':' + std::string(name) + std::string(secret));
}

bool Users::allow(std::string_view authorization) const {
    constexpr std::size_t longest = 4096;
    constexpr std::string_view scheme = "basic ";
    if (authorization.size() > longest || authorization.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((authorization[i] | 0x20) != (scheme[i] | 0x20)) return false;
    std::istringstream packed{std::string(authorization.substr(scheme.size()))};
    Poco::Base64Decoder decoder(packed);
    std::string both;
    try {
        both.assign(std::istreambuf_iterator<char>(decoder), {});
    } catch (const std::exception &) {
        return false;
    }
    const auto colon = both.find(':');
    if (colon == both.npos || both.find('\0') != both.npos) return false;
    const std::string name = both.substr(0, colon), secret = both.substr(colon + 1);
    const std::string mark = mark_of(name, secret);
    if (const auto own = marks_.find(name); own != marks_.end()) return equal_in_constant_time(own->second, mark);
    if (hashes_.empty()) return false;
    {
        const std::lock_guard lock(mutex_);
        if (passed_.count(mark)) return true;
    }
    const auto known = hashes_.find(name);
    const bool right = matches(secret, known == hashes_.end() ? nobody : known->second);
    if (!right || known == hashes_.end()) return false;
    const std::lock_guard lock(mutex_);
    if (passed_.size() < most_passed) passed_.insert(mark);
    return true;
}

} // namespace ferry::cli
