#include "core/base/digest.h"
#include "core/pack/loadable.h"
#include "core/pack/writer.h"
#include "support/compress.h"
#include "support/host.h"
#include "support/memory_disk.h"
#include "support/packer.h"
#include "support/scripted_source.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::gzip;
using test::Host;
using test::MemoryDisk;
using test::noise;
using test::packer_script;
using test::passing;
using test::ScriptedSource;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

struct Sample {
    std::string packed;
    std::string plain;
};

Sample plain_layer(std::size_t size, std::uint64_t seed) {
    return {gzip(noise(size, seed)), noise(size, seed)};
}

Image image_of(const std::vector<Sample> &layers) {
    Image image;
    image.config_json = "{\"config\":1}";
    image.config = {digest_of(image.config_json), "", image.config_json.size(), {}};
    image.manifest_json = "{\"manifest\":1}";
    image.manifest = {digest_of(image.manifest_json), "", image.manifest_json.size(), {}};
    for (const Sample &layer : layers)
        image.layers.push_back({{digest_of(layer.packed), "", layer.packed.size(), {}}, digest_of(layer.plain)});
    return image;
}

std::string member(const std::string &path, const std::string &bytes) {
    return tar_header(TarType::file, path, bytes.size(), 0644, 0) + bytes +
           std::string(tar_padding(bytes.size()), '\0');
}
const std::string end(tar_end_size, '\0');

class ArchiveTest : public testing::Test {
protected:
    using Asked = ScriptedSource::Asked;
    using Answer = ScriptedSource::Answer;

    ArchiveTest()
        : source(std::make_shared<ScriptedSource>(
              std::vector<Source::Endpoint>{{"a"}},
              [this](const Asked &asked, std::size_t index) { return answer(asked, index); })),
          packer(test::scripted_packer(), {}) {
        // Each layer as it comes and unpacked, and something behind.
        packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
            out.file("first", "1");
            for (const ferry_image &image : images)
                for (std::size_t i = 0; i < image.layer_count; ++i) {
                    out.blob("blob" + std::to_string(i), view(image.layers[i].digest));
                    out.unpacked("plain" + std::to_string(i), view(image.layers[i].digest));
                }
        };
        answer = [this](const Asked &asked, std::size_t) {
            for (const Sample &layer : layers)
                if (asked.digest == digest_of(layer.packed)) return Answer{layer.packed};
            return Answer{"", Error(Kind::not_found, "no")};
        };
    }
    ArchiveJob job_of(const Image &image) {
        ArchiveJob job;
        job.path = "out/x.tar";
        job.images = {image};
        job.sources = {source};
        job.packer = &packer;
        job.rules.workers = 2;
        job.rules.retry = test::hasty(2);
        return job;
    }
    std::uint64_t make(const ArchiveJob &job) {
        Host fresh; // each run is a process of its own
        Observer observer;
        const ArchiveOutline planned = outline(job, fresh.operation);
        return make_archive(job, planned, disk, fresh.operation, observer);
    }
    Error failure(const ArchiveJob &job) {
        return test::failure_of([&] { make(job); });
    }

    // Gives the first 600'000 bytes of a blob and no more.
    static ScriptedSource::Handler breaking(ScriptedSource::Handler whole) {
        return [whole = std::move(whole)](const Asked &asked, std::size_t index) {
            if (asked.begin) return Answer{"", passing("busy")};
            Answer given = whole(asked, index);
            if (given.bytes.size() > 600'000) {
                given.failure = passing("cut");
                given.cut = 600'000;
            }
            return given;
        };
    }

    std::vector<Sample> layers{plain_layer(1'300'000, 1), plain_layer(700, 2)};
    ScriptedSource::Handler answer;
    std::shared_ptr<ScriptedSource> source;
    Packer packer;
    MemoryDisk disk;
};

