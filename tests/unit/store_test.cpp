#include "core/archive/store.h"
#include "core/archive/tar.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "support/compress.h"
#include "support/folder.h"
#include "support/memory_disk.h"

#include <gmock/gmock.h>

#include <thread>

namespace ferry::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string file_member(const std::string &path, const std::string &content) {
    return tar_header(TarType::file, path, content.size(), 0644, 0) + content +
           std::string(tar_padding(content.size()), '\0');
}
std::string ended(const std::string &tar) {
    return tar + std::string(tar_end_size, '\0');
}
std::string quoted(const std::string &text) {
    return '"' + text + '"';
}
std::string blob_member(const std::string &bytes) {
    return file_member("blobs/sha256/" + std::string(digest_hex(digest_of(bytes))), bytes);
}
std::string descriptor(const std::string &type, const std::string &bytes, const std::string &more = {}) {
    return "{\"mediaType\":" + quoted(type) + ",\"digest\":" + quoted(digest_of(bytes)) +
           ",\"size\":" + std::to_string(bytes.size()) + more + "}";
}
constexpr const char *oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char *oci_index = "application/vnd.oci.image.index.v1+json";

std::string config_of(const std::vector<std::string> &layers, const std::string &architecture = "amd64") {
    std::string ids;
    for (const std::string &layer : layers) ids += (ids.empty() ? "" : ",") + quoted(digest_of(layer));
    return "{\"os\":\"linux\",\"architecture\":" + quoted(architecture) +
           ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + ids + "]}}";
}

// manifest.json of one image whose layer files are named l0, l1...
std::string classic(const std::string &config, std::size_t layers, const std::string &tags = "[\"app:1\"]") {
    std::string names;
    for (std::size_t i = 0; i < layers; ++i) names += (i ? "," : "") + quoted("l" + std::to_string(i));
    return file_member("manifest.json", "[{\"Config\":\"" + std::string(digest_hex(digest_of(config))) +
                                            ".json\",\"RepoTags\":" + tags + ",\"Layers\":[" + names + "]}]") +
           file_member(std::string(digest_hex(digest_of(config))) + ".json", config);
}

std::string oci_manifest_of(const std::string &config, const std::vector<std::string> &layers) {
    std::string list;
    for (const std::string &layer : layers)
        list += (list.empty() ? "" : ",") + descriptor("application/vnd.oci.image.layer.v1.tar", layer);
    return "{\"schemaVersion\":2,\"mediaType\":" + quoted(oci_manifest) +
           ",\"config\":" + descriptor("application/vnd.oci.image.config.v1+json", config) + ",\"layers\":[" + list +
           "]}";
}
std::string index_member(const std::string &entries) {
    return file_member("index.json", "{\"schemaVersion\":2,\"manifests\":[" + entries + "]}");
}
std::string named(const std::string &full, const std::string &ref) {
    return ",\"annotations\":{" + (full.empty() ? "" : "\"io.containerd.image.name\":" + quoted(full) + ",") +
           "\"org.opencontainers.image.ref.name\":" + quoted(ref) + "}";
}

class ContentsTest : public testing::Test {
protected:
    Contents read(const std::string &bytes, const std::string &stem = "My File") {
        disk_.put("x.tar", bytes);
        file_ = disk_.open("x.tar", false);
        return read_contents(*file_, stem);
    }
    Error error_of(const std::string &bytes) {
        try {
            read(bytes);
        } catch (const Error &e) {
            EXPECT_THAT(e.message.english(), HasSubstr("x.tar"));
            return e;
        }
        return Error(Kind::other, "nothing was thrown");
    }
    void expect_blobs(const Contents &contents) {
        for (const auto &[digest, place] : contents.blobs) verify_blob(*file_, place, digest, [] {});
    }

    test::MemoryDisk disk_;
    std::unique_ptr<File> file_;
    const std::string one = "layer one", two = "layer two";
    const std::string config = config_of({one, two});
};

