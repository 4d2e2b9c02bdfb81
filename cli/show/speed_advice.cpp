#include "cli/show/speed_advice.h"

#include "cli/language/language.h"
#include "core/base/size.h"

#include <ferry/text.hpp>

namespace ferry::cli {

std::string speed_advice(double seconds, std::uint64_t bytes, int workers, bool mirrors) {
    constexpr double patience = 10;           // before that, it may just begin slowly
    constexpr std::uint64_t slow = 256 << 10; // a second
    constexpr int many = 4;                   // connections, of which more would hardly help
    if (seconds < patience || static_cast<double>(bytes) >= static_cast<double>(slow) * seconds) return {};
    const std::string rate = core::human_size(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds));
    if (mirrors)
        return tr("the download is slow ({}/s): try more connections (-j 4), another mirror, or check the proxy", rate);
    if (workers > 0 && workers < many)
        return tr(
            "the download is slow ({}/s): use more connections (-j 4) or a mirror (--mirror HOST), or check the proxy",
            rate);
    return tr("the download is slow ({}/s): use a mirror (--mirror HOST), or check the proxy", rate);
}

void SpeedAdvisor::begin(const std::string &archive, const std::vector<core::BlobInfo> &blobs) {
    {
        const std::lock_guard lock(mutex_);
        started_ = std::chrono::steady_clock::now();
        bytes_ = 0;
    }
    display_.begin(archive, blobs);
}

void SpeedAdvisor::resumed(std::uint64_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        started_ = std::chrono::steady_clock::now();
        bytes_ = 0; // what was there is no speed
    }
    display_.resumed(bytes);
}

void SpeedAdvisor::advance(std::size_t blob, std::int64_t bytes) {
    display_.advance(blob, bytes);
    std::string advice;
    {
        const std::lock_guard lock(mutex_);
        if (told_) return;
        if (bytes > 0) bytes_ += static_cast<std::uint64_t>(bytes);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
        advice = speed_advice(seconds, bytes_, workers_, mirrors_);
        told_ = !advice.empty();
    }
    if (!advice.empty()) display_.warning(advice);
}

} // namespace ferry::cli
