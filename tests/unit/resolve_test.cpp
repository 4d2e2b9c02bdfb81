// From what a tag names to one image for one platform.
#include "core/registry/child_manifests.h"
#include "core/registry/inspection.h"
#include "core/registry/resolve.h"
#include "support/backend.h"
#include "support/shelf.h"

#include <ferry/kit/base64.hpp>

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure;
using test::home;
using test::Host;
using test::oci_index;
using test::oci_manifest;
using test::Reach;
using test::Shelf;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::HasSubstr;

// A registry with one repository; what is put there is found by its digest or its tag "1".
class ResolveTest : public testing::Test, protected Shelf {
protected:
    // Resolves team/app:1, which names `top`.
    Image resolve(const std::string &top, const std::string &wanted = "amd64") {
        Web web(handler(top));
        Reach reach(web.http(), {home});
        HttpReply reply = reach.repository->manifest(host.operation, "1");
        const auto keep = [&] { requests = web.requests(); };
        try {
            Image image = resolve_image(host.operation, *reach.repository, std::move(reply), parse_platform(wanted));
            keep();
            return image;
        } catch (...) {
            keep();
            throw;
        }
    }
    Error refusal(const std::string &top, const std::string &wanted = "amd64") {
        return failure([&] { resolve(top, wanted); });
    }
    Web::Handler handler(const std::string &top) {
        return [this, top](const WebRequest &request, std::size_t) -> WebReply {
            return name_in(request) == "1" ? WebReply{200, top, top_headers} : answer(request);
        };
    }
    std::size_t asked_for(const std::string &digest) const {
        return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [&](const WebRequest &request) {
            return request.url.find(digest) != std::string::npos;
        }));
    }

    Host host;
    std::vector<std::pair<std::string, std::string>> top_headers;
    std::vector<WebRequest> requests;
};

TEST_F(ResolveTest, ADigestHeaderThatIsWrongIsAWarningAndTheComputedOneCounts) {
    const std::string top = manifest(config("amd64"));
    top_headers = {{"Docker-Content-Digest", digest_of("something else")}};
    EXPECT_EQ(resolve(top).manifest.digest, digest_of(top));
    EXPECT_EQ(host.warned("which is not its digest"), 1U);
    top_headers.clear();
    EXPECT_EQ(resolve(top).manifest.digest, digest_of(top)) << "without the header";
    EXPECT_EQ(host.warned("which is not its digest"), 1U);
}

TEST_F(ResolveTest, AChildIsWhatItsDigestSaysWhateverSizeItsIndexNames) { // as for dockerd 20.10, skopeo, containerd
    const std::string child = manifest(config("amd64"));
    for (const char *size : {"0", "7", "100000"}) {
        const std::string top = put(R"({"manifests":[{"mediaType":")" + std::string(oci_manifest) + R"(","digest":")" +
                                    digest_of(child) + R"(","size":)" + size + platform("amd64") + "}]}");
        const Image image = resolve(top);
        EXPECT_EQ(image.manifest_json, child);
        EXPECT_EQ(image.manifest.size, child.size()) << "not what the index says";
        EXPECT_EQ(host.warned(std::string("its index says ") + size), std::string(size) == "0" ? 0U : 1U)
            << "0 says nothing";
    }
}

TEST_F(ResolveTest, AnEntryWithoutPlatformIsReadFromItsConfig) {
    const std::string arm = manifest(config("arm64"));
    EXPECT_EQ(resolve(index({descriptor(arm, oci_manifest)}), "arm64").manifest.digest, digest_of(arm));
    const Error e = refusal(index({descriptor(arm, oci_manifest)}));
    EXPECT_EQ(e.kind(), Kind::not_found) << "arm64 is never taken for amd64";
    EXPECT_THAT(e.message.english(), HasSubstr("linux/arm64"));
}

TEST_F(ResolveTest, AnAttestationIsNeverChosenThoughItStandsFirstAndSaysOtherwise) {
    const std::string image = manifest(config("amd64"));
    const std::string attestation = manifest(config("unknown"));
    const std::string marks =
        R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest","com.docker.official-images.bashbrew.arch":"amd64"})";
    EXPECT_EQ(resolve(index({descriptor(attestation, oci_manifest, marks + platform("amd64")),
                             descriptor(image, oci_manifest, platform("amd64"))}))
                  .manifest.digest,
              digest_of(image));
}