TEST_F(ArchiveTest, IsMadeAsPlannedAndPublishedAtTheVeryEnd) {
    const std::uint64_t size = make(job_of(image_of(layers)));
    const std::string expected = member("first", "1") + member("blob0", layers[0].packed) +
                                 member("blob1", layers[1].packed) + member("plain0", layers[0].plain) +
                                 member("plain1", layers[1].plain) + end;
    EXPECT_EQ(size, expected.size());
    EXPECT_TRUE(disk.bytes("out/x.tar") == expected);
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar")) << "nothing else is left";
    const auto actions = disk.actions();
    const auto renamed = std::find(actions.begin(), actions.end(), "rename out/x.tar.part out/x.tar");
    ASSERT_NE(renamed, actions.end());
    EXPECT_EQ(*(renamed - 1), "sync out/x.tar.part") << "what is renamed is on the device";
    EXPECT_EQ(std::count(renamed, actions.end(), "resize out/x.tar.part"), 0);
    EXPECT_EQ(source->asked().size(), 2U) << "a blob is fetched once";
}

TEST_F(ArchiveTest, IsOutlinedBeforeAnythingIsFetched) {
    Host host;
    const ArchiveOutline planned = outline(job_of(image_of(layers)), host.operation);
    ASSERT_EQ(planned.blobs.size(), 2U);
    EXPECT_EQ(planned.blobs[0].digest, digest_of(layers[0].packed));
    EXPECT_EQ(planned.transfer, layers[0].packed.size() + layers[1].packed.size());
    EXPECT_FALSE(planned.exact);
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        out.blob("b", view(images[0].layers[0].digest));
        out.unpacked("u", view(images[0].layers[1].digest));
    };
    const ArchiveOutline mixed = outline(job_of(image_of(layers)), host.operation);
    EXPECT_FALSE(mixed.blobs[0].unpacked);
    EXPECT_TRUE(mixed.blobs[1].unpacked);
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        out.blob("b", view(images[0].layers[0].digest));
    };
    const ArchiveOutline exact = outline(job_of(image_of(layers)), host.operation);
    EXPECT_TRUE(exact.exact);
    EXPECT_EQ(exact.size, make(job_of(image_of(layers))));
    EXPECT_EQ(source->asked().size(), 1U);
}

// An archive for `docker load`, with its first layer unpacked and the others as they come.
void docker_script(const ferry::Images &images, const ferry::Config &, const ferry::Op &, ferry::Plan &out) {
    out.file("manifest.json", "[]");
    for (std::size_t i = 0; i < images[0].layer_count; ++i) {
        const ferry_blob &layer = images[0].layers[i];
        const bool unpack = i == 0 || ferry::view(layer.media_type).find("zstd") != std::string_view::npos;
        unpack ? out.unpacked("plain" + std::to_string(i), view(layer.digest))
               : out.blob("blob" + std::to_string(i), view(layer.digest));
    }
}

Sample tar_layer(const std::string &content) {
    const std::string plain = member("file", content) + end;
    return {gzip(plain), plain};
}

