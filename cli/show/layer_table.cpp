#include "cli/show/layer_table.h"

#include "cli/language/language.h"
#include "cli/show/duration.h"
#include "cli/show/width.h"
#include "core/base/size.h"
#include "core/base/tame.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cstdio>

namespace ferry::cli {

namespace {

using core::BlobState;
using core::human_size;

// From so many columns on, a row shows size and rate as well; below the second number it has no bar.
constexpr int wide_from = 70, bar_from = 34;

std::string short_digest(const std::string &digest, int columns) {
    const auto colon = digest.find(':');
    return padded(digest.substr(colon == digest.npos ? 0 : colon + 1), columns);
}

bool finished(const LayerRow &row) {
    return row.state == BlobState::done || (row.state == BlobState::verified && !row.info.unpacked);
}

bool waits(const LayerRow &row) {
    return row.state == BlobState::waiting;
}

std::string percent(std::uint64_t done, std::uint64_t total) {
    char text[8];
    const std::uint64_t part = total ? std::min<std::uint64_t>(done, total) * 100 / total : 100;
    std::snprintf(text, sizeof text, "%3d%%", static_cast<int>(part));
    return text;
}

// [=====>    ] of so many columns, brackets included.
std::string bar(std::uint64_t done, std::uint64_t total, int columns) {
    const int room = columns - 2;
    if (room < 3) return {};
    const double part = total ? static_cast<double>(std::min(done, total)) / static_cast<double>(total) : 1.0;
    const int full = static_cast<int>(part * room);
    std::string out = "[" + std::string(static_cast<std::size_t>(full), '=');
    if (full < room) out += (full || done ? ">" : " ") + std::string(static_cast<std::size_t>(room - full - 1), ' ');
    return out + "]";
}

const char *color_of(const LayerRow &row) {
    if (finished(row)) return "\033[32m"; // green
    switch (row.state) {
    case BlobState::retrying: return "\033[33m"; // yellow
    case BlobState::waiting: return "\033[2m";   // faint
    default: return "";
    }
}

std::string painted(const std::string &line, const char *color) {
    return *color ? color + line + "\033[0m" : line;
}

std::string row_line(const LayerRow &row, int columns) {
    const std::uint64_t size = row.info.size;
    const std::string part = percent(finished(row) ? size : row.done, size);
    const bool retrying = row.state == BlobState::retrying;
    if (columns < bar_from) return cut(short_digest(row.info.digest, 6) + " " + part + " " + state_word(row), columns);
    if (columns < wide_from) {
        const std::string begin = short_digest(row.info.digest, 8) + " ";
        const std::string end = " " + part + " ";
        if (retrying) return cut(begin + part + " " + state_word(row), columns);
        constexpr int word = 12;
        const int bar_columns = columns - width_of(begin) - width_of(end) - word;
        return cut(begin + bar(finished(row) ? size : row.done, size, bar_columns) + end + state_word(row), columns);
    }
    const std::string begin = short_digest(row.info.digest, 12) + " ";
    const std::string end = " " + part + " " + right_aligned(human_size(size), 10);
    if (retrying)
        return cut(begin + part + " " + right_aligned(human_size(size), 10) + "  " + state_word(row), columns);
    const bool moving = row.state == BlobState::downloading && row.rate > 0;
    constexpr int rate = 13, word = 14, widest_bar = 50;
    const int bar_columns = std::min(columns - width_of(begin) - width_of(end) - rate - word, widest_bar);
    return cut(begin + bar(finished(row) ? size : row.done, size, bar_columns) + end +
                   right_aligned(moving ? human_size(static_cast<std::uint64_t>(row.rate)) + "/s" : "", rate) + "  " +
                   state_word(row),
               columns);
}

std::string total_line(const LayerTable &table, int columns) {
    const std::string rate = table.rate > 0 ? human_size(static_cast<std::uint64_t>(table.rate)) + "/s" : "";
    const bool open = table.done < table.total;
    const std::string left =
        open && table.rate >= 1 ? human_time(static_cast<double>(table.total - table.done) / table.rate) : "";
    const std::string part = percent(table.done, table.total);
    const std::string name = tr("total");
    if (columns < bar_from) return cut(name + " " + part + " " + (left.empty() ? rate : left), columns);
    if (columns < wide_from) {
        const std::string begin = padded(name, 8) + " ";
        const std::string end = " " + part + (rate.empty() ? "" : " " + rate) + (left.empty() ? "" : " " + left);
        return cut(begin + bar(table.done, table.total, columns - width_of(begin) - width_of(end)) + end, columns);
    }
    std::string behind = tr("{} of {}", human_size(table.done), human_size(table.total));
    if (!rate.empty()) behind += ", " + rate;
    if (!left.empty()) behind += tr(", {} left", left);
    const std::string begin = padded(name, 12) + " ", end = " " + part + "  " + behind;
    constexpr int widest_bar = 50;
    const int bar_columns = std::min(columns - width_of(begin) - width_of(end), widest_bar);
    return cut(begin + bar(table.done, table.total, bar_columns) + end, columns);
}

} // namespace

std::string state_word(const LayerRow &row) {
    switch (row.state) {
    case BlobState::waiting: return row.resumed ? tr("resumed") : tr("waiting");
    case BlobState::downloading: return tr("downloading");
    case BlobState::retrying:
        return row.reason.empty() ? tr("trying again") : tr("trying again: {}", core::tame(row.reason));
    case BlobState::verifying: return tr("verifying");
    case BlobState::verified: return row.info.unpacked ? tr("verified") : tr("done");
    case BlobState::unpacking: return tr("packing");
    case BlobState::done: break;
    }
    return tr("done");
}

std::vector<std::string> draw(const LayerTable &table, const Canvas &canvas) {
    const int columns = std::max(canvas.columns - 1, 1);
    const auto paint = [&](const std::string &line, const char *color) {
        return canvas.color ? painted(line, color) : line;
    };
    // The cursor stands below the last line, and the line before the first stays in view.
    const std::size_t room = static_cast<std::size_t>(std::max(canvas.rows - 3, 0));
    std::vector<const LayerRow *> shown;
    for (const LayerRow &row : table.rows) shown.push_back(&row);
    std::vector<std::string> lines;
    if (shown.size() > room) {
        const std::size_t layers = room > 1 ? room - 1 : 0; // one line counts the hidden
        std::size_t done = 0, waiting = 0, others = 0;
        const auto drop = [&](const auto &fits, std::size_t &count, bool from_end) {
            if (from_end) std::reverse(shown.begin(), shown.end());
            for (auto it = shown.begin(); it != shown.end() && shown.size() > layers;) {
                const bool dropped = fits(**it);
                count += dropped;
                it = dropped ? shown.erase(it) : it + 1;
            }
            if (from_end) std::reverse(shown.begin(), shown.end());
        };
        drop(finished, done, false);
        drop(waits, waiting, true);
        drop([](const LayerRow &) { return true; }, others, true);
        for (const LayerRow *row : shown) lines.push_back(paint(row_line(*row, columns), color_of(*row)));
        if (room)
            lines.push_back(
                cut(tr("{} more layers: {} done, {} waiting", done + waiting + others, done, waiting), columns));
    } else {
        for (const LayerRow *row : shown) lines.push_back(paint(row_line(*row, columns), color_of(*row)));
    }
    lines.push_back(paint(total_line(table, columns), "\033[1m"));
    return lines;
}

int rows_taken(const std::vector<int> &widths, int columns) {
    int rows = 0;
    for (const int width : widths) rows += std::max((width + columns - 1) / std::max(columns, 1), 1);
    return rows;
}

} // namespace ferry::cli
