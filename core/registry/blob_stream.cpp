#include "core/registry/blob_stream.h"

#include "core/image/descriptors.h"
#include "core/registry/refusal.h"

#include <ferry/text.hpp>

#include <charconv>
#include <string>

namespace ferry::core {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

BlobStream accept_whole(HttpStream &answer, const Descriptor &descriptor, const std::string &host) {
    const std::string_view told = answer.header("Content-Length");
    const auto length = number(told);
    const bool open = size_open(descriptor), other = !told.empty() && !open && length != descriptor.size;
    if ((other || open) && answer.header("Content-Type").starts_with("text/html"))
        throw page_instead_of(say("the blob {}", descriptor.digest), host);
    if (other)
        throw Error(
            Kind::integrity,
            say("the blob {} from {} has {} bytes instead of {}", descriptor.digest, host, told, descriptor.size),
            say("the registry's copy is damaged; try again or use another mirror"));
    return {std::move(answer.response), 0, length};
}

} // namespace

bool content_range_fits(std::string_view value, std::uint64_t begin, std::uint64_t size) noexcept {
    constexpr std::string_view unit = "bytes ";
    if (value.substr(0, unit.size()) != unit) return false;
    value.remove_prefix(unit.size());
    const auto dash = value.find('-'), slash = value.find('/');
    if (dash == value.npos || slash == value.npos || dash > slash) return false;
    const auto first = number(value.substr(0, dash));
    const auto last = number(value.substr(dash + 1, slash - dash - 1));
    const auto total = number(value.substr(slash + 1));
    return first == begin && last && *last >= begin && *last < size && total == size;
}

void add_range(HttpRequest &request, const Descriptor &descriptor, std::uint64_t begin, std::uint64_t end) {
    if (begin == 0 && end >= descriptor.size) return;
    request.headers.emplace_back("Range", "bytes=" + std::to_string(begin) + "-" +
                                              (end >= descriptor.size ? "" : std::to_string(end - 1)));
}

std::optional<BlobStream> accept_blob(HttpStream &answer, const Descriptor &descriptor, std::uint64_t begin,
                                      std::uint64_t end) {
    const std::string host = Url::parse(answer.url).authority();
    if (answer.status == 200) return accept_whole(answer, descriptor, host);
    if (answer.status != 206 && answer.status != 416) return std::nullopt;
    const bool whole = begin == 0 && end >= descriptor.size;
    if (answer.status == 206 && !whole && content_range_fits(answer.header("Content-Range"), begin, descriptor.size))
        return BlobStream{std::move(answer.response), begin};
    Error error(FERRY_E_PROTOCOL, say("{} answers a wrong range of the blob {}", host, descriptor.digest));
    error.http_status = answer.status;
    error.retryable = true;
    throw error;
}

} // namespace ferry::core
