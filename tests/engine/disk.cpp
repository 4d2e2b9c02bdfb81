#include "engine/disk.h"

#include "core/base/error.h"

#include <algorithm>

namespace ferry::test {

namespace {

constexpr std::uint64_t page = 4096;

} // namespace

class FaultFile final : public core::File {
public:
    FaultFile(FaultDisk &disk, std::unique_ptr<core::File> inner) : disk_(disk), inner_(std::move(inner)) {}

    const std::string &path() const noexcept override { return inner_->path(); }

    void write_at(std::uint64_t offset, const void *data, std::size_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        disk_.charge(path(), size);
        disk_.remember(disk_.states_[path()], *inner_, offset, offset + size);
        inner_->write_at(offset, data, size);
    }
    std::size_t read_at(std::uint64_t offset, void *data, std::size_t size) override {
        {
            const std::lock_guard lock(disk_.mutex_);
            disk_.alive(path());
            if (!disk_.unreadable_.empty() && path().find(disk_.unreadable_) != std::string::npos && --disk_.reads_ < 0)
                throw core::Error(core::Kind::disk, "cannot read " + path() + ": Input/output error");
        }
        return inner_->read_at(offset, data, size);
    }
    std::uint64_t size() override { return inner_->size(); }
    void resize(std::uint64_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        disk_.alive(path());
        const std::uint64_t before = inner_->size();
        if (size < before) disk_.remember(disk_.states_[path()], *inner_, size, before);
        if (size > before) disk_.remember(disk_.states_[path()], *inner_, before, size);
        inner_->resize(size);
    }
    void sync() override {
        const std::lock_guard lock(disk_.mutex_);
        disk_.alive(path());
        inner_->sync();
        disk_.states_[path()] = {inner_->size(), {}};
    }
    bool lock() override { return inner_->lock(); }
    void copy_from(core::File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) override {
        std::vector<char> buffer(std::min<std::uint64_t>(size, 256 << 10));
        while (size) {
            const std::size_t got =
                source.read_at(source_offset, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
            if (got == 0) throw core::Error(core::Kind::disk, source.path() + " is shorter than it was written");
            write_at(offset, buffer.data(), got);
            source_offset += got;
            offset += got;
            size -= got;
        }
    }

private:
    friend class FaultDisk;
    FaultDisk &disk_;
    std::unique_ptr<core::File> inner_;
};

void FaultDisk::fills_after(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    trouble_ = Trouble::full;
    left_ = bytes;
}

void FaultDisk::power_fails_after(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    trouble_ = Trouble::power;
    left_ = bytes;
}

void FaultDisk::reading_fails(std::string part, int reads) {
    const std::lock_guard lock(mutex_);
    unreadable_ = std::move(part);
    reads_ = reads;
}

bool FaultDisk::power_failed() const {
    const std::lock_guard lock(mutex_);
    return off_;
}

std::vector<std::string> FaultDisk::complaints() const {
    const std::lock_guard lock(mutex_);
    return complaints_;
}

std::uint64_t FaultDisk::written() const {
    const std::lock_guard lock(mutex_);
    return written_;
}

void FaultDisk::alive(const std::string &path) const {
    if (off_) throw core::Error(core::Kind::disk, "the power failed before " + path + " was reached");
}

void FaultDisk::charge(const std::string &path, std::uint64_t bytes) {
    alive(path);
    if (trouble_ != Trouble::none && bytes > left_) {
        if (trouble_ == Trouble::full)
            throw core::Error(core::Kind::disk, "cannot write " + path + ": No space left on device");
        off_ = true;
        alive(path);
    }
    if (trouble_ != Trouble::none) left_ -= bytes;
    written_ += bytes;
}

void FaultDisk::remember(State &state, core::File &file, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin / page * page; at < end; at += page) {
        if (state.before.count(at)) continue;
        std::string held(page, '\0');
        held.resize(file.read_at(at, held.data(), page));
        state.before.emplace(at, std::move(held));
    }
}

std::unique_ptr<core::File> FaultDisk::wrap(std::unique_ptr<core::File> file, bool there) {
    const std::string path = file->path();
    if (!states_.count(path)) states_[path].safe_size = there ? file->size() : 0;
    return std::make_unique<FaultFile>(*this, std::move(file));
}

std::unique_ptr<core::File> FaultDisk::open(const std::string &path, bool fresh) {
    const std::lock_guard lock(mutex_);
    alive(path);
    const bool there = inner_.exists(path);
    auto wrapped = wrap(inner_.open(path, false), there);
    if (fresh) {
        State &state = states_[path];
        auto again = inner_.open(path, false);
        remember(state, *again, 0, again->size());
        again->resize(0);
    }
    return wrapped;
}

std::unique_ptr<core::File> FaultDisk::find(const std::string &path) {
    const std::lock_guard lock(mutex_);
    alive(path);
    auto found = inner_.find(path);
    return found ? wrap(std::move(found), true) : nullptr;
}

bool FaultDisk::named(core::File &file) {
    return inner_.named(*dynamic_cast<FaultFile &>(file).inner_);
}

void FaultDisk::publish(core::File &file, const std::string &to) {
    const std::lock_guard lock(mutex_);
    const std::string from = file.path();
    alive(from);
    const auto state = states_.find(from);
    if (state != states_.end() && (state->second.dirty() || state->second.safe_size != file.size()))
        complaints_.push_back(from + " was renamed to " + to + " with pages that were not synced");
    inner_.publish(*dynamic_cast<FaultFile &>(file).inner_, to);
    ++renames_;
    if (state != states_.end()) {
        states_[to] = state->second;
        states_.erase(from);
    }
}

bool FaultDisk::remove(core::File &file) {
    const std::lock_guard lock(mutex_);
    alive(file.path());
    states_.erase(file.path());
    return inner_.remove(*dynamic_cast<FaultFile &>(file).inner_);
}

std::size_t FaultDisk::power_returns(std::mt19937_64 &random) {
    const std::lock_guard lock(mutex_);
    std::size_t damaged = 0;
    // Most of what was written is on the device by then, or little of it.
    const std::uint64_t density = std::uint64_t(8) << random() % 3 * 4;
    for (auto &[path, state] : states_) {
        if (!state.dirty() || !inner_.exists(path)) continue;
        const auto file = inner_.open(path, false);
        const std::uint64_t size = file->size();
        for (const auto &[at, before] : state.before) {
            std::string held(page, '\0'), old = before;
            held.resize(at < size ? file->read_at(at, held.data(), page) : 0);
            old.resize(std::max(held.size(), old.size()), '\0');
            std::string left = held;
            switch (random() % density) {
            case 0: left = old; break;
            case 1: left.assign(held.size(), '\0'); break;
            case 2: {
                left = old;
                const std::size_t half = 1 + random() % page;
                std::copy_n(held.begin(), std::min(half, held.size()), left.begin());
                break;
            }
            default: continue;
            }
            if (left == held) continue;
            ++damaged;
            if (!left.empty()) file->write_at(at, left.data(), left.size());
        }
        // The size is metadata, and may be older or newer than the pages.
        std::uint64_t now = file->size();
        if (state.safe_size < size) {
            now = size;
            if (const auto dice = random() % 8; dice == 0)
                now = state.safe_size;
            else if (dice == 1)
                now = state.safe_size + random() % (size - state.safe_size + 1);
        }
        if (now < size) ++damaged;
        file->resize(now);
    }
    states_.clear();
    trouble_ = Trouble::none;
    off_ = false;
    return damaged;
}

} // namespace ferry::test
