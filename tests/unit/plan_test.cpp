#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/pack/plan.h"
#include "support/host.h"
#include "support/packer.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::packer_script;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string layer_1 = digest_of("1"), layer_2 = digest_of("2"), diff_1 = digest_of("d1"),
                  diff_2 = digest_of("d2");
const std::string manifest = "{\"m\":1}", config = "{\"c\":12345}";

std::vector<Image> images() {
    Image image;
    image.manifest = {digest_of(manifest), "", manifest.size(), {}};
    image.manifest_json = manifest;
    image.config = {digest_of(config), "", config.size(), {}};
    image.config_json = config;
    image.layers = {{{layer_1, "", 1000, {}}, diff_1}, {{layer_2, "", 512, {}}, diff_2}};
    return {image};
}

using Script = std::function<void(ferry::Plan &)>;

class PlanTest : public testing::Test {
protected:
    Plan plan(const Script &script) {
        packer_script = [&](const auto &, const auto &, const auto &, ferry::Plan &out) { script(out); };
        const Packer packer(test::scripted_packer(), {});
        return packer.plan(host.operation, images());
    }
    std::string refusal(const Script &script) {
        try {
            plan(script);
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::plugin);
            EXPECT_FALSE(e.remedy.empty());
            return e.message.english();
        }
        return "nothing was thrown";
    }
    test::Host host;
};

TEST(SafePath, IsRelativeWithoutDotsBackslashesOrControlCharacters) {
    for (const std::string &path : {std::string("a"), std::string("a/b/c"), std::string("..a"), std::string("a.."),
                                    std::string("..."), std::string(".a"), std::string("a b"), std::string("sha256:00"),
                                    std::string("\xC3\xBC/x"), std::string(4096, 'x')})
        EXPECT_TRUE(safe_path(path)) << path;
    for (const std::string &path :
         {std::string(),          std::string("/"),     std::string("/a"),      std::string("a/"),
          std::string("a//b"),    std::string("."),     std::string(".."),      std::string("./a"),
          std::string("a/."),     std::string("a/./b"), std::string("../a"),    std::string("a/.."),
          std::string("a/../b"),  std::string("a\\b"),  std::string("..\\a"),   std::string("a\nb"),
          std::string("a\0b", 3), std::string("a\x7f"), std::string("\x1b[2J"), std::string(4097, 'x')})
        EXPECT_FALSE(safe_path(path)) << path;
}

TEST_F(PlanTest, HoldsWhatThePackerPushed) {
    const Plan made = plan([](ferry::Plan &out) {
        out.directory("d", 7);
        out.file("d/f", "bytes", 8);
        out.blob("b", layer_1);
        out.unpacked("u", layer_2, 9);
        out.symlink("d/l", "../b");
        out.late("late", "more");
    });
    std::vector<std::string> shown;
    for (const PlanEntry &e : made.entries)
        shown.push_back(std::string(1, static_cast<char>(e.type)) + std::to_string(static_cast<int>(e.from)) +
                        (e.late ? " late " : " ") + e.path + ' ' + std::to_string(e.mode) + ' ' +
                        std::to_string(e.mtime) + ' ' + e.source);
    EXPECT_THAT(shown, ElementsAre("50 d 493 7 ", "00 d/f 420 8 bytes", "01 b 420 0 " + layer_1,
                                   "02 u 420 9 " + layer_2, "20 d/l 511 0 ../b", "00 late late 420 0 more"));
    EXPECT_TRUE(made.has_late());
    EXPECT_FALSE(plan([](ferry::Plan &out) { out.file("a", ""); }).has_late());
    EXPECT_TRUE(plan([](ferry::Plan &) {}).entries.empty());
}

