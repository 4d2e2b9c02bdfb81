// The pull side of the OCI Distribution Specification 1.1 over a store of archives. Read-only: whatever would write is
// answered with 405. [any-thread]
#pragma once

#include "cli/serve/exchange.h"
#include "cli/serve/target.h"
#include "cli/serve/users.h"
#include "core/archive/store.h"

#include <string>

namespace ferry::cli {

class ArchiveRegistry final : public Handler {
public:
    // Both must outlive it; without `users` anybody may read.
    ArchiveRegistry(core::Store &store, const Users *users) : store_(store), users_(users) {}

    Outcome answer(Request request) override;

private:
    // A request for something in a repository, taken apart.
    struct Call {
        Request request;
        Target target;
        std::string name;      // of the repository
        std::string reference; // tag or digest
        std::string ns;        // the host that a mirror is asked for
    };
    // A path (match_path()), and who answers it.
    struct Route {
        const char *pattern;
        Outcome (ArchiveRegistry::*answer)(const Call &);
    };
    static const Route routes[];

    Outcome route(Request request);
    Outcome base(const Call &call);
    Outcome catalog(const Call &call);
    Outcome tags(const Call &call);
    Outcome manifest(const Call &call);
    Outcome blob(const Call &call);
    Outcome referrers(const Call &call);
    Answer opened(const Call &call);

    core::Store &store_;
    const Users *users_;
};

} // namespace ferry::cli
