#include "cli/serve/lanes.h"

#include <system_error>

namespace ferry::cli {

Lanes::Lanes(std::size_t most) : most_(most) {
    threads_.emplace_back([this] { run(); });
}

Lanes::~Lanes() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        wake_.notify_all();
    }
    for (std::thread &thread : threads_) thread.join();
}

void Lanes::add(const std::string &lane, std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!lane.empty()) {
        auto &queue = lanes_[lane];
        queue.push_back(std::move(job));
        if (queue.size() > 1) return; // behind others
        job = std::move(queue.front());
    }
    ready_.emplace_back(lane, std::move(job));
    if (ready_.size() > idle_ && threads_.size() < most_) try {
            threads_.emplace_back([this] { run(); });
        } catch (const std::system_error &) {
            // Those that are there do it, later.
        }
    wake_.notify_one();
}

void Lanes::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        wake_.wait(lock, [this] { return ended_ || !ready_.empty(); });
        --idle_;
        if (ended_) return;
        auto [lane, job] = std::move(ready_.front());
        ready_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
        if (lane.empty()) continue;
        const auto place = lanes_.find(lane);
        place->second.pop_front();
        if (place->second.empty()) {
            lanes_.erase(place);
        } else {
            ready_.emplace_back(lane, std::move(place->second.front()));
            wake_.notify_one();
        }
    }
}

} // namespace ferry::cli
