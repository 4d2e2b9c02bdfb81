// What the host hands to plugins beside the operation and the words of the front end (core/base): their options.
#pragma once

#include "core/base/operation.h"

#include <map>
#include <string>

namespace ferry::core {

// A ferry_config over a map. The map may not change once the config was handed out.
class Options {
public:
    explicit Options(std::map<std::string, std::string> values = {});
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;

    const ferry_config *c() const noexcept { return &config_; }

private:
    ferry_config config_{};
    std::map<std::string, std::string> values_;
};

} // namespace ferry::core
