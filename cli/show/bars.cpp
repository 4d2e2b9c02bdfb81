#include "cli/show/bars.h"

#include "cli/language/language.h"
#include "cli/show/layer_table.h"
#include "cli/show/message.h"
#include "cli/show/rate_meter.h"
#include "cli/show/width.h"
#include "core/os/terminal.h"

#include <ferry/text.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace ferry::cli {

namespace {

using core::BlobInfo;
using core::BlobState;
using Clock = std::chrono::steady_clock;

class Bars final : public Display {
public:
    explicit Bars(bool color) : color_(color) {}
    ~Bars() override { stop(); }

    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        print_error_output(above(core::terminal_size(core::Standard::error).columns) + "\033[J" + text + "\n");
        widths_.clear();
        if (running_) draw_frame();
    }
    void resolving(const std::string &image) override { line(tr("looking up {}", image)); }

    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        stop();
        line(tr("writing {}", archive));
        const std::lock_guard lock(mutex_);
        table_ = {};
        for (const BlobInfo &blob : blobs) {
            table_.rows.push_back({blob});
            table_.total += blob.size;
        }
        meters_.assign(blobs.size() + 1, RateMeter());
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
            for (LayerRow &row : table_.rows) row.resumed = row.done > 0;
            meters_.assign(meters_.size(), RateMeter()); // what was there is no speed
        }
        line(resumed_line(bytes));
    }

    void state(std::size_t blob, BlobState state, const Text &reason) override {
        const std::lock_guard lock(mutex_);
        table_.rows[blob].state = state;
        table_.rows[blob].reason = tr(reason);
    }

    void advance(std::size_t blob, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        const auto add = [bytes](std::uint64_t &sum) {
            sum = static_cast<std::uint64_t>(static_cast<std::int64_t>(sum) + bytes);
        };
        add(table_.rows[blob].done);
        add(table_.done);
        // Bytes that arrive while another connection waits for its turn end the waiting.
        if (bytes > 0 && table_.rows[blob].state == BlobState::retrying)
            table_.rows[blob].state = BlobState::downloading;
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
        for (std::size_t i = 0; i < table_.rows.size(); ++i)
            table_.rows[i].rate = meters_[i].sample(now, table_.rows[i].done);
        table_.rate = meters_.back().sample(now, table_.done);
        // Overwritten line by line, and only the rest erased: nothing flickers. A terminal that became narrower has
        // wrapped the lines, so that all is erased.
        const bool narrower = size.columns < columns_;
        std::string out = above(size.columns) + (narrower ? "\033[J" : "");
        columns_ = size.columns;
        widths_.clear();
        for (const std::string &text : cli::draw(table_, {size.columns, size.rows, false}))
            widths_.push_back(width_of(text));
        for (const std::string &text : cli::draw(table_, {size.columns, size.rows, color_})) out += text + "\033[K\n";
        print_error_output(out + "\033[J");
    }

    const bool color_;
    std::mutex mutex_;
    std::condition_variable_any woken_;
    LayerTable table_;
    std::vector<RateMeter> meters_; // of each row, and of the total
    Clock::time_point started_;
    bool running_ = false;
    std::vector<int> widths_; // of the lines that stand on the screen
    int columns_ = 0;         // for which they were drawn
    std::jthread drawer_;
};

} // namespace

std::unique_ptr<Display> make_bars(bool color) {
    return std::make_unique<Bars>(color);
}

} // namespace ferry::cli
