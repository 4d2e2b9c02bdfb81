#include "cli/language/language.h"

#include "cli/language/advice.h"
#include "cli/language/messages.h"
#include "core/os/path.h"

#include <ferry/kit/ascii.hpp>

#include <filesystem>

namespace ferry::cli {

namespace {

class Words final : public Translator {
public:
    void use(std::optional<Messages> messages) { messages_ = std::move(messages); }
    std::string_view find(std::string_view english) const noexcept override {
        return messages_ ? messages_->find(english) : std::string_view();
    }
    std::string_view find(std::string_view one, std::string_view, std::uint64_t count) const noexcept override {
        return messages_ ? messages_->find(one, count) : std::string_view();
    }
    std::string_view advice(std::string_view id) const noexcept override {
        const std::string_view english = wording(id);
        const std::string_view translated = find(english);
        return translated.empty() ? english : translated;
    }

private:
    std::optional<Messages> messages_; // none: English
};

Words &spoken() {
    static Words words;
    return words;
}

} // namespace

std::optional<Language> language_named(std::string_view text) {
    const std::string_view name = text.substr(0, text.find_first_of("_-.@"));
    if (name == "zh" || name == "cn" || name == "chinese" || name == "中文") return Language::chinese;
    if (name == "en" || name == "english" || name == "C" || name == "POSIX") return Language::english;
    return std::nullopt;
}

Language language_of(const Locale &locale) {
    const std::string &name = !locale.lc_all.empty()        ? locale.lc_all
                              : !locale.lc_messages.empty() ? locale.lc_messages
                                                            : locale.lang;
    if (name.empty() || name == "C" || name == "POSIX") return Language::english;
    for (const std::string_view wanted : kit::words(locale.language, ":"))
        if (const auto spoken = language_named(wanted)) return *spoken;
    return language_named(name).value_or(Language::english);
}

bool speak(Language language, const std::string &catalogues) {
    std::optional<Messages> messages;
    if (language == Language::chinese) messages = Messages::read(catalogues + "/zh_CN/LC_MESSAGES/ferry.mo");
    const bool found = messages || language == Language::english;
    spoken().use(std::move(messages));
    return found;
}

const Translator &words() noexcept {
    return spoken();
}

std::string tr(const Text &text) {
    return text.in(spoken());
}

std::string catalogue_folder() {
    return (std::filesystem::path(core::executable_path()).parent_path().parent_path() / "share/locale").string();
}

} // namespace ferry::cli
