// A disk in memory that fails where a test wants it to.
#pragma once

#include "core/base/error.h"
#include "core/os/disk.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace ferry::test {

class MemoryDisk final : public core::Disk {
public:
    // Called before everything that is done, as "write", "read", "resize", "sync", "lock", "open", "find", "check",
    // "rename" (which publishes), "remove", "open_to_read", "scratch_file", "list_files" with the path; what it throws,
    // the disk throws. From several threads.
    std::function<void(const std::string &action, const std::string &path)> before = [](const auto &, const auto &) {};

    std::vector<std::string> paths() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> all;
        for (const auto &[path, node] : nodes_) all.push_back(path);
        return all;
    }
    std::string bytes(const std::string &path) const {
        const std::lock_guard lock(mutex_);
        return nodes_.at(path)->bytes;
    }
    void put(const std::string &path, std::string bytes) {
        const std::lock_guard lock(mutex_);
        (nodes_[path] = std::make_shared<Node>())->bytes = std::move(bytes);
    }
    // "sync x.part", "rename x.part x": everything but reading and writing, in order.
    std::vector<std::string> actions() const {
        const std::lock_guard lock(mutex_);
        return actions_;
    }

    std::unique_ptr<core::File> open(const std::string &path, bool fresh) override {
        note("open", path);
        const std::lock_guard lock(mutex_);
        if (foreign_.count(path)) throw core::Error(core::Kind::disk, path + " belongs to another user", "remove it");
        auto &node = nodes_[path];
        if (!node) node = std::make_shared<Node>();
        if (fresh) node->bytes.clear();
        return std::make_unique<Open>(*this, path, node);
    }
    std::unique_ptr<core::File> find(const std::string &path) override {
        note("find", path);
        const std::lock_guard lock(mutex_);
        const auto found = nodes_.find(path);
        if (found == nodes_.end() || foreign_.count(path)) return nullptr;
        return std::make_unique<Open>(*this, path, found->second);
    }
    std::unique_ptr<core::File> open_to_read(const std::string &path) override {
        note("open_to_read", path);
        const std::lock_guard lock(mutex_);
        const auto found = nodes_.find(path);
        if (found == nodes_.end()) throw core::Error(core::Kind::disk, "cannot read " + path, "check that it is there");
        return std::make_unique<Open>(*this, path, found->second);
    }
    std::unique_ptr<core::File> scratch_file(const std::string &folder, const std::string &shown) override {
        note("scratch_file", folder);
        const std::lock_guard lock(mutex_);
        return std::make_unique<Open>(*this, shown, std::make_shared<Node>());
    }
    std::vector<core::ListedFile> list_files(const std::string &folder,
                                             const std::vector<std::string> &suffixes) override {
        note("list_files", folder);
        std::vector<core::ListedFile> found;
        for (const std::string &path : list(folder + '/')) {
            const std::string name = path.substr(folder.size() + 1);
            for (const std::string &suffix : suffixes) {
                if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
                core::FileState state;
                state.size = bytes(path).size();
                found.push_back({name, name.substr(0, name.size() - suffix.size()), path, state});
                break;
            }
        }
        return found;
    }
    bool named(core::File &file) override {
        const std::lock_guard lock(mutex_);
        const auto found = nodes_.find(file.path());
        return found != nodes_.end() && found->second == dynamic_cast<Open &>(file).node_;
    }
    void publish(core::File &file, const std::string &to) override {
        note("rename", file.path(), " " + to);
        if (!named(file)) fail(file.path());
        const std::lock_guard lock(mutex_);
        nodes_[to] = nodes_.at(file.path());
        nodes_.erase(file.path());
    }
    bool remove(core::File &file) override {
        note("remove", file.path());
        return named(file) && take(file.path());
    }
    void check(const std::string &path, std::uint64_t) override { note("check", path); }
    // Removes it as any program may, even while it is open.
    bool take(const std::string &path) {
        const std::lock_guard lock(mutex_);
        return nodes_.erase(path) != 0;
    }
    // It is another user's, until it is taken back.
    void give_away(const std::string &path) {
        const std::lock_guard lock(mutex_);
        foreign_.insert(path);
    }
    void take_back(const std::string &path) {
        const std::lock_guard lock(mutex_);
        foreign_.erase(path);
    }
    bool exists(const std::string &path) override {
        const std::lock_guard lock(mutex_);
        return nodes_.count(path) != 0;
    }
    std::vector<std::string> list(const std::string &prefix) override {
        std::vector<std::string> all = paths();
        std::erase_if(all, [&](const std::string &path) { return path.rfind(prefix, 0) != 0; });
        return all;
    }
    void make_folder(const std::string &) override {}
    std::uint64_t free_space(const std::string &) override { return UINT64_MAX; }
    std::uint64_t used_space(const std::string &path) override { return exists(path) ? bytes(path).size() : 0; }

    // The most files that were open at once.
    std::size_t most_open() const {
        const std::lock_guard lock(mutex_);
        return most_open_;
    }

    [[noreturn]] static void fail(const std::string &path) {
        throw core::Error(core::Kind::disk, "cannot write " + path + ": no space left", "free some space");
    }

