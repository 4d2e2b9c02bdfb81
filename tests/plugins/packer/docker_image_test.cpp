#include "docker_image.h"

#include <ferry/kit/json.hpp>

#include <gmock/gmock.h>

namespace packer {
namespace {

// The text of a config whose one layer has the digest 0; `more` goes in front of its rootfs.
std::string with(const std::string &more) {
    return "{" + more + (more.empty() ? "" : ",") + R"("rootfs":{"type":"layers","diff_ids":["sha256:00"]}})";
}

TEST(DockerConfig, IsTakenAsDockerTakesIt) {
    for (const std::string &config :
         {with(""), with(R"("os":"")"), with(R"("os":"linux")"), with(R"("os":"Linux")"), with(R"("os":"WINDOWS")"),
          with(R"("os":"windows","os.version":"10.0","os.features":["a"])"),
          with(R"("os":null,"architecture":null,"created":null,"config":null,"history":null)"),
          with(R"("history":[{"created_by":"COPY"}])"),
          with(R"("history":[{"empty_layer":true},{"created":"2023-11-14T22:13:20Z"}])"),
          with(R"("history":[{"empty_layer":true}])"), with(R"("history":[null])"), with(R"("unknown":{"history":5})"),
          std::string(R"({"rootfs":{}})"), std::string(R"({"RootFS":{"type":"other","Diff_IDs":null}})"),
          std::string(R"({"rootfs":null,"rootfs":{}})")})
        EXPECT_NO_THROW(require_docker_config(config)) << config;
}

struct Refused {
    std::string config;
    const char *because;
};

class DockerConfigRefused : public testing::TestWithParam<Refused> {};

TEST_P(DockerConfigRefused, SaysWhy) {
    try {
        require_docker_config(GetParam().config);
        FAIL() << "taken: " << GetParam().config;
    } catch (const ferry::kit::JsonError &e) {
        EXPECT_THAT(e.what(), testing::HasSubstr(GetParam().because));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Configs, DockerConfigRefused,
    testing::Values(
        Refused{"", "a value expected"}, Refused{"[]", "the config is not an object"}, Refused{"null", "no rootfs"},
        Refused{"{}", "no rootfs"}, Refused{R"({"rootfs":null})", "no rootfs"},
        Refused{R"({"rootfs":{},"rootfs":null})", "no rootfs"}, Refused{R"({"rootfs":[]})", "rootfs is not an object"},
        Refused{R"({"rootfs":{"type":5}})", "rootfs.type is not a string"},
        Refused{R"({"rootfs":{"diff_ids":"x"}})", "rootfs.diff_ids is not a list of strings"},
        Refused{R"({"rootfs":{"diff_ids":[5]}})", "rootfs.diff_ids[0] is not a string"},
        Refused{with(R"("created":"")"), "created is not a date"},
        Refused{with(R"("config":{"Labels":{"a":1}})"), "config.Labels.a is not a string"},
        Refused{with(R"("config":{"Healthcheck":{"Interval":"30s"}})"), "Interval is not a whole number"},
        Refused{with(R"("history":{})"), "history is not a list of objects"},
        Refused{with(R"("history":["x"])"), "history[0] is not an object"},
        Refused{with(R"("history":[{},{"created":"now"}])"), "history[1].created is not a date"},
        Refused{with(R"("history":[{"empty_layer":"yes"}])"), "history[0].empty_layer is not true or false"},
        Refused{with(R"("history":[{},{"empty_layer":true},{}])"), "tells of 2 layers, and its rootfs has 1"},
        Refused{with(R"("os.version":5)"), "os.version is not a string"},
        Refused{with(R"("os.features":"a")"), "os.features is not a list"},
        Refused{R"({"rootfs":{"diff_ids":["sha256:00","sha512:00"]}})", "its layer 1 is called sha512:00"},
        Refused{R"({"rootfs":{"diff_ids":[""]}})", "its layer 0 is called"},
        Refused{with(R"("os":"freebsd")"), "operating system freebsd"}));

} // namespace
} // namespace packer
