#include "cli/line/values.h"

namespace ferry::cli {

std::string Values::text(const std::string &name) const {
    if (const auto found = values_.find(name); found != values_.end()) return found->second.back();
    const Option *option = find_option(command_, name);
    return option ? option->fallback : "";
}

std::vector<std::string> Values::all(const std::string &name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>() : found->second;
}

bool Values::flag(const std::string &name) const {
    return text(name) == "true";
}

int Values::number(const std::string &name) const {
    return std::stoi(text(name));
}

} // namespace ferry::cli
