#include "core/base/plugin_texts.h"

namespace ferry::core {

namespace {

const Translator &words_of(const ferry_texts *texts) noexcept {
    return *static_cast<const Translator *>(texts->host_data);
}

} // namespace

PluginTexts::PluginTexts(const Translator *words) noexcept : words_(words) {
    texts_.struct_size = sizeof texts_;
    texts_.host_data = const_cast<Translator *>(words); // read only, as above
    texts_.find = [](const ferry_texts *texts, ferry_str one, ferry_str many, std::uint64_t count) noexcept {
        const std::string_view english = ferry::view(one);
        return ferry::raw(many.size ? words_of(texts).find(english, ferry::view(many), count)
                                    : words_of(texts).find(english));
    };
    texts_.advice = [](const ferry_texts *texts, ferry_str id) noexcept {
        return ferry::raw(words_of(texts).advice(ferry::view(id)));
    };
}

} // namespace ferry::core
