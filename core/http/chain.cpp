#include "core/http/chain.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

namespace ferry::core {

Chain::Chain(std::vector<Link> links, const Translator *words) {
    const PluginTexts texts(words);
    try {
        for (auto link = links.rbegin(); link != links.rend(); ++link) {
            const auto *table = static_cast<const ferry_transport_v1 *>(
                plugin_interface(*link->plugin, FERRY_TRANSPORT_V1, sizeof(ferry_transport_v1)));
            if (!top_.table && !(table->flags & FERRY_TRANSPORT_BOTTOM))
                throw Error(Kind::plugin, say("the transport {} needs another one below it", link->plugin->id),
                            say("for example --transport {},direct", link->plugin->id));
            Made made{table, std::make_unique<Options>(std::move(link->options)), {}};
            ferry_error error = ferry::blank_error(texts.c());
            ferry::check(table->create(made.options->c(), top_, &made.http, &error), error);
            top_ = made.http;
            made_.push_back(std::move(made));
        }
    } catch (const ferry::Error &e) {
        destroy();
        throw Error::from(e);
    } catch (...) {
        destroy();
        throw;
    }
}

Chain::~Chain() {
    destroy();
}

void Chain::destroy() noexcept {
    while (!made_.empty()) { // a transport goes before the one that it calls
        made_.back().table->destroy(made_.back().http);
        made_.pop_back();
    }
}

} // namespace ferry::core
