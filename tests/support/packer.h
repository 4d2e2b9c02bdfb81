// A packer that does what a test says, made as a plugin makes it: a ferry_plugin over the C table.
#pragma once

#include <ferry/packer.hpp>
#include <ferry/plugin.h>

#include <functional>

namespace ferry::test {

// What the scripted packer plans, until the next call. One at a time: a plugin's table has no place for a test's data.
inline std::function<void(const Images &, const Config &, const Op &, Plan &)> packer_script;

inline void scripted_plan(const Images &images, const Config &config, const Op &op, Plan &out) {
    packer_script(images, config, op, out);
}

// A plugin "scripted" whose one interface is `Table`, a ferry_packer_v1 with static storage.
template <const auto &Table> const ferry_plugin &plugin_over() {
    static const ferry_plugin plugin = {FERRY_PLUGIN_MAGIC,
                                        sizeof(ferry_plugin),
                                        FERRY_ABI_MAJOR,
                                        FERRY_ABI_MINOR,
                                        "scripted",
                                        "1.0.0",
                                        "",
                                        "",
                                        "",
                                        nullptr,
                                        [](const char *wanted) noexcept -> const void * {
                                            return std::strcmp(wanted, FERRY_PACKER_V1) == 0 ? &Table : nullptr;
                                        }};
    return plugin;
}

inline constexpr ferry_packer_v1 scripted_packer_table = packer<scripted_plan>(".tar", FERRY_PACKER_MANY_IMAGES);
inline const ferry_plugin &scripted_packer() {
    return plugin_over<scripted_packer_table>();
}

} // namespace ferry::test