TEST_F(ResolveTest, OfTwoEntriesOfAPlatformTheFirstIsTaken) {
    const std::string first = manifest(config("amd64")), second = manifest(config("amd64", 2), 2);
    EXPECT_EQ(resolve(index({descriptor(first, oci_manifest, platform("amd64")),
                             descriptor(second, oci_manifest, platform("amd64"))}))
                  .manifest.digest,
              digest_of(first));
}

TEST_F(ResolveTest, AMissingPlatformIsAnsweredWithThoseThatExistAsOptions) {
    const std::string arm = manifest(config("arm64")), v7 = manifest(config("arm", 1, "v7"));
    const Error e = refusal(index({descriptor(arm, oci_manifest, platform("arm64")),
                                   descriptor(v7, oci_manifest, platform("arm", "linux", "v7"))}),
                            "s390x");
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr("linux/s390x; there are: linux/arm64, linux/arm/v7"));
    EXPECT_THAT(e.remedy.english(), HasSubstr("-a arm64, -a arm/v7"));
}

TEST_F(ResolveTest, IndexesWithinIndexesAreOpenedUpToALimit) {
    const std::string image = manifest(config("amd64"));
    std::string nested = index({descriptor(image, oci_manifest, platform("amd64"))});
    for (int i = 0; i < 3; ++i) nested = index({descriptor(nested, oci_index)});
    EXPECT_EQ(resolve(nested).manifest.digest, digest_of(image));
    for (int i = 0; i < 8; ++i) nested = index({descriptor(nested, oci_index)});
    const Error e = refusal(nested);
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("without end"));
}

TEST_F(ResolveTest, TheOnlyEntryIsTakenWhereItFitsAndNamedWhereItDoesNot) {
    const std::string arm = manifest(config("arm64"));
    const std::string top = index({descriptor(arm, oci_manifest, platform("arm64"))});
    EXPECT_EQ(resolve(top, "aarch64").manifest.digest, digest_of(arm));
    EXPECT_THAT(refusal(top).message.english(), HasSubstr("there are: linux/arm64"));
}

TEST_F(ResolveTest, ADescriptorMayCarryTheBytesThemselves) {
    const std::string with = config("amd64");
    const std::string data = R"(,"data":")" + kit::base64_encode(with) + '"';
    EXPECT_EQ(resolve(manifest(with, 1, data)).config_json, with);
    EXPECT_EQ(asked_for(digest_of(with)), 0U) << "what came along is not asked for";

    const std::string child = manifest(with, 1, data);
    const std::string carried = R"(,"data":")" + kit::base64_encode(child) + '"';
    EXPECT_EQ(resolve(index({descriptor(child, oci_manifest, platform("amd64") + carried)})).manifest_json, child);
    EXPECT_EQ(asked_for(digest_of(child)), 0U);
}

TEST_F(ResolveTest, BytesThatAreNotTheDescriptorsAreFetchedInstead) {
    const std::string with = config("amd64");
    for (const std::string &wrong :
         {kit::base64_encode(std::string(with.size(), 'x')), kit::base64_encode("short"), std::string("!!!")}) {
        EXPECT_EQ(resolve(manifest(with, 1, R"(,"data":")" + wrong + '"')).config_json, with);
        EXPECT_EQ(asked_for(digest_of(with)), 1U) << wrong;
    }
}

TEST_F(ResolveTest, AnImageHasAsManyLayersAsDiffIds) {
    const Error e = refusal(manifest(config("amd64", 2), 1));
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("has 1 layers and 2 diff_ids"));
    EXPECT_EQ(asked_for(digest_of("packed")), 0U) << "before a layer is fetched";
}

TEST_F(ResolveTest, TheEmptyDescriptorOfAnArtifactIsNotAConfig) {
    const std::string empty = put("{}");
    const std::string top = put(R"({"schemaVersion":2,"artifactType":"application/vnd.example.sbom","config":)" +
                                descriptor(empty, "application/vnd.oci.empty.v1+json") + R"(,"layers":[)" +
                                descriptor(empty, "application/vnd.oci.empty.v1+json") + "]}");
    const Error e = refusal(top);
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr("an artifact of type application/vnd.example.sbom"));
    EXPECT_EQ(asked_for(digest_of(empty)), 0U);
}

