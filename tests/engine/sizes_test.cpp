// What manifests say of sizes, and is not so: the archive comes out right, or there is none and the words are true.
#include "engine/kinds.h"
#include "engine/room.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ferry::test {
namespace {

using core::Kind;

const FaultImage &sized_image() {
    static const FaultImage image =
        make_image(41, {{Packing::gzip, 300'000}, {Packing::plain, 70'000}, {Packing::zstd, 200'000}});
    return image;
}

// The same image under a manifest that says `size` of the blob, or leaves it out where that is empty.
FaultImage saying(FaultImage image, const std::string &blob, const std::string &size) {
    const auto at = image.manifest.find("\"size\":", image.manifest.find(blob));
    const auto end = image.manifest.find('}', at);
    if (size.empty())
        image.manifest.replace(at - 1, end - at + 1, "");
    else
        image.manifest.replace(at + 7, end - at - 7, size);
    image.manifest_digest = sha256(image.manifest);
    return image;
}

std::string bytes_of(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Sizes : public testing::TestWithParam<std::tuple<const char *, bool>> {
protected:
    Sizes() : room(sized_image()) {
        choice.format = std::get<0>(GetParam());
        choice.spool = std::get<1>(GetParam());
        choice.retries = 1;
    }
    const std::string &layer(std::size_t i) const { return room.image.layers[i].digest; }
    std::size_t size(std::size_t i) const { return room.image.blobs.at(layer(i)).size(); }

    PullRoom room;
    PullChoice choice;
};

TEST_P(Sizes, ThatAreOpenDoNotKeepAnImageAway) {
    const std::string reference = room.reference(choice);
    FaultImage all = room.image;
    for (const auto &one : room.image.layers) all = saying(all, one.digest, "0");
    const FaultImage cases[] = {saying(room.image, layer(0), "0"), saying(room.image, layer(0), ""),
                                saying(room.image, room.image.config_digest, "0"),
                                saying(all, room.image.config_digest, "")};
    for (const FaultImage &image : cases) {
        room.registry.put("1", image);
        const PullOutcome outcome = room.pull(choice);
        ASSERT_FALSE(outcome.failure) << outcome.text();
        if (choice.format == "synology") { // which holds no manifest
            EXPECT_EQ(outcome.digest, reference);
        }
        if (choice.format == "docker") {
            const std::string archive = bytes_of(room.path());
            for (const std::size_t i : {0U, 1U})
                EXPECT_NE(archive.find(room.image.blobs.at(layer(i))), std::string::npos);
        }
        EXPECT_EQ(room.files(), std::vector<std::string>{"out.tar"});
    }
}

TEST_P(Sizes, ThatAreOpenAreNotTakenOnTrust) {
    // The registry says one length when it is asked, and has other bytes.
    for (const std::size_t told : {std::size_t(1), size(0) - 1, size(0) + 1, 10 * size(0)})
        for (const bool always : {false, true}) {
            room.registry.reset();
            room.registry.put("1", saying(room.image, layer(0), "0"));
            room.registry.policy(for_layers([&](const FaultRequest &request) {
                Fault fault;
                if (request.blob == layer(0) && (always || request.number == 0)) fault.content_length = told;
                return fault;
            }));
            const PullOutcome outcome = room.pull(choice);
            ASSERT_TRUE(outcome.failure) << told;
            EXPECT_TRUE(outcome.failure->kind() == Kind::integrity || outcome.failure->kind() == Kind::network)
                << outcome.text();
            EXPECT_EQ(outcome.digest, "") << told;
        }
}

TEST_P(Sizes, ThatAreOpenAndNotToldEndThePull) {
    room.registry.put("1", saying(room.image, layer(0), "0"));
    room.registry.policy(for_layers([](const FaultRequest &) {
        Fault fault;
        fault.chunked = true;
        return fault;
    }));
    const PullOutcome outcome = room.pull(choice);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(kind_name(outcome.failure->kind()), "integrity") << outcome.text();
    EXPECT_NE(outcome.failure->message.english().find(layer(0)), std::string::npos) << outcome.text();
    EXPECT_EQ(room.files(), std::vector<std::string>{});
}

TEST_P(Sizes, ThatAreWrongEndThePull) {
    struct Case {
        const char *name;
        std::uint64_t size;
    };
    const Case cases[] = {{"one", 1},
                          {"one less", size(0) - 1},
                          {"one more", size(0) + 1},
                          {"ten times", 10 * size(0)},
                          {"2^52", std::uint64_t(1) << 52}};
    for (const Case &c : cases)
        for (const bool chunked : {false, true}) {
            room.registry.reset();
            room.registry.put("1", saying(room.image, layer(0), std::to_string(c.size)));
            room.registry.policy(for_layers([&](const FaultRequest &) {
                Fault fault;
                fault.chunked = chunked;
                fault.ignore_range = chunked; // what tells no length seldom knows ranges
                return fault;
            }));
            choice.force = true;
            const PullOutcome outcome = room.pull(choice);
            ASSERT_TRUE(outcome.failure) << c.name;
            const bool lengthless = chunked && c.size > size(0);
            const bool no_room = c.size > std::uint64_t(1) << 40;
            EXPECT_EQ(kind_name(outcome.failure->kind()), no_room      ? "disk"
                                                          : lengthless ? "network"
                                                                       : "integrity")
                << c.name << ' ' << outcome.text();
            if (!no_room) {
                EXPECT_NE(outcome.failure->message.english().find(layer(0)), std::string::npos)
                    << c.name << ' ' << outcome.text();
            }
            EXPECT_EQ(outcome.digest, "") << c.name;
        }
}

TEST_P(Sizes, ThatDifferForOneBlobEndThePullBeforeItBegins) {
    FaultImage twice = room.image;
    const auto list = twice.manifest.find("\"layers\":[") + 10;
    const std::string entry = twice.manifest.substr(list, twice.manifest.find('}', list) + 1 - list);
    twice.manifest.insert(list, entry + ","); // the first layer again, at its front
    std::string &config = twice.blobs[twice.config_digest];
    config.insert(config.find("\"diff_ids\":[") + 12, "\"" + twice.layers[0].diff_id + "\",");
    const std::string digest = sha256(config);
    twice.blobs[digest] = config;
    twice = saying(twice, twice.config_digest, std::to_string(config.size()));
    twice.manifest.replace(twice.manifest.find(twice.config_digest), digest.size(), digest);
    twice.config_digest = digest;
    for (const std::size_t other : {std::size_t(1), size(0) + 7, size(0) - 50, size(0) + 5000}) {
        room.registry.reset();
        room.registry.put("1", saying(twice, layer(0), std::to_string(other)));
        const PullOutcome outcome = room.pull(choice);
        ASSERT_TRUE(outcome.failure) << other;
        EXPECT_EQ(kind_name(outcome.failure->kind()), "integrity") << outcome.text();
        for (const std::string &named : {layer(0), std::to_string(other), std::to_string(size(0))})
            EXPECT_NE(outcome.failure->message.english().find(named), std::string::npos)
                << named << ": " << outcome.text();
        EXPECT_EQ(room.registry.layer_requests(), 0U);
        EXPECT_EQ(room.files(), std::vector<std::string>{});
    }
    room.registry.put("1", saying(twice, layer(0), "0")); // one of them is open
    EXPECT_FALSE(room.pull(choice).failure);
}

TEST_P(Sizes, ThatDifferBetweenTheArchivesOfOnePullEndItBeforeItBegins) {
    choice.also = {"2"};
    for (const char *name : {"", "both.tar"}) {
        choice.name = name;
        room.registry.reset();
        room.registry.put("2", saying(room.image, layer(0), "30"));
        const PullOutcome outcome = room.pull(choice);
        ASSERT_TRUE(outcome.failure);
        EXPECT_EQ(kind_name(outcome.failure->kind()), "integrity") << outcome.text();
        for (const std::string &named : {layer(0), std::string("team/app:1"), std::string("team/app:2")})
            EXPECT_NE(outcome.failure->message.english().find(named), std::string::npos)
                << named << ": " << outcome.text();
        EXPECT_EQ(room.registry.layer_requests(), 0U);
        EXPECT_EQ(room.files(), std::vector<std::string>{});
    }
    room.registry.put("2", room.image);
    EXPECT_FALSE(room.pull(choice).failure);
}

INSTANTIATE_TEST_SUITE_P(All, Sizes,
                         testing::Values(std::tuple("docker", true), std::tuple("synology", true),
                                         std::tuple("synology", false)),
                         [](const auto &tested) {
                             return std::string(std::get<0>(tested.param)) +
                                    (std::get<1>(tested.param) ? "" : "_unspooled");
                         });

} // namespace
} // namespace ferry::test
