// A packer that does what a test says.
#pragma once

#include "support/plugin.h"

#include <ferry/packer.hpp>

#include <functional>

namespace ferry::test {

// What the scripted packer plans, until the next call. One at a time: a plugin's table has no place for a test's data.
inline std::function<void(const Images &, const Config &, const Op &, Plan &)> packer_script;

inline void scripted_plan(const Images &images, const Config &config, const Op &op, Plan &out) {
    packer_script(images, config, op, out);
}

inline constexpr ferry_packer_v1 scripted_packer_table = packer<scripted_plan>(".tar", FERRY_PACKER_MANY_IMAGES);
inline const ferry_plugin &scripted_packer() {
    return plugin_over<scripted_packer_table>(FERRY_PACKER_V1);
}

} // namespace ferry::test
