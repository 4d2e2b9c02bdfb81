#include "cli/show/progress.h"

#include "cli/line/language.h"
#include "cli/show/width.h"
#include "core/base/size.h"
#include "core/base/tame.h"
#include "core/os/environment.h"
#include "core/os/terminal.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace ferry::cli {

std::unique_ptr<Display> make_events();      // events.cpp
void print_error_event(const core::Error &); // the same

namespace {

using core::BlobInfo;
using core::BlobState;
using core::human_size;
using Clock = std::chrono::steady_clock;

void print(const std::string &text) {
    // One write: lines of several threads do not mix, and a frame is never seen half drawn.
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

std::string short_digest(const std::string &digest) {
    const auto colon = digest.find(':');
    return digest.substr(colon == digest.npos ? 0 : colon + 1, 12);
}

std::string resumed_line(std::uint64_t bytes) {
    return tr("going on: {} are here from an earlier run", human_size(bytes));
}

class Silent final : public Display {
public:
    void line(const std::string &text) override { print(text + "\n"); }
};

// For pipelines and files: what happened, and every tenth of a transfer that takes a while.
class Plain final : public Display {
public:
    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        print(text + "\n");
    }
    void resolving(const std::string &image) override { line(tr("looking up {}", image)); }
    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        const std::lock_guard lock(mutex_);
        blobs_ = blobs;
        total_ = done_ = told_ = 0;
        for (const BlobInfo &blob : blobs) total_ += blob.size;
        print(tr("writing {}: {} layer(s), {} to fetch", archive, blobs.size(), human_size(total_)) + "\n");
    }
    void resumed(std::uint64_t bytes) override {
        const std::lock_guard lock(mutex_);
        told_ = tenths();
        print(resumed_line(bytes) + "\n");
    }
    void advance(std::size_t, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        done_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(done_) + bytes);
        constexpr std::uint64_t large = 64 << 20;
        if (total_ < large || tenths() <= told_ || tenths() >= 10) return;
        told_ = tenths();
        print(tr("{}%: {} of {} fetched", told_ * 10, human_size(done_), human_size(total_)) + "\n");
    }
    void state(std::size_t blob, BlobState state, const Text &) override {
        const std::lock_guard lock(mutex_);
        const BlobInfo &info = blobs_[blob];
        if (state != BlobState::verified && state != BlobState::done) return;
        if (state == BlobState::verified && info.unpacked) return; // its end is to be unpacked
        const std::string digest = short_digest(info.digest), size = human_size(info.size);
        print((info.unpacked ? tr("layer {}/{} {} {} verified and unpacked", blob + 1, blobs_.size(), digest, size)
                             : tr("layer {}/{} {} {} verified", blob + 1, blobs_.size(), digest, size)) +
              "\n");
    }

private:
    std::uint64_t tenths() const { return total_ ? done_ * 10 / total_ : 10; }

    std::mutex mutex_;
    std::vector<BlobInfo> blobs_;
    std::uint64_t total_ = 0, done_ = 0;
    std::uint64_t told_ = 0; // tenths
};

// A line a layer and a total, redrawn in place at most ten times a second. The size of the terminal is asked for before
// each frame, which serves as well as SIGWINCH would and needs no handler.
class Bars final : public Display {
public:
    explicit Bars(bool color) : color_(color) {}
    ~Bars() override { stop(); }

    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        print(above(core::terminal_size(core::Standard::error).columns) + "\033[J" + text + "\n");
        widths_.clear();
        if (running_) draw_frame();
    }
    void resolving(const std::string &image) override { line(tr("looking up {}", image)); }

    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        stop();
        line(tr("writing {}", archive));
        const std::lock_guard lock(mutex_);
        board_ = {};
        for (const BlobInfo &blob : blobs) {
            board_.rows.push_back({blob});
            board_.total += blob.size;
        }
        meters_.assign(blobs.size() + 1, Meter());
        started_ = Clock::now();
        running_ = true;
        drawer_ = std::jthread([this](const std::stop_token &ended) {
            constexpr std::chrono::milliseconds frame(100);
            std::unique_lock inner(mutex_);
            while (!ended.stop_requested()) {
                draw_frame();
                woken_.wait_for(inner, ended, frame, [] { return false; });
            }
        });
    }

    void resumed(std::uint64_t bytes) override {
        {
            const std::lock_guard lock(mutex_);
            for (BoardRow &row : board_.rows) row.resumed = row.done > 0;
            meters_.assign(meters_.size(), Meter()); // what was there is no speed
        }
        line(resumed_line(bytes));
    }

    void state(std::size_t blob, BlobState state, const Text &reason) override {
        const std::lock_guard lock(mutex_);
        board_.rows[blob].state = state;
        board_.rows[blob].reason = tr(reason);
    }

    void advance(std::size_t blob, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        const auto add = [bytes](std::uint64_t &sum) {
            sum = static_cast<std::uint64_t>(static_cast<std::int64_t>(sum) + bytes);
        };
        add(board_.rows[blob].done);
        add(board_.done);
        // Bytes that arrive while another connection waits for its turn end the waiting.
        if (bytes > 0 && board_.rows[blob].state == BlobState::retrying)
            board_.rows[blob].state = BlobState::downloading;
    }

    void end() override { stop(); }

