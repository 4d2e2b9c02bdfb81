// A disk that fills up, cannot read, or loses its power; before the real one.
//
// It knows of every 4 KiB page what would be left of it if the power failed now: what was there at the last sync().
#pragma once

#include "core/os/disk.h"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>

namespace ferry::test {

class FaultDisk final : public core::Disk {
public:
    explicit FaultDisk(core::Disk &inner = core::real_disk()) : inner_(inner) {}

    // Writing fails as on a full disk once so many more bytes were written.
    void fills_after(std::uint64_t bytes);
    // Everything fails and nothing changes any more, once so many more bytes were written.
    void power_fails_after(std::uint64_t bytes);
    // The so-manieth read of a file whose path holds `part` and all later ones fail.
    void reading_fails(std::string part, int reads);

    bool power_failed() const;
    // The files get what the device may hold: each page not synced is as written, as before, zeros or half written,
    // and what a file grew by may be missing. Then all works again. No file may be open. Returns the pages damaged.
    std::size_t power_returns(std::mt19937_64 &random);
    // Of files that were renamed before everything in them was synced.
    std::vector<std::string> complaints() const;
    int renames() const noexcept { return renames_; }
    std::uint64_t written() const;

    std::unique_ptr<core::File> open(const std::string &path, bool fresh) override;
    std::unique_ptr<core::File> find(const std::string &path) override;
    std::unique_ptr<core::File> open_to_read(const std::string &path) override { return inner_.open_to_read(path); }
    std::unique_ptr<core::File> scratch_file(const std::string &folder, const std::string &shown) override {
        return inner_.scratch_file(folder, shown);
    }
    std::vector<core::ListedFile> list_files(const std::string &folder,
                                             const std::vector<std::string> &suffixes) override {
        return inner_.list_files(folder, suffixes);
    }
    bool named(core::File &file) override;
    void publish(core::File &file, const std::string &to) override;
    bool remove(core::File &file) override;
    void check(const std::string &path, std::uint64_t size) override { inner_.check(path, size); }
    bool exists(const std::string &path) override { return inner_.exists(path); }
    std::vector<std::string> list(const std::string &prefix) override { return inner_.list(prefix); }
    void make_folder(const std::string &path) override { inner_.make_folder(path); }
    std::uint64_t free_space(const std::string &folder) override { return inner_.free_space(folder); }
    std::uint64_t used_space(const std::string &path) override { return inner_.used_space(path); }

private:
    friend class FaultFile;
    struct State {
        std::uint64_t safe_size = 0;                 // as of the last sync
        std::map<std::uint64_t, std::string> before; // of pages not synced: what they held, as far as the file went
        bool dirty() const { return !before.empty(); }
    };
    enum class Trouble { none, full, power };

    std::unique_ptr<core::File> wrap(std::unique_ptr<core::File> file, bool there); // with the mutex held

    void alive(const std::string &path) const; // throws when the power is off
    void charge(const std::string &path, std::uint64_t bytes);
    void remember(State &state, core::File &file, std::uint64_t begin, std::uint64_t end);

    core::Disk &inner_;
    mutable std::mutex mutex_;
    std::map<std::string, State> states_; // by path
    Trouble trouble_ = Trouble::none;
    std::uint64_t left_ = 0;
    std::uint64_t written_ = 0;
    bool off_ = false;
    std::string unreadable_;
    int reads_ = 0;
    std::atomic<int> renames_{0};
    std::vector<std::string> complaints_;
};

} // namespace ferry::test
