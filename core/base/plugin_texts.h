// The words of the front end as plugins are handed them.
#pragma once

#include <ferry/ferry.hpp>

namespace ferry::core {

// A ferry_texts over a Translator. [any-thread]
class PluginTexts {
public:
    // `words` must outlive it; null: English.
    explicit PluginTexts(const Translator *words = nullptr) noexcept;
    PluginTexts(const PluginTexts &) = delete;
    PluginTexts &operator=(const PluginTexts &) = delete;

    // Null where all is English.
    const ferry_texts *c() const noexcept { return words_ ? &texts_ : nullptr; }

private:
    ferry_texts texts_{};
    const Translator *words_;
};

} // namespace ferry::core