TEST_F(PlanTest, BlamesTheImageForWhatThePackerDoesNotVouchForAndThePackerForTheRest) {
    for (const auto &[status, kind] : std::vector<std::pair<ferry_status, Kind>>{{FERRY_E_UNSUPPORTED, Kind::integrity},
                                                                                 {FERRY_E_PROTOCOL, Kind::integrity},
                                                                                 {FERRY_E_CANCELLED, Kind::interrupted},
                                                                                 {FERRY_E_INTERNAL, Kind::plugin},
                                                                                 {FERRY_E_IO, Kind::plugin},
                                                                                 {FERRY_E_NOT_FOUND, Kind::plugin}}) {
        try {
            plan([status = status](ferry::Plan &) { throw ferry::Error(status, "its own words"); });
            FAIL() << status;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), kind) << status;
            EXPECT_EQ(e.message.english(), "its own words");
            EXPECT_EQ(e.remedy.english().find("fault of the plugin") != e.remedy.english().npos, kind == Kind::plugin)
                << e.remedy.english();
        }
    }
}

TEST_F(PlanTest, RefusesPathsThatLeadOut) {
    for (const char *path : {"", "/etc/passwd", "../x", "a/../../x", "a/..", ".", "a//b", "a/", "a\\..\\b", "a\nb"})
        EXPECT_THAT(refusal([&](ferry::Plan &out) { out.file(path, "x"); }), HasSubstr("its path is not safe")) << path;
    EXPECT_THAT(refusal([&](ferry::Plan &out) { out.file(std::string(5000, 'x'), ""); }),
                HasSubstr("its path is not safe"));
    EXPECT_THAT(refusal([&](ferry::Plan &out) { out.directory("../x"); }), HasSubstr("its path is not safe"));
}

TEST_F(PlanTest, RefusesAPathThatStandsTwice) {
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.file("a", "1"), out.file("a", "1"); }),
                HasSubstr("stands in the plan already"));
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.directory("a"), out.symlink("a", "b"); }),
                HasSubstr("stands in the plan already"));
}

TEST_F(PlanTest, RefusesBlobsThatNoImageHas) {
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.blob("a", digest_of("other")); }),
                HasSubstr("no image has the blob"));
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.unpacked("a", ""); }), HasSubstr("no image has the blob"));
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.blob("a", diff_1); }), HasSubstr("no image has the blob"));
    for (const std::string &no_layer : {digest_of(config), digest_of(manifest)})
        EXPECT_THAT(refusal([&](ferry::Plan &out) { out.unpacked("a", no_layer); }), HasSubstr("cannot be unpacked"));
}

TEST_F(PlanTest, RefusesLinksThatLeadOut) {
    for (const char *target : {"", "/", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "./a", "a/../.."})
        EXPECT_THAT(refusal([&](ferry::Plan &out) { out.symlink("l", target); }),
                    HasSubstr("the link leads out of the archive"))
            << target;
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.symlink("a/b/l", "../../../x"); }), HasSubstr("leads out"));
    EXPECT_THAT(refusal([](ferry::Plan &out) { out.symlink("l", std::string_view("a\0b", 3)); }),
                HasSubstr("leads out"));
    for (const char *target : {"x", "../x", "../../x", "../b/x", "x/../y"})
        EXPECT_EQ(refusal([&](ferry::Plan &out) { out.symlink("a/b/l", target); }), "nothing was thrown") << target;
}

TEST_F(PlanTest, RefusesEntriesBelowAFileOrALink) { // a link below a link leads out although each looks well
    const char *const hosts[] = {"file", "link"};
    for (const char *host_kind : hosts)
        for (const bool child_first : {false, true}) {
            const auto parent = [&](ferry::Plan &out) {
                host_kind == hosts[0] ? out.file("a/b", "x") : out.symlink("a/b", "..");
            };
            EXPECT_NE(refusal([&](ferry::Plan &out) {
                          if (!child_first) parent(out);
                          out.symlink("a/b/c", "../..");
                          if (child_first) parent(out);
                      }),
                      "nothing was thrown")
                << "below a " << host_kind << (child_first ? ", planned before it" : "");
        }
    EXPECT_EQ(refusal([](ferry::Plan &out) { out.file("d/x", ""), out.directory("d"), out.file("d-x", ""); }),
              "nothing was thrown");
}

