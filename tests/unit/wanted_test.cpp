// What a command was asked for, which archives that makes, and how failures of some images end it.
#include "core/job/targets.h"
#include "support/host.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::failure_of;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> images(const std::vector<WantedImage> &wanted) {
    std::vector<std::string> out;
    for (const WantedImage &one : wanted) out.push_back(one.image + (one.unreadable ? " !" : ""));
    return out;
}

TEST(Wanted, IsEachImageOnceInItsOrder) {
    PullRequest request;
    request.images = {"b", "a:1", "b:latest", "registry-1.docker.io/b"};
    request.listed = {{"c", "l, line 1"}, {"a:1", "l, line 2"}, {"d", "l, line 3"}};
    EXPECT_THAT(images(wanted_images(request)), ElementsAre("b", "a:1", "registry-1.docker.io/b", "c", "d"))
        << "b and registry-1.docker.io/b have other names in their archives";
}

TEST(Wanted, KeepsWhatCannotBeReadOfAListAndThrowsWhatWasTyped) {
    PullRequest request;
    request.listed = {{"A", "l, line 1"}, {"A", "l, line 2"}, {"a", "l, line 3"}};
    EXPECT_THAT(images(wanted_images(request)), ElementsAre("A !", "A !", "a"));
    request.images = {"B"};
    EXPECT_EQ(failure_of([&] { wanted_images(request); }).kind(), Kind::usage);
}

class FailuresTest : public testing::Test {
protected:
    Failures failures(std::size_t images, bool one_archive = false) {
        return Failures(images, one_archive, [this](const Error &e) { told.push_back(e.message.english()); });
    }
    static void attempt(Failures &failures, const WantedImage &image, Kind kind) {
        failures.attempt(image, [&] { throw Error(kind, "no " + image.image); });
    }
    const WantedImage typed{"a", "", std::nullopt, {}}, listed{"b", "l, line 2", std::nullopt, {}};
    std::vector<std::string> told;
};

TEST_F(FailuresTest, OfATypedImageEndTheCommand) {
    Failures some = failures(2);
    EXPECT_EQ(failure_of([&] { attempt(some, typed, Kind::not_found); }).message.english(), "no a");
    EXPECT_TRUE(told.empty());
}

TEST_F(FailuresTest, OfAListedImageAreToldAndSummedUp) {
    Failures some = failures(3);
    EXPECT_NO_THROW(some.throw_if_any(true));
    attempt(some, listed, Kind::not_found);
    attempt(some, listed, Kind::integrity);
    EXPECT_THAT(told, ElementsAre("l, line 2: no b", "l, line 2: no b"));
    const Error e = failure_of([&] { some.throw_if_any(true); });
    EXPECT_EQ(e.kind(), Kind::integrity) << "the worst of them";
    EXPECT_EQ(e.message.english(), "2 of 3 images failed: b, b");
    EXPECT_THAT(e.remedy.english(), HasSubstr("the archives of the others are complete"));
    EXPECT_EQ(failure_of([&] { some.throw_if_any(false); }).remedy.english(), "") << "there are none";
}

TEST_F(FailuresTest, OfTheOnlyImageOrTheOnlyArchiveOrTheUserEndTheCommandThereToo) {
    Failures one = failures(1), together = failures(3, true), several = failures(3);
    EXPECT_EQ(failure_of([&] { attempt(one, listed, Kind::disk); }).message.english(), "l, line 2: no b");
    EXPECT_EQ(failure_of([&] { attempt(together, listed, Kind::disk); }).message.english(), "l, line 2: no b");
    EXPECT_EQ(failure_of([&] { attempt(several, listed, Kind::interrupted); }).message.english(), "no b");
    EXPECT_TRUE(told.empty());
}

TEST_F(FailuresTest, NameTenImagesAtMost) {
    Failures some = failures(20);
    for (int i = 0; i < 12; ++i) attempt(some, {"i" + std::to_string(i), "l", std::nullopt, {}}, Kind::network);
    const Error e = failure_of([&] { some.throw_if_any(true); });
    EXPECT_THAT(e.message.english(), HasSubstr("i9, ..."));
    EXPECT_THAT(e.message.english(), testing::Not(HasSubstr("i10")));
}