TEST_F(ContentsTest, WithoutANameItIsCalledAfterTheFileWhateverThatIsCalled) {
    const std::string bytes = ended(classic(config, 2, "[]") + file_member("l0", one) + file_member("l1", two));
    const std::string longest(127, 'a');
    for (const auto &[stem, expected] : {std::pair<std::string, std::string>{"My File", "my-file"},
                                         {"__", "image"},
                                         {longest + "-b", longest},
                                         {longest + "bc", longest + "b"}})
        EXPECT_EQ(read(bytes, stem).names.at(0).repository, expected) << stem;
}

TEST_F(ContentsTest, AClassicArchiveGetsAManifestThatIsAlwaysTheSame) {
    const std::string bytes = ended(classic(config, 2) + file_member("l0", one) + file_member("l1", two));
    const Contents contents = read(bytes);
    ASSERT_EQ(contents.manifests.size(), 1U);
    const auto &[digest, manifest] = *contents.manifests.begin();
    EXPECT_EQ(digest_of(manifest.json), digest);
    EXPECT_EQ(
        manifest.json,
        "{\"schemaVersion\":2,\"mediaType\":\"application/"
        "vnd.docker.distribution.manifest.v2+json\",\"config\":{\"mediaType\":"
        "\"application/vnd.docker.container.image.v1+json\",\"size\":" +
            std::to_string(config.size()) + ",\"digest\":" + quoted(digest_of(config)) +
            "},\"layers\":[{\"mediaType\":\"application/vnd.docker.image.rootfs.diff.tar\",\"size\":9,\"digest\":" +
            quoted(digest_of(one)) +
            "},{\"mediaType\":\"application/vnd.docker.image.rootfs.diff.tar\",\"size\":9,\"digest\":" +
            quoted(digest_of(two)) + "}]}");
    EXPECT_EQ(manifest.platform.str(), "linux/amd64");
    EXPECT_THAT(contents.names, ElementsAre(StoredName{"app", "1", digest}));
    EXPECT_EQ(contents.blobs.size(), 3U);
    expect_blobs(contents);
    const Contents moved = read(ended(file_member("l1", two) + file_member("l0", one) + classic(config, 2)));
    EXPECT_EQ(moved.manifests.begin()->first, digest) << "the order in the archive has no meaning";
}

TEST_F(ContentsTest, CompressedLayersOfAClassicArchiveAreReadOnce) {
    const std::string packed = test::gzip(one), frame = test::zstd(two);
    const Contents contents = read(ended(classic(config, 2) + file_member("l0", packed) + file_member("l1", frame)));
    expect_blobs(contents);
    EXPECT_TRUE(contents.blobs.count(digest_of(packed)));
    EXPECT_TRUE(contents.blobs.count(digest_of(frame)));
    // Docker's schema 2 has no type for zstd.
    const StoredManifest &manifest = contents.manifests.begin()->second;
    EXPECT_EQ(manifest.media_type, oci_manifest);
    EXPECT_THAT(manifest.json, HasSubstr("\"application/vnd.oci.image.manifest.v1+json\""));
    EXPECT_THAT(manifest.json, HasSubstr("\"application/vnd.oci.image.config.v1+json\""));
    EXPECT_THAT(manifest.json, HasSubstr("\"application/vnd.oci.image.layer.v1.tar+gzip\""));
    EXPECT_THAT(manifest.json, HasSubstr("\"application/vnd.oci.image.layer.v1.tar+zstd\""));
    EXPECT_THAT(manifest.json, testing::Not(HasSubstr("docker")));
    const Contents older = read(ended(classic(config, 2) + file_member("l0", packed) + file_member("l1", two)));
    EXPECT_THAT(older.manifests.begin()->second.json, HasSubstr("diff.tar.gzip\""));
    EXPECT_THAT(older.manifests.begin()->second.json, HasSubstr("diff.tar\""));
    EXPECT_THAT(older.manifests.begin()->second.json, testing::Not(HasSubstr("oci")));
    EXPECT_THAT(error_of(ended(classic(config, 2) + file_member("l0", test::gzip("other")) + file_member("l1", two)))
                    .message.english(),
                HasSubstr("other bytes than the config promises"));
}

