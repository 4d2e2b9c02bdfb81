// Which part of which blob a free connection fetches next. Pure but for the claims that it makes; whoever shares it
// among threads locks.
//
// Whole blobs first: those that are to be unpacked in their order, as far as the spool has room, then the others, the
// largest first. Then segments of what others are still fetching, where the most time is left.
#pragma once

#include "core/transfer/rules.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace ferry::core {

class Schedule {
public:
    explicit Schedule(const FetchRules &rules) : rules_(rules) {}

    // `blob` must outlive it. `spooled`: it waits while others fill the spool, and counts until consumed().
    // `settled`: nothing is to be done. Returns its number, from 0.
    std::size_t add(Blob &blob, bool spooled, bool settled);
    // All blobs are known.
    void begin();

    struct Job {
        std::size_t number = 0; // of the blob
        Blob::Claim claim;
        bool shared = false; // if there are no ranges, others bring these bytes
    };
    // Nothing where there is nothing to do now.
    std::optional<Job> next();

    // Blobs that are neither settled nor verified.
    std::size_t open() const noexcept { return open_; }
    // Is a verified blob still in the spool, so that its reader will make room?
    bool has_reader() const noexcept;

    bool is_verified(std::size_t number) const { return items_[number].verified; }
    void set_verified(std::size_t number);
    // A spooled blob was unpacked and removed. Of others nothing is to be told.
    void consumed(std::size_t number);

    // Does its source honour ranges, as far as is known?
    bool has_ranges(std::size_t number) const { return items_[number].ranges; }
    void ignores_ranges(std::size_t number) { items_[number].ranges = false; }
    // What a connection brings of that blob. Before the first time nobody else joins in: then it returns true.
    bool set_pace(std::size_t number, const Pace &pace);

private:
    struct Item {
        Blob *blob = nullptr;
        bool spooled = false;
        bool verified = false;
        bool admitted = false; // its spool space is counted
        bool ranges = true;
        bool shared = false; // several connections fetch it, by segments
        std::optional<Pace> pace;
    };
    std::optional<Job> join_in();

    const FetchRules &rules_;
    std::vector<Item> items_;
    std::vector<std::size_t> order_; // in which they are begun
    std::size_t open_ = 0;
    std::uint64_t spooled_ = 0; // bytes
};

} // namespace ferry::core
