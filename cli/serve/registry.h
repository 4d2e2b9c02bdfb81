// The pull side of the OCI Distribution Specification 1.1 over a store of archives. Read-only: whatever would write is
// answered with 405. [any-thread]
#pragma once

#include "cli/serve/exchange.h"
#include "cli/serve/users.h"
#include "core/archive/store.h"

#include <map>
#include <string>
#include <string_view>

namespace ferry::cli {

class Registry final : public Handler {
public:
    // Both must outlive it; without `users` anybody may read.
    Registry(core::Store &store, const Users *users) : store_(store), users_(users) {}

    Outcome answer(Request request) override;

    // A request for something in a repository, taken apart.
    struct Call {
        Request request;
        std::map<std::string, std::string> query;
        std::string path;
        std::string name;      // of the repository
        std::string ns;        // the host that a mirror is asked for
        std::string reference; // behind the last slash
    };

private:
    Outcome route(Request request);
    Answer catalog(const Call &call);
    Outcome tags(const Call &call);
    Outcome manifest(const Call &call);
    Outcome blob(const Call &call);
    Outcome referrers(const Call &call);
    Answer opened(const Call &call);

    // What stands behind the name of a repository, and who answers it.
    struct Route {
        const char *noun;
        Outcome (Registry::*answer)(const Call &);
    };
    static const Route routes[];

    core::Store &store_;
    const Users *users_;
};

// What a Range field (RFC 9110 section 14.2) means for a body of `size` bytes (pure). Several ranges, other units and
// nonsense mean the whole, as the RFC allows.
struct ByteRange {
    enum class Kind { whole, part, impossible } kind = Kind::whole;
    std::uint64_t begin = 0, end = 0; // [begin, end)
};
ByteRange parse_byte_range(std::string_view field, std::uint64_t size) noexcept;

// The grammar of <name> in the specification (pure).
bool valid_repository(std::string_view name) noexcept;

} // namespace ferry::cli
