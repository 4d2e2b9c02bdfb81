// A few threads for work that takes long. Work of one lane is done one after another, so that a hundred who wait for
// the same hash hold one thread; lanes take turns.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ferry::cli {

class Lanes {
public:
    // Starts with one thread, and has up to `most` when they are needed. Throws std::system_error when there is none.
    explicit Lanes(std::size_t most);
    // Drops what has not begun, and waits for what has.
    ~Lanes();
    Lanes(const Lanes &) = delete;
    Lanes &operator=(const Lanes &) = delete;

    // `job` must not throw. Those of the empty lane wait for none but a thread. [any-thread]
    void add(const std::string &lane, std::function<void()> job);

private:
    void run();

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<std::string, std::deque<std::function<void()>>> lanes_; // the first of each is ready or at work
    std::deque<std::pair<std::string, std::function<void()>>> ready_;
    std::size_t idle_ = 0;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

} // namespace ferry::cli
