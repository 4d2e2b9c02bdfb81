#include "core/archive/inflate.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <isa-l/igzip_lib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cstring>
#include <vector>

namespace ferry::core {

namespace {

constexpr std::size_t buffer_size = 256 << 10;
// 128 MiB: what zstd --long, --ultra -22 and klauspost's `best` write, and what Go's readers and libzstd take.
constexpr int largest_window_log = 27;

// A window on the packed bytes.
struct Input {
    Inflater::Source source;
    Text what;
    std::vector<unsigned char> buffer;
    std::size_t begin = 0, end = 0;

    bool refill() { // false at the end; only when the window is empty
        begin = 0;
        end = source(buffer.data(), buffer.size());
        return end != 0;
    }
    // Makes at least `size` bytes visible, if there are that many.
    std::size_t peek(std::size_t size) {
        while (end - begin < size) {
            std::memmove(buffer.data(), buffer.data() + begin, end - begin);
            end -= begin;
            begin = 0;
            const std::size_t got = source(buffer.data() + end, buffer.size() - end);
            if (!got) break;
            end += got;
        }
        return end - begin;
    }
    [[noreturn]] void damaged(const Text &how) const {
        throw Error(Kind::integrity, say("{} cannot be unpacked: {}", what, how),
                    say("the image was damaged before it was pushed: tell its publisher"));
    }
};

class Plain final : public Inflater {
public:
    explicit Plain(Input input) : in_(std::move(input)) {}
    std::size_t read(void *data, std::size_t size) override {
        if (in_.begin == in_.end) return in_.source(data, size);
        const std::size_t n = std::min(size, in_.end - in_.begin);
        std::memcpy(data, in_.buffer.data() + in_.begin, n);
        in_.begin += n;
        return n;
    }

private:
    Input in_;
};

class Gzip final : public Inflater {
public:
    explicit Gzip(Input input) : in_(std::move(input)), state_(std::make_unique<inflate_state>()) {
        isal_inflate_init(state_.get());
        begin_member();
    }

    std::size_t read(void *data, std::size_t size) override {
        state_->next_out = static_cast<std::uint8_t *>(data);
        state_->avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(size, 1u << 30));
        const std::uint32_t room = state_->avail_out;
        while (state_->avail_out == room) {
            if (state_->block_state == ISAL_BLOCK_FINISH) {
                // Another member may follow; anything else behind the last one is padding, and diff_id has the last
                // word.
                if (in_.peek(2) < 2 || in_.buffer[in_.begin] != 0x1f || in_.buffer[in_.begin + 1] != 0x8b) return 0;
                isal_inflate_reset(state_.get());
                begin_member();
            }
            if (in_.begin == in_.end && !in_.refill()) ended_ = true;
            state_->next_in = in_.buffer.data() + in_.begin;
            state_->avail_in = static_cast<std::uint32_t>(in_.end - in_.begin);
            const int result = in_header_ ? isal_read_gzip_header(state_.get(), &header_) : isal_inflate(state_.get());
            in_.begin = in_.end - state_->avail_in;
            if (result == ISAL_DECOMP_OK) in_header_ = false;
            if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT)
                in_.damaged(result == ISAL_INCORRECT_CHECKSUM ? say("its gzip checksum is wrong")
                                                              : say("its gzip data is damaged"));
            if (ended_ && state_->avail_out == room && state_->block_state != ISAL_BLOCK_FINISH)
                in_.damaged(say("its gzip data ends too early"));
        }
        return room - state_->avail_out;
    }

private:
    // isal_inflate() would read the header, too, but forgets its flags where it resumes in the next window.
    void begin_member() {
        isal_gzip_header_init(&header_);
        state_->crc_flag = ISAL_GZIP_NO_HDR_VER;
        in_header_ = true;
    }

    Input in_;
    std::unique_ptr<inflate_state> state_; // large: it holds the window
    isal_gzip_header header_{};
    bool in_header_ = false;
    bool ended_ = false;
};

class Zstd final : public Inflater {
public:
    explicit Zstd(Input input) : in_(std::move(input)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {
        if (!stream_) throw std::bad_alloc();
        // The library's own limit. It allocates as much as the frame's header asks for, which is seldom more than 8
        // MiB.
        ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, largest_window_log);
    }

    std::size_t read(void *data, std::size_t size) override {
        ZSTD_outBuffer out{data, size, 0};
        while (out.pos == 0) {
            if (in_.begin == in_.end && !in_.refill()) {
                if (open_) in_.damaged(say("its zstd data ends too early"));
                return 0;
            }
            ZSTD_inBuffer in{in_.buffer.data(), in_.end, in_.begin};
            const std::size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
            in_.begin = in.pos;
            if (ZSTD_isError(result)) {
                if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
                    in_.damaged(say("its zstd window is larger than 128 MiB, the most that decoders take"));
                in_.damaged(say("its zstd data is damaged ({})", ZSTD_getErrorName(result)));
            }
            open_ = result != 0; // 0: a frame ended
        }
        return out.pos;
    }

private:
    Input in_;
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream *)> stream_;
    bool open_ = false;
};

} // namespace

Packing packing_of(std::string_view head) noexcept {
    using namespace std::string_view_literals;
    const auto begins = [head](std::string_view magic) { return head.substr(0, magic.size()) == magic; };
    if (begins("\x1f\x8b"sv)) return Packing::gzip;
    // A frame of zstd, or one to be skipped before it: 0x184D2A50 to 0x184D2A5F.
    const bool skippable = head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xf0) == 0x50 &&
                           head.substr(1, 3) == "\x2a\x4d\x18"sv;
    if (begins("\x28\xb5\x2f\xfd"sv) || skippable) return Packing::zstd;
    if (begins("BZh"sv)) return Packing::bzip2;
    if (begins("\xfd"
               "7zXZ\0"sv))
        return Packing::xz;
    return Packing::none;
}

std::unique_ptr<Inflater> Inflater::open(Source source, const Text &what) {
    Input input{std::move(source), what, std::vector<unsigned char>(buffer_size)};
    const std::size_t seen = input.peek(6);
    const auto not_allowed = [&](const char *packing) {
        throw Error(Kind::integrity, say("{} is packed with {}, which no image specification allows", what, packing),
                    say("ask its publisher to pack it with gzip or zstd; -f oci keeps it as it is"));
    };
    switch (packing_of({reinterpret_cast<const char *>(input.buffer.data()), seen})) {
    case Packing::gzip: return std::make_unique<Gzip>(std::move(input));
    case Packing::zstd: return std::make_unique<Zstd>(std::move(input));
    case Packing::bzip2: not_allowed("bzip2"); break;
    case Packing::xz: not_allowed("xz"); break;
    case Packing::none: break;
    }
    return std::make_unique<Plain>(std::move(input));
}

} // namespace ferry::core
