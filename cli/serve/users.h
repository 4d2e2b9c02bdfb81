// Who may read from `ferry serve`: users of an htpasswd file, or one user of the command line. HTTP Basic (RFC 7617).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ferry::cli {

class Users {
public:
    // Of a file as `htpasswd -B` writes it: name:hash lines, # begins a comment. bcrypt, sha256-crypt, sha512-crypt and
    // yescrypt are known. Throws core::Error(usage) on a file that cannot be read, an unknown hash, or no user at all.
    static std::map<std::string, std::string> read_htpasswd(const std::string &path);

    // `hashes` by name. `secrets`: passwords by name, as they are.
    Users(std::map<std::string, std::string> hashes, const std::map<std::string, std::string> &secrets);

    // `authorization` is the field's value. Takes as long as hashing a password does, which is made to be slow; as long
    // for an unknown user as for a wrong password: it is compared with one of the file's hashes, always the same one
    // for the same name, so that the costs of unknown names are spread as those of the users are. [any-thread]
    bool allow(std::string_view authorization) const;
    // What can be told at once: true or false, or nothing where only allow() can tell. [any-thread]
    std::optional<bool> known(std::string_view authorization) const;

    // What a password under that name is compared with: the user's hash, or for all others one of the users', always
    // the same one for the same name. Only where there are hashes.
    const std::string &hash_for(const std::string &name) const;

private:
    struct Login {
        std::string name, secret, mark;
    };
    std::optional<Login> login_of(std::string_view authorization) const;
    std::optional<bool> known(const Login &login) const;
    std::string mark_of(std::string_view name, std::string_view secret) const;

    std::map<std::string, std::string> hashes_;
    std::map<std::string, std::string> marks_; // of secrets
    std::string salt_;
    mutable std::mutex mutex_;
    mutable std::set<std::string> passed_; // marks that a slow hash has let in
};

// Are both the same? The time tells only whether they are equally long.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace ferry::cli
