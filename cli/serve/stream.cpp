#include "cli/serve/stream.h"

#include <algorithm>
#include <vector>

namespace ferry::cli {

namespace {

class Plain final : public Stream {
public:
    explicit Plain(const Socket &socket) : socket_(socket) {}
    Moved read(void *data, std::size_t size) override { return socket_.read(data, size); }
    Moved write(const void *data, std::size_t size, bool more) override { return socket_.write(data, size, more); }
    Moved send_file(core::File &file, std::uint64_t offset, std::uint64_t size) override {
        if (const auto number = file.native_handle(); number >= 0) return socket_.send_file(number, offset, size);
        thread_local std::vector<char> buffer(64 << 10);
        const std::size_t got = file.read_at(offset, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
        return got ? socket_.write(buffer.data(), got, got < size) : Moved{};
    }
    void end_output() override { socket_.end_output(); }

private:
    const Socket &socket_;
};

} // namespace

std::unique_ptr<Stream> plain_stream(const Socket &socket) {
    return std::make_unique<Plain>(socket);
}

} // namespace ferry::cli
