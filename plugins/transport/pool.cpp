#include "transport/pool.h"

#include <vector>

namespace ferry::net {

std::unique_ptr<Connection> Pool::take(const Destination &to) {
    // Closed after the lock is free.
    std::vector<std::unique_ptr<Connection>> dropped;
    const std::lock_guard lock(mutex_);
    while (!idle_.empty() && Clock::now() - idle_.front().since > idle_limit_) {
        dropped.push_back(std::move(idle_.front().connection));
        idle_.pop_front();
    }
    for (auto one = idle_.end(); one != idle_.begin();) {
        --one;
        if (one->to != to) continue;
        auto connection = std::move(one->connection);
        one = idle_.erase(one);
        if (connection->wire().quiet()) return connection;
        dropped.push_back(std::move(connection));
    }
    return nullptr;
}

void Pool::put(Destination to, std::unique_ptr<Connection> connection) {
    std::unique_ptr<Connection> dropped;
    const std::lock_guard lock(mutex_);
    idle_.push_back({std::move(to), std::move(connection), Clock::now()});
    if (idle_.size() > capacity_) {
        dropped = std::move(idle_.front().connection);
        idle_.pop_front();
    }
}

} // namespace ferry::net