TEST_F(ContentsTest, LayersThatNoRegistryCanOfferAreNamed) {
    const std::string bzip2 = "BZh91AY&SY", xz("\xfd\x37zXZ\0\0\4", 8);
    EXPECT_THAT(
        error_of(ended(classic(config, 2) + file_member("l0", bzip2) + file_member("l1", two))).message.english(),
        HasSubstr("'l0' is packed with bzip2"));
    EXPECT_THAT(error_of(ended(classic(config, 2) + file_member("l0", one) + file_member("l1", xz))).message.english(),
                HasSubstr("'l1' is packed with xz"));
    EXPECT_THAT(error_of(ended(classic(config, 2) + file_member("l0", "") + file_member("l1", two))).message.english(),
                HasSubstr("'l0' is empty"))
        << "what buildpacks write for layers that the daemon has";
    const std::string nothing = config_of({"", one});
    expect_blobs(read(ended(classic(nothing, 2) + file_member("l0", "") + file_member("l1", one))));
}

TEST_F(ContentsTest, PathsMayBeginAtTheArchivesRoot) {
    // docker-drag and its children end with tar.add(folder, arcname="/"); buildpacks write /NAME.tar.
    const std::string hex(digest_hex(digest_of(config)));
    const std::string names =
        "[{\"Config\":\"" + hex + ".json\",\"RepoTags\":[\"app:1\"],\"Layers\":[\"/l0\",\"./d//l1\"]}]";
    const Contents contents =
        read(ended(tar_header(TarType::directory, "/", 0, 0755, 0) + file_member("/manifest.json", names) +
                   file_member("/" + hex + ".json", config) + file_member("l0", one) + file_member("/d/l1", two)));
    EXPECT_THAT(contents.names, ElementsAre(StoredName{"app", "1", contents.manifests.begin()->first}));
    expect_blobs(contents);
}

TEST_F(ContentsTest, AnOciLayoutKeepsItsManifestsAndIndexes) {
    const std::string manifest = oci_manifest_of(config, {one, two}), arm_config = config_of({one}, "arm64");
    const std::string arm = oci_manifest_of(arm_config, {one});
    const std::string index =
        "{\"schemaVersion\":2,\"manifests\":[" +
        descriptor(oci_manifest, manifest, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}") + "," +
        descriptor(oci_manifest, arm) + "," + descriptor(oci_manifest, "stayed behind") + "]}";
    const Contents contents =
        read(ended(index_member(descriptor(oci_index, index, named("docker.io/library/app:1", "1"))) +
                   blob_member(index) + blob_member(manifest) + blob_member(arm) + blob_member(config) +
                   blob_member(arm_config) + blob_member(one) + blob_member(two)));
    EXPECT_THAT(contents.names, ElementsAre(StoredName{"app", "1", digest_of(index)}));
    ASSERT_EQ(contents.manifests.size(), 3U);
    EXPECT_EQ(contents.manifests.at(digest_of(index)).json, index);
    EXPECT_TRUE(contents.manifests.at(digest_of(index)).is_index);
    EXPECT_EQ(contents.manifests.at(digest_of(arm)).platform.str(), "linux/arm64")
        << "the config says it where the index does not";
    EXPECT_EQ(contents.blobs.size(), 4U);
    expect_blobs(contents);
}

TEST_F(ContentsTest, HoldsAnImageWhoseManifestLeavesSizesOpen) {
    const auto open = [](std::string json, const std::string &bytes) {
        const auto at = json.find("\"size\":", json.find(digest_of(bytes))) + 7;
        return json.replace(at, json.find_first_not_of("0123456789", at) - at, "0");
    };
    const std::string manifest = open(open(oci_manifest_of(config, {one, two}), two), config);
    const Contents contents =
        read(ended(index_member(open(descriptor(oci_manifest, manifest), manifest)) + blob_member(manifest) +
                   blob_member(config) + blob_member(one) + blob_member(two)));
    EXPECT_EQ(contents.manifests.count(digest_of(manifest)), 1U);
    expect_blobs(contents);
    EXPECT_TRUE(contents.blobs.count(digest_of(config)));
}

