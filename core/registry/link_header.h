// Link fields (RFC 8288): where a list continues.
#pragma once

#include <string>
#include <vector>

namespace ferry::core {

// The target of rel="next" in the Link fields of a page, or empty (pure).
std::string next_page(const std::vector<std::string> &links);

} // namespace ferry::core