Image image(const std::string &repository, const std::string &digest, const std::string &architecture = "amd64") {
    Image out;
    out.reference = {{{}, "a"}, repository, "1", "", repository};
    out.platform = {"linux", architecture, ""};
    out.names = {repository + ":1"};
    out.manifest = {digest, "", 4, {}};
    out.config = {digest + "c", "", 4, {}};
    out.manifest_json = out.config_json = "four";
    return out;
}

TEST(ArchiveNaming, FollowsTheRuleOrTheUser) {
    const Image one = image("team/app", "m");
    const struct {
        ArchiveNaming naming;
        const char *path;
    } table[] = {{{"out", "", ".tar", false}, "out/team_app_1_amd64.tar"},
                 {{"out", "", ".zip", true}, "out/team_app_1_all.zip"},
                 {{"out", "mine.tar", ".tar", false}, "out/mine.tar"},
                 {{"out", "else/mine.tar", ".tar", false}, "else/mine.tar"},
                 {{"out", "-", ".tar", false}, "-"}};
    for (const auto &[naming, path] : table) EXPECT_EQ(naming.path_of(one), path);
}

class TargetsTest : public testing::Test {
protected:
    std::vector<std::string> taken(Targets &targets) {
        Failures failures(2, false, [this](const Error &e) { told.push_back(e.message.english()); });
        std::vector<std::string> out;
        for (const Target &target : targets.take(failures)) {
            out.push_back(target.path);
            for (const auto &[one, repository] : target.images)
                for (const std::string &name : one.names) out.back() += ' ' + name;
        }
        return out;
    }
    const WantedImage first{"x", "l, line 1", std::nullopt, {}}, second{"y", "l, line 2", std::nullopt, {}};
    std::vector<std::string> told;
};

TEST_F(TargetsTest, AreOneForEachPath) {
    Targets targets({"out", "", ".tar", false});
    targets.add(first, {{image("a", "m")}, nullptr});
    targets.add(second, {{image("b", "n")}, nullptr});
    EXPECT_THAT(taken(targets), ElementsAre("out/a_1_amd64.tar a:1", "out/b_1_amd64.tar b:1"));
}

TEST_F(TargetsTest, HoldTheSameImageUnderAnotherNameOnce) {
    Targets targets({"out", "", ".tar", false});
    Image again = image("library/a", "m");
    targets.add(first, {{image("a", "m")}, nullptr});
    targets.add(second, {{again}, nullptr});
    targets.add(second, {{again}, nullptr});
    EXPECT_THAT(taken(targets), ElementsAre("out/a_1_amd64.tar a:1 library/a:1"));
}

TEST_F(TargetsTest, RefuseAnotherImageUnderTheSamePathUnlessTheUserNamedIt) {
    Targets targets({"out", "", ".tar", false});
    targets.add(first, {{image("a", "m")}, nullptr});
    const Error e = failure_of([&] { targets.add(second, {{image("library/a", "n")}, nullptr}); });
    EXPECT_EQ(e.kind(), Kind::usage);
    EXPECT_THAT(e.message.english(), HasSubstr("a/a:1 and a/library/a:1 would both be written to out/a_1_amd64.tar"));
    Targets named({"out", "all.tar", ".tar", false});
    named.add(first, {{image("a", "m")}, nullptr});
    named.add(second, {{image("b", "n")}, nullptr});
    EXPECT_THAT(taken(named), ElementsAre("out/all.tar a:1 b:1"));
}

TEST_F(TargetsTest, ThatContradictTheOnesBeforeAreLeftOutAsAFailure) {
    Targets targets({"out", "", ".tar", false});
    Image other = image("b", "n");
    other.config = image("a", "m").config; // the same digest with another size
    other.config.size = 5;
    other.config_json = "five5";
    targets.add(first, {{image("a", "m")}, nullptr});
    targets.add(second, {{other}, nullptr});
    EXPECT_THAT(taken(targets), ElementsAre("out/a_1_amd64.tar a:1"));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told[0], HasSubstr("l, line 2: "));
}

} // namespace
} // namespace ferry::core
