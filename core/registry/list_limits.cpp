#include "core/registry/list_limits.h"

#include <ferry/text.hpp>

namespace ferry::core {

namespace {

Text ask_for_fewer() {
    return say("ask for fewer with --limit N");
}

} // namespace

void ListBound::add(std::size_t bytes) {
    bytes_ += bytes;
    if (++entries_ > most_listed || bytes_ > most_listed_bytes)
        throw Error(Kind::network,
                    say("{}: the list has more than {} entries or {} MiB", what_, most_listed, most_listed_bytes >> 20),
                    ask_for_fewer());
}

Error endless_list(const std::string &host, const Text &what) {
    return {Kind::network, say("{} sends {} without end: {} pages so far", host, what, most_pages), ask_for_fewer()};
}

} // namespace ferry::core