TEST_F(PlanTest, RefusesWhatNoArchiveHolds) {
    const auto entry = [](std::uint32_t kind, std::uint32_t from, std::uint32_t mode, std::int64_t mtime,
                          std::uint32_t flags) {
        return [=](ferry::Plan &out) { out.add(kind, from, "a", layer_1, mode, mtime, flags); };
    };
    EXPECT_THAT(refusal(entry(3, FERRY_FROM_INLINE, 0644, 0, 0)), HasSubstr("unknown kind"));
    EXPECT_THAT(refusal(entry(FERRY_ENTRY_FILE, 3, 0644, 0, 0)), HasSubstr("unknown place"));
    EXPECT_THAT(refusal(entry(FERRY_ENTRY_FILE, FERRY_FROM_INLINE, 0100644, 0, 0)), HasSubstr("its mode"));
    for (const std::uint32_t from : {FERRY_FROM_BLOB, FERRY_FROM_UNPACKED}) {
        EXPECT_THAT(refusal(entry(FERRY_ENTRY_DIRECTORY, from, 0755, 0, 0)), HasSubstr("only a plain file"));
        EXPECT_THAT(refusal(entry(FERRY_ENTRY_SYMLINK, from, 0755, 0, 0)), HasSubstr("only a plain file"));
        EXPECT_THAT(refusal(entry(FERRY_ENTRY_FILE, from, 0644, 0, FERRY_ENTRY_LATE)), HasSubstr("only a plain file"));
    }
    EXPECT_THAT(refusal(entry(FERRY_ENTRY_DIRECTORY, FERRY_FROM_INLINE, 0755, 0, FERRY_ENTRY_LATE)),
                HasSubstr("only a plain file can be late"));
}

TEST_F(PlanTest, RefusesADateThatNoHeaderHoldsBeforeAnythingIsFetched) {
    for (const std::int64_t mtime :
         {std::int64_t(-1), std::int64_t(1) << 33, std::numeric_limits<std::int64_t>::min()}) {
        EXPECT_NE(refusal([&](ferry::Plan &out) { out.file("a", "", mtime); }), "nothing was thrown") << mtime;
        EXPECT_NE(refusal([&](ferry::Plan &out) { out.unpacked("a", layer_1, mtime); }), "nothing was thrown") << mtime;
    }
}

TEST_F(PlanTest, NamesPackerAndEntryAndCutsWhatItRepeats) {
    const std::string said = refusal([](ferry::Plan &out) { out.file("../" + std::string(4000, 'x'), ""); });
    EXPECT_THAT(said, HasSubstr("the packer scripted plans an entry that cannot be written, '../xxx"));
    EXPECT_LT(said.size(), 488U);
}

TEST_F(PlanTest, SurvivesAPackerThatThrows) {
    EXPECT_EQ(refusal([](ferry::Plan &) { throw std::runtime_error("out of ideas"); }), "out of ideas");
    EXPECT_EQ(refusal([](ferry::Plan &) { throw 5; }), "an exception of unknown type");
    EXPECT_THAT(refusal([](ferry::Plan &) { throw ferry::Error(FERRY_E_INVALID, ""); }),
                HasSubstr("scripted fails without a reason"));
}

