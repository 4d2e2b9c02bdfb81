// One place that holds a repository: the registry itself or a mirror of it. Knows its URLs, which protocol it speaks,
// and the credentials that it may see. [any-thread]
#pragma once

#include "core/http/insecure.h"
#include "core/image/reference.h"
#include "core/registry/authorizer.h"
#include "core/registry/refusal.h"

#include <mutex>
#include <string>

namespace ferry::core {

// What the endpoints of one repository have in common.
struct RepositoryContext {
    const Backend &backend;
    const Client &client;
    Reference reference; // an empty repository: the registry itself, and its catalog
    Insecure insecure;   // https may fall back to plain http there, too, and not only where an endpoint allows it
};

class RegistryEndpoint {
public:
    // `context` must outlive it. `login` is the user's, as far as this endpoint may see it.
    RegistryEndpoint(const RepositoryContext &context, ferry::Endpoint endpoint, Credentials login);

    bool is_mirror() const noexcept { return mirror_; }
    std::string host() const; // [:port]
    std::string base_url() const;
    // scheme://host/v2/REPOSITORY/manifests/TAG and the like, with the registry that is meant where a mirror is asked.
    std::string manifest_url(const std::string &tag_or_digest) const;
    std::string blob_url(const std::string &digest) const;
    // `path` as Repository::pages takes it.
    std::string list_url(const std::string &path) const;

    // Decides between https and http, once; the functions below expect it. Throws Error.
    void settle(const Operation &operation);

    // One exchange with the credentials of the endpoint, challenges answered; any other status is an answer. Throws
    // Error.
    HttpStream open(const Operation &operation, const HttpRequest &request);
    // A small answer, read whole and repeated as `attempts` says. `what` names the thing in errors. Throws Error on any
    // status but 200, and on a web page.
    HttpReply ask(const Operation &operation, HttpRequest request, const Text &what, Attempts attempts);
    // What an answer says that is not the one that was wanted.
    Error refusal(const HttpReply &reply, const Text &what) const;

private:
    std::string url_of(const std::string &kind, const std::string &what) const;
    // The base URL in plain http where the endpoint speaks nothing else, or nothing. Throws the failure of https where
    // it speaks neither.
    std::optional<std::string> plain_url(const Operation &operation, const std::string &encrypted) const;

    const RepositoryContext &context_;
    const std::string repository_;
    const bool mirror_, plain_allowed_;
    const Scope scope_;
    Authorizer authorizer_;
    std::mutex settling_;
    bool settled_ = false;
    mutable std::mutex mutex_; // of what follows
    std::string base_url_;
};

} // namespace ferry::core