private:
    void stop() {
        if (drawer_.joinable()) {
            drawer_.request_stop();
            drawer_.join();
        }
        const std::lock_guard lock(mutex_);
        if (running_) draw_frame();
        running_ = false;
        widths_.clear(); // what stands there stays
    }

    // Back to the first line that was drawn, at whatever width the terminal has now.
    std::string above(int columns) const {
        const int rows = rows_taken(widths_, columns);
        return rows ? "\r\033[" + std::to_string(rows) + "A" : "\r";
    }

    void draw_frame() {
        const core::TerminalSize size = core::terminal_size(core::Standard::error);
        const double now = std::chrono::duration<double>(Clock::now() - started_).count();
        for (std::size_t i = 0; i < board_.rows.size(); ++i)
            board_.rows[i].rate = meters_[i].sample(now, board_.rows[i].done);
        board_.rate = meters_.back().sample(now, board_.done);
        // Overwritten line by line, and only the rest erased: nothing flickers. A terminal that became narrower has
        // wrapped the lines, so that all is erased.
        const bool narrower = size.columns < columns_;
        std::string out = above(size.columns) + (narrower ? "\033[J" : "");
        columns_ = size.columns;
        widths_.clear();
        for (const std::string &text : cli::draw(board_, {size.columns, size.rows, false}))
            widths_.push_back(width_of(text));
        for (const std::string &text : cli::draw(board_, {size.columns, size.rows, color_})) out += text + "\033[K\n";
        print(out + "\033[J");
    }

    const bool color_;
    std::mutex mutex_;
    std::condition_variable_any woken_;
    Board board_;
    std::vector<Meter> meters_; // of each row, and of the total
    Clock::time_point started_;
    bool running_ = false;
    std::vector<int> widths_; // of the lines that stand on the screen
    int columns_ = 0;         // for which they were drawn
    std::jthread drawer_;
};

} // namespace

void Display::warning(std::string_view text) {
    line(tr("ferry: warning: {}", core::tame(text)));
}

void Display::failure(const core::Error &error) {
    line(error_text(error));
}

void show_line(const std::string &line) {
    print(line + "\n");
}

std::string error_text(const core::Error &error) {
    std::string text = tr("ferry: error: {}", core::tame(tr(error.message)));
    if (!error.remedy.empty()) text += "\n  -> " + core::tame(tr(error.remedy));
    return text;
}

Surroundings surroundings() {
    return {core::is_terminal(core::Standard::error), core::variable("TERM"), core::variable("CI"),
            core::variable("NO_COLOR")};
}

DisplayKind display_kind(bool json, bool quiet, bool plain, const Surroundings &around) {
    if (json) return DisplayKind::events;
    if (quiet) return DisplayKind::none;
    const bool ci = !around.ci.empty() && around.ci != "false" && around.ci != "0";
    if (plain || !around.terminal || around.term.empty() || around.term == "dumb" || ci) return DisplayKind::plain;
    return DisplayKind::bars;
}

std::unique_ptr<Display> make_display(DisplayKind kind, bool color) {
    if (kind == DisplayKind::bars) return std::make_unique<Bars>(color);
    if (kind == DisplayKind::plain) return std::make_unique<Plain>();
    if (kind == DisplayKind::events) return make_events();
    return std::make_unique<Silent>();
}

int report(const core::Error &error, bool as_event) {
    if (as_event) {
        print_error_event(error);
    } else {
        show_line(error_text(error));
    }
    return static_cast<int>(error.kind());
}

} // namespace ferry::cli