TEST_F(ArchiveTest, ForDockerHoldsTarsOnlyHoweverTheyAreStored) {
    packer_script = docker_script;
    const Sample right = tar_layer("a"), other = tar_layer("b"), empty{"", ""};
    for (const auto &good : {right, Sample{right.plain, right.plain}, empty, Sample{gzip(""), ""}})
        for (const std::size_t at : {0U, 1U}) {
            layers = {other, other};
            layers[at] = good;
            make(job_of(image_of(layers)));
            EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
        }
    const std::string wasm("\0asm\1\0\0\0", 8), words = "no tar at all";
    for (const auto &bad :
         {Sample{wasm, wasm}, Sample{gzip(wasm), wasm}, Sample{words, words}, Sample{gzip(words), words},
          Sample{gzip(right.packed), right.packed}, plain_layer(100'000, 3)})
        for (const std::size_t at : {0U, 1U}) {
            layers = {other, other};
            layers[at] = bad;
            const Error e = failure(job_of(image_of(layers)));
            EXPECT_EQ(e.kind(), Kind::integrity);
            EXPECT_THAT(e.message.english(), HasSubstr(digest_of(bad.packed)));
            EXPECT_THAT(e.message.english(), HasSubstr("not a tar"));
            EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar")) << "the archive before; nothing of this one";
        }
}

TEST_F(ArchiveTest, ForDockerIsRefusedWithALayerThatIsPackedInAWayThatNoSpecificationAllows) {
    packer_script = docker_script;
    for (const std::string &packed : {std::string("BZh91AY&SY"), std::string("\xfd"
                                                                             "7zXZ\0\0\4",
                                                                             8)}) {
        layers = {tar_layer("a"), {packed, "x"}};
        const Error e = failure(job_of(image_of(layers)));
        EXPECT_EQ(e.kind(), Kind::integrity);
        EXPECT_THAT(e.message.english(), HasSubstr("no image specification allows"));
        EXPECT_TRUE(disk.paths().empty());
    }
}

TEST_F(ArchiveTest, ForDockerIsNotMadeOfAZstdLayerWhoseTypeSaysOtherwise) {
    packer_script = docker_script;
    const Sample right = tar_layer("a");
    layers = {tar_layer("b"), {test::zstd(right.plain), right.plain}};
    Image image = image_of(layers);
    for (const char *type :
         {"application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip", ""}) {
        image.layers[1].blob.media_type = type;
        try {
            make(job_of(image));
            FAIL() << type;
        } catch (const Mislabelled &found) {
            EXPECT_EQ(found.digest, digest_of(layers[1].packed));
        }
        EXPECT_TRUE(disk.paths().empty()) << "nothing is left, and the next try begins anew";
    }
    image.layers[1].blob.media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    make(job_of(image));
    EXPECT_THAT(disk.bytes("out/x.tar"), HasSubstr(right.plain));
    // A packer that knows what it stores is free to.
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        out.file("manifest.json", "[]");
        out.blob("zstd", view(images[0].layers[1].digest));
    };
    make(job_of(image));
    EXPECT_THAT(disk.bytes("out/x.tar"), HasSubstr(layers[1].packed));
}

TEST_F(ArchiveTest, IsRefusedBeforeAnythingIsFetchedWhereThePlanShowsIt) {
    packer_script = docker_script;
    Image image = image_of({tar_layer("a")});
    image.layers[0].blob.media_type = "application/wasm";
    EXPECT_EQ(failure(job_of(image)).kind(), Kind::not_found);
    packer_script = [](const auto &, const auto &, const auto &, ferry::Plan &) {};
    EXPECT_THAT(failure(job_of(image_of(layers))).message.english(), HasSubstr("without a single file"));
    packer_script = [](const auto &, const auto &, const auto &, ferry::Plan &out) { out.directory("d"); };
    const Error e = failure(job_of(image_of(layers)));
    EXPECT_EQ(e.kind(), Kind::plugin);
    EXPECT_THAT(e.message.english(), HasSubstr("without a single file"));
    EXPECT_TRUE(source->asked().empty());
    EXPECT_TRUE(disk.paths().empty());
}

TEST_F(ArchiveTest, HoldsARepeatedBlobTwiceAndFetchesItOnce) {
    layers = {layers[1], layers[1]};
    make(job_of(image_of(layers)));
    EXPECT_TRUE(disk.bytes("out/x.tar") == member("first", "1") + member("blob0", layers[0].packed) +
                                               member("blob1", layers[0].packed) + member("plain0", layers[0].plain) +
                                               member("plain1", layers[0].plain) + end);
    EXPECT_EQ(source->asked().size(), 1U);
}

TEST_F(ArchiveTest, WritesLateEntriesWhenTheSizesAreKnown) {
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        const std::uint64_t size = images[0].layers[0].unpacked_size;
        out.late("sizes" + std::to_string(size == FERRY_SIZE_UNKNOWN ? 0 : size), std::to_string(size));
        out.unpacked("plain", view(images[0].layers[0].digest));
    };
    make(job_of(image_of(layers)));
    EXPECT_TRUE(disk.bytes("out/x.tar") == member("plain", layers[0].plain) + member("sizes1300000", "1300000") + end);
}

TEST_F(ArchiveTest, RefusesAPackerThatChangesItsMind) {
    packer_script = [n = 0](const ferry::Images &, const auto &, const auto &, ferry::Plan &out) mutable {
        out.file("call" + std::to_string(++n), "");
        out.late("late", "");
    };
    const Error e = failure(job_of(image_of(layers)));
    EXPECT_EQ(e.kind(), Kind::plugin);
    EXPECT_THAT(e.message.english(), HasSubstr("plans other entries"));
    EXPECT_TRUE(disk.paths().empty());
}

TEST_F(ArchiveTest, HoldsLayersOfNoBytesAndImagesOfNoLayers) {
    layers = {{"", ""}, {gzip(""), ""}};
    make(job_of(image_of(layers)));
    EXPECT_TRUE(disk.bytes("out/x.tar") == member("first", "1") + member("blob0", "") + member("blob1", gzip("")) +
                                               member("plain0", "") + member("plain1", "") + end);
    make(job_of(image_of({})));
    EXPECT_TRUE(disk.bytes("out/x.tar") == member("first", "1") + end);
}

TEST_F(ArchiveTest, RefusesALayerThatIsNotWhatTheConfigPromises) {
    Image image = image_of(layers);
    image.layers[1].diff_id = digest_of("other");
    disk.put("out/x.tar", "the archive of yesterday");
    const Error e = failure(job_of(image));
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr(digest_of(layers[1].packed)));
    EXPECT_THAT(e.message.english(), HasSubstr(digest_of("other")));
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
    EXPECT_EQ(disk.bytes("out/x.tar"), "the archive of yesterday");
}

