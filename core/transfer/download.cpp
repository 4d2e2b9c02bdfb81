#include "core/transfer/download.h"

#include "core/base/rate.h"

#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::core {

namespace {

using Clock = std::chrono::steady_clock;

// What `step` throws of the source becomes the outcome's failure: then false.
template <class Step> bool asks_source(const Operation &operation, Outcome &outcome, const Step &step) {
    try {
        step();
        return true;
    } catch (const Error &e) {
        if (e.kind() == Kind::disk || operation.cancelled()) throw;
        outcome.failure = e;
        return false;
    }
}

// The stream ended before the claim did, and brought nothing.
Error cut_short(const std::string &from, const Descriptor &blob, std::uint64_t begin, bool skipping) {
    if (skipping) return {FERRY_E_TRUNCATED, say("{} sent less of the blob {} than it has", from, blob.digest)};
    return {FERRY_E_TRUNCATED, begin ? say("{} ends the blob {} after {} of the {} bytes that its manifest says", from,
                                           blob.digest, begin, blob.size)
                                     : say("{} sent nothing of the blob {}", from, blob.digest)};
}

} // namespace

Download::Result Download::run(const Operation &operation, DownloadListener &listener,
                               std::vector<char> &buffer) const {
    Result result;
    result.ended = transfer(operation, listener, buffer, result.outcome);
    if (result.outcome.failure && !result.outcome.progressed)
        result.outcome.silent = source.note_failure(endpoint, *result.outcome.failure);
    return result;
}

bool Download::transfer(const Operation &operation, DownloadListener &listener, std::vector<char> &buffer,
                        Outcome &outcome) const {
    const Descriptor &descriptor = blob.descriptor();
    const Blob::Segment range = blob.range(claim);
    const std::uint64_t begin = range.at;
    PaceWatch watch(Clock::now());
    Source::Opened opened;
    const bool open = asks_source(operation, outcome, [&] {
        opened = source.open(operation, descriptor, ranges ? begin : 0, ranges ? range.end : descriptor.size, endpoint);
    });
    if (!open) return false;
    if (opened.begin != begin) {
        listener.range_ignored();
        if (shared) {
            opened.stream.reset();
            blob.release(claim, true);
            return true;
        }
    }
    std::uint64_t skip = begin - opened.begin;
    std::uint64_t arrived = 0;
    const auto since = Clock::now();
    while (const std::size_t wanted = blob.wanted(claim)) {
        std::size_t got = 0;
        const std::size_t most = skip ? std::min<std::uint64_t>(buffer.size(), skip) : wanted;
        if (!asks_source(operation, outcome, [&] { got = opened.stream->read(operation, buffer.data(), most); }))
            return false;
        if (got == 0) {
            if (skip || arrived == 0)
                outcome.failure = cut_short(source.endpoints()[endpoint].name, descriptor, begin, skip != 0);
            return false;
        }
        listener.received(got);
        if (const auto pace = watch.came(got, Clock::now())) listener.paced(*pace);
        if (skip) {
            skip -= got;
            continue;
        }
        blob.write(claim, buffer.data(), got);
        arrived += got;
        outcome.progressed = is_progress(arrived, Clock::now() - since, least_rate);
        listener.stored(got);
    }
    return true;
}

} // namespace ferry::core
