// The fetcher between a source and a sink that are neither a registry nor a file.
#include "core/base/digest.h"
#include "core/transfer/fetcher.h"
#include "support/compress.h"
#include "support/host.h"
#include "support/scripted_source.h"

#include <gmock/gmock.h>

namespace ferry::core {
namespace {

using test::Host;
using test::noise;
using test::passing;
using test::ScriptedSource;

constexpr std::size_t mib = 1 << 20;

// Keeps what it takes, in order or not; `before` may throw.
class Memory final : public Sink {
public:
    explicit Memory(bool in_order) : in_order_(in_order) {}
    const std::string &name() const noexcept override { return name_; }
    bool in_order() const noexcept override { return in_order_; }
    void write(std::uint64_t offset, const void *data, std::size_t size) override {
        before();
        const std::lock_guard lock(mutex_);
        if (in_order_) {
            EXPECT_EQ(offset, bytes.size());
        }
        bytes.resize(std::max<std::size_t>(bytes.size(), offset + size));
        bytes.replace(offset, size, static_cast<const char *>(data), size);
    }
    std::size_t read(std::uint64_t offset, void *data, std::size_t size) override {
        EXPECT_FALSE(in_order_) << "it keeps nothing";
        const std::lock_guard lock(mutex_);
        return bytes.copy(static_cast<char *>(data), size, offset);
    }
    void restart() override {
        if (in_order_) bytes.clear();
        ++restarts;
    }

    std::function<void()> before = [] {};
    std::string bytes;
    int restarts = 0;

private:
    const bool in_order_;
    const std::string name_ = "memory";
    std::mutex mutex_;
};

class SourceTest : public testing::Test {
protected:
    void fetch(Source &source, Sink &sink, int workers = 4) {
        FetchRules rules;
        rules.workers = workers;
        rules.retry = test::hasty(3);
        rules.least_split = mib;
        rules.segments = {mib, mib, 0};
        Observer observer;
        Fetcher fetcher(rules, host.operation, observer);
        fetcher.add({{digest_of(bytes), "", bytes.size(), {}}, &source, &sink});
        fetcher.run();
    }

    Host host;
    const std::string bytes = noise(6 * mib + 17);
    const std::vector<Source::Endpoint> alone = {{"a"}}, two = {{"m", true}, {"n", true}};
};

TEST_F(SourceTest, BringsABlobFromAnySourceIntoAnySink) {
    for (const bool in_order : {false, true})
        for (const bool whole : {false, true}) {
            ScriptedSource source(two, [&](const auto &, std::size_t) {
                ScriptedSource::Answer answer{bytes};
                answer.whole = whole;
                return answer;
            });
            Memory memory(in_order);
            fetch(source, memory);
            EXPECT_TRUE(memory.bytes == bytes) << in_order << whole;
            if (in_order) {
                EXPECT_EQ(source.asked().size(), 1U) << "nobody else joins in";
            }
        }
}

TEST_F(SourceTest, ResumesInOrderAtTheLastByte) {
    ScriptedSource source(two, [&](const auto &, std::size_t index) {
        ScriptedSource::Answer answer{bytes};
        if (index < 3) answer.failure = passing("cut");
        if (index < 3) answer.cut = 700'000;
        return answer;
    });
    Memory memory(true);
    fetch(source, memory);
    EXPECT_TRUE(memory.bytes == bytes);
    EXPECT_EQ(memory.restarts, 0);
    ASSERT_EQ(source.asked().size(), 4U);
    EXPECT_EQ(source.asked().back().begin, 2'100'000U);
}

// A chunk whose transfer was cut has no checksum there: it must not convict who sent it right.
TEST_F(SourceTest, BlamesNobodyForAChunkThatCannotBeReadBack) {
    ScriptedSource source({{"m", true}, {"n", true}, {"o", true}},
                          [&](const ScriptedSource::Asked &asked, std::size_t index) {
                              ScriptedSource::Answer answer{bytes};
                              if (index == 0) { // m: the first half, and right
                                  answer.failure = passing("cut");
                                  answer.cut = 3 * mib;
                              }
                              if (index == 1) answer.bytes.back() ^= 1; // n: the rest, and wrong at its end
                              if (index == 2) { // the try that is right, cut within a chunk of m's
                                  EXPECT_EQ(asked.begin, 0U);
                                  answer.failure = passing("cut");
                                  answer.cut = mib + 1000;
                              }
                              return answer;
                          });
    Memory memory(true);
    fetch(source, memory);
    EXPECT_TRUE(memory.bytes == bytes);
    EXPECT_EQ(memory.restarts, 1);
    EXPECT_EQ(host.warned("m sends wrong bytes"), 0U) << host.warnings();
    EXPECT_EQ(host.warned("n sends wrong bytes"), 1U) << host.warnings();
}

TEST_F(SourceTest, EndsAtOnceWhereTheSinkFailsWhateverItsFailureIs) {
    for (const Error &broken : {Error(Kind::disk, "no space"), passing("the upload broke"), Error(Kind::other, "odd")})
        for (const bool in_order : {false, true}) {
            ScriptedSource source(two, [&](const auto &, std::size_t) { return ScriptedSource::Answer{bytes}; });
            Memory memory(in_order);
            memory.before = [&, writes = 0]() mutable {
                if (++writes == 3) throw Error(broken);
            };
            const Error e = test::failure_of([&] { fetch(source, memory, 1); });
            EXPECT_EQ(e.kind(), broken.kind());
            EXPECT_EQ(e.message.english(), broken.message.english()) << "the source is not to blame";
            EXPECT_EQ(source.asked().size(), 1U);
        }
}

TEST_F(SourceTest, EndsAtOnceWhereTheDiskOfAnArchiveFails) {
    ScriptedSource source(two, [&](const auto &, std::size_t) {
        return ScriptedSource::Answer{"", Error(Kind::disk, "x.tar cannot be read")};
    });
    Memory memory(false);
    EXPECT_EQ(test::failure_of([&] { fetch(source, memory, 1); }).kind(), Kind::disk);
    EXPECT_EQ(source.asked().size(), 1U);
}

TEST_F(SourceTest, AsksAnEndpointLastThatDidNotAnswerAnotherPartOfTheCommand) {
    ScriptedSource source({{"m", true, true}, {"a"}},
                          [&](const auto &, std::size_t) { return ScriptedSource::Answer{bytes}; });
    Memory memory(true);
    fetch(source, memory, 1);
    ASSERT_EQ(source.asked().size(), 1U);
    EXPECT_EQ(source.asked()[0].endpoint, 1U);
}

} // namespace
} // namespace ferry::core