private:
    struct Node {
        std::mutex mutex;
        std::string bytes;
        bool locked = false;
    };
    class Open final : public core::File {
    public:
        Open(MemoryDisk &disk, std::string path, std::shared_ptr<Node> node)
            : disk_(disk), path_(std::move(path)), node_(std::move(node)) {
            disk_.most_open_ = std::max(disk_.most_open_, ++disk_.open_); // open() has the lock
        }
        ~Open() override {
            if (mine_) node_->locked = false;
            const std::lock_guard lock(disk_.mutex_);
            --disk_.open_;
        }
        Open(const Open &) = delete;
        Open &operator=(const Open &) = delete;

        const std::string &path() const noexcept override { return path_; }
        void write_at(std::uint64_t offset, const void *data, std::size_t size) override {
            disk_.before("write", path_);
            const std::lock_guard lock(node_->mutex);
            if (node_->bytes.size() < offset + size) node_->bytes.resize(offset + size);
            std::memcpy(node_->bytes.data() + offset, data, size);
        }
        std::size_t read_at(std::uint64_t offset, void *data, std::size_t size) override {
            disk_.before("read", path_);
            const std::lock_guard lock(node_->mutex);
            if (offset >= node_->bytes.size()) return 0;
            const std::size_t got = std::min<std::size_t>(size, node_->bytes.size() - offset);
            std::memcpy(data, node_->bytes.data() + offset, got);
            return got;
        }
        std::uint64_t size() override {
            const std::lock_guard lock(node_->mutex);
            return node_->bytes.size();
        }
        void resize(std::uint64_t size) override {
            disk_.note("resize", path_);
            const std::lock_guard lock(node_->mutex);
            node_->bytes.resize(size);
        }
        void sync() override { disk_.note("sync", path_); }
        bool lock() override {
            disk_.note("lock", path_);
            const std::lock_guard lock(node_->mutex);
            if (node_->locked) return false;
            return node_->locked = mine_ = true;
        }
        void copy_from(core::File &source, std::uint64_t source_offset, std::uint64_t offset,
                       std::uint64_t size) override {
            std::string bytes(size, '\0');
            if (source.read_at(source_offset, bytes.data(), size) != size) fail(path_);
            write_at(offset, bytes.data(), size);
        }

    private:
        friend class MemoryDisk;
        MemoryDisk &disk_;
        std::string path_;
        std::shared_ptr<Node> node_;
        bool mine_ = false;
    };

    void note(const std::string &action, const std::string &path, const std::string &more = "") {
        before(action, path);
        const std::lock_guard lock(mutex_);
        actions_.push_back(action + ' ' + path + more);
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Node>> nodes_;
    std::set<std::string> foreign_;
    std::vector<std::string> actions_;
    std::size_t open_ = 0, most_open_ = 0;
};

} // namespace ferry::test