TEST_F(ContentsTest, NamesComeFromAnnotationsFromManifestJsonOrFromTheFile) {
    const std::string manifest = oci_manifest_of(config, {one, two});
    const std::string blobs = blob_member(manifest) + blob_member(config) + blob_member(one) + blob_member(two);
    const auto names_of = [&](const std::string &annotations, const std::string &more, const std::string &stem) {
        const Contents contents =
            read(ended(index_member(descriptor(oci_manifest, manifest, annotations)) + blobs + more), stem);
        return contents.names.front().repository + ":" + contents.names.front().tag +
               (contents.names.size() == 1 ? "" : " and more");
    };
    EXPECT_EQ(names_of(named("ghcr.io/a/b:2", "2"), "", "f"), "ghcr.io/a/b:2");
    EXPECT_EQ(names_of(named("", "quay.io/a/b:3"), "", "f"), "quay.io/a/b:3");
    EXPECT_EQ(names_of(named("", "bookworm"), "", "debian"), "debian:bookworm");
    EXPECT_EQ(names_of("", "", "My File (2)"), "my-file-2:latest");
    EXPECT_EQ(names_of("", "", "文件"), "image:latest");
    const std::string hybrid =
        file_member("manifest.json", "[{\"Config\":\"blobs/sha256/" + std::string(digest_hex(digest_of(config))) +
                                         "\",\"RepoTags\":[\"app:7\"],\"Layers\":[]}]");
    EXPECT_EQ(names_of("", hybrid, "f"), "app:7");
    EXPECT_EQ(names_of(named("docker.io/library/app:1", "1"), hybrid, "f"), "app:1");
    EXPECT_EQ(read(ended(classic(config, 2, "null") + file_member("l0", one) + file_member("l1", two)), "saved")
                  .names.front()
                  .repository,
              "saved");
    EXPECT_EQ(
        read(ended(classic(config, 2, "[\"Bad Name\"]") + file_member("l0", one) + file_member("l1", two)), "saved")
            .names.front()
            .repository,
        "saved");
}

TEST_F(ContentsTest, ManifestJsonServesWhereTheLayoutBesideItIsIncomplete) { // Docker 25.0.0, moby#47065
    const std::string manifest = oci_manifest_of(config, {one, "never written"});
    const Contents contents =
        read(ended(index_member(descriptor(oci_manifest, manifest, named("docker.io/library/app:1", "1"))) +
                   blob_member(manifest) + blob_member(config) + classic(config, 2) + file_member("l0", one) +
                   file_member("l1", two)));
    EXPECT_EQ(contents.manifests.begin()->second.media_type, "application/vnd.docker.distribution.manifest.v2+json");
    expect_blobs(contents);
}

TEST_F(ContentsTest, RefusesWhatIsDamagedIncompleteOrNoImage) {
    const std::string manifest = oci_manifest_of(config, {one, two});
    const auto entry = descriptor(oci_manifest, manifest);
    const std::string some = blob_member(manifest) + blob_member(config) + blob_member(one);
    std::string other = blob_member(manifest);
    other[600] ^= 1;
    const std::string circle_path = "blobs/sha256/" + std::string(digest_hex(digest_of(config)));
    const std::pair<std::string, std::string> table[] = {
        {ended(file_member("x", "y")), "holds no images"},
        {ended(""), "holds no images"},
        {ended(index_member("")), "holds no images"},
        {ended(file_member("manifest.json", "[]")), "holds no images"},
        {ended(file_member("manifest.json", "null")), "JSON"},
        {ended(file_member("manifest.json", "{")), "JSON"},
        {ended(index_member(entry)), "is not there"},
        {ended(index_member(entry) + some), "is not there"},
        {ended(index_member(entry) + other + blob_member(config)), "has other bytes"},
        {ended(index_member(entry) + some +
               file_member("blobs/sha256/" + std::string(digest_hex(digest_of(two))), "short")),
         "bytes instead of"},
        {ended(index_member(entry) + blob_member(manifest) +
               tar_header(TarType::symlink, circle_path, 0, 0777, 0, std::string(digest_hex(digest_of(config))))),
         "circle"},
        {ended(classic(config, 2) + file_member("l0", one)), "l1 is not there"},
        {ended(classic(config, 1) + file_member("l0", one)), "1 layers, while the config names 2"},
        {ended(file_member("manifest.json", "[{\"Config\":\"c.json\",\"Layers\":[]}]")), "c.json is not there"},
        {ended(file_member("manifest.json", "[{\"Config\":\"" + std::string(64, 'a') + ".json\",\"Layers\":[]}]") +
               file_member(std::string(64, 'a') + ".json", config)),
         "has other bytes"},
        {ended(file_member("manifest.json", std::string(5 << 20, ' '))), "more than any image needs"},
    };
    for (const auto &[bytes, expected] : table)
        EXPECT_THAT(error_of(bytes).message.english(), HasSubstr(expected)) << expected;
}

