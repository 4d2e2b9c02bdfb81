// A plugin within the test program, made as a plugin makes it: a ferry_plugin over a C table.
#pragma once

#include <ferry/plugin.h>

#include <cstring>

namespace ferry::test {

// The plugin "scripted" whose one interface, of that id, is `Table`, which has static storage.
template <const auto &Table> const ferry_plugin &plugin_over(const char *interface) {
    static const char *const id = interface;
    static const ferry_plugin plugin = {
        FERRY_PLUGIN_MAGIC,
        sizeof(ferry_plugin),
        FERRY_ABI_MAJOR,
        FERRY_ABI_MINOR,
        "scripted",
        "1.0.0",
        "",
        "",
        "",
        nullptr,
        [](const char *wanted) noexcept -> const void * { return std::strcmp(wanted, id) == 0 ? &Table : nullptr; }};
    return plugin;
}

} // namespace ferry::test