TEST_F(ArchiveTest, RefusesTwoPromisesForOneLayerOfWhichOneIsWrong) {
    layers = {layers[1], layers[1]};
    for (const std::size_t wrong : {0U, 1U}) {
        Image image = image_of(layers);
        image.layers[wrong].diff_id = digest_of("other");
        EXPECT_EQ(failure(job_of(image)).kind(), Kind::integrity) << wrong;
        EXPECT_FALSE(disk.exists("out/x.tar")) << wrong;
        disk.take("out/x.tar");
    }
}

TEST_F(ArchiveTest, RefusesALayerThatCannotBeUnpacked) {
    layers[1].packed = layers[1].packed.substr(0, 300);
    const Error e = failure(job_of(image_of(layers)));
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr("ends too early"));
    EXPECT_TRUE(disk.paths().empty());
}

TEST_F(ArchiveTest, LeavesNothingWhereNothingCanBeMended) {
    const Image image = image_of(layers);
    answer = [](const auto &, std::size_t) { return Answer{"", Error(Kind::not_found, "no")}; };
    disk.put("out/x.tar", "the archive of yesterday");
    EXPECT_EQ(failure(job_of(image)).kind(), Kind::not_found);
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
    answer = [&](const Asked &asked, std::size_t) {
        Answer reply{layers[asked.digest == digest_of(layers[1].packed)].packed};
        reply.bytes[5] ^= 1;
        return reply;
    };
    EXPECT_EQ(failure(job_of(image)).kind(), Kind::integrity);
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
    EXPECT_EQ(disk.bytes("out/x.tar"), "the archive of yesterday");
}

TEST_F(ArchiveTest, KeepsTheOldArchiveWhereverTheDiskFailsAndTheNextRunIsRight) {
    const Image image = image_of(layers);
    make(job_of(image));
    const std::string good = disk.bytes("out/x.tar");
    disk.put("out/x.tar", "the archive of yesterday");
    for (const char *action : {"open", "write", "read", "resize", "sync", "lock", "rename"})
        for (int nth = 1; nth < 200; nth += nth < 12 ? 1 : 37) {
            std::atomic<int> seen{0};
            disk.before = [&](const std::string &what, const std::string &path) {
                if (what == action && ++seen == nth) MemoryDisk::fail(path);
            };
            const Error e = failure(job_of(image));
            disk.before = [](const auto &, const auto &) {};
            if (e.message.english() == "nothing was thrown") { // there is no nth of them
                EXPECT_LT(seen, nth) << action;
                EXPECT_GT(nth, 1) << action << " never happens";
                disk.put("out/x.tar", "the archive of yesterday");
                break;
            }
            EXPECT_EQ(e.kind(), Kind::disk) << action << ' ' << nth << ": " << e.message.english();
            EXPECT_EQ(disk.bytes("out/x.tar").substr(0, 24), "the archive of yesterday") << action << ' ' << nth;
            make(job_of(image));
            EXPECT_TRUE(disk.bytes("out/x.tar") == good) << action << ' ' << nth;
            EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar")) << action << ' ' << nth;
            disk.put("out/x.tar", "the archive of yesterday");
        }
}