TEST(StoredNames, AreThoseOfARegistry) {
    const std::pair<const char *, const char *> table[] = {{"debian:bookworm", "debian:bookworm"},
                                                           {"docker.io/library/debian:1", "debian:1"},
                                                           {"docker.io/u/a:1", "u/a:1"},
                                                           {"library/debian", "debian:latest"},
                                                           {"ghcr.io/u/a:1", "ghcr.io/u/a:1"},
                                                           {"localhost/a:1", "a:1"},
                                                           {"127.0.0.1:5000/u/a:1", "u/a:1"},
                                                           {"Corp.Example/u/a:1", "corp.example/u/a:1"},
                                                           {"odd_.host.example/u/a:1", "no"},
                                                           {"UPPER:1", "no"},
                                                           {"", "no"},
                                                           {"a b:1", "no"}};
    for (const auto &[name, expected] : table) {
        std::string repository, tag;
        EXPECT_EQ(stored_name(name, repository, tag) ? repository + ":" + tag : "no", expected) << name;
    }
}

TEST(TagChoice, TakesTheNewestOfEachPlatform) {
    const auto manifest = [](const char *architecture, const char *type = oci_manifest) {
        return StoredManifest{type, "{}", false, {architecture[0] ? "linux" : "", architecture, ""}};
    };
    const StoredManifest amd64 = manifest("amd64"), arm64 = manifest("arm64"), none = manifest("");
    const StoredManifest docker = manifest("amd64", "application/vnd.docker.distribution.manifest.v2+json"),
                         docker_arm = manifest("arm64", "application/vnd.docker.distribution.manifest.v2+json");
    const StoredManifest index{oci_index, "{}", true, {}};
    EXPECT_EQ(choose_tag({{"a", &amd64, 1}, {"b", &amd64, 2}}).digest, "b");
    EXPECT_EQ(choose_tag({{"b", &amd64, 1}, {"a", &amd64, 1}}).digest, "a") << "the same whichever comes first";
    EXPECT_EQ(choose_tag({{"i", &index, 2}, {"a", &amd64, 1}}).digest, "i");
    EXPECT_EQ(choose_tag({{"i", &index, 1}, {"a", &amd64, 2}}).digest, "a");
    EXPECT_EQ(choose_tag({{"n", &none, 2}, {"a", &amd64, 1}}).digest, "n");
    const TagChoice both = choose_tag({{"old", &amd64, 1}, {"new", &amd64, 3}, {"arm", &arm64, 2}, {"i", &index, 1}});
    EXPECT_EQ(both.digest, digest_of(both.index));
    EXPECT_EQ(both.media_type, oci_index);
    const auto entries = Json::parse(both.index, "x").at("manifests").items();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].string("digest"), "new");
    EXPECT_EQ(entries[1].at("platform").string("architecture"), "arm64");
    EXPECT_EQ(choose_tag({{"a", &docker, 1}, {"b", &docker_arm, 2}}).media_type,
              "application/vnd.docker.distribution.manifest.list.v2+json");
    EXPECT_EQ(choose_tag({{"a", &docker, 1}, {"b", &arm64, 2}}).media_type, oci_index);
}