// What stands in an index beside an image for the same platform: entries that must never be taken for it.
class Siblings : public ResolveTest {
protected:
    struct Sibling {
        std::string name, entry;
        std::string missing = {}; // its digest, where it is gone
    };
    std::string artifact(const std::string &type) {
        const std::string empty = put("{}");
        return put(R"({"schemaVersion":2,"mediaType":")" + std::string(oci_manifest) +
                   R"(","artifactType":"application/vnd.example.disk","config":)" + descriptor(empty, type) +
                   R"(,"layers":[)" + descriptor(put("disk"), "application/vnd.example.disk.v1") + "]}");
    }
    std::vector<Sibling> siblings() {
        const std::string disk = artifact("application/vnd.oci.empty.v1+json");
        const std::string marked = R"(,"artifactType":"application/vnd.example.disk")";
        const std::string wasm = put(R"({"mediaType":")" + std::string(oci_manifest) + R"(","config":)" +
                                     descriptor(put("{}"), "application/vnd.wasm.config.v0+json") + R"(,"layers":[]})");
        const std::string unread = put(R"({"mediaType":")" + std::string(oci_manifest) + R"(","config":)" +
                                       descriptor(put("{}"), "application/json") + R"(,"layers":[)" +
                                       descriptor(put("model"), "application/octet-stream") + "]}");
        const std::string nydus = manifest(config("amd64", 2), 2);
        const std::string features =
            R"(,"platform":{"os":"linux","architecture":"amd64","os.features":["nydus.remoteimage.v1"]})";
        const std::string old = put(R"({"schemaVersion":1,"fsLayers":[],"history":[]})");
        const std::string other = put(R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]})");
        return {
            {"artifact, marked", descriptor(disk, oci_manifest, platform("amd64") + marked)},
            {"artifact, unmarked", descriptor(disk, oci_manifest, platform("amd64"))},
            {"artifact in another spelling", descriptor(disk, oci_manifest, platform("x86_64"))},
            {"artifact without platform", descriptor(disk, oci_manifest)},
            {"WASM module", descriptor(wasm, oci_manifest, platform("amd64"))},
            {"artifact with a config of no type", descriptor(unread, oci_manifest, platform("amd64"))},
            {"nydus", descriptor(nydus, oci_manifest, features)},
            {"schema 1", descriptor(old, "", platform("amd64"))},
            {"artifact manifest",
             descriptor(other, "application/vnd.oci.artifact.manifest.v1+json", platform("amd64"))},
            {"no JSON", descriptor(put("a text"), "text/plain", platform("amd64"))},
            {"an index in truth", descriptor(index({}), oci_manifest, platform("amd64"))},
            {"artifact that is gone", descriptor("gone", oci_manifest, platform("amd64") + marked), digest_of("gone")},
            {"entry without platform that is gone", descriptor("gone", oci_manifest), digest_of("gone")},
            {"index that is gone", descriptor("gone", oci_index), digest_of("gone")},
            {"index that is no index", descriptor(other, oci_index)},
            {"attestation that is gone", descriptor("gone", oci_manifest, platform("unknown", "unknown")),
             digest_of("gone")}};
    }
};

TEST_F(Siblings, AreNeverTakenForTheImageWhereverTheyStand) {
    const std::string image = manifest(config("amd64"));
    const std::string entry = descriptor(image, oci_manifest, platform("amd64"));
    for (const Sibling &sibling : siblings()) {
        EXPECT_EQ(resolve(index({entry, sibling.entry})).manifest.digest, digest_of(image))
            << sibling.name << ", image first";
        EXPECT_EQ(resolve(index({sibling.entry, entry})).manifest.digest, digest_of(image)) << sibling.name << " first";
    }
}