TEST_F(ArchiveTest, LeavesNoTraceWhereItCannotBegin) {
    for (const char *path : {"out/x.tar.part", "out/x.tar.part.journal"}) {
        disk.put(path, "another's");
        disk.give_away(path);
        const Error e = failure(job_of(image_of(layers)));
        EXPECT_EQ(e.kind(), Kind::disk);
        EXPECT_THAT(e.message.english(), HasSubstr(path));
        EXPECT_THAT(disk.paths(), ElementsAre(path));
        EXPECT_EQ(disk.bytes(path), "another's");
        disk.take(path);
        disk.take_back(path);
    }
    // Of the part and of the journal: locking them; of the journal: emptying it, and its header.
    const std::pair<const char *, int> first[] = {{"lock", 1}, {"lock", 2}, {"open", 2}, {"resize", 1}, {"write", 1}};
    for (const auto &[action, nth] : first) {
        int seen = 0;
        disk.before = [&, action = action, nth = nth](const std::string &what, const std::string &path) {
            if (what == action && ++seen == nth) MemoryDisk::fail(path);
        };
        EXPECT_EQ(failure(job_of(image_of(layers))).kind(), Kind::disk);
        disk.before = [](const auto &, const auto &) {};
        EXPECT_TRUE(disk.paths().empty()) << action << nth;
    }
    EXPECT_TRUE(source->asked().empty()) << "it is known before anything is fetched";
}

TEST_F(ArchiveTest, LosesNothingThatAnEarlierRunFetchedWhereItCannotBegin) {
    const ScriptedSource::Handler whole = answer;
    answer = breaking(whole);
    const Image image = image_of(layers);
    failure(job_of(image));
    answer = whole;
    const std::string part = disk.bytes("out/x.tar.part"), journal = disk.bytes("out/x.tar.part.journal");
    for (const char *action : {"open", "lock"})
        for (const int nth : {1, 2}) {
            int seen = 0;
            disk.before = [&](const std::string &what, const std::string &path) {
                if (what == action && ++seen == nth) MemoryDisk::fail(path);
            };
            EXPECT_EQ(failure(job_of(image)).kind(), Kind::disk);
            disk.before = [](const auto &, const auto &) {};
            EXPECT_TRUE(disk.bytes("out/x.tar.part") == part) << action << nth;
            EXPECT_TRUE(disk.bytes("out/x.tar.part.journal") == journal) << action << nth;
        }
}

TEST_F(ArchiveTest, WhatWasFetchedIsNotLostByADiskThatFailsAtTheEnd) {
    for (const char *action : {"sync", "rename"}) {
        disk.before = [&](const std::string &what, const std::string &path) {
            if (what == action) MemoryDisk::fail(path);
        };
        const Error e = failure(job_of(image_of(layers)));
        EXPECT_EQ(e.kind(), Kind::disk);
        EXPECT_THAT(e.remedy.english(), HasSubstr("free some space"));
        EXPECT_THAT(e.remedy.english(), HasSubstr("out/x.tar.part")) << "the user learns what is kept";
        disk.before = [](const auto &, const auto &) {};
        const std::size_t before = source->asked().size();
        make(job_of(image_of(layers)));
        EXPECT_EQ(source->asked().size(), before) << "nothing is fetched again after " << action;
        EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
        disk.take("out/x.tar");
    }
}

