// What all backends have in common: a registry that speaks the OCI distribution protocol and asks for Basic or Bearer.
#pragma once

#include "bearer.h"

#include <ferry/registry.hpp>

namespace distribution {

class Backend : public ferry::Registry {
public:
    explicit Backend(ferry_http http) noexcept : http_(http) {}

    // As typed; a one-word name under a default host is library/NAME first, as such hosts mostly mirror Docker Hub.
    std::vector<ferry::Reference> normalize(const ferry::Reference &typed) override;
    // https://HOST, or what scheme the reference's registry begins with; on this machine plain http serves too.
    std::vector<ferry::Endpoint> endpoints(const ferry::Reference &reference) override;
    ferry::Credential authorize(const ferry::Op &op, const ferry::Challenge &challenge) override;
    std::optional<ferry::Advice> explain(const ferry::Refusal &refusal) override;

protected:
    // What `host` would ask, where its 401 says nothing or was not waited for.
    virtual std::optional<AuthChallenge> known_challenge(const std::string &) const { return std::nullopt; }
    virtual PlainRealm plain_realm() const noexcept { return PlainRealm::refuse; }

private:
    ferry_http http_;
};

// How to write a robot account's name.
ferry::Text robot_hint();

} // namespace distribution