TEST_F(PlanTest, SaysWhoseFaultARefusalIs) {
    struct Case {
        std::function<void()> thrower;
        Kind kind;
        const char *remedy;
    };
    const Case cases[] = {
        {[] { throw ferry::Error(FERRY_E_UNSUPPORTED, "no engine loads that config"); }, Kind::integrity,
         "-f oci keeps the image"},
        {[] { throw ferry::Error(FERRY_E_PROTOCOL, "the manifest is not readable"); }, Kind::integrity,
         "-f oci keeps the image"},
        {[] { throw ferry::Error(FERRY_E_INVALID, "x"); }, Kind::plugin, "fault of the plugin"},
        {[] { throw ferry::Error(FERRY_E_IO, "x"); }, Kind::plugin, "fault of the plugin"},
        {[] { throw std::runtime_error("x"); }, Kind::plugin, "fault of the plugin"},
        {[] { throw std::bad_alloc(); }, Kind::other, "limits"},
    };
    for (const Case &c : cases) try {
            plan([&](ferry::Plan &) { c.thrower(); });
            ADD_FAILURE();
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), c.kind) << e.message.english();
            EXPECT_THAT(e.remedy.english(), HasSubstr(c.remedy)) << e.message.english();
        }
}

TEST_F(PlanTest, LeavesOutWhatWasRefusedToAPackerThatContinues) {
    const Plan made = plan([](ferry::Plan &out) {
        EXPECT_THROW(out.file("../x", ""), ferry::Error);
        out.file("good", "");
    });
    ASSERT_EQ(made.entries.size(), 1U);
    EXPECT_EQ(made.entries[0].path, "good");
}

TEST_F(PlanTest, OfACancelledPackerIsAnInterruption) {
    packer_script = [&](const auto &, const auto &, const ferry::Op &op, ferry::Plan &) {
        host.stop.request_stop();
        op.throw_if_cancelled();
    };
    const Packer packer(test::scripted_packer(), {});
    try {
        packer.plan(host.operation, images());
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::interrupted);
    }
}

TEST_F(PlanTest, IsMadeOfImagesAndOptions) {
    packer_script = [](const ferry::Images &all, const ferry::Config &options, const auto &, ferry::Plan &out) {
        for (const ferry_image &image : all)
            for (std::size_t i = 0; i < image.layer_count; ++i)
                out.file(options.get("prefix") + std::to_string(i),
                         std::to_string(image.layers[i].unpacked_size == FERRY_SIZE_UNKNOWN));
    };
    const Packer packer(test::scripted_packer(), {{"prefix", "p"}});
    const Plan made = packer.plan(host.operation, images(), {{layer_2, 5}});
    EXPECT_EQ(made.entries.at(0).path + made.entries[0].source + made.entries.at(1).path + made.entries[1].source,
              "p01p10");
    EXPECT_TRUE(packer.many_images());
    EXPECT_FALSE(packer.many_platforms());
    EXPECT_EQ(packer.id() + packer.suffix(), "scripted.tar");
}

constexpr ferry_packer_v1 table_of(const char *suffix, std::uint32_t size = sizeof(ferry_packer_v1)) {
    ferry_packer_v1 table = ferry::packer<test::scripted_plan>(suffix);
    table.struct_size = size;
    return table;
}
constexpr ferry_packer_v1 huge = table_of(".a-suffix-that-is-longer"), slash = table_of("./x"), bare = table_of("tar"),
                          dots = table_of(".."), none = table_of(nullptr), short_table = table_of(".tar", 8),
                          longer = table_of(".tar.x", sizeof(ferry_packer_v1) + 8);

TEST(Packer, IsRefusedWithAnImpossibleSuffixOrTable) {
    EXPECT_THROW(Packer(test::plugin_over<huge>(FERRY_PACKER_V1), {}), Error);
    EXPECT_THROW(Packer(test::plugin_over<slash>(FERRY_PACKER_V1), {}), Error);
    EXPECT_THROW(Packer(test::plugin_over<bare>(FERRY_PACKER_V1), {}), Error);
    EXPECT_THROW(Packer(test::plugin_over<dots>(FERRY_PACKER_V1), {}), Error);
    EXPECT_THROW(Packer(test::plugin_over<short_table>(FERRY_PACKER_V1), {}), Error);
    EXPECT_EQ(Packer(test::plugin_over<none>(FERRY_PACKER_V1), {}).suffix(), ".tar");
    EXPECT_EQ(Packer(test::plugin_over<longer>(FERRY_PACKER_V1), {}).suffix(), ".tar.x")
        << "a table may be longer than ours";
}

