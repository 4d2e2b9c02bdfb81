#include "transport/os/poll.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace ferry::net::os {

Polled poll(std::span<Watched> watched, const Waker &waker, std::optional<std::chrono::milliseconds> limit) {
    std::array<pollfd, 8> few;
    std::vector<pollfd> many;
    const std::size_t count = watched.size() + 1;
    if (count > few.size()) many.resize(count);
    const std::span<pollfd> all(many.empty() ? few.data() : many.data(), count);
    for (std::size_t i = 0; i < watched.size(); ++i)
        all[i] = {static_cast<int>(watched[i].socket),
                  static_cast<short>(watched[i].interest == Watched::writing ? POLLOUT : POLLIN), 0};
    all.back() = {static_cast<int>(waker.handle()), POLLIN, 0};
    // An hour at most: what is longer does not fit into an int of milliseconds.
    const int ms = limit ? static_cast<int>(std::clamp<std::int64_t>(limit->count(), 0, 3'600'000)) : -1;
    const int ready = ::poll(all.data(), all.size(), ms);
    if (ready < 0) {
        for (Watched &one : watched) one.ready = false;
        return errno == EINTR ? Polled{} : Polled{false, {Failure::other, errno}};
    }
    for (std::size_t i = 0; i < watched.size(); ++i) watched[i].ready = all[i].revents != 0;
    return {all.back().revents != 0, {}};
}

} // namespace ferry::net::os