TEST(Offer, FindsARepositoryByEveryNameThatClientsHaveForIt) {
    const auto archive_of = [](const std::string &repository) {
        auto archive = std::make_shared<StoredArchive>();
        archive->contents.manifests["sha256:" + repository] = {oci_manifest, "{}", false, {"linux", "amd64", ""}};
        archive->contents.names.push_back({repository, "1", "sha256:" + repository});
        return archive;
    };
    const Offer offer({archive_of("debian"), archive_of("u/app"), archive_of("ghcr.io/a/one"),
                       archive_of("quay.io/b/two"), archive_of("ghcr.io/b/two")});
    const auto found = [&](const std::string &name, const std::string &ns = {}) {
        const auto *repository = offer.find(name, ns);
        return repository ? repository->tags().begin()->second.substr(7) : "none";
    };
    const std::array<std::string, 3> table[] = {{"debian", "", "debian"},
                                                {"library/debian", "", "debian"},
                                                {"docker.io/library/debian", "", "debian"},
                                                {"library/debian", "docker.io", "debian"},
                                                {"u/app", "docker.io", "u/app"},
                                                {"docker.io/u/app", "", "u/app"},
                                                {"a/one", "", "ghcr.io/a/one"},
                                                {"ghcr.io/a/one", "", "ghcr.io/a/one"},
                                                {"a/one", "ghcr.io", "ghcr.io/a/one"},
                                                {"b/two", "", "none"},
                                                {"b/two", "quay.io", "quay.io/b/two"},
                                                {"b/two", "ghcr.io", "ghcr.io/b/two"},
                                                {"app", "", "none"},
                                                {"library/u/app", "", "none"}};
    for (const auto &[name, ns, expected] : table) EXPECT_EQ(found(name, ns), expected) << name << " " << ns;
}

TEST(Store, VerifiesABlobOnceForAllThatAskAndLeavesDamagedArchivesOut) {
    const test::Folder folder;
    const std::string layer(3 << 20, 'x'), config = config_of({layer});
    const std::string bytes = ended(classic(config, 1) + file_member("l0", layer));
    folder.write("a.tar", bytes);
    std::mutex mutex;
    std::vector<std::string> said;
    Store store(folder.path().string(),
                [&](const Error &e) {
                    const std::lock_guard lock(mutex);
                    said.push_back(e.message.english());
                },
                {});
    std::vector<std::jthread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            const auto opened = store.open_blob("app", "", digest_of(layer));
            std::string read(opened->place.size, '\0');
            if (opened->file->read_at(opened->place.offset, read.data(), read.size()) == layer.size() && read == layer)
                ++good;
        });
    threads.clear();
    EXPECT_EQ(good, 8);
    EXPECT_FALSE(store.open_blob("app", "", digest_of("none")));
    EXPECT_FALSE(store.open_blob("none", "", digest_of(layer)));

    std::string damaged = bytes;
    damaged[damaged.size() - 5000] ^= 1;
    folder.write("b.tar", damaged);
    std::filesystem::remove(folder.path() / "a.tar");
    EXPECT_EQ(store.look()->repositories().size(), 1U);
    EXPECT_THROW(store.open_blob("app", "", digest_of(layer)), Error);
    EXPECT_TRUE(store.look()->repositories().empty());
    EXPECT_FALSE(store.open_blob("app", "", digest_of(layer)));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_THAT(said[0], HasSubstr("b.tar is damaged"));
    folder.write("c.tar", bytes);
    EXPECT_TRUE(store.open_blob("app", "", digest_of(layer)));
}

TEST(Store, StopsAVerificationWhenItIsTold) {
    const test::Folder folder;
    const std::string layer(2 << 20, 'x'), config = config_of({layer});
    folder.write("a.tar", ended(classic(config, 1) + file_member("l0", layer)));
    std::stop_source stop;
    Store store(
        folder.path().string(), [](const Error &) {}, stop.get_token());
    stop.request_stop();
    try {
        store.open_blob("app", "", digest_of(layer));
        ADD_FAILURE();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::interrupted);
    }
}

std::string blob_of(Store &store, const std::string &repository, const std::string &digest) {
    const auto opened = store.open_blob(repository, "", digest);
    if (!opened) return "not there";
    std::string bytes(opened->place.size, '\0');
    opened->file->read_at(opened->place.offset, bytes.data(), bytes.size());
    return bytes;
}

