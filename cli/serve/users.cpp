#include "cli/serve/users.h"

#include "cli/serve/os/password.h"
#include "core/base/digest.h"
#include "core/base/error.h"

#include <ferry/kit/base64.hpp>
#include <ferry/text.hpp>

#include <Poco/RandomStream.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

constexpr std::size_t most_passed = 1000;
bool known_hash(const std::string &hash) {
    for (const char *begin : {"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$"})
        if (hash.rfind(begin, 0) == 0) return true;
    return false;
}

bool matches(const std::string &secret, const std::string &hash) {
    const std::string made = hash_password(secret, hash);
    return !made.empty() && equal_in_constant_time(made, hash);
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

std::optional<Users::Login> Users::login_of(std::string_view authorization) const {
    constexpr std::size_t longest = 4096;
    constexpr std::string_view scheme = "basic ";
    if (authorization.size() > longest || authorization.size() < scheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((authorization[i] | 0x20) != (scheme[i] | 0x20)) return std::nullopt;
    const std::string both = kit::base64_decode(authorization.substr(scheme.size())).value_or("");
    const auto colon = both.find(':');
    if (colon == both.npos || both.find('\0') != both.npos) return std::nullopt;
    Login login{both.substr(0, colon), both.substr(colon + 1), {}};
    login.mark = mark_of(login.name, login.secret);
    return login;
}

std::optional<bool> Users::known(const Login &login) const {
    const auto own = marks_.find(login.name);
    if (own != marks_.end() && equal_in_constant_time(own->second, login.mark)) return true;
    if (hashes_.empty()) return false;
    const std::lock_guard lock(mutex_);
    return passed_.count(login.mark) ? std::optional(true) : std::nullopt;
}

std::optional<bool> Users::known(std::string_view authorization) const {
    const auto login = login_of(authorization);
    return login ? known(*login) : false;
}

const std::string &Users::hash_for(const std::string &name) const {
    // A user of the command line has no hash, and is told from nobody by what a wrong password costs.
    const auto own = hashes_.find(name);
    if (own != hashes_.end() && !marks_.count(name)) return own->second;
    // Nobody outside can foretell which: the salt is this process's own.
    const std::string mixed = core::digest_of(salt_ + "unknown:" + name);
    auto one = hashes_.begin();
    std::advance(one, std::stoull(std::string(core::digest_hex(mixed).substr(0, 12)), nullptr, 16) % hashes_.size());
    return one->second;
}

bool Users::allow(std::string_view authorization) const {
    const auto login = login_of(authorization);
    if (!login) return false;
    if (const auto at_once = known(*login)) return *at_once;
    const bool right = matches(login->secret, hash_for(login->name));
    if (!right || !hashes_.count(login->name) || marks_.count(login->name)) return false;
    const std::lock_guard lock(mutex_);
    if (passed_.size() < most_passed) passed_.insert(login->mark);
    return true;
}

} // namespace ferry::cli
