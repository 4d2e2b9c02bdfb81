#include "core/base/nearest.h"

#include <ferry/kit/ascii.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::core {

namespace {} // namespace

std::size_t distance(std::string_view a, std::string_view b) {
    // Optimal string alignment, three rows at a time.
    std::vector<std::size_t> above2, above, row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        above2 = std::move(above);
        above = row;
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], above2[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view typed_as_is, const std::vector<std::string> &candidates) {
    constexpr std::size_t longest = 64; // nobody mistypes more than that, and the table grows with the square
    const std::string typed = kit::lower(typed_as_is);
    if (typed.empty() || typed.size() > longest) return {};
    std::string best;
    std::size_t best_distance = 0;
    for (const std::string &candidate : candidates) {
        const std::string name = kit::lower(candidate);
        if (name.size() > longest) continue;
        const std::size_t most = std::max<std::size_t>(std::max(typed.size(), name.size()) / 3, 1);
        std::size_t edits = distance(typed, name);
        // Two words of which nothing is alike are one edit apart when they are short enough.
        if (edits >= std::min(typed.size(), name.size())) edits = longest;
        if (edits > most && typed.size() >= 3 && name.compare(0, typed.size(), typed) == 0) edits = most;
        if (edits > most || (!best.empty() && edits >= best_distance)) continue;
        best = candidate;
        best_distance = edits;
    }
    return best;
}

} // namespace ferry::core
