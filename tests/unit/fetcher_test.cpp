#include "core/base/checksum.h"
#include "core/base/digest.h"
#include "core/job/repository_source.h"
#include "core/transfer/fetcher.h"
#include "support/backend.h"
#include "support/compress.h"
#include "support/memory_disk.h"
#include "support/web.h"

#include <gmock/gmock.h>

#include <deque>
#include <thread>

namespace ferry::core {
namespace {

using test::home;
using test::Host;
using test::MemoryDisk;
using test::noise;
using test::Reach;
using test::serve;
using test::Web;
using test::WebReply;
using test::WebRequest;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t mib = 1 << 20;
const ferry::Endpoint mirror{"https://m", "team/app", true};

Descriptor descriptor_of(const std::string &bytes) {
    return {digest_of(bytes), "", bytes.size(), {}};
}

class FetcherTest : public testing::Test {
protected:
    FetchRules rules() {
        FetchRules made;
        made.workers = 1;
        made.retry = test::hasty(3);
        return made;
    }
    // Fetches `bytes` (all together as one archive) through `web`.
    void fetch(Web &web, const std::vector<std::string> &blobs, FetchRules how,
               std::vector<ferry::Endpoint> endpoints = {home}) {
        Reach reach(web.http(), std::move(endpoints));
        RepositorySource source(reach.repository);
        const auto file = disk.open("part", true);
        Observer observer;
        std::deque<FileSink> sinks;
        Fetcher fetcher(how, host.operation, observer);
        std::uint64_t base = 0;
        for (const std::string &blob : blobs) {
            fetcher.add({descriptor_of(blob), &source, &sinks.emplace_back(*file, base)});
            base += blob.size();
        }
        fetcher.run();
    }
    Error failure(Web &web, const std::vector<std::string> &blobs, FetchRules how,
                  std::vector<ferry::Endpoint> endpoints = {home}) {
        return test::failure([&] { fetch(web, blobs, how, std::move(endpoints)); });
    }
    static std::vector<std::string> ranges(const Web &web) {
        std::vector<std::string> all;
        for (const WebRequest &request : web.requests()) all.push_back(request.header("Range"));
        return all;
    }
    Host host;
    MemoryDisk disk;
    const std::string bytes = noise(2 * mib + 17);
};

TEST_F(FetcherTest, BringsEveryBlobToItsPlace) {
    const std::vector<std::string> blobs = {noise(3 * mib, 1), "", noise(1, 2), noise(700'000, 3), noise(mib, 4)};
    std::string all;
    for (const std::string &blob : blobs) all += blob;
    for (const int workers : {1, 4, 0}) {
        Web web([&](const WebRequest &request, std::size_t) {
            for (const std::string &blob : blobs)
                if (request.url.find(digest_of(blob)) != std::string::npos) return serve(request, blob);
            return WebReply{404};
        });
        FetchRules how = rules();
        how.workers = workers;
        fetch(web, blobs, how);
        EXPECT_TRUE(disk.bytes("part") == all) << workers;
    }
}

TEST_F(FetcherTest, ResumesAtTheLastByteOfABrokenTransfer) {
    Web web([&](const WebRequest &request, std::size_t index) {
        WebReply reply = serve(request, bytes);
        if (index < 3) reply.cut = 300'000;
        return reply;
    });
    fetch(web, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_THAT(ranges(web), ElementsAre("", "bytes=300000-", "bytes=600000-", "bytes=900000-"));
}

TEST_F(FetcherTest, ResumesAfterABodyThatEndsEarlyInGoodOrder) {
    Web web([&](const WebRequest &request, std::size_t index) {
        WebReply reply = serve(request, bytes);
        reply.headers = {{"Content-Range", reply.status == 206 ? reply.headers[0].second : ""}};
        if (index == 0) reply.body.resize(mib);
        return reply;
    });
    fetch(web, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_THAT(ranges(web), ElementsAre("", "bytes=1048576-"));
}

TEST_F(FetcherTest, GivesUpAServerThatSendsNothing) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{200, ""}; });
    const Error e = failure(web, {bytes}, rules());
    EXPECT_EQ(e.kind(), Kind::network);
    EXPECT_THAT(e.message.english(), HasSubstr("a sent nothing"));
    EXPECT_EQ(web.requests().size(), 4U);
}

TEST_F(FetcherTest, WaitsForAServerThatWentAwayButNotForOneThatNeverAnswered) {
    WebReply refused{0, "connection refused", {}, FERRY_E_NETWORK};
    refused.refused = true;
    Web restarted([&](const WebRequest &request, std::size_t index) {
        if (index == 1 || index == 2) return refused;
        WebReply reply = serve(request, bytes);
        if (index == 0) reply.cut = 300'000;
        return reply;
    });
    fetch(restarted, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_EQ(restarted.requests().size(), 4U);
    Web absent([&](const WebRequest &, std::size_t) { return refused; });
    const Error e = failure(absent, {bytes}, rules());
    EXPECT_EQ(e.kind(), Kind::network);
    EXPECT_EQ(absent.requests().size(), 1U);
}

TEST_F(FetcherTest, TakesFromElsewhereWhatAMirrorRefusesInAnyWay) {
    for (const ferry_status status :
         {FERRY_E_UNSUPPORTED, FERRY_E_INTERNAL, FERRY_E_UNAUTHORIZED, FERRY_E_PROTOCOL, FERRY_E_TLS}) {
        Web web([&](const WebRequest &request, std::size_t) {
            return request.url.starts_with("https://m/") ? WebReply{0, "m asks for a login by negotiate", {}, status}
                                                         : serve(request, bytes);
        });
        fetch(web, {bytes}, rules(), {mirror, home});
        EXPECT_TRUE(disk.bytes("part") == bytes) << status;
        EXPECT_EQ(web.count("https://m/"), 1U);
        Web alone([&](const WebRequest &, std::size_t) {
            return WebReply{0, "a asks for a login by negotiate", {}, status};
        });
        EXPECT_EQ(failure(alone, {bytes}, rules()).kind(), kind_of(status));
        EXPECT_EQ(alone.requests().size(), 1U);
    }
}

TEST_F(FetcherTest, GivesUpWhatOnlyDrips) {
    Web web([&](const WebRequest &request, std::size_t) {
        WebReply reply = serve(request, bytes);
        reply.cut = 10;
        reply.piece = 5;
        reply.on_read = [] { std::this_thread::sleep_for(std::chrono::milliseconds(600)); };
        return reply;
    });
    FetchRules how = rules();
    how.retry = test::hasty(1);
    how.least_rate = 1'000'000;
    EXPECT_EQ(failure(web, {bytes}, how).kind(), Kind::network);
    EXPECT_EQ(web.requests().size(), 2U) << "each attempt brought bytes, and none was progress";
}

TEST_F(FetcherTest, SkipsWhatIsHereWhereTheServerIgnoresTheRange) {
    Web web([&](const WebRequest &, std::size_t index) {
        WebReply reply{200, bytes};
        if (index == 0) reply.cut = 700'000;
        return reply;
    });
    fetch(web, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_EQ(web.requests().size(), 2U);
}

TEST_F(FetcherTest, NeverTakesStatus416ForTheEndOfABlob) {
    Web web([&](const WebRequest &request, std::size_t index) {
        if (index == 0) return WebReply{200, bytes, {}, FERRY_OK, 700'000};
        return request.header("Range").empty() ? WebReply{200, bytes}
                                               : WebReply{416, "", {{"Content-Range", "bytes */700000"}}};
    });
    fetch(web, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_THAT(ranges(web), ElementsAre("", "bytes=700000-", ""));
}

TEST_F(FetcherTest, AsksForTheWholeAfterAWrongRange) {
    for (const char *wrong : {"bytes 0-9/2097169", "bytes 700000-2097168/*", "bytes 700000-2097169/2097170", ""}) {
        Web web([&](const WebRequest &request, std::size_t index) {
            if (index == 0) return WebReply{200, bytes, {}, FERRY_OK, 700'000};
            return request.header("Range").empty() ? WebReply{200, bytes}
                                                   : WebReply{206, "wrong bytes", {{"Content-Range", wrong}}};
        });
        fetch(web, {bytes}, rules());
        EXPECT_TRUE(disk.bytes("part") == bytes);
        EXPECT_THAT(ranges(web), ElementsAre("", "bytes=700000-", "")) << wrong;
    }
}

TEST_F(FetcherTest, GoesBackToOneStreamWhereRangesAreIgnored) {
    const std::string large = noise(12 * mib);
    Web web([&](const WebRequest &, std::size_t) { return WebReply{200, large}; });
    for (const std::uint64_t segment : {std::uint64_t(16 * mib), std::uint64_t(mib)}) {
        FetchRules how = rules();
        how.workers = 4;
        how.least_split = mib;
        how.segments = {segment, segment, 0};
        fetch(web, {large}, how);
        EXPECT_TRUE(disk.bytes("part") == large);
    }
}

TEST_F(FetcherTest, SharesALargeBlobAmongItsWorkers) {
    const std::string large = noise(16 * mib);
    std::atomic<int> opened{0};
    Web web([&](const WebRequest &request, std::size_t) {
        WebReply reply = serve(request, large);
        ++opened;
        reply.on_read = [&, reads = 0]() mutable { // all but the first bytes come when all have asked
            if (++reads == 40)
                while (opened < 3) std::this_thread::yield();
        };
        return reply;
    });
    FetchRules how = rules();
    how.workers = 3;
    how.least_split = mib;
    fetch(web, {large}, how);
    EXPECT_TRUE(disk.bytes("part") == large);
    EXPECT_GE(web.requests().size(), 3U);
}

TEST_F(FetcherTest, SharesItBySegmentsThatFollowOneAnother) {
    const std::string large = noise(16 * mib);
    std::atomic<int> opened{0};
    Web web([&](const WebRequest &request, std::size_t index) {
        WebReply reply = serve(request, large);
        ++opened;
        // Nothing but the first bytes of the first connection comes before all have asked.
        reply.on_read = [&, left = index == 0 ? 40 : 1]() mutable {
            if (--left == 0)
                while (opened < 3) std::this_thread::yield();
        };
        return reply;
    });
    FetchRules how = rules();
    how.workers = 3;
    how.least_split = 4 * mib;
    how.segments = {2 * mib, 2 * mib, 0};
    fetch(web, {large}, how);
    EXPECT_TRUE(disk.bytes("part") == large);
    const auto asked = ranges(web);
    ASSERT_GE(asked.size(), 3U);
    EXPECT_EQ(asked[0], "") << "nobody knows yet whether it will be shared";
    std::vector<std::pair<std::uint64_t, std::uint64_t>> segments;
    for (std::size_t i = 1; i < 3; ++i)
        segments.emplace_back(std::stoull(asked[i].substr(6)),
                              std::stoull(asked[i].substr(asked[i].find('-') + 1)) + 1);
    std::sort(segments.begin(), segments.end());
    EXPECT_LE(segments[0].first, 5 * mib) << "right behind the next bytes of the first connection";
    EXPECT_EQ(segments[0].second, segments[0].first + 2 * mib);
    EXPECT_EQ(segments[1].first, segments[0].second);
    EXPECT_EQ(segments[1].second, segments[1].first + 2 * mib);
}

TEST_F(FetcherTest, LetsNobodyJoinInBeforeTheFirstByte) {
    const std::string large = noise(16 * mib);
    std::atomic<bool> came{false};
    Web web([&](const WebRequest &request, std::size_t index) {
        EXPECT_TRUE(index == 0 || came) << "a second connection before the first one brought a byte";
        WebReply reply = serve(request, large);
        reply.on_read = [&, first = index == 0]() mutable {
            if (std::exchange(first, false)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            came = true;
        };
        return reply;
    });
    FetchRules how = rules();
    how.workers = 4;
    how.least_split = mib;
    fetch(web, {large}, how);
    EXPECT_TRUE(disk.bytes("part") == large);
}

TEST_F(FetcherTest, BeginsWithTheLargestBlob) {
    const std::vector<std::string> blobs = {noise(1000, 1), noise(mib, 2), noise(3 * mib, 3), noise(2 * mib, 4)};
    Web web([&](const WebRequest &request, std::size_t) {
        for (const std::string &blob : blobs)
            if (request.url.find(digest_of(blob)) != std::string::npos) return serve(request, blob);
        return WebReply{404};
    });
    fetch(web, blobs, rules());
    std::vector<std::string> asked;
    for (const WebRequest &request : web.requests()) asked.push_back(request.url.substr(request.url.rfind('/') + 1));
    EXPECT_THAT(asked, ElementsAre(digest_of(blobs[2]), digest_of(blobs[3]), digest_of(blobs[1]), digest_of(blobs[0])));
}

TEST_F(FetcherTest, FetchesAnewWhatIsNotWhatItsDigestSays) {
    Web web([&](const WebRequest &request, std::size_t index) {
        WebReply reply = serve(request, bytes);
        if (index == 0) reply.body[mib] ^= 1;
        return reply;
    });
    fetch(web, {bytes}, rules());
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_EQ(host.warned("is not what its digest promises"), 1U) << host.warnings();
}

TEST_F(FetcherTest, EndsInAnIntegrityErrorWhereTheBytesStayWrong) {
    Web web([&](const WebRequest &request, std::size_t) {
        WebReply reply = serve(request, bytes);
        reply.body[mib] ^= 1;
        return reply;
    });
    const Error e = failure(web, {bytes}, rules());
    EXPECT_EQ(e.kind(), Kind::integrity);
    EXPECT_THAT(e.message.english(), HasSubstr(digest_of(bytes)));
    EXPECT_THAT(e.message.english(), HasSubstr("from a"));
    EXPECT_EQ(web.requests().size(), 3U);
}

TEST_F(FetcherTest, ContinuesAtAnotherEndpoint) {
    Web web([&](const WebRequest &request, std::size_t) {
        WebReply reply = serve(request, bytes);
        if (request.url[8] == 'm') reply.cut = reply.status == 200 ? mib : 0;
        return reply;
    });
    fetch(web, {bytes}, rules(), {mirror, home});
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_THAT(ranges(web), Contains("bytes=1048576-"));
}

TEST_F(FetcherTest, LeavesAMirrorThatSendsWrongBytes) {
    Web web([&](const WebRequest &request, std::size_t) {
        WebReply reply = serve(request, bytes);
        if (request.url[8] == 'm') reply.body[5] ^= 1;
        return reply;
    });
    fetch(web, {bytes}, rules(), {mirror, home});
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_EQ(web.count("https://m/"), 1U);
    EXPECT_GE(host.warned("m "), 1U) << host.warnings();
}

TEST_F(FetcherTest, BacksOffWhereEveryEndpointIsBusy) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{503, "busy"}; });
    const Error e = failure(web, {bytes}, rules(), {mirror, home});
    EXPECT_EQ(e.http_status, 503);
    EXPECT_GE(host.warned("trying again in"), 3U) << host.warnings();
    EXPECT_EQ(web.requests().size(), 8U);
}

TEST_F(FetcherTest, EndsAtOnceWhereNobodyHasTheBlob) {
    for (const int status : {400, 403, 404}) {
        Web web([&](const WebRequest &, std::size_t) { return WebReply{status, "no"}; });
        EXPECT_EQ(failure(web, {bytes}, rules(), {mirror, home}).http_status, status);
        EXPECT_EQ(web.requests().size(), 2U);
    }
}

TEST_F(FetcherTest, AsksTheRegistryForANewTargetWhenASignedOneExpired) {
    Web web([&](const WebRequest &request, std::size_t index) {
        if (request.url[8] == 'a') return WebReply{307, "", {{"Location", "https://cdn/" + std::to_string(index)}}};
        if (index == 3) return WebReply{403, "<Code>AccessDenied</Code><Message>Request has expired</Message>"};
        WebReply reply = serve(request, bytes);
        if (index == 1) reply.cut = mib;
        return reply;
    });
    EXPECT_EQ(failure(web, {bytes}, rules()).message.english(), "nothing was thrown");
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_EQ(web.requests().size(), 6U);
    EXPECT_EQ(ranges(web).back(), "bytes=1048576-");
}

TEST_F(FetcherTest, ContinuesAfterAServerAskedForLess) {
    Web web([&](const WebRequest &request, std::size_t index) {
        return index == 0 ? WebReply{429, "slowly", {{"Retry-After", "0"}}} : serve(request, bytes);
    });
    FetchRules how = rules();
    how.workers = 0;
    fetch(web, {bytes}, how);
    EXPECT_TRUE(disk.bytes("part") == bytes);
}

TEST_F(FetcherTest, EndsWithTheServersWishWhereThatIsBeyondPatience) {
    Web web([](const WebRequest &, std::size_t) { return WebReply{429, "quota", {{"Retry-After", "21600"}}}; });
    const Error e = failure(web, {bytes}, rules());
    EXPECT_EQ(e.kind(), Kind::rate_limit);
    EXPECT_EQ(web.requests().size(), 1U);
}

TEST_F(FetcherTest, StopsWhenCancelledWhateverItsWorkersDo) {
    for (const int workers : {1, 4, 0}) {
        Host cancelled;
        Web web([&](const WebRequest &request, std::size_t) {
            WebReply reply = serve(request, bytes);
            reply.piece = 1000;
            reply.on_read = [&, n = 0]() mutable {
                if (++n == 3) cancelled.stop.request_stop();
            };
            return reply;
        });
        Reach reach(web.http(), {home});
        RepositorySource source(reach.repository);
        const auto file = disk.open("part", true);
        FileSink sink(*file, 0);
        Observer observer;
        FetchRules how = rules();
        how.workers = workers;
        Fetcher fetcher(how, cancelled.operation, observer);
        fetcher.add({descriptor_of(bytes), &source, &sink});
        try {
            fetcher.run();
            ADD_FAILURE();
        } catch (const Error &e) {
            EXPECT_EQ(e.kind(), Kind::interrupted);
        }
        EXPECT_FALSE(fetcher.wait_verified(0));
    }
}

TEST_F(FetcherTest, EndsWithADiskErrorThatIsNotRetried) {
    for (const int workers : {1, 4, 0}) {
        Web web([&](const WebRequest &request, std::size_t) { return serve(request, bytes); });
        std::atomic<int> writes{0};
        disk.before = [&](const std::string &action, const std::string &path) {
            if (action == "write" && ++writes > 3) MemoryDisk::fail(path);
        };
        FetchRules how = rules();
        how.workers = workers;
        const Error e = failure(web, {bytes}, how);
        EXPECT_EQ(e.kind(), Kind::disk) << e.message.english();
        EXPECT_THAT(e.message.english(), HasSubstr("part"));
        EXPECT_EQ(web.requests().size(), 1U);
        disk.before = [](const auto &, const auto &) {};
    }
}

TEST_F(FetcherTest, WritesOnlyWhatIsMissing) {
    Web web([&](const WebRequest &request, std::size_t) { return serve(request, bytes); });
    Reach reach(web.http(), {home});
    RepositorySource source(reach.repository);
    const auto file = disk.open("part", true);
    FileSink sink(*file, 0);
    file->write_at(0, bytes.data(), mib);
    Observer observer;
    Fetcher fetcher(rules(), host.operation, observer);
    const auto number = fetcher.add({descriptor_of(bytes), &source, &sink});
    for (std::uint64_t chunk = 0; chunk < 2; ++chunk) // as the journal would say
        EXPECT_NE(fetcher.blob(number).restore(
                      chunk, crc32(0, bytes.data() + chunk * Blob::default_chunk, Blob::default_chunk)),
                  0U);
    fetcher.run();
    EXPECT_TRUE(fetcher.wait_verified(number));
    EXPECT_TRUE(disk.bytes("part") == bytes);
    EXPECT_THAT(ranges(web), ElementsAre("bytes=1048576-"));
}

TEST_F(FetcherTest, NeverWaitsForWhatNobodyCanBring) {
    for (const int workers : {1, 4, 0})
        for (const bool spooled : {false, true})
            for (const bool others : {false, true}) {
                Web web([&](const WebRequest &request, std::size_t) { return serve(request, bytes); });
                Reach reach(web.http(), {home});
                RepositorySource source(reach.repository);
                const auto file = disk.open("part", true), other = disk.open("other", true);
                FileSink sink(*file, 0), other_sink(*other, 0);
                Observer observer;
                FetchRules how = rules();
                how.workers = workers;
                how.spool_limit = 1;
                Fetcher fetcher(how, host.operation, observer);
                // No bytes, but not the digest of no bytes: such an order ends, too.
                Fetcher::Order impossible{{digest_of("x"), "", 0, {}}, &source, &sink};
                impossible.spooled = spooled;
                const auto number = fetcher.add(std::move(impossible));
                if (others) fetcher.add({descriptor_of(bytes), &source, &other_sink});
                const Error e = test::failure([&] { fetcher.run(); });
                EXPECT_EQ(e.kind(), Kind::other) << e.message.english();
                EXPECT_THAT(e.message.english(), HasSubstr("nothing is left to be done"));
                EXPECT_THAT(e.remedy.english(), HasSubstr("fault of ferry"));
                EXPECT_FALSE(fetcher.wait_verified(number));
            }
}

TEST_F(FetcherTest, WaitsForTheReaderOfTheSpoolHoweverLongItTakes) {
    const std::vector<std::string> blobs = {noise(1000, 1), noise(1000, 2), noise(1000, 3)};
    for (const int workers : {1, 4, 0}) {
        Web web([&](const WebRequest &request, std::size_t) {
            for (const std::string &blob : blobs)
                if (request.url.find(digest_of(blob)) != std::string::npos) return serve(request, blob);
            return WebReply{404};
        });
        Reach reach(web.http(), {home});
        RepositorySource source(reach.repository);
        Observer observer;
        FetchRules how = rules();
        how.workers = workers;
        how.spool_limit = 1500;
        Fetcher fetcher(how, host.operation, observer);
        std::vector<std::unique_ptr<File>> files;
        std::deque<FileSink> sinks;
        for (const std::string &blob : blobs) {
            files.push_back(disk.open(digest_of(blob), true));
            Fetcher::Order order{descriptor_of(blob), &source, &sinks.emplace_back(*files.back(), 0)};
            order.spooled = true;
            fetcher.add(std::move(order));
        }
        std::jthread reader([&] {
            for (std::size_t i = 0; i < blobs.size(); ++i) {
                EXPECT_TRUE(fetcher.wait_verified(i));
                std::this_thread::sleep_for(std::chrono::milliseconds(5)); // nobody has anything to fetch meanwhile
                fetcher.consumed(i);
            }
        });
        fetcher.run();
    }
}

// What a blob's states may follow: a wrong digest or a failure leads back to the beginning.
TEST_F(FetcherTest, TellsTheStatesOfABlobInTheirOrder) {
    class Order final : public Observer {
    public:
        void state(std::size_t, BlobState state, const Text &) override {
            if (state == BlobState::verified) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            const std::lock_guard lock(mutex_);
            told.push_back(state);
        }
        std::vector<BlobState> told;

    private:
        std::mutex mutex_;
    };
    for (const int workers : {1, 4}) {
        Web web([&](const WebRequest &request, std::size_t index) {
            WebReply reply = serve(request, bytes);
            if (index == 0) reply.body[5] ^= 1;
            return reply;
        });
        Reach reach(web.http(), {home});
        RepositorySource source(reach.repository);
        const auto file = disk.open("part", true);
        FileSink sink(*file, 0);
        Order order;
        FetchRules how = rules();
        how.workers = workers;
        Fetcher fetcher(how, host.operation, order);
        int verified = 0;
        Fetcher::Order wanted{descriptor_of(bytes), &source, &sink};
        wanted.on_verified = [&] { ++verified; };
        fetcher.add(std::move(wanted));
        std::jthread reader([&] {
            if (fetcher.wait_verified(0)) order.state(0, BlobState::unpacking, {});
        });
        fetcher.run();
        reader.join();
        EXPECT_THAT(order.told, ElementsAre(BlobState::downloading, BlobState::verifying, BlobState::retrying,
                                            BlobState::downloading, BlobState::verifying, BlobState::verified,
                                            BlobState::unpacking));
        EXPECT_EQ(verified, 1);
    }
}

} // namespace
} // namespace ferry::core
