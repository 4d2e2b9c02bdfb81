#include "v1_image.h"

#include <ferry/kit/json.hpp>

#include <gmock/gmock.h>

#include <ostream>

namespace packer {
namespace {

struct Golden {
    const char *name;
    const char *config;
    std::vector<std::string> diff_ids;
    std::vector<V1Layer> layers;
};

#include "v1_golden.inc"

std::ostream &operator<<(std::ostream &out, const Golden &golden_case) {
    return out << golden_case.name;
}

class V1Golden : public testing::TestWithParam<Golden> {};

TEST_P(V1Golden, IsWhatDockerSaveWrote) {
    const std::vector<V1Layer> layers = v1_layers(GetParam().config, GetParam().diff_ids);
    ASSERT_EQ(layers.size(), GetParam().layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        EXPECT_EQ(layers[i].id, GetParam().layers[i].id) << "layer " << i;
        EXPECT_EQ(layers[i].json, GetParam().layers[i].json) << "layer " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Docker20, V1Golden, testing::ValuesIn(golden),
                         [](const auto &one) { return std::string(golden[one.index].name); });

TEST(V1Image, HasNoLayersForAnImageWithoutLayers) {
    EXPECT_THAT(v1_layers("{}", {}), testing::IsEmpty());
}

struct Refused {
    const char *config;
    const char *because;
};

class V1Refused : public testing::TestWithParam<Refused> {};

TEST_P(V1Refused, NamesTheMemberThatDockerWouldNotRead) {
    try {
        v1_layers(GetParam().config, {"sha256:00"});
        FAIL() << "taken: " << GetParam().config;
    } catch (const ferry::kit::JsonError &e) {
        EXPECT_THAT(e.what(), testing::HasSubstr(GetParam().because));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Configs, V1Refused,
    testing::Values(Refused{"[]", "the config is not an object"}, Refused{"", "a value expected"},
                    Refused{R"({"config":5})", "config is not an object"},
                    Refused{R"({"config":{"Env":"A=b"}})", "config.Env is not a list of strings"},
                    Refused{R"({"config":{"Cmd":["a",1]}})", "config.Cmd[1] is not a string"},
                    Refused{R"({"config":{"Labels":{"a":1}}})", "config.Labels.a is not a string"},
                    Refused{R"({"config":{"Volumes":["/a"]}})", "config.Volumes is not an object"},
                    Refused{R"({"config":{"ExposedPorts":{"80/tcp":1}}})", "config.ExposedPorts.80/tcp is not"},
                    Refused{R"({"config":{"Tty":1}})", "config.Tty is not true or false"},
                    Refused{R"({"config":{"Healthcheck":{"Interval":1e9}}})", "Healthcheck.Interval is not a whole"},
                    Refused{R"({"config":{"StopTimeout":9223372036854775808}})", "StopTimeout is not a whole number"},
                    Refused{R"({"created":"yesterday"})", "created is not a date"},
                    Refused{R"({"created":1})", "created is not a date"},
                    Refused{R"({"os":null,)", "it is not JSON: "}));

} // namespace
} // namespace packer
