// Tokens: from a Bearer challenge to the header that answers it.
//
// Sources: Docker Registry v2 token authentication (docs/spec/auth/token.md, oauth.md); RFC 6749 section 6.
#pragma once

#include "challenge.h"

#include <ferry/registry.hpp>

#include <optional>

namespace distribution {

// What to do with a token service on plain http where the registry itself speaks TLS.
enum class PlainRealm {
    refuse, // it gets no secret
    upgrade // on the registry's own host it is asked at the registry's own address first: Harbor behind a proxy that
            // ends TLS, or on a port of which it does not know
};

// Where the token service of `realm` is asked, for the registry at `endpoint`: an absolute URL. Throws ferry::Error
// when it may not be shown the secrets that `with_secrets` speaks of. Pure.
std::string token_service(std::string_view endpoint, std::string_view realm, bool with_secrets, PlainRealm policy);

// The scopes to ask for: `own`, after those that an insufficient_scope challenge missed, as some registries read the
// first alone. Any other scope in a challenge is only a template. Pure.
std::vector<std::string> scopes_for(std::string_view own, const AuthChallenge &bearer);

// How long a token lasts, in milliseconds, by its announced seconds: at least 60 s, less a margin for clocks and the
// way. Pure.
std::int64_t token_lifetime(std::optional<std::int64_t> expires_in) noexcept;

// The places to ask, in that order: the next only where one cannot be reached or has no such resource. Throws as
// token_service does. Pure.
std::vector<std::string> token_services(std::string_view endpoint, std::string_view realm, bool with_secrets,
                                        PlainRealm policy);

// Asks the token service. `bearer` is the chosen challenge of `challenge`. Throws ferry::Error.
ferry::Credential fetch_token(ferry_http http, const ferry::Op &op, const ferry::Challenge &challenge,
                              const AuthChallenge &bearer, PlainRealm policy);

} // namespace distribution
