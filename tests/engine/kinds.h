// The kinds of fault that a pull has to survive, by name: for the table of tests and for the soak.
#pragma once

#include "core/base/error.h"
#include "support/fault_registry.h"

namespace ferry::test {

struct FaultKind {
    const char *name; // as in a test's name
    // Sets a registry up; what is left to chance follows from `seed`. Each of them passes or leaves a way around it.
    void (*arm)(FaultRegistry &registry, std::uint64_t seed);
};

const std::vector<FaultKind> &fault_kinds();

// A policy that treats requests for layers only.
FaultPolicy for_layers(std::function<Fault(const FaultRequest &)> policy);

} // namespace ferry::test