TEST_F(Siblings, DoNotSpoilAnInspection) {
    const std::string image = manifest(config("amd64"));
    const std::string entry = descriptor(image, oci_manifest, platform("amd64"));
    for (const Sibling &sibling : siblings())
        for (const bool first : {true, false}) {
            const std::string top = first ? index({sibling.entry, entry}) : index({entry, sibling.entry});
            for (const std::optional<Platform> &wanted :
                 {std::optional<Platform>(), std::optional(parse_platform("amd64"))}) {
                Web web(handler(top));
                Reach reach(web.http(), {home});
                const Inspection found = inspect_image(host.operation, *reach.repository, wanted, true);
                const InspectedImage &chosen = found.images.at(found.chosen);
                EXPECT_EQ(chosen.manifest.digest, digest_of(image)) << sibling.name;
                EXPECT_TRUE(chosen.detailed && !chosen.problem) << sibling.name;
                for (const InspectedImage &one : found.images) {
                    EXPECT_TRUE(!one.problem ||
                                one.problem->message.english().find(sibling.missing) != std::string::npos)
                        << sibling.name << ": " << one.problem->message.english();
                }
            }
        }
}

TEST_F(ResolveTest, WhatIsSpecialIsTakenWhereNothingElseServes) {
    const std::string image = manifest(config("amd64"));
    for (const std::string &more :
         {std::string(R"(,"platform":{"os":"linux","architecture":"amd64","os.features":["x"]})"),
          platform("amd64") + R"(,"artifactType":"application/vnd.example.app")"})
        EXPECT_EQ(resolve(index({descriptor(image, oci_manifest, more)})).manifest.digest, digest_of(image)) << more;
}

TEST_F(ResolveTest, OfSeveralEntriesWithoutPlatformTheOneWhoseConfigFitsIsTaken) {
    const std::string arm = manifest(config("arm64")), amd = manifest(config("amd64"));
    for (const std::string &partial : {std::string(), std::string(R"(,"platform":{"os":"linux"})"),
                                       std::string(R"(,"platform":{"architecture":"amd64"})")}) {
        const std::string top = index({descriptor(arm, oci_manifest, partial), descriptor(amd, oci_manifest, partial)});
        EXPECT_EQ(resolve(top, "amd64").manifest.digest, digest_of(amd)) << partial;
        EXPECT_EQ(resolve(top, "arm64").manifest.digest, digest_of(arm)) << partial;
        EXPECT_THAT(refusal(top, "s390x").message.english(), HasSubstr("there are: linux/arm64, linux/amd64"))
            << partial;
    }
}

TEST_F(ResolveTest, AConfigThatDoesNotSayItsArchitectureFits) { // as for docker pull and load
    const std::string rest = R"("rootfs":{"diff_ids":[")" + digest_of("unpacked") + "\"]}}";
    const struct {
        const char *says, *wanted, *platform; // "" is refused
        bool warns;
    } table[] = {{"{", "amd64", "linux/amd64", true},
                 {"{", "arm64", "linux/arm64/v8", true},
                 {R"({"os":"linux",)", "arm/v7", "linux/arm/v7", true},
                 {R"({"architecture":"","os":"",)", "amd64", "linux/amd64", true},
                 {R"({"architecture":null,"os":null,)", "amd64", "linux/amd64", true},
                 {R"({"architecture":"amd64",)", "amd64", "linux/amd64", false},
                 {R"({"architecture":"amd64","os":"",)", "amd64", "linux/amd64", false},
                 {R"({"architecture":"x86_64","os":"Linux",)", "amd64", "Linux/x86_64", false},
                 {R"({"architecture":"amd64",)", "arm64", "", false},
                 {R"({"os":"windows",)", "amd64", "", false}};
    for (const auto &[says, wanted, platform_name, warns] : table) {
        const std::string top = manifest(put(says + rest));
        if (!*platform_name) {
            EXPECT_EQ(refusal(top, wanted).kind(), Kind::not_found) << says;
            continue;
        }
        const std::size_t before = host.warned("does not say for which architecture");
        EXPECT_EQ(resolve(top, wanted).platform.str(), platform_name) << says;
        EXPECT_EQ(host.warned("does not say for which architecture") - before, warns ? 1U : 0U) << says;
        Web web(handler(top));
        Reach reach(web.http(), {home});
        EXPECT_TRUE(
            inspect_image(host.operation, *reach.repository, parse_platform(wanted), false).images.at(0).detailed);
    }
}

