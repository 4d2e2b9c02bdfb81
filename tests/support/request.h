// A request as the C interface of a transport takes it.
#pragma once

#include <ferry/transport.hpp>

#include <string_view>

namespace ferry::test {

// A GET of that URL, which must outlive it; everything else is nothing.
inline ferry_request get_request(std::string_view url) {
    ferry_request request{};
    request.struct_size = sizeof request;
    request.method = raw(std::string_view("GET"));
    request.url = raw(url);
    return request;
}

} // namespace ferry::test
