#include "cli/show/plain.h"

#include "cli/language/language.h"
#include "cli/show/message.h"
#include "core/base/size.h"

#include <ferry/text.hpp>

#include <mutex>

namespace ferry::cli {

namespace {

using core::BlobInfo;
using core::BlobState;
using core::human_size;

std::string short_digest(const std::string &digest) {
    const auto colon = digest.find(':');
    return digest.substr(colon == digest.npos ? 0 : colon + 1, 12);
}

class Silent final : public Display {
public:
    void line(const std::string &text) override { show_line(text); }
};

class Plain final : public Display {
public:
    void line(const std::string &text) override {
        const std::lock_guard lock(mutex_);
        show_line(text);
    }
    void resolving(const std::string &image) override { line(tr("looking up {}", image)); }
    void begin(const std::string &archive, const std::vector<BlobInfo> &blobs) override {
        const std::lock_guard lock(mutex_);
        blobs_ = blobs;
        total_ = done_ = told_ = 0;
        for (const BlobInfo &blob : blobs) total_ += blob.size;
        show_line(tr("writing {}: {} layer(s), {} to fetch", archive, blobs.size(), human_size(total_)));
    }
    void resumed(std::uint64_t bytes) override {
        const std::lock_guard lock(mutex_);
        told_ = tenths();
        show_line(resumed_line(bytes));
    }
    void advance(std::size_t, std::int64_t bytes) override {
        const std::lock_guard lock(mutex_);
        done_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(done_) + bytes);
        constexpr std::uint64_t large = 64 << 20;
        if (total_ < large || tenths() <= told_ || tenths() >= 10) return;
        told_ = tenths();
        show_line(tr("{}%: {} of {} fetched", told_ * 10, human_size(done_), human_size(total_)));
    }
    void state(std::size_t blob, BlobState state, const Text &) override {
        const std::lock_guard lock(mutex_);
        const BlobInfo &info = blobs_[blob];
        if (state != BlobState::verified && state != BlobState::done) return;
        if (state == BlobState::verified && info.unpacked) return; // its end is to be unpacked
        const std::string digest = short_digest(info.digest), size = human_size(info.size);
        show_line(info.unpacked ? tr("layer {}/{} {} {} verified and unpacked", blob + 1, blobs_.size(), digest, size)
                                : tr("layer {}/{} {} {} verified", blob + 1, blobs_.size(), digest, size));
    }

private:
    std::uint64_t tenths() const { return total_ ? done_ * 10 / total_ : 10; }

    std::mutex mutex_;
    std::vector<BlobInfo> blobs_;
    std::uint64_t total_ = 0, done_ = 0;
    std::uint64_t told_ = 0; // tenths
};

} // namespace

std::unique_ptr<Display> make_plain() {
    return std::make_unique<Plain>();
}

std::unique_ptr<Display> make_silent() {
    return std::make_unique<Silent>();
}

} // namespace ferry::cli