TEST_F(ResolveTest, AMissingChildIsNamedByDigestAndPlatformAndNotReplacedByAnother) {
    const std::string v6 = manifest(config("arm", 1, "v6"));
    const std::string gone = digest_of("gone");
    const std::string top = index({descriptor("gone", oci_manifest, platform("arm", "linux", "v7")),
                                   descriptor(v6, oci_manifest, platform("arm", "linux", "v6"))});
    const Error e = refusal(top, "arm/v7");
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr(gone));
    EXPECT_THAT(e.message.english(), HasSubstr("linux/arm/v7"));
    EXPECT_THAT(e.remedy.english(), HasSubstr("deleted"));
    EXPECT_EQ(resolve(top, "arm/v6").manifest.digest, digest_of(v6));
    EXPECT_EQ(refusal(index({descriptor("gone", oci_index)})).kind(), Kind::not_found);
    EXPECT_THAT(refusal(index({descriptor("gone", oci_index)})).message.english(), HasSubstr(gone))
        << "it may have led there";
}

TEST_F(ResolveTest, ADamagedImageIsNotReplacedByTheNextBestOne) {
    const std::string v6 = manifest(config("arm", 1, "v6")), damaged = manifest(config("arm", 2, "v7"), 1);
    const std::string hollow = config("arm", 3, "v7"), without = manifest(hollow, 3);
    held.erase(digest_of(hollow));
    for (const std::string &v7 : {damaged, without}) {
        const std::string top = index({descriptor(v6, oci_manifest, platform("arm", "linux", "v6")),
                                       descriptor(v7, oci_manifest, platform("arm", "linux", "v7"))});
        const Error e = refusal(top, "arm/v7");
        EXPECT_EQ(e.kind(), v7 == damaged ? Kind::integrity : Kind::not_found) << e.message.english();
        EXPECT_EQ(resolve(top, "arm/v6").manifest.digest, digest_of(v6));
    }
}

TEST_F(ResolveTest, AnIndexThatIsListedAgainAndAgainIsAskedForOnce) {
    std::string level = index({descriptor(manifest(config("arm64")), oci_manifest, platform("arm64"))});
    std::vector<std::string> levels;
    for (int depth = 0; depth < 4; ++depth) {
        levels.push_back(digest_of(level));
        level = index(std::vector<std::string>(300, descriptor(level, oci_index)));
    }
    EXPECT_THAT(refusal(level).message.english(), HasSubstr("there are: linux/arm64"));
    for (const std::string &one : levels) EXPECT_EQ(asked_for(one), 1U);
}

TEST_F(ResolveTest, AnIndexOfEndlesslyManyIndexesIsGivenUp) {
    std::vector<std::string> entries;
    for (int i = 0; i < 2000; ++i)
        entries.push_back(
            descriptor(put(R"({"manifests":[],"annotations":{"n":")" + std::to_string(i) + "\"}}"), oci_index));
    const Error e = refusal(index(entries));
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("more than 500 manifests"));
    EXPECT_LE(requests.size(), ChildManifests::most + 1);
    for (std::string &entry : entries) entry = descriptor(entry, oci_index); // which nobody has
    EXPECT_EQ(refusal(index(entries)).kind(), Kind::integrity);
    EXPECT_LE(requests.size(), ChildManifests::most + 1);
}

using InspectTest = ResolveTest;

Inspection inspected(Web &web, Host &host, const std::optional<Platform> &wanted = {}, bool all = false) {
    Reach reach(web.http(), {home});
    return inspect_image(host.operation, *reach.repository, wanted, all);
}

TEST_F(InspectTest, TellsSizesAndDatesOfAllPlatformsWherePullsAreNotCounted) {
    const std::string amd = manifest(config("amd64", 2), 2), arm = manifest(config("arm64"));
    const std::string top =
        index({descriptor(arm, oci_manifest, platform("arm64")), descriptor(amd, oci_manifest, platform("amd64"))});
    Web web(handler(top));
    const Inspection found = inspected(web, host);
    ASSERT_EQ(found.images.size(), 2U);
    EXPECT_EQ(found.chosen, 1U) << "amd64, though it is not the first";
    EXPECT_EQ(found.images[0].size, 6U);
    EXPECT_EQ(found.images[1].size, 12U);
    EXPECT_EQ(found.images[0].created, 1700000000);
    EXPECT_EQ(found.top.digest, digest_of(top));
    EXPECT_EQ(web.count("packed"), 0U);
    EXPECT_EQ(web.count(digest_of("packed")), 0U) << "no layer is fetched";
}

