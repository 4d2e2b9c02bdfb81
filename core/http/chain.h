// A stack of transports, built from the bottom up.
#pragma once

#include "core/plugin/catalog.h"

#include <ferry/transport.h>

#include <memory>
#include <vector>

namespace ferry::core {

class Chain {
public:
    struct Link {
        const ferry_plugin *plugin;
        std::map<std::string, std::string> options;
    };
    // `links` from the top down: the last one opens the connections. Throws Error(plugin) when the last cannot be a
    // bottom, or a plugin refuses its options. `words` (null: English) are for what it says then.
    explicit Chain(std::vector<Link> links, const Translator *words = nullptr);
    ~Chain();
    Chain(const Chain &) = delete;
    Chain &operator=(const Chain &) = delete;

    ferry_http http() const noexcept { return top_; }

private:
    struct Made {
        const ferry_transport_v1 *table;
        std::unique_ptr<Options> options;
        ferry_http http;
    };
    void destroy() noexcept;

    std::vector<Made> made_; // bottom first
    ferry_http top_{};
};

} // namespace ferry::core
