// How long a list of a registry may be, so that a registry cannot fill our memory or keep us asking.
#pragma once

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <cstddef>
#include <string>

namespace ferry::core {

constexpr std::size_t most_pages = 2'500; // of one list
constexpr std::size_t most_listed = 250'000;
constexpr std::size_t most_listed_bytes = 32 << 20; // of their texts

// Counts what is kept of one list.
class ListBound {
public:
    // `what` names it in the error: "the tags of registry.example/team/app".
    explicit ListBound(Text what) : what_(std::move(what)) {}

    // One more entry with so many bytes of text. Throws Error(network) when that is too much.
    void add(std::size_t bytes);

private:
    Text what_;
    std::size_t entries_ = 0, bytes_ = 0;
};

// The failure where `host` sends more pages of `what` than any list has.
Error endless_list(const std::string &host, const Text &what);

} // namespace ferry::core
