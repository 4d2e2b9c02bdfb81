// Random pulls under random faults: each ends right, or fails clearly and ends right when run again.
//
//   engine_soak [--rounds N] [--seed S] [--seconds N]    1000 rounds from seed 1, as long as they take
//
// The same seed makes the same images, choices and faults. The last line says how many pulls ended with a wrong
// archive.
#include "engine/disk.h"
#include "engine/kinds.h"
#include "engine/room.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>

namespace {

using namespace ferry::test;
using ferry::core::Kind;

struct Tally {
    std::map<std::string, std::uint64_t> outcomes;
    std::map<std::string, std::uint64_t> faults;
    std::uint64_t pulls = 0;
    std::uint64_t wrong = 0; // archives
};

// What a fault of the network, the registry or the user may end in.
bool fitting(Kind kind, bool cancelled, bool disk_fails) {
    if (kind == Kind::interrupted) return cancelled;
    if (kind == Kind::disk) return disk_fails;
    return kind == Kind::network || kind == Kind::rate_limit || kind == Kind::access || kind == Kind::integrity;
}

// One pull with faults, and one without. Returns what is wrong, or nothing.
std::string round_of(std::uint64_t seed, Tally &tally) {
    std::mt19937_64 random(seed);
    PullRoom room(make_image(seed, random_layers(random, 6, 3 << 20)));
    PullChoice choice;
    choice.format = std::array{"docker", "synology", "oci"}[random() % 3];
    choice.workers = static_cast<int>(random() % 9); // 0: as many as pay
    choice.chunk = std::uint64_t(64 << 10) << random() % 4;
    choice.least_split = std::uint64_t(1) << (20 + random() % 4);
    choice.segment = random() % 4 ? std::uint64_t(1) << (19 + random() % 3) : ferry::core::no_segments;
    choice.retries = static_cast<int>(1 + random() % 5);
    choice.spool = random() % 3 != 0;
    const std::string reference = room.reference(choice);

    FaultDisk disk;
    choice.disk = &disk;
    const bool old_archive = random() % 4 == 0, cancelled = random() % 3 == 0, full = random() % 8 == 0,
               dark = !full && random() % 6 == 0;
    const std::string old = old_archive ? sha256("old") : "";
    if (old_archive) room.folder.write("out.tar", "old");
    std::string name = "None";
    for (int attempt = 0, attempts = 1 + static_cast<int>(random() % 3); attempt < attempts; ++attempt) {
        room.registry.reset();
        if (random() % 10) {
            const FaultKind &kind = fault_kinds()[random() % fault_kinds().size()];
            name = kind.name;
            kind.arm(room.registry, random());
        }
        ++tally.faults[name];
        const std::uint64_t limit = random() % (room.image.transfer() + 1);
        if (full) disk.fills_after(limit);
        if (dark) disk.power_fails_after(limit);
        std::stop_source stop;
        if (cancelled)
            room.registry.on_bytes([stop, limit](std::uint64_t total) mutable {
                if (total >= limit) stop.request_stop();
            });
        const PullOutcome outcome = room.pull(choice, stop.get_token());
        ++tally.pulls;
        room.registry.on_bytes({});
        const bool off = disk.power_failed();
        if (off) disk.power_returns(random);
        const std::string what = choice.format + (choice.spool ? "" : " unspooled") + " by " +
                                 std::to_string(choice.workers) + ", " + name + ": ";
        if (!outcome.failure) {
            ++tally.outcomes["right"];
            if (outcome.digest != reference) return ++tally.wrong, what + "a wrong archive";
            break;
        }
        const Kind kind = outcome.failure->kind();
        ++tally.outcomes[off ? "power failure" : kind_name(kind)];
        if (outcome.digest != old) return what + "it failed and changed what is under the name: " + outcome.text();
        if (!off && !fitting(kind, cancelled, full)) return what + "an unfitting failure: " + outcome.text();
        if (outcome.failure->message.empty()) return what + "a failure without words";
    }
    disk.power_fails_after(~std::uint64_t(0));
    if (!disk.complaints().empty()) return disk.complaints().front();
    room.registry.reset();
    const PullOutcome again = room.pull(choice);
    ++tally.pulls;
    if (again.failure) return "run again without faults after " + name + ": " + again.text();
    if (again.digest != reference) return ++tally.wrong, "run again without faults after " + name + ": a wrong archive";
    if (room.files() != std::vector<std::string>{"out.tar"})
        return "something is left beside the archive after " + name;
    return {};
}

} // namespace

int main(int argc, char **argv) {
    std::uint64_t seconds = 0, rounds = 1000, seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
        if (!std::strcmp(argv[i], "--seconds"))
            seconds = value;
        else if (!std::strcmp(argv[i], "--seed"))
            seed = value;
        else if (!std::strcmp(argv[i], "--rounds"))
            rounds = value;
        else
            return std::fprintf(stderr, "there is no %s\n", argv[i]), 2;
    }
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    Tally tally;
    std::uint64_t done = 0;
    bool violated = false;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (; done < rounds && (!seconds || std::chrono::steady_clock::now() < end); ++done) {
        std::string wrong;
        auto round = std::async(std::launch::async, [&] { return round_of(seed + done, tally); });
        const bool hangs = round.wait_for(std::chrono::seconds(90)) != std::future_status::ready;
        try {
            wrong = hangs ? "the round hangs" : round.get();
        } catch (const std::exception &e) {
            wrong = std::string("an exception that is no failure of a pull: ") + e.what();
        }
        if (wrong.empty()) continue;
        violated = true;
        std::printf("VIOLATION: %s\nagain with: %s --seed %llu --rounds 1\n", wrong.c_str(), argv[0],
                    static_cast<unsigned long long>(seed + done));
        std::fflush(stdout);
        if (hangs) std::_Exit(1);
        break;
    }
    for (const auto &[name, count] : tally.outcomes)
        std::printf("  ended %-34s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
    for (const auto &[name, count] : tally.faults)
        std::printf("  fault %-34s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
    const bool whole = done == rounds || seconds;
    std::printf("soak: %llu rounds, %llu pulls, %llu wrong archives (seed %llu)\n",
                static_cast<unsigned long long>(done), static_cast<unsigned long long>(tally.pulls),
                static_cast<unsigned long long>(tally.wrong), static_cast<unsigned long long>(seed));
    return violated || !whole;
}