TEST(StoreOfCompressedArchives, OffersWhatDockerLoadTakes) {
    const std::string layer = "a layer", config = config_of({layer});
    const auto archive = [&](const std::string &tag) {
        return ended(classic(config, 1, "[\"" + tag + "\"]") + file_member("l0", layer));
    };
    const test::Folder folder, scratch;
    folder.write("gzip.tar.gz", test::gzip(archive("a:1")));
    folder.write("short.tgz", test::gzip(archive("b:1")));
    folder.write("lying.tar", test::gzip(archive("c:1")));
    folder.write("zstd.tar.zst", test::zstd(archive("d:1")));
    folder.write("plain.tar.gz", archive("e:1"));
    folder.write("no.name.tar.gz", test::gzip(ended(classic(config, 1, "[]") + file_member("l0", layer))));
    std::vector<std::string> said, refused;
    Store store(folder.path().string(), [&](const Error &e) { refused.push_back(e.message.english()); }, {},
                {scratch.path().string(), [&](const Text &text) { said.push_back(text.english()); }});
    std::vector<std::string> names;
    for (const auto &[name, repository] : store.look()->repositories()) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("a", "b", "c", "d", "e", "no.name"));
    EXPECT_EQ(said.size(), 5U) << "each that is compressed, once";
    for (const std::string &name : names) EXPECT_EQ(blob_of(store, name, digest_of(layer)), layer) << name;
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "what is unpacked has no name";
    EXPECT_THAT(refused, testing::IsEmpty());
    const auto held = store.open_blob("a", "", digest_of(layer));
    std::filesystem::remove(folder.path() / "gzip.tar.gz");
    EXPECT_EQ(store.look()->find("a"), nullptr);
    std::string bytes(layer.size(), '\0');
    held->file->read_at(held->place.offset, bytes.data(), bytes.size());
    EXPECT_EQ(bytes, layer) << "who is being sent it keeps it";
}

TEST(StoreOfCompressedArchives, LeavesOutTheOneThatTheDiskHasNoRoomFor) {
    const std::string layer = "a layer", config = config_of({layer});
    const auto archive = [&](const std::string &tag) {
        return ended(classic(config, 1, "[\"" + tag + "\"]") + file_member("l0", layer));
    };
    test::MemoryDisk disk;
    disk.put("shelf/a.tar", archive("a:1"));
    disk.put("shelf/b.tar.gz", test::gzip(archive("b:1")));
    disk.put("elsewhere/c.tar", archive("c:1"));
    disk.before = [](const std::string &action, const std::string &path) {
        if (action == "write") test::MemoryDisk::fail(path);
    };
    std::vector<std::string> refused;
    Store store(
        "shelf", [&](const Error &e) { refused.push_back(e.message.english()); }, {}, {"scratch", [](const Text &) {}},
        disk);
    std::vector<std::string> names;
    for (const auto &[name, repository] : store.look()->repositories()) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("a"));
    EXPECT_THAT(refused, ElementsAre(HasSubstr("b.tar.gz")));
}

TEST(StoreOfCompressedArchives, SaysWhatItDoesNotUnpack) {
    const std::string config = config_of({"x"});
    const std::string whole = test::gzip(ended(classic(config, 1) + file_member("l0", "x")));
    const std::pair<std::string, std::string> table[] = {
        {std::string("\xfd\x37zXZ\0\0\4", 8), "is packed with xz"},
        {"BZh91AY&SY", "is packed with bzip2"},
        {whole.substr(0, whole.size() / 2), "ends too early"},
        {test::gzip("no tar at all" + std::string(600, 'x')), "checksum is wrong"},
    };
    for (const auto &[bytes, expected] : table)
        for (const char *name : {"x.tar", "x.tar.gz", "x.tar.xz", "x.tbz2"}) {
            const test::Folder folder;
            const std::string path = folder.write(name, bytes);
            std::filesystem::last_write_time(path,
                                             std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
            std::vector<std::string> refused;
            Store store(folder.path().string(),
                        [&](const Error &e) { refused.push_back(e.message.english() + e.remedy.english()); }, {});
            store.look();
            ASSERT_EQ(refused.size(), 1U) << expected;
            EXPECT_THAT(refused[0], HasSubstr(expected));
            EXPECT_THAT(refused[0], HasSubstr(path));
        }
}

} // namespace
} // namespace ferry::core