// ---- lay_out

TEST_F(PlanTest, IsLaidOutWithEveryEntryOnABlock) {
    const Plan made = plan([](ferry::Plan &out) {
        out.late("late", "more");
        out.blob("b1", layer_1); // 1000 bytes
        out.file("f", "abc");
        out.unpacked("u", layer_1);
        out.blob("b2", layer_2); // 512 bytes
        out.directory("d");
        out.blob("again", layer_1);
    });
    const std::vector<Image> held = images();
    const Descriptors blobs(held);
    const Layout layout = lay_out(made, blobs);
    check_layout(layout, blobs);
    ASSERT_EQ(layout.places.size(), 3U);
    EXPECT_EQ(layout.places[0].digest + ' ' + std::to_string(layout.places[0].offset), layer_1 + " 512");
    EXPECT_EQ(layout.places[1].digest + ' ' + std::to_string(layout.places[1].offset), layer_2 + " 3072");
    EXPECT_EQ(layout.places[2].digest + ' ' + std::to_string(layout.places[2].offset), layer_1 + " 4608")
        << "a layer that the image names twice is stored twice";
    EXPECT_EQ(layout.fixed_size, 4608U + 1024);
    ASSERT_EQ(layout.tails.size(), 1U);
    EXPECT_EQ(layout.tails[0].entry.path + layout.tails[0].digest + layout.tails[0].diff_id, "u" + layer_1 + diff_1);
    EXPECT_TRUE(layout.has_late);
    // Pieces and places cover everything once.
    std::map<std::uint64_t, std::uint64_t> spans;
    for (const Layout::Piece &piece : layout.pieces) spans[piece.offset] = piece.bytes.size();
    for (const Layout::Place &place : layout.places) spans[place.offset] = place.size;
    std::uint64_t at = 0;
    for (const auto &[offset, size] : spans) {
        EXPECT_EQ(offset, at);
        at = offset + size;
    }
    EXPECT_EQ(at, layout.fixed_size);
    EXPECT_EQ(layout.pieces[0].bytes, tar_header(TarType::file, "b1", 1000, 0644, 0));
    EXPECT_EQ(layout.pieces[1].offset, 1512U);
    EXPECT_EQ(layout.pieces[1].bytes, std::string(24, '\0') + tar_header(TarType::file, "f", 3, 0644, 0) + "abc" +
                                          std::string(509, '\0') + tar_header(TarType::file, "b2", 512, 0644, 0));
}

TEST_F(PlanTest, HasManifestsAndConfigsInline) {
    const Plan made =
        plan([](ferry::Plan &out) { out.blob("c", digest_of(config)), out.blob("m", digest_of(manifest)); });
    const std::vector<Image> held = images();
    const Descriptors blobs(held);
    const Layout layout = lay_out(made, blobs);
    check_layout(layout, blobs);
    EXPECT_TRUE(layout.places.empty());
    ASSERT_EQ(layout.pieces.size(), 1U) << "neighbours become one write";
    EXPECT_EQ(layout.pieces[0].bytes.substr(512, config.size()), config);
    EXPECT_EQ(layout.pieces[0].bytes.substr(1536, manifest.size()), manifest);
    EXPECT_EQ(layout.fixed_size, 2048U);
}

TEST_F(PlanTest, IsLaidOutWithOneSizeForABlobThatStandsMoreThanOnce) {
    std::vector<Image> held = images();
    held.push_back(held[0]); // another image with the same layers
    const Descriptors blobs(held);
    Plan made;
    for (const char *path : {"a", "b", "c"}) {
        PlanEntry entry;
        entry.path = path;
        entry.from = PlanEntry::From::blob;
        entry.source = layer_1;
        made.entries.push_back(entry);
    }
    const Layout layout = lay_out(made, blobs);
    ASSERT_EQ(layout.places.size(), 3U);
    for (const Layout::Place &place : layout.places) EXPECT_EQ(place.size, 1000U);
    check_layout(layout, blobs);
}