// Another program removes or replaces one of ferry's files while it is at work.
TEST_F(ArchiveTest, PublishesOnlyWhatItWroteItself) {
    const Image image = image_of(layers);
    make(job_of(image));
    const std::string good = disk.bytes("out/x.tar");
    for (const bool replaced : {false, true})
        for (const bool journal : {false, true})
            for (const char *when : {"sync", "rename", "write"}) {
                SCOPED_TRACE(std::string(when) + (replaced ? " replaced" : " removed") + (journal ? " journal" : ""));
                disk.put("out/x.tar", "the archive of yesterday");
                const std::string taken = journal ? "out/x.tar.part.journal" : "out/x.tar.part";
                std::atomic<bool> done{false};
                disk.before = [&](const std::string &what, const std::string &path) {
                    if (what != when || path != "out/x.tar.part" || done.exchange(true)) return;
                    disk.take(taken);
                    if (replaced) disk.put(taken, "another's");
                };
                const Error e = failure(job_of(image));
                disk.before = [](const auto &, const auto &) {};
                ASSERT_TRUE(done);
                if (journal) { // that one is of use for the next run only
                    EXPECT_EQ(e.message.english(), "nothing was thrown");
                    EXPECT_TRUE(disk.bytes("out/x.tar") == good);
                } else {
                    EXPECT_EQ(e.kind(), Kind::disk) << e.message.english();
                    EXPECT_THAT(e.remedy.english(), testing::Not(HasSubstr("kept in")));
                    EXPECT_EQ(disk.bytes("out/x.tar"), "the archive of yesterday");
                }
                if (replaced) {
                    EXPECT_EQ(disk.bytes(taken), "another's");
                    disk.take(taken);
                }
                EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
            }
}

TEST_F(ArchiveTest, IsDeliveredFromTheFileThatWasWritten) {
    const Image image = image_of(layers);
    make(job_of(image));
    const std::string good = disk.bytes("out/x.tar");
    disk.take("out/x.tar");
    ArchiveJob job = job_of(image);
    std::string got;
    bool broken = true;
    job.deliver = [&](File &file, std::uint64_t size) {
        if (broken) throw Error(Kind::disk, "cannot write to standard output", "look at it");
        // Whatever stands under the name by now is not read.
        disk.take("out/x.tar.part");
        disk.put("out/x.tar.part", "EVIL");
        got.resize(size);
        EXPECT_EQ(file.read_at(0, got.data(), size), size);
    };
    EXPECT_THAT(failure(job).remedy.english(), HasSubstr("out/x.tar.part")) << "the same command delivers it again";
    broken = false;
    const std::size_t before = source->asked().size();
    EXPECT_EQ(make(job), good.size());
    EXPECT_EQ(source->asked().size(), before) << "nothing is fetched again";
    EXPECT_TRUE(got == good);
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar.part"));
    EXPECT_EQ(disk.bytes("out/x.tar.part"), "EVIL") << "it is not ferry's to remove";
    const auto actions = disk.actions();
    EXPECT_EQ(std::count(actions.begin(), actions.end(), "rename out/x.tar.part out/x.tar"), 1) << "that of the first";
}

