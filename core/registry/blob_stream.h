// The answer to a request for a blob or a range of one (OCI Distribution Specification 1.1; RFC 9110 section 14).
#pragma once

#include "core/http/client.h"
#include "core/image/manifest.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ferry::core {

// Bytes of a blob on their way.
struct BlobStream {
    std::unique_ptr<ferry::Response> response;
    std::uint64_t begin = 0;                  // where in the blob the body begins: 0 when the server ignored the range
    std::optional<std::uint64_t> length = {}; // of the body, where the server tells it
};

// `value` of a Content-Range field, checked against what was asked for (pure).
bool content_range_fits(std::string_view value, std::uint64_t begin, std::uint64_t size) noexcept;

// Asks for [begin, end) of the blob where that is not the whole.
void add_range(HttpRequest &request, const Descriptor &descriptor, std::uint64_t begin, std::uint64_t end);

// The stream of an answer with the blob or the range, which it takes over; nothing for any other status, and then the
// answer is left as it is. Throws Error where it is not what was asked for; http_status 416, or 206 for a wrong range,
// means: do not ask for ranges there.
std::optional<BlobStream> accept_blob(HttpStream &answer, const Descriptor &descriptor, std::uint64_t begin,
                                      std::uint64_t end);

} // namespace ferry::core