TEST_F(PlanTest, IsRefusedByALayoutThatNoFileCanHold) {
    std::vector<Image> held = images();
    held[0].layers[0].blob.size = std::uint64_t(1) << 53; // the most that a descriptor says
    const Descriptors blobs(held);
    Plan made;
    PlanEntry entry;
    entry.from = PlanEntry::From::blob;
    entry.source = layer_1;
    for (int i = 0; i < 2048; ++i) { // together 2^64
        entry.path = std::to_string(i);
        made.entries.push_back(entry);
    }
    try {
        lay_out(made, blobs);
        FAIL();
    } catch (const Error &e) {
        EXPECT_EQ(e.kind(), Kind::integrity);
    }
    made.entries.resize(1000);
    check_layout(lay_out(made, blobs), blobs);
}

TEST_F(PlanTest, LetsNothingBeWrittenByALayoutWhosePlacesMeet) {
    const std::vector<Image> held = images();
    const Descriptors blobs(held);
    const Plan made = plan([](ferry::Plan &out) {
        out.blob("b1", layer_1), out.file("f", "abc"), out.blob("b2", layer_2), out.blob("b3", layer_2);
    });
    const Layout good = lay_out(made, blobs);
    check_layout(good, blobs);
    const std::pair<const char *, std::function<void(Layout &)>> cases[] = {
        {"a place that is longer than its blob", [](Layout &l) { l.places[0].size += 24; }},
        {"a place that is shorter than its blob", [](Layout &l) { l.places[2].size -= 1; }},
        {"a place of another blob", [](Layout &l) { l.places[1].digest = layer_1; }},
        {"a place that lies in the one before", [](Layout &l) { l.places[2].offset = l.places[1].offset; }},
        {"a place that begins too late", [](Layout &l) { l.places[0].offset += 512; }},
        {"a place beyond the end", [](Layout &l) { l.places[2].offset = l.fixed_size; }},
        {"a place at the end of all numbers", [](Layout &l) { l.places[2].offset = UINT64_MAX - 100; }},
        {"a header over a blob", [](Layout &l) { l.pieces[1].offset -= 1; }},
        {"a piece that is missing", [](Layout &l) { l.pieces.pop_back(); }},
        {"a tail that begins within a blob", [](Layout &l) { l.fixed_size -= 512; }},
        {"a tail that begins behind a gap", [](Layout &l) { l.fixed_size += 512; }},
        {"a blob that no image has", [](Layout &l) { l.places[0].digest = digest_of("other"); }},
    };
    for (const auto &[what, spoil] : cases) {
        Layout bad = good;
        spoil(bad);
        try {
            check_layout(bad, blobs);
            ADD_FAILURE() << what;
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::other) << what;
            EXPECT_THAT(e.remedy.english(), HasSubstr("fault of ferry")) << what;
        }
    }
}

TEST(Layout, OfNothingIsEmpty) {
    const Layout layout = lay_out({}, {});
    check_layout(layout, {});
    EXPECT_EQ(layout.fixed_size, 0U);
    EXPECT_TRUE(layout.pieces.empty() && layout.places.empty() && layout.tails.empty());
    EXPECT_FALSE(layout.has_late);
}

TEST(InlineMember, IsHeaderContentAndPadding) {
    PlanEntry entry;
    entry.path = "f";
    entry.mode = 0644;
    entry.source = std::string(512, 'x');
    EXPECT_EQ(inline_member(entry), tar_header(TarType::file, "f", 512, 0644, 0) + entry.source);
    entry.source += 'x';
    EXPECT_EQ(inline_member(entry).size(), 512U * 3);
    entry.type = TarType::symlink;
    entry.source = "target";
    EXPECT_EQ(inline_member(entry), tar_header(TarType::symlink, "f", 0, 0644, 0, "target"));
}

} // namespace
} // namespace ferry::core