TEST_F(ArchiveTest, ResumesWhereABrokenRunLeftOff) {
    const ScriptedSource::Handler whole = answer;
    answer = breaking(whole);
    const Image image = image_of(layers);
    const Error e = failure(job_of(image));
    EXPECT_EQ(e.kind(), Kind::network);
    EXPECT_THAT(e.remedy.english(), HasSubstr("out/x.tar.part"));
    EXPECT_THAT(disk.paths(), Contains("out/x.tar.part.journal"));
    EXPECT_FALSE(disk.exists("out/x.tar"));
    const std::size_t before = source->asked().size();
    answer = whole;
    make(job_of(image));
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
    const auto requests = source->asked();
    for (std::size_t i = before; i < requests.size(); ++i)
        if (requests[i].digest == digest_of(layers[0].packed)) {
            EXPECT_EQ(requests[i].begin, 524'288U);
        }
    EXPECT_TRUE(disk.bytes("out/x.tar").find(layers[0].packed) != std::string::npos);
}

TEST_F(ArchiveTest, DoesNotTrustWhatItFinds) {
    const ScriptedSource::Handler whole = answer, broken = breaking(whole);
    const Image image = image_of(layers);
    make(job_of(image));
    const std::string good = disk.bytes("out/x.tar");
    for (const char *what : {"out/x.tar.part", "out/x.tar.part.journal"})
        for (const std::size_t at : {0UL, 10UL, 70UL, 76UL, 90UL, 100UL, 200'000UL}) {
            answer = broken;
            EXPECT_EQ(failure(job_of(image)).kind(), Kind::network);
            std::string bytes = disk.bytes(what);
            if (at < bytes.size())
                bytes[at] ^= 1;
            else
                bytes.resize(bytes.size() / 2);
            disk.put(what, bytes);
            answer = whole;
            make(job_of(image));
            EXPECT_TRUE(disk.bytes("out/x.tar") == good) << what << " damaged at " << at;
            EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
        }
}

TEST_F(ArchiveTest, BeginsAnewWhereThePlanIsAnotherOrTheUserWantsIt) {
    const ScriptedSource::Handler whole = answer;
    answer = breaking(whole);
    ArchiveJob job = job_of(image_of(layers));
    failure(job);
    answer = whole;
    job.force = true;
    std::size_t before = source->asked().size();
    make(job);
    EXPECT_EQ(source->asked().size(), before + 2);
    EXPECT_EQ(source->asked().back().begin + source->asked()[before].begin, 0U);
}

TEST_F(ArchiveTest, IsWrittenByOneAtATime) {
    const auto other = disk.open("out/x.tar.part", false);
    ASSERT_TRUE(other->lock());
    const Error e = failure(job_of(image_of(layers)));
    EXPECT_EQ(e.kind(), Kind::disk);
    EXPECT_THAT(e.message.english(), HasSubstr("another ferry"));
    EXPECT_TRUE(disk.exists("out/x.tar.part")) << "the other's file is left alone";
}

TEST_F(ArchiveTest, IsNotBegunWhereTheImagesContradictEachOther) {
    Image first = image_of(layers), second = image_of({layers[1]});
    second.layers[0].blob.size += 7;
    ArchiveJob job = job_of(first);
    job.images.push_back(second);
    job.sources.push_back(source);
    const Error e = failure(job);
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr(digest_of(layers[1].packed)));
    EXPECT_TRUE(disk.actions().empty());
    EXPECT_TRUE(source->asked().empty());
}

TEST_F(ArchiveTest, IsNotWrittenByALayoutThatIsWrong) {
    const ArchiveJob job = job_of(image_of(layers));
    Host fresh;
    Observer observer;
    ArchiveOutline planned = outline(job, fresh.operation);
    planned.layout.places[0].size += 512; // the tail of the blob would lie on the header behind it
    const Error e = test::failure_of([&] { make_archive(job, planned, disk, fresh.operation, observer); });
    EXPECT_EQ(e.kind(), Kind::other);
    EXPECT_THAT(e.remedy.english(), HasSubstr("fault of ferry"));
    EXPECT_TRUE(disk.paths().empty());
    EXPECT_TRUE(source->asked().empty());
}

TEST_F(ArchiveTest, TellsTheStatesOfEveryLayerInTheirOrder) {
    class States final : public Observer {
    public:
        void state(std::size_t blob, BlobState state, const Text &) override {
            // A thread that waits for a layer must not overtake the events of that layer.
            if (state == BlobState::verified) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            const std::lock_guard lock(mutex_);
            told[blob].push_back(state);
        }
        std::map<std::size_t, std::vector<BlobState>> told;

    private:
        std::mutex mutex_;
    };
    layers.clear();
    for (std::uint64_t i = 0; i < 20; ++i) layers.push_back(plain_layer(700 + i, i));
    layers.push_back(layers[0]); // again
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        for (std::size_t i = 0; i < images[0].layer_count; ++i)
            out.unpacked("plain" + std::to_string(i), view(images[0].layers[i].digest));
    };
    for (const std::uint64_t spool : {std::uint64_t(1) << 30, std::uint64_t(1500), std::uint64_t(0)}) {
        ArchiveJob job = job_of(image_of(layers));
        job.rules.workers = 4;
        job.rules.spool_limit = spool;
        Host fresh;
        States states;
        make_archive(job, outline(job, fresh.operation), disk, fresh.operation, states);
        EXPECT_EQ(states.told.size(), 20U);
        for (const auto &[blob, told] : states.told)
            EXPECT_THAT(told, ElementsAre(BlobState::downloading, BlobState::verifying, BlobState::verified,
                                          BlobState::unpacking, BlobState::done))
                << blob << " with a spool of " << spool;
    }
}

