#include "core/plugin/services.h"

namespace ferry::core {

Options::Options(std::map<std::string, std::string> values) : values_(std::move(values)) {
    config_.struct_size = sizeof config_;
    config_.host_data = this;
    config_.get = [](const ferry_config *config, ferry_str key, ferry_str *value) noexcept -> std::int32_t {
        std::int32_t found = 0;
        ferry::firewall(nullptr, [&] {
            const auto &values_of = static_cast<const Options *>(config->host_data)->values_;
            if (const auto at = values_of.find(ferry::str(key)); at != values_of.end()) {
                *value = ferry::raw(at->second);
                found = 1;
            }
        });
        return found;
    };
}

} // namespace ferry::core
