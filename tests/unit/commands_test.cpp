// What the commands make of their options.
#include "cli/commands/demo.h"
#include "cli/commands/pull.h"
#include "cli/commands/pull_report.h"
#include "cli/commands/serve.h"
#include "cli/commands/table.h"
#include "cli/line/parser.h"
#include "core/base/error.h"
#include "support/commands.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace ferry::cli {
namespace {

using core::Error;
using testing::HasSubstr;

class Commands : public test::CommandTest {
protected:
    template <class Make> static std::string refusal(const Make &make) {
        try {
            make();
        } catch (const Error &e) {
            return static_cast<int>(e.kind()) == 2 ? e.message.english() : "of another kind: " + e.message.english();
        }
        return "accepted";
    }
};

TEST_F(Commands, PullRefusesWhatExcludesEachOther) {
    const struct {
        std::vector<std::string> arguments;
        const char *words;
    } table[] = {
        {{"--from", "-", "--password-stdin", "-u", "me"}, "would both read standard input"},
        {{"x", "--name", "-", "--json"}, "would both write to standard output"},
        {{"x", "-j", "0"}, "-j takes auto or a number from 1 to 64, not '0'"},
        {{"x", "-j", "65"}, "-j takes"},
        {{"x", "-j", "four"}, "-j takes"},
        {{"x", "--spool", "2X"}, "--spool takes a size like 512M or 2G, not '2X'"},
        {{"x", "--min-rate", "fast"}, "--min-rate takes a size"},
        {{"x", "--min-tls", "1.1"}, "--min-tls takes 1.2 or 1.3, not '1.1'"},
        {{"x", "--opt", "plugin=secret"}, "--opt takes PLUGIN.KEY=VALUE, not 'plugin'"},
        {{"x", "--opt", ".key=a"}, "--opt takes"},
        {{"x", "--opt", "plugin.=a"}, "--opt takes"},
        {{"x", "--from", "-"}, "accepted"},
        {{"x", "-j", "auto", "--spool", "0", "--opt", "a.b=c=d"}, "accepted"},
    };
    for (const auto &[arguments, words] : table)
        EXPECT_THAT(refusal([&, &given = arguments] { pull_arguments(read("pull", given)); }), HasSubstr(words));
}

TEST_F(Commands, PullTakesItsRequestFromTheOptions) {
    const PullArguments made = pull_arguments(
        read("pull", {"a", "b", "--from", "list", "-a", "arm64", "-j", "3", "--opt", "p.k=v", "--mirror", "m, n",
                      "--transport", "throttle,proxy", "--proxy", "http://proxy:1", "--timeout", "60", "--quiet"}));
    EXPECT_EQ(made.request.images, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(made.list, "list");
    EXPECT_EQ(made.request.platform, "arm64");
    EXPECT_EQ(made.request.fetch.workers, 3);
    EXPECT_EQ(made.request.plugin_options.at("p").at("k"), "v");
    EXPECT_EQ(made.request.mirrors, (std::vector<std::string>{"m", "n"}));
    EXPECT_EQ(made.request.transports, (std::vector<std::string>{"throttle", "proxy"}));
    EXPECT_EQ(made.request.shared_options.at("https_proxy"), "http://proxy:1");
    EXPECT_EQ(made.request.option_names.at("https_proxy"), "--proxy");
    EXPECT_EQ(made.request.shared_options.count("min_tls"), 0U) << "the default is the transport's own";
    EXPECT_EQ(made.request.client.stall_timeout_ms, 60'000);
    EXPECT_EQ(made.request.client.connect_timeout_ms, 30'000);
    EXPECT_TRUE(made.quiet);
    EXPECT_FALSE(made.json);
}

TEST_F(Commands, ServeTakesOneFolder) {
    EXPECT_EQ(serve_arguments(read("serve", {})).folder, "./output");
    EXPECT_EQ(serve_arguments(read("serve", {"a"})).folder, "a");
    EXPECT_EQ(serve_arguments(read("serve", {"-o", "b"})).folder, "b");
    ::setenv("FERRY_OUTPUT", "c", 1);
    EXPECT_EQ(serve_arguments(read("serve", {})).folder, "c");
    EXPECT_EQ(serve_arguments(read("serve", {"a"})).folder, "a") << "a setting for pulls does not count as naming it";
    ::unsetenv("FERRY_OUTPUT");
    EXPECT_THAT(refusal([] {
                    serve_arguments(read("serve", {"a", "-o", "b"}));
                }),
                HasSubstr("named twice: a and -o b"));
    EXPECT_THAT(refusal([] { serve_arguments(read("serve", {"--tls-key", "k"})); }), HasSubstr("belong together"));
}

TEST_F(Commands, DemoTakesOneFolderAndAFormatThatItCanReadAgain) {
    EXPECT_EQ(demo_arguments(read("demo", {})).folder, "./output");
    EXPECT_EQ(demo_arguments(read("demo", {"a"})).folder, "a");
    EXPECT_EQ(demo_arguments(read("demo", {"-o", "a", "a"})).folder, "a");
    EXPECT_FALSE(demo_arguments(read("demo", {"a"})).by_option);
    EXPECT_TRUE(demo_arguments(read("demo", {"-o", "a"})).by_option);
    EXPECT_THAT(refusal([] { demo_arguments(read("demo", {"a", "-o", "b"})); }), HasSubstr("a and b"));
    EXPECT_THAT(refusal([] { demo_arguments(read("demo", {"-f", "zip"})); }), HasSubstr("not 'zip'"));
}

TEST_F(Commands, PluginsTakeAnIdOnlyToShowIt) {
    const auto run = [](const std::vector<std::string> &arguments) {
        return refusal([&] { program().find("plugins")->run(program(), read("plugins", arguments)); });
    };
    EXPECT_EQ(run({"show"}), "ferry plugins show needs the id of a plugin");
    EXPECT_EQ(run({"list", "x"}), "ferry plugins list takes no id");
}

core::PulledArchive archive() {
    core::PulledArchive made;
    made.path = "out/a.tar";
    made.format = "docker";
    made.size = 2048;
    made.transfer = 1024;
    made.diff_ids_verified = true;
    core::PackedImage image;
    image.name = "host/a:1";
    image.platform = "linux/amd64";
    image.manifest = "sha256:m";
    image.config = "sha256:c";
    image.names = {"a:1", "b:\"2\""};
    image.layers.resize(1);
    image.layers[0].blob.digest = "sha256:l";
    image.layers[0].blob.size = 7;
    image.layers[0].blob.media_type = "application/x";
    image.layers[0].diff_id = "sha256:d";
    made.images = {image};
    return made;
}

TEST(PullReport, IsOneObjectInJson) {
    const std::string images =
        R"("images":[{"image":"host/a:1","platform":"linux/amd64","manifest":"sha256:m","config":"sha256:c",)"
        R"("names":["a:1","b:\"2\""],"layers":[{"digest":"sha256:l","size":7,"mediaType":"application/x","diffId":"sha256:d"}]}])";
    EXPECT_EQ(archive_json(archive(), false),
              R"({"event":"archive","path":"out/a.tar","format":"docker","size":2048,"exact":true,"transfer":1024,)" +
                  images + R"(,"diffIdsVerified":true})");
    core::PulledArchive plan = archive();
    plan.exact = false;
    plan.entries = {"manifest.json"};
    EXPECT_EQ(archive_json(plan, true),
              R"({"event":"plan","path":"out/a.tar","format":"docker","size":2048,"exact":false,"transfer":1024,)" +
                  images + R"(,"entries":["manifest.json"]})");
}

TEST(PullReport, NamesEachImageAndPlatformOnce) {
    core::PulledArchive made = archive();
    made.images.push_back(made.images.front());
    made.images.back().platform = "linux/arm64";
    made.images.push_back(made.images.front());
    made.images.back().platform = "unknown/unknown";
    EXPECT_EQ(archive_summary(made), "a:1, b:\"2\" (linux/amd64, linux/arm64), 2.0 KiB, verified; load it with: docker "
                                     "load -i out/a.tar");
    made.format = "oci";
    EXPECT_THAT(archive_summary(made), HasSubstr("podman load -i out/a.tar"));
}

} // namespace
} // namespace ferry::cli
