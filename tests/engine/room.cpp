#include "engine/room.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace ferry::test {

namespace {

const core::Catalog &catalog() {
    static const core::Catalog made({FERRY_PLUGINS});
    return made;
}

class Silence final : public core::Observer {};

} // namespace

std::string kind_name(core::Kind kind) {
    switch (kind) {
    case core::Kind::other: return "other";
    case core::Kind::usage: return "usage";
    case core::Kind::access: return "access";
    case core::Kind::not_found: return "not found";
    case core::Kind::network: return "network";
    case core::Kind::integrity: return "integrity";
    case core::Kind::disk: return "disk";
    case core::Kind::plugin: return "plugin";
    case core::Kind::rate_limit: return "rate limit";
    case core::Kind::interrupted: return "interrupted";
    }
    return "?";
}

std::string PullOutcome::text() const {
    return (failure
                ? kind_name(failure->kind()) + ": " + failure->message.english() + " -> " + failure->remedy.english()
                : std::string("no failure")) +
           "\n" + log;
}

PullRoom::PullRoom(const FaultImage &held, std::size_t window) : registry(window), image(held) {
    registry.put("1", image);
}

PullOutcome PullRoom::pull(const PullChoice &choice, std::stop_token stop) {
    return pull_to(folder.path().string(), choice, std::move(stop));
}

PullOutcome PullRoom::pull_to(const std::string &output, const PullChoice &choice, std::stop_token stop) {
    core::PullRequest request;
    request.images = {"team/app:" + choice.tag};
    for (const std::string &tag : choice.also) request.images.push_back("team/app:" + tag);
    request.registry = "http://" + registry.host();
    request.format = choice.format;
    request.backend = "v2";
    request.output = output;
    request.name = choice.name;
    request.out = choice.out;
    request.force = choice.force;
    if (!choice.username.empty()) request.credentials = {choice.username, "hunter2", ""};
    request.client.retry = {choice.retries, 1, 5, 2'000};
    request.client.stall_timeout_ms = choice.stall;
    request.client.connect_timeout_ms = 5'000;
    request.fetch.workers = choice.workers;
    request.fetch.chunk = choice.chunk;
    request.fetch.least_split = choice.least_split;
    request.fetch.segments = {choice.segment, choice.segment, 0};
    if (!choice.spool) request.fetch.spool_limit = 0;

    PullOutcome outcome;
    std::mutex mutex;
    core::Log log;
    log.listen([&](std::string_view line) {
        const std::lock_guard lock(mutex);
        outcome.log.append(line).append("\n");
    });
    Silence silence;
    try {
        core::Pull pull(std::move(request), catalog(), *choice.disk, choice.observer ? *choice.observer : silence);
        const core::Operation operation(std::move(stop), log);
        pull.run(operation, [](const core::PulledArchive &) {});
    } catch (const core::Error &e) {
        outcome.failure = e;
    }
    if (const std::string archive = output + "/" + choice.name; std::filesystem::is_regular_file(archive))
        outcome.digest = sha256_of_file(archive);
    return outcome;
}

std::string PullRoom::reference(const PullChoice &choice) {
    std::string &known = references_[choice.format + " " + choice.tag];
    if (!known.empty()) return known;
    registry.reset();
    const Folder other;
    PullChoice plain = choice;
    plain.disk = &core::real_disk();
    plain.workers = 1;
    const PullOutcome outcome = pull_to(other.path().string(), plain, {});
    if (outcome.failure) throw *outcome.failure;
    registry.reset();
    return known = outcome.digest;
}

std::vector<std::string> PullRoom::files() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::uint64_t PullRoom::loss(const PullChoice &choice) const {
    constexpr std::uint64_t transport_buffer = 64 << 10;
    return choice.chunk + core::Blob::most_write + transport_buffer + registry.window();
}

} // namespace ferry::test
