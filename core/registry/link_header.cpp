#include "core/registry/link_header.h"

#include <ferry/kit/ascii.hpp>

#include <algorithm>

namespace ferry::core {

std::string next_page(const std::vector<std::string> &links) {
    // <url>; param; rel="next", <url>...
    for (const std::string &link : links) {
        for (std::size_t at = 0; (at = link.find('<', at)) != link.npos;) {
            const std::size_t end = link.find('>', at);
            if (end == link.npos) break;
            const std::size_t next = std::min(link.find('<', end), link.size());
            std::string parameters = link.substr(end + 1, next - end - 1);
            std::erase_if(parameters, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
            for (char &c : parameters) c = c == ',' ? ';' : kit::lower(c);
            if ((parameters + ";").find(";rel=next;") != std::string::npos) return link.substr(at + 1, end - at - 1);
            at = end;
        }
    }
    return {};
}

} // namespace ferry::core
