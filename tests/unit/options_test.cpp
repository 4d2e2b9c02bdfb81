// The table of options, and how a command line is read by it.
#include "cli/commands/other_programs.h"
#include "cli/commands/pull.h"
#include "cli/commands/table.h"
#include "cli/line/command_line.h"
#include "cli/line/help.h"
#include "cli/line/parser.h"
#include "cli/show/width.h"
#include "core/base/error.h"
#include "support/commands.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace ferry::cli {
namespace {

using core::Error;
using testing::ElementsAre;
using testing::HasSubstr;

class Options : public test::CommandTest {
protected:
    static std::string refusal(const std::string &name, const std::vector<std::string> &arguments) {
        try {
            read(name, arguments);
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), core::Kind::usage);
            return e.message.english() + " -> " + e.remedy.english();
        }
        return "accepted";
    }
};

TEST_F(Options, NamesAndKeysAreUniqueInEachCommand) {
    for (const Command &one : program().commands) {
        std::set<std::string> names, keys;
        for (const Group &group : one.groups)
            for (const Option &option : group.options) {
                for (const std::string &name : names_of(option)) EXPECT_TRUE(names.insert(name).second) << name;
                EXPECT_TRUE(!*option.key || keys.insert(option.key).second) << option.key;
                EXPECT_STRNE(option.help, "") << option.names;
                EXPECT_EQ(long_name(option).rfind("--", 0), 0U) << option.names;
            }
    }
}

TEST_F(Options, EachStandsInTheHelpAtAnyWidth) {
    for (const Command &one : program().commands)
        for (const int columns : {80, 96, 110}) {
            const std::string text = help_text(program(), one, columns);
            for (const Group &group : one.groups)
                for (const Option &option : group.options)
                    for (const std::string &name : names_of(option)) EXPECT_THAT(text, HasSubstr(name));
            std::size_t begin = 0;
            for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
                EXPECT_LE(width_of(text.substr(begin, end - begin)), columns) << text.substr(begin, end - begin);
        }
}

TEST_F(Options, FlagsWinOverVariablesOverTheFileOverDefaults) {
    const std::string path = testing::TempDir() + "/ferry-options.properties";
    std::ofstream(path) << "format = docker\nworkers = 3\nregistry = file.example\nplugin.mine.key = a b\n";
    ::setenv("FERRY_WORKERS", "4", 1);
    ::setenv("FERRY_REGISTRY", "variable.example", 1);
    const Values values = read("pull", {"--config", path, "-r", "flag.example", "nginx", "debian"});
    ::unsetenv("FERRY_WORKERS");
    ::unsetenv("FERRY_REGISTRY");
    std::filesystem::remove(path);
    EXPECT_EQ(values.text("--registry"), "flag.example");
    EXPECT_EQ(values.text("--workers"), "4");
    EXPECT_EQ(values.text("--format"), "docker");
    EXPECT_EQ(values.text("--arch"), "amd64");
    EXPECT_EQ(values.number("--retries"), 5);
    EXPECT_THAT(values.all("IMAGE"), ElementsAre("nginx", "debian"));
    EXPECT_EQ(values.plugin_options.at("mine").at("key"), "a b");
    EXPECT_FALSE(values.flag("--insecure"));
}

