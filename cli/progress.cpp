#include "cli/progress.h"

#include "cli/system.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace ferry::cli {

namespace {

using core::BlobInfo;
using core::BlobState;
using Clock = std::chrono::steady_clock;

void print(const std::string &text) {
    // One write: lines of several threads do not mix.
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

std::string short_digest(const std::string &digest) {
    const auto colon = digest.find(':');
    return digest.substr(colon == digest.npos ? 0 : colon + 1, 12);
}

class Silent final : public Display {
public:
    void line(const std::string &text) override { print(text + "\n"); }
};

class Plain final : public Display {
public:
    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        print(text + "\n");
    }
    void resolving(const std::string &image) override { line("looking up " + image); }
    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        std::uint64_t total = 0;
        for (const BlobInfo &blob : blobs) total += blob.size;
        {
            const std::lock_guard lock(mutex_);
            blobs_ = blobs;
        }
        line("writing " + archive + ": " + std::to_string(blobs.size()) +
             (blobs.size() == 1 ? " layer, " : " layers, ") + human_size(total) + " to fetch");
    }
    void resumed(std::uint64_t bytes) override {
        line("going on: " + human_size(bytes) + " are here from an earlier run");
    }
    void state(std::size_t blob, BlobState state, const std::string &) override {
        const std::lock_guard lock(mutex_);
        const BlobInfo &info = blobs_[blob];
        if (state != BlobState::verified && state != BlobState::done) return;
        if (state == BlobState::verified && info.unpacked) return; // its end is to be unpacked
        print("layer " + std::to_string(blob + 1) + "/" + std::to_string(blobs_.size()) + " " +
              short_digest(info.digest) + " " + human_size(info.size) +
              (info.unpacked ? " verified and unpacked\n" : " verified\n"));
    }

private:
    std::mutex mutex_;
    std::vector<BlobInfo> blobs_;
};

// A line a layer and a total, redrawn in place at most ten times a second.
class Bars final : public Display {
public:
    ~Bars() override { end(); }

    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        print(erase() + text + "\n");
        drawn_ = 0;
        if (running_) draw();
    }

    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        end();
        line("writing " + archive);
        const std::lock_guard lock(mutex_);
        rows_.clear();
        total_ = 0;
        for (const BlobInfo &blob : blobs) {
            rows_.push_back({blob, BlobState::waiting, 0});
            total_ += blob.size;
        }
        done_ = before_ = 0;
        started_ = Clock::now();
        running_ = true;
        drawer_ = std::jthread([this](const std::stop_token &stop) {
            std::unique_lock inner(mutex_);
            while (!stop.stop_requested()) {
                draw();
                woken_.wait_for(inner, stop, std::chrono::milliseconds(100), [] { return false; });
            }
        });
    }

    void resumed(std::uint64_t bytes) override {
        {
            const std::lock_guard lock(mutex_);
            before_ = bytes;
        }
        line("going on: " + human_size(bytes) + " are here from an earlier run");
    }

    void state(std::size_t blob, BlobState state, const std::string &) override {
        const std::lock_guard lock(mutex_);
        rows_[blob].state = state;
    }

    void advance(std::size_t blob, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        rows_[blob].done = static_cast<std::uint64_t>(static_cast<std::int64_t>(rows_[blob].done) + bytes);
        done_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(done_) + bytes);
    }

    void end() override {
        if (drawer_.joinable()) {
            drawer_.request_stop();
            drawer_.join();
        }
        const std::lock_guard lock(mutex_);
        if (running_) draw();
        running_ = false;
        drawn_ = 0; // what stands there stays
    }

