// Every kind of fault on the way of a pull: the archive comes out byte by byte as without it, or the failure is of the
// right kind, names host and blob, and leaves no archive.
#include "engine/kinds.h"
#include "engine/room.h"

#include <gtest/gtest.h>

#include <cstring>

namespace ferry::test {
namespace {

using core::Kind;

const FaultImage &faulty_image() {
    static const FaultImage image = make_image(1, {{Packing::gzip, 4 << 20},
                                                   {Packing::plain, 300'000},
                                                   {Packing::zstd, 900'000},
                                                   {Packing::gzip, 4 << 20}, // the same blob again
                                                   {Packing::gzip_members, 500'000},
                                                   {Packing::plain, 0}});
    return image;
}

struct Case {
    FaultKind kind;
    std::string format;
    int workers;
    bool spool = true;
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const FaultKind &kind : fault_kinds())
        for (const char *format : {"docker", "synology"})
            for (const int workers : {1, 4})
                for (const bool spool : {true, false})
                    if (spool || !std::strcmp(format, "synology")) all.push_back({kind, format, workers, spool});
    return all;
}

class Faults : public testing::TestWithParam<Case> {};

TEST_P(Faults, EndWithTheSameArchive) {
    PullRoom room(faulty_image());
    PullChoice choice;
    choice.format = GetParam().format;
    choice.workers = GetParam().workers;
    choice.spool = GetParam().spool;
    choice.username = "somebody";
    const std::string reference = room.reference(choice);
    GetParam().kind.arm(room.registry, 5);
    const PullOutcome outcome = room.pull(choice);
    EXPECT_FALSE(outcome.failure) << outcome.text();
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
    if (!outcome.failure) {
        EXPECT_EQ(room.files(), std::vector<std::string>{"out.tar"});
    }
    // Credentials are for the registry alone, and the store is another host.
    for (const FaultRequest &request : room.registry.requests()) {
        if (!request.at_store) continue;
        EXPECT_EQ(request.header("Authorization"), "");
        for (const auto &[name, value] : request.headers) {
            EXPECT_EQ(value.find("hunter2"), std::string::npos) << name;
            EXPECT_EQ(value.find("secret-"), std::string::npos) << name;
        }
    }
    // Each worker has one to the registry and one to the store; what hangs up is seen a little later.
    EXPECT_LE(room.registry.most_connections(), 2 * choice.workers + 4) << "connections at once";
}

INSTANTIATE_TEST_SUITE_P(All, Faults, testing::ValuesIn(cases()), [](const auto &tested) {
    return std::string(tested.param.kind.name) + "_" + tested.param.format + "_" +
           std::to_string(tested.param.workers) + (tested.param.spool ? "" : "_unspooled");
});

// Faults that never pass.
class Refusals : public testing::TestWithParam<std::tuple<const char *, int>> {
protected:
    Refusals() : room(faulty_image()) {
        choice.format = std::get<0>(GetParam());
        choice.workers = std::get<1>(GetParam());
        choice.retries = 2;
    }

    // Pulls with `policy` and then without.
    void expect(Kind kind, FaultPolicy policy, bool kept, bool at_store = false) {
        const std::string reference = room.reference(choice);
        room.registry.policy(std::move(policy));
        const PullOutcome outcome = room.pull(choice);
        ASSERT_TRUE(outcome.failure) << "the pull succeeded";
        EXPECT_EQ(kind_name(outcome.failure->kind()), kind_name(kind)) << outcome.text();
        EXPECT_NE(outcome.failure->message.english().find(at_store ? room.registry.store_host() : room.registry.host()),
                  std::string::npos)
            << "no host: " << outcome.text();
        bool named = false;
        for (const auto &layer : room.image.layers)
            named = named || outcome.failure->message.english().find(layer.digest.substr(7, 12)) != std::string::npos;
        EXPECT_TRUE(named) << "no blob: " << outcome.text();
        EXPECT_FALSE(outcome.failure->remedy.empty()) << outcome.text();
        EXPECT_EQ(outcome.digest, "");
        if (!kept) {
            EXPECT_EQ(room.files(), std::vector<std::string>{});
        }
        room.registry.policy({});
        const PullOutcome again = room.pull(choice);
        EXPECT_FALSE(again.failure) << again.text();
        EXPECT_EQ(again.digest, reference);
        EXPECT_EQ(room.files(), std::vector<std::string>{"out.tar"});
    }

    static FaultPolicy always(Fault fault) {
        return for_layers([fault = std::move(fault)](const FaultRequest &) { return fault; });
    }
    static FaultPolicy status(int code, std::vector<std::pair<std::string, std::string>> fields = {}) {
        Fault fault;
        fault.status = code;
        fault.fields = std::move(fields);
        return always(std::move(fault));
    }

    PullRoom room;
    PullChoice choice;
};

TEST_P(Refusals, ServerErrorsWithoutEndAreANetworkFailure) {
    expect(Kind::network, status(503), true);
}
TEST_P(Refusals, ALayerThatIsGoneIsNotFound) {
    expect(Kind::not_found, status(404), false);
}
TEST_P(Refusals, AForbiddenLayerIsAMatterOfAccess) {
    expect(Kind::access, status(403), true);
}
TEST_P(Refusals, ARateLimitWithoutEndIsSaidToBeOne) {
    expect(Kind::rate_limit, status(429), true);
}

TEST_P(Refusals, AWaitBeyondAllPatienceIsNotWaitedFor) {
    expect(Kind::rate_limit, status(429, {{"Retry-After", "86400"}}), true);
}

TEST_P(Refusals, AStallWithoutEndIsANetworkFailure) {
    choice.retries = 1;
    Fault fault;
    fault.stop_after = 0;
    fault.then = Fault::Then::stall;
    expect(Kind::network, always(fault), true);
}

TEST_P(Refusals, ConnectionsThatAlwaysBreakAreANetworkFailure) {
    Fault fault;
    fault.stop_after = 0;
    fault.then = Fault::Then::reset;
    expect(Kind::network, always(fault), true);
}

TEST_P(Refusals, RangesThatAreNeverRightAreANetworkFailure) {
    expect(Kind::network, status(416), true);
}

TEST_P(Refusals, ALengthThatIsNotTheDescriptorsIsADamagedCopy) {
    Fault fault;
    fault.content_length = 1000;
    expect(Kind::integrity, for_layers([fault](const FaultRequest &request) { return request.size ? fault : Fault(); }),
           false);
}

TEST_P(Refusals, AByteThatIsAlwaysWrongIsADamagedCopy) {
    Fault fault;
    fault.flip = 250'000;
    expect(Kind::integrity, always(fault), false);
}

TEST_P(Refusals, AStoreThatRefusesEverySignatureIsNamed) {
    room.reference(choice);
    room.registry.signature_life(0);
    Fault fault;
    fault.redirect = true;
    expect(Kind::network, always(fault), true, true);
}

INSTANTIATE_TEST_SUITE_P(All, Refusals, testing::Combine(testing::Values("docker", "synology"), testing::Values(1, 4)),
                         [](const auto &tested) {
                             return std::string(std::get<0>(tested.param)) + "_" +
                                    std::to_string(std::get<1>(tested.param));
                         });

TEST(TransferFaults, ALayerIsFetchedInPiecesOnlyWhereItPays) {
    PullRoom room(faulty_image());
    PullChoice choice;
    choice.least_split = 64 << 20;
    const std::string reference = room.reference(choice);
    EXPECT_EQ(room.pull(choice).digest, reference);
    EXPECT_EQ(room.registry.layer_requests(), 4U); // one for each blob that has bytes; none for a HEAD
    EXPECT_EQ(room.registry.bytes(), room.image.transfer());
}

TEST(TransferFaults, AWrongByteIsFetchedAnewWhereNothingIsSpooled) {
    PullRoom room(faulty_image());
    PullChoice choice;
    choice.format = "synology";
    choice.spool = false;
    const std::string reference = room.reference(choice);
    for (const std::uint64_t at : {std::uint64_t(0), std::uint64_t(200'000)}) { // the inflater's magic; its data
        room.registry.reset();
        room.registry.policy(for_layers([at](const FaultRequest &request) {
            Fault fault;
            if (request.number == 0) fault.flip = at;
            return fault;
        }));
        const PullOutcome outcome = room.pull(choice);
        EXPECT_EQ(outcome.digest, reference) << outcome.text();
        EXPECT_EQ(room.registry.bytes(),
                  room.image.transfer() + room.image.blobs.at(room.image.layers[0].digest).size());
    }
}

TEST(TransferFaults, ALayerThatIsAlwaysWrongIsRefusedWhereNothingIsSpooled) {
    PullRoom room(faulty_image());
    PullChoice choice;
    choice.format = "synology";
    choice.spool = false;
    room.registry.policy(for_layers([](const FaultRequest &) {
        Fault fault;
        fault.flip = 200'000;
        return fault;
    }));
    const PullOutcome outcome = room.pull(choice);
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(kind_name(outcome.failure->kind()), "integrity") << outcome.text();
    EXPECT_NE(outcome.failure->message.english().find("is not what its digest promises"), std::string::npos)
        << outcome.text();
    EXPECT_EQ(room.files(), std::vector<std::string>{});
}

TEST(TransferFaults, OneBadByteCostsThatBlobAlone) {
    PullRoom room(faulty_image());
    PullChoice choice;
    choice.workers = 1;
    const std::string reference = room.reference(choice), victim = room.image.layers[1].digest;
    room.registry.policy(for_layers([victim, n = std::make_shared<std::atomic<int>>(0)](const FaultRequest &request) {
        Fault fault;
        if (request.blob == victim && (*n)++ == 0) fault.flip = 77;
        return fault;
    }));
    const PullOutcome outcome = room.pull(choice);
    EXPECT_EQ(outcome.digest, reference) << outcome.text();
    EXPECT_EQ(room.registry.bytes(), room.image.transfer() + room.image.blobs.at(victim).size());
    EXPECT_EQ(room.registry.bytes_of(victim), 2 * room.image.blobs.at(victim).size());
}

} // namespace
} // namespace ferry::test