TEST_F(InspectTest, SpendsNoPullsOnPlatformsThatNobodyAskedFor) {
    const std::string amd = manifest(config("amd64", 2), 2), arm = manifest(config("arm64"));
    const std::string top =
        index({descriptor(amd, oci_manifest, platform("amd64")), descriptor(arm, oci_manifest, platform("arm64"))});
    top_headers = {{"RateLimit-Limit", "100;w=21600"}, {"RateLimit-Remaining", "76;w=21600"}};
    Web web(handler(top));
    const Inspection found = inspected(web, host);
    EXPECT_TRUE(found.images[0].detailed);
    EXPECT_FALSE(found.images[1].detailed);
    EXPECT_EQ(found.limit.limit, 100);
    EXPECT_EQ(found.limit.remaining, 76);
    EXPECT_EQ(found.limit.window_s, 21600);
    EXPECT_EQ(web.count(digest_of(arm)), 0U);
    Web again(handler(top));
    EXPECT_TRUE(inspected(again, host, {}, true).images[1].detailed) << "-a all";
}

TEST_F(InspectTest, TellsWhatIsGoneAndFailsOnlyWhereThatIsWanted) {
    const std::string amd = manifest(config("amd64"));
    const std::string top =
        index({descriptor("gone", oci_manifest, platform("arm64")), descriptor(amd, oci_manifest, platform("amd64"))});
    Web web(handler(top));
    const Inspection found = inspected(web, host);
    ASSERT_EQ(found.images.size(), 2U);
    ASSERT_TRUE(found.images[0].problem);
    EXPECT_THAT(found.images[0].problem->message.english(), HasSubstr(digest_of("gone")));
    EXPECT_THAT(found.images[0].problem->message.english(), HasSubstr("linux/arm64"));
    EXPECT_EQ(found.chosen, 1U);
    EXPECT_FALSE(found.images[1].problem);
    const Error e = failure([&] { inspected(web, host, parse_platform("arm64")); });
    EXPECT_EQ(e.kind(), Kind::not_found);
    EXPECT_THAT(e.message.english(), HasSubstr(digest_of("gone")));
    EXPECT_EQ(failure([&] { inspected(web, host, parse_platform("s390x")); }).kind(), Kind::not_found);

    held.erase(digest_of(config("amd64"))); // the manifest is there, its config is not
    Web without(handler(top));
    const Inspection nothing = inspected(without, host);
    EXPECT_TRUE(nothing.images[0].problem && nothing.images[1].problem);
    EXPECT_FALSE(nothing.images[1].detailed);
}

TEST_F(InspectTest, ListsAnIndexOfThousandsWithoutAskingForEach) {
    const std::string amd = manifest(config("amd64"));
    std::vector<std::string> entries;
    for (int i = 0; i < 3000; ++i)
        entries.push_back(descriptor("other " + std::to_string(i), oci_manifest, platform("arm64")));
    entries.push_back(descriptor(amd, oci_manifest, platform("amd64")));
    Web web(handler(index(entries)));
    const Inspection found = inspected(web, host);
    EXPECT_EQ(found.images.size(), 3001U);
    EXPECT_TRUE(found.images[3000].detailed);
    EXPECT_EQ(web.requests().size(), 3U);
    EXPECT_EQ(failure([&] { inspected(web, host, {}, true); }).kind(), Kind::integrity) << "-a all";
    EXPECT_LE(web.requests().size(), ChildManifests::most + 10);
}

TEST(PullLimit, IsReadFromItsFields) {
    const struct {
        Headers headers;
        std::int64_t limit, remaining, window;
    } table[] = {{{}, -1, -1, 0},
                 {{{"ratelimit-limit", "100;w=21600"}, {"ratelimit-remaining", "0;w=21600"}}, 100, 0, 21600},
                 {{{"RateLimit-Limit", "40"}}, 40, -1, 0},
                 {{{"RateLimit-Limit", "many"}, {"RateLimit-Remaining", "-3"}}, -1, -1, 0},
                 {{{"RateLimit-Limit", "10;w="}}, 10, -1, 0}};
    for (const auto &[headers, limit, remaining, window] : table) {
        const PullLimit read = pull_limit(headers);
        EXPECT_EQ(read.limit, limit);
        EXPECT_EQ(read.remaining, remaining);
        EXPECT_EQ(read.window_s, window);
    }
}

} // namespace
} // namespace ferry::core