private:
    struct Row {
        BlobInfo info;
        BlobState state;
        std::uint64_t done;
    };

    std::string erase() const { return drawn_ ? "\033[" + std::to_string(drawn_) + "A\033[J" : ""; }

    static const char *word(BlobState state) {
        switch (state) {
        case BlobState::waiting: return "waiting";
        case BlobState::downloading: return "downloading";
        case BlobState::retrying: return "trying again";
        case BlobState::verified: return "verified";
        case BlobState::unpacking: return "unpacking";
        case BlobState::done: break;
        }
        return "done";
    }

    static bool finished(const Row &row) {
        return row.state == BlobState::done || (row.state == BlobState::verified && !row.info.unpacked);
    }

    void draw() {
        const TerminalSize size = terminal_size(STDERR_FILENO);
        const int columns = size.columns - 1;
        const std::size_t room = static_cast<std::size_t>(std::max(size.rows - 3, 1));
        std::string out = erase();
        int lines = 0;
        // Where not all fit, those that are done give way first, then those that wait.
        std::vector<const Row *> shown;
        for (const Row &row : rows_) shown.push_back(&row);
        const auto drop = [&](auto &&what) {
            for (auto it = shown.begin(); it != shown.end() && shown.size() > room;)
                it = what(**it) ? shown.erase(it) : it + 1;
        };
        drop([](const Row &row) { return finished(row); });
        std::reverse(shown.begin(), shown.end());
        drop([](const Row &row) { return row.state == BlobState::waiting; });
        std::reverse(shown.begin(), shown.end());
        if (shown.size() > room) shown.resize(room);
        for (const Row *row : shown) {
            const double part =
                row->info.size ? static_cast<double>(row->done) / static_cast<double>(row->info.size) : 1.0;
            out += bar_line(short_digest(row->info.digest), part, human_size(row->info.size) + " " + word(row->state),
                            columns) +
                   "\n";
            ++lines;
        }
        const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
        const double rate = seconds > 0 ? static_cast<double>(done_ - std::min(before_, done_)) / seconds : 0;
        std::string behind = human_size(done_) + " of " + human_size(total_) + ", " +
                             human_size(static_cast<std::uint64_t>(rate)) + "/s";
        if (rate > 0 && done_ < total_)
            behind += ", " + human_time(static_cast<double>(total_ - done_) / rate) + " left";
        out += bar_line("total", total_ ? static_cast<double>(done_) / static_cast<double>(total_) : 1.0, behind,
                        columns) +
               "\n";
        print(out);
        drawn_ = lines + 1;
    }

    std::mutex mutex_;
    std::condition_variable_any woken_;
    std::vector<Row> rows_;
    std::uint64_t total_ = 0, done_ = 0;
    std::uint64_t before_ = 0; // of done_, from an earlier run
    Clock::time_point started_;
    bool running_ = false;
    int drawn_ = 0; // lines that stand on the screen
    std::jthread drawer_;
};

} // namespace

std::unique_ptr<Display> make_display(DisplayKind kind) {
    if (kind == DisplayKind::bars) return std::make_unique<Bars>();
    if (kind == DisplayKind::plain) return std::make_unique<Plain>();
    return std::make_unique<Silent>();
}

std::string human_size(std::uint64_t bytes) {
    const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

std::string human_time(double seconds) {
    const auto whole = static_cast<long long>(std::min(seconds + 0.5, 1e9));
    char text[32];
    if (whole < 60)
        std::snprintf(text, sizeof text, "%llds", whole);
    else if (whole < 3600)
        std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
    else
        std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
    return text;
}

std::string bar_line(const std::string &label, double part, const std::string &behind, int columns) {
    part = std::clamp(part, 0.0, 1.0);
    char percent[8];
    std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(part * 100));
    std::string line = label;
    line.resize(std::max<std::size_t>(line.size(), 12), ' ');
    const int bar = std::min(30, columns - static_cast<int>(line.size() + behind.size()) - 10);
    if (bar >= 5) {
        const int full = static_cast<int>(part * bar);
        line += " [" + std::string(static_cast<std::size_t>(full), '#') +
                std::string(static_cast<std::size_t>(bar - full), '-') + "]";
    }
    line += std::string(" ") + percent + " " + behind;
    if (columns > 0 && line.size() > static_cast<std::size_t>(columns)) line.resize(static_cast<std::size_t>(columns));
    return line;
}

} // namespace ferry::cli
