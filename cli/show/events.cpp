#include "cli/show/events.h"

#include "cli/language/language.h"
#include "cli/show/message.h"
#include "cli/show/rate_meter.h"

#include <ferry/kit/json.hpp>

#include <chrono>
#include <mutex>

namespace ferry::cli {

namespace {

using core::BlobInfo;
using core::BlobState;
using Clock = std::chrono::steady_clock;

// One object on a line of its own.
class Event {
public:
    explicit Event(const char *name) { json_.begin_object().member("event", name); }
    Event &text(const char *key, std::string_view value) {
        json_.member(key, value);
        return *this;
    }
    Event &number(const char *key, std::uint64_t value) {
        json_.name(key).natural(value);
        return *this;
    }
    Event &layers(const std::vector<BlobInfo> &blobs) {
        json_.name("layers").begin_array();
        for (const BlobInfo &blob : blobs) {
            json_.begin_object().member("digest", blob.digest).name("size").natural(blob.size);
            json_.name("unpacked").boolean(blob.unpacked).end_object();
        }
        json_.end_array();
        return *this;
    }
    void print() { show_line(json_.end_object().text()); }

private:
    kit::JsonWriter json_;
};

const char *name_of(BlobState state) {
    switch (state) {
    case BlobState::waiting: return "waiting";
    case BlobState::downloading: return "downloading";
    case BlobState::retrying: return "retrying";
    case BlobState::verifying: return "verifying";
    case BlobState::verified: return "verified";
    case BlobState::unpacking: return "packing";
    case BlobState::done: break;
    }
    return "done";
}

class Events final : public Display {
public:
    void line(const std::string &) override {}
    void warning(std::string_view text) override {
        const std::lock_guard lock(mutex_);
        Event("warning").text("message", text).print();
    }
    void failure(const core::Error &error) override {
        const std::lock_guard lock(mutex_);
        print_error_event(error);
    }
    void resolving(const std::string &image) override {
        const std::lock_guard lock(mutex_);
        Event("resolving").text("image", image).print();
    }
    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        const std::lock_guard lock(mutex_);
        blobs_ = blobs;
        states_.assign(blobs.size(), BlobState::waiting);
        done_ = total_ = 0;
        for (const BlobInfo &blob : blobs) total_ += blob.size;
        Event("begin").text("archive", archive).number("total", total_).layers(blobs).print();
        meter_ = RateMeter();
        started_ = Clock::now();
        told_ = started_;
    }
    void resumed(std::uint64_t bytes) override {
        const std::lock_guard lock(mutex_);
        Event("resumed").number("bytes", bytes).print();
        meter_ = RateMeter();
    }
    void state(std::size_t blob, BlobState state, const Text &reason) override {
        const std::lock_guard lock(mutex_);
        // A second connection to the same layer is no news; another failure is.
        if (states_[blob] == state && state != BlobState::retrying) return;
        states_[blob] = state;
        Event event("layer");
        event.number("layer", blob).text("digest", blobs_[blob].digest).text("state", name_of(state));
        if (!reason.empty()) event.text("reason", tr(reason));
        event.print();
    }
    void advance(std::size_t, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        done_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(done_) + bytes);
        constexpr std::chrono::milliseconds interval(500);
        const auto now = Clock::now();
        if (now - told_ < interval) return;
        told_ = now;
        progress(now);
    }
    void end() override {
        const std::lock_guard lock(mutex_);
        progress(Clock::now());
        Event("end").print();
    }

private:
    void progress(Clock::time_point now) {
        const double rate = meter_.sample(std::chrono::duration<double>(now - started_).count(), done_);
        Event("progress")
            .number("done", done_)
            .number("total", total_)
            .number("rate", static_cast<std::uint64_t>(rate))
            .print();
    }

    std::mutex mutex_;
    std::vector<BlobInfo> blobs_;
    std::vector<BlobState> states_;
    std::uint64_t total_ = 0, done_ = 0;
    RateMeter meter_;
    Clock::time_point started_, told_;
};

} // namespace

std::unique_ptr<Display> make_events() {
    return std::make_unique<Events>();
}

void print_error_event(const core::Error &error) {
    Event("error")
        .number("code", static_cast<std::uint64_t>(error.kind()))
        .text("message", tr(error.message))
        .text("remedy", tr(error.remedy))
        .print();
}

} // namespace ferry::cli