TEST_F(ArchiveTest, OpensNoFileForALayerThatWaits) {
    layers.clear();
    for (std::uint64_t i = 0; i < 300; ++i) layers.push_back(plain_layer(2000 + i, i));
    packer_script = [](const ferry::Images &images, const auto &, const auto &, ferry::Plan &out) {
        for (std::size_t i = 0; i < images[0].layer_count; ++i)
            out.unpacked("plain" + std::to_string(i), view(images[0].layers[i].digest));
    };
    const Image image = image_of(layers);
    ArchiveJob job = job_of(image);
    job.rules.workers = 4;
    // The first layer never comes, and all others wait for it; then it does.
    const ScriptedSource::Handler whole = answer;
    std::atomic<bool> broken{true};
    answer = [&](const Asked &asked, std::size_t index) {
        const bool first = asked.digest == digest_of(layers[0].packed);
        for (int i = 0; first && broken && i < 500 && source->asked().size() < 300; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return first && broken ? Answer{"", passing("busy")} : whole(asked, index);
    };
    EXPECT_EQ(failure(job).kind(), Kind::network);
    EXPECT_LE(disk.most_open(), 2U + 4 + 1) << "the archive, its journal, one for each worker and for the unpacker";
    EXPECT_GT(disk.paths().size(), 290U) << "what came is kept";
    broken = false;
    const std::size_t before = source->asked().size();
    make(job);
    EXPECT_LE(disk.most_open(), 2U + 4 + 1) << "nor to look at what is here";
    EXPECT_LE(source->asked().size() - before, 6U) << "what is here is not fetched again";
    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar"));
}

TEST_F(ArchiveTest, KeepsWhatIsHereWhereMemoryOrThreadsRunOut) {
    const std::function<void()> shortages[] = {
        [] { throw std::bad_alloc(); },
        [] { throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again)); },
    };
    const Image image = image_of(layers);
    make(job_of(image));
    const std::string good = disk.bytes("out/x.tar");
    for (const auto &shortage : shortages)
        for (const std::uint64_t spool : {std::uint64_t(1) << 30, std::uint64_t(0)})
            for (const char *action : {"write", "read", "resize", "sync"})
                for (int nth = 1; nth < 60; nth += nth < 12 ? 1 : 7) {
                    disk.take("out/x.tar");
                    ArchiveJob job = job_of(image);
                    job.rules.spool_limit = spool;
                    std::atomic<int> seen{0};
                    disk.before = [&](const std::string &what, const std::string &) {
                        if (what == action && ++seen == nth) shortage();
                    };
                    const Error e = failure(job);
                    disk.before = [](const auto &, const auto &) {};
                    if (e.message.english() == "nothing was thrown") break; // there is no nth of them
                    EXPECT_EQ(e.kind(), Kind::other) << action << ' ' << nth << ": " << e.message.english();
                    // Before the journal stands nothing is begun, and nothing stays.
                    const bool begun = disk.exists("out/x.tar.part");
                    EXPECT_TRUE(begun || nth <= 2) << action << ' ' << nth;
                    EXPECT_EQ(e.remedy.english().find("what is here is kept in out/x.tar.part") != std::string::npos,
                              begun)
                        << action << ' ' << nth;
                    if (!begun) {
                        EXPECT_THAT(disk.paths(), testing::IsEmpty()) << action << " " << nth;
                    }
                    EXPECT_THAT(e.remedy.english(), testing::Not(HasSubstr("fault of ferry"))) << action << ' ' << nth;
                    EXPECT_FALSE(disk.exists("out/x.tar")) << action << ' ' << nth;
                    make(job); // resumes from there
                    EXPECT_TRUE(disk.bytes("out/x.tar") == good) << action << ' ' << nth;
                    EXPECT_THAT(disk.paths(), ElementsAre("out/x.tar")) << action << ' ' << nth;
                }
}

TEST_F(ArchiveTest, LeavesNothingWhereSomethingUnknownIsThrown) {
    disk.before = [](const std::string &what, const std::string &path) {
        if (what == "write" && path == "out/x.tar.part") throw std::runtime_error("odd");
    };
    const Error e = failure(job_of(image_of(layers)));
    EXPECT_EQ(e.kind(), Kind::other);
    EXPECT_THAT(e.remedy.english(), HasSubstr("fault of ferry"));
    EXPECT_TRUE(disk.paths().empty());
}

} // namespace
} // namespace ferry::core