TEST_F(Options, ValuesAreTakenInEveryForm) {
    const Values values = read("pull", {"--format=docker", "-aarm64", "-o", "out", "--mirror", "a,b", "--mirror", "c",
                                        "--name", "-", "--insecure", "x"});
    EXPECT_EQ(values.text("--format"), "docker");
    EXPECT_EQ(values.text("--arch"), "arm64");
    EXPECT_EQ(values.text("--output"), "out");
    EXPECT_EQ(values.text("--name"), "-");
    EXPECT_THAT(values.all("--mirror"), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(values.flag("--insecure"));
    EXPECT_THAT(values.all("IMAGE"), ElementsAre("x"));
}

TEST_F(Options, WordsAreTakenApartAsGnuProgramsDo) {
    const struct {
        std::vector<std::string> arguments;
        std::vector<std::string> options; // as "--long=value", "--long" for a flag alone
        std::vector<std::string> operands;
    } table[] = {
        {{"a", "b"}, {}, {"a", "b"}},
        {{"-a", "arm", "x"}, {"--arch=arm"}, {"x"}},
        {{"-aarm", "x"}, {"--arch=arm"}, {"x"}},
        {{"-a=arm"}, {"--arch==arm"}, {}},
        {{"--arch", "arm"}, {"--arch=arm"}, {}},
        {{"--arch=a=b"}, {"--arch=a=b"}, {}},
        {{"--arch="}, {"--arch="}, {}},
        {{"--arch", "--quiet"}, {"--arch=--quiet"}, {}},
        {{"-o", "--", "x"}, {"--output=--"}, {"x"}},
        {{"-Vh", "x"}, {"--version", "--help"}, {"x"}},
        {{"-Vo", "dir"}, {"--version", "--output=dir"}, {}},
        {{"-Vodir"}, {"--version", "--output=dir"}, {}},
        {{"--quiet=no"}, {"--quiet=no"}, {}},
        {{"--insecure", "x"}, {"--insecure"}, {"x"}},
        {{"--insecure=host:1", "x"}, {"--insecure=host:1"}, {"x"}},
        {{"-", "--", "--quiet", "--"}, {}, {"-", "--quiet", "--"}},
        {{"--name", "-"}, {"--name=-"}, {}},
    };
    for (const auto &[arguments, options, operands] : table) {
        const CommandLine line = split_command_line(program(), *program().find("pull"), arguments);
        std::vector<std::string> shown;
        for (const auto &[option, value] : line.options)
            shown.push_back(long_name(*option) + (value ? "=" + *value : ""));
        EXPECT_EQ(shown, options) << arguments.front();
        EXPECT_EQ(line.operands, operands) << arguments.front();
    }
}

TEST_F(Options, AFlagMayBeTakenBackAndNarrowedOnesAddUp) {
    EXPECT_FALSE(read("pull", {"--quiet", "--quiet=no"}).flag("--quiet"));
    EXPECT_TRUE(read("pull", {"--quiet=off", "--quiet"}).flag("--quiet"));
    EXPECT_THAT(read("pull", {"--insecure=a", "--insecure=b,c"}).all("--insecure"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(read("pull", {"--insecure"}).all("--insecure"), ElementsAre("true"));
}

TEST_F(Options, EveryCommandHasAHandlerAndItsHelp) {
    for (const Command &one : program().commands) {
        EXPECT_NE(one.run, nullptr) << one.name;
        EXPECT_NE(find_option(one, "--help"), nullptr) << one.name;
        EXPECT_EQ(program().find(one.name), &one);
        EXPECT_EQ(read("help", one.name == std::string("help") ? std::vector<std::string>{}
                                                               : std::vector<std::string>{one.name})
                      .has("COMMAND"),
                  one.name != std::string("help"));
    }
    EXPECT_THAT(refusal("help", {"plgins"}), HasSubstr("there is no `ferry help plgins` -> did you mean plugins?"));
}

TEST_F(Options, LeastRateAndLongestTimeComeFromTheUser) {
    const struct {
        std::vector<std::string> arguments;
        std::uint64_t rate;
        std::int64_t total_ms;
    } table[] = {
        {{"x"}, 1024, 300'000},
        {{"x", "--min-rate", "4K", "--request-timeout", "7"}, 4096, 7'000},
        {{"x", "--min-rate=0", "--request-timeout=0"}, 0, 0},
        {{"x", "--limit-rate", "1K", "--min-rate", "4K"}, 0, 0}, // it is slow on purpose
    };
    for (const auto &[arguments, rate, total_ms] : table) {
        const core::ClientRules rules = pull_arguments(read("pull", arguments)).request.client;
        EXPECT_EQ(rules.rate.bytes_per_second, rate);
        EXPECT_EQ(rules.total_timeout_ms, total_ms);
    }
}

TEST_F(Options, WhatIsMistypedIsSuggested) {
    const struct {
        std::vector<std::string> arguments;
        const char *words;
    } table[] = {
        {{"x", "--arhc", "arm64"}, "there is no option --arhc -> did you mean --arch?"},
        {{"x", "--outptu=a"}, "there is no option --outptu -> did you mean --output?"},
        {{"x", "--insecrue"}, "did you mean --insecure?"},
        {{"x", "--quite-another"}, "there is no option --quite-another -> `ferry --help`"},
        {{"x", "-x"}, "there is no option -x"},
        {{"x", "-xyz"}, "there is no option -xyz"},
        {{"x", "-Vxyz"}, "there is no option -x ->"},
        {{"x", "-V=secret"}, "there is no option -= ->"},
        {{"x", "--pasword=secret"}, "there is no option --pasword ->"},
        {{"x", "--output"}, "--output needs a value: DIR"},
        {{"x", "-r"}, "--registry needs a value: HOST"},
        {{"x", "--retries", "many"}, "--retries takes a number from 0 to 1000, not 'many'"},
        {{"x", "--retries", "1001"}, "--retries takes a number from 0 to 1000, not '1001'"},
        {{"x", "--chunk-size", "99999999999999"}, "--chunk-size takes a number"},
        {{"x", "-a", "arm", "-a", "amd64"}, "--arch is given more than once"},
        {{"x", "--quiet=maybe"}, "--quiet takes yes or no, not 'maybe'"},
        {{"x", "--lang", "klingon"}, "--lang takes zh or en, not 'klingon'"},
        {{"x", "--config", "/nowhere/at.all"}, "cannot read the settings in /nowhere/at.all"},
    };
    for (const auto &[arguments, words] : table) EXPECT_THAT(refusal("pull", arguments), HasSubstr(words));
    EXPECT_THAT(refusal("plugins", {"lst"}), HasSubstr("there is no `ferry plugins lst` -> did you mean list?"));
    EXPECT_THAT(refusal("plugins", {"list", "a", "b"}), HasSubstr("'b' is one argument too many"));
    EXPECT_THAT(refusal("clean", {"--json"}), HasSubstr("there is no option --json"));
}

TEST_F(Options, WrongSettingsNameTheirPlace) {
    ::setenv("FERRY_TIMEOUT", "soon", 1);
    EXPECT_THAT(refusal("pull", {"x"}), HasSubstr("FERRY_TIMEOUT takes a number from 1 to 86400, not 'soon'"));
    ::unsetenv("FERRY_TIMEOUT");
    const std::string path = testing::TempDir() + "/ferry-wrong.properties";
    std::ofstream(path) << "regsitry = a\n";
    EXPECT_THAT(refusal("pull", {"x", "--config", path}),
                HasSubstr("there is no setting 'regsitry' -> did you mean registry?"));
    std::filesystem::remove(path);
}

TEST_F(Options, HelpIsShownWhateverTheSettingsAre) {
    ::setenv("FERRY_TIMEOUT", "soon", 1);
    EXPECT_TRUE(read("pull", {"--help", "--config", "/nowhere/at.all"}).flag("--help"));
    ::unsetenv("FERRY_TIMEOUT");
}

TEST_F(Options, ACommandThatWasMistypedIsFound) {
    const struct {
        const char *typed, *meant;
    } table[] = {{"plugns", "plugins"},
                 {"plugin", "plugins"},
                 {"clena", "clean"},
                 {"plugins", ""},
                 {"nginx", ""},
                 {"debian:12", ""},
                 {"", ""}};
    for (const auto &[typed, meant] : table) EXPECT_EQ(mistyped_command(program(), typed), meant) << typed;
}

TEST_F(Options, ALineForAnotherProgramIsAnsweredWithTheRightOne) {
    const struct {
        std::vector<std::string> typed;
        const char *words;
    } table[] = {
        {{"docker", "pull", "nginx"}, "did you mean `ferry nginx`?"},
        {{"podman", "pull", "-q", "quay.io/a/b:1"}, "did you mean `ferry --quiet quay.io/a/b:1`?"},
        {{"docker", "pull", "--platform", "linux/arm64", "nginx"}, "did you mean `ferry -a linux/arm64 nginx`?"},
        {{"docker", "pull", "--platform=arm64", "nginx"}, "did you mean `ferry -a arm64 nginx`?"},
        {{"docker", "pull", "a b"}, "did you mean `ferry 'a b'`?"},
        {{"docker", "pull"}, "for example: ferry nginx"},
        {{"login"}, "-u NAME"},
        {{"login", "registry.example"}, "-u NAME"},
        {{"logout"}, "-u NAME"}};
    for (const auto &[typed, words] : table) {
        const auto error = other_program(typed);
        ASSERT_TRUE(error) << typed.front();
        EXPECT_EQ(error->kind(), core::Kind::usage);
        EXPECT_THAT(error->remedy.english(), HasSubstr(words));
    }
    for (const std::vector<std::string> &typed : {std::vector<std::string>{},
                                                  {"docker"},
                                                  {"docker", "nginx"},
                                                  {"pull", "login"},
                                                  {"nginx", "login"},
                                                  {"podman", "-a", "arm64"}})
        EXPECT_FALSE(other_program(typed));
}

TEST_F(Options, TheLanguageIsFoundBeforeAllIsParsed) {
    EXPECT_EQ(early_value({"x", "--lang", "zh"}, "--lang"), "zh");
    EXPECT_EQ(early_value({"--lang=en", "x", "--lang=zh"}, "--lang"), "zh");
    EXPECT_EQ(early_value({"x", "--", "--lang=zh"}, "--lang"), "");
    EXPECT_EQ(early_value({"--lang"}, "--lang"), "");
}

} // namespace
} // namespace ferry::cli
