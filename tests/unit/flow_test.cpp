#include "core/pack/flow.h"

#include "core/base/error.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace ferry::core {
namespace {

std::string some_bytes(std::size_t size, unsigned seed) {
    std::string bytes(size, '\0');
    for (char &c : bytes) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    return bytes;
}

std::string read_all(Flow &flow, std::size_t step) {
    std::string all, buffer(step, '\0');
    while (const std::size_t got = flow.take(buffer.data(), buffer.size())) all.append(buffer, 0, got);
    return all;
}

void write_all(Flow &flow, const std::string &bytes, std::size_t step) {
    for (std::size_t at = 0; at < bytes.size(); at += step)
        flow.write(at, bytes.data() + at, std::min(step, bytes.size() - at));
}

TEST(Flow, BytesComeOutAsTheyWentInWhateverTheSteps) {
    for (const std::size_t capacity : {1U, 7U, 64U, 100'000U})
        for (const std::size_t write : {1U, 5U, 1000U})
            for (const std::size_t read : {1U, 13U, 1000U}) {
                const std::string bytes = some_bytes(2000, 5);
                Flow flow("layer", bytes.size(), capacity);
                flow.begin();
                auto writer = std::async(std::launch::async, [&] { write_all(flow, bytes, write); });
                EXPECT_EQ(read_all(flow, read), bytes) << capacity << " " << write << " " << read;
                writer.get();
            }
}

TEST(Flow, AnEmptyOneEndsAtOnce) {
    Flow flow("layer", 0);
    flow.begin();
    char byte;
    EXPECT_EQ(flow.take(&byte, 1), 0U);
}

TEST(Flow, WhatNobodyReadsIsSkipped) {
    const std::string bytes = some_bytes(5000, 1);
    Flow flow("layer", bytes.size(), 16);
    flow.begin();
    flow.skip();
    write_all(flow, bytes, 100); // would wait for ever
}

TEST(Flow, ARestartBeginsFromTheFirstByteAndSkipsNothing) {
    const std::string bytes = some_bytes(500, 2);
    Flow flow("layer", bytes.size(), 1000);
    const auto first = flow.begin();
    flow.write(0, "wrong bytes", 11);
    flow.skip();
    flow.restart();
    EXPECT_NE(flow.number(), first);
    char byte;
    EXPECT_THROW(flow.take(&byte, 1), Flow::Restarted);
    flow.begin();
    auto writer = std::async(std::launch::async, [&] { write_all(flow, bytes, 100); });
    EXPECT_EQ(read_all(flow, 64), bytes);
    writer.get();
}

TEST(Flow, ASkipOfATryThatIsOverSkipsNothing) {
    Flow flow("layer", 4, 1000);
    flow.begin();
    flow.restart();
    flow.skip();
    flow.write(0, "abcd", 4);
    flow.begin();
    EXPECT_EQ(read_all(flow, 10), "abcd");
}

TEST(Flow, ClosingWakesReaderAndWriter) {
    Flow flow("layer", 100, 4);
    flow.begin();
    auto writer = std::async(std::launch::async, [&] { flow.write(0, "0123456789", 10); });
    char bytes[4];
    for (std::size_t got = 0; got < 4;) got += flow.take(bytes, 4 - got);
    flow.close();
    EXPECT_THROW(writer.get(), Error);
    EXPECT_THROW(flow.take(bytes, 1), Error);
}

TEST(Flow, BytesOutOfOrderAreRefused) {
    Flow flow("layer", 100);
    EXPECT_THROW(flow.write(5, "x", 1), Error);
    char byte;
    EXPECT_THROW(flow.read(0, &byte, 1), Error) << "and nothing is read twice";
}

} // namespace
} // namespace ferry::core
