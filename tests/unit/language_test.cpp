#include "cli/language/language.h"

#include <ferry/text.hpp>

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>

namespace ferry::cli {
namespace {

constexpr Language en = Language::english, zh = Language::chinese;

TEST(Language, IsThatOfTheLocaleByTheRulesOfGettext) {
    const struct {
        Locale locale;
        Language language;
    } table[] = {
        {{"", "", "", ""}, en},
        {{"", "", "zh_CN.UTF-8", ""}, zh},
        {{"", "", "zh_TW.UTF-8", ""}, zh},
        {{"", "", "de_DE.UTF-8", ""}, en},
        {{"", "zh_CN.UTF-8", "en_US.UTF-8", ""}, zh},
        {{"en_US.UTF-8", "zh_CN.UTF-8", "zh_CN.UTF-8", ""}, en},
        {{"C", "", "zh_CN.UTF-8", "zh_CN"}, en}, // LANGUAGE does not count in the locale C
        {{"", "", "", "zh_CN"}, en},
        {{"C.UTF-8", "", "", "zh_CN"}, zh},
        {{"", "", "en_US.UTF-8", "zh_CN:en"}, zh},
        {{"", "", "zh_CN.UTF-8", "en:zh"}, en},
        {{"", "", "zh_CN.UTF-8", "fr:de"}, zh}, // ferry speaks neither
        {{"", "", "de_DE.UTF-8", "de:zh_CN"}, zh},
        {{"POSIX", "", "", ""}, en},
    };
    for (const auto &[locale, language] : table)
        EXPECT_EQ(language_of(locale), language)
            << locale.lc_all << " " << locale.lc_messages << " " << locale.lang << " " << locale.language;
}

TEST(Language, IsNamedInManyWays) {
    for (const char *text : {"zh", "zh_CN", "zh-CN", "zh_CN.UTF-8", "zh-Hans", "cn", "中文"})
        EXPECT_EQ(language_named(text), zh) << text;
    for (const char *text : {"en", "en_US.UTF-8", "C", "POSIX", "C.UTF-8"}) EXPECT_EQ(language_named(text), en) << text;
    for (const char *text : {"", "de", "klingon", "z"}) EXPECT_FALSE(language_named(text)) << text;
}

TEST(Language, IsSpokenWithoutAnyLocaleOfTheMachine) {
    for (const char *locale : {"C", "C.UTF-8", "POSIX", "xx_YY.UTF-8"}) {
        ::setenv("LC_ALL", locale, 1);
        ::setenv("LOCPATH", "/nowhere/at/all", 1);
        ASSERT_TRUE(speak(zh, TEST_CATALOGUES)) << locale;
        EXPECT_EQ(tr("waiting"), "等待中") << locale;
        EXPECT_STREQ(std::setlocale(LC_ALL, nullptr), "C") << "numbers and dates stay as they are";
        ASSERT_TRUE(speak(en, TEST_CATALOGUES));
        EXPECT_EQ(tr("waiting"), "waiting");
    }
    ::unsetenv("LC_ALL");
    ::unsetenv("LOCPATH");
}

TEST(Language, OfATextIsChosenWhereItIsShown) {
    const Text made = say("cannot read {}: {}", "a.tar", say("waiting"));
    ASSERT_TRUE(speak(zh, TEST_CATALOGUES));
    EXPECT_EQ(tr(made), "无法读取 a.tar：等待中");
    EXPECT_EQ(made.english(), "cannot read a.tar: waiting");
    speak(en, TEST_CATALOGUES);
    EXPECT_EQ(tr(made), "cannot read a.tar: waiting");
}

TEST(Language, StaysEnglishWithoutACatalogue) {
    EXPECT_FALSE(speak(zh, "/nowhere"));
    EXPECT_EQ(tr("waiting"), "waiting");
    speak(en, TEST_CATALOGUES);
}

} // namespace
} // namespace ferry::cli
