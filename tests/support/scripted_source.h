// A source of blobs without a network: what each endpoint gives is computed from what it is asked for.
#pragma once

#include "core/transfer/source.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>

namespace ferry::test {

// A failure of the network that may pass.
inline core::Error passing(std::string what) {
    core::Error error(core::Kind::network, std::move(what));
    error.retryable = true;
    return error;
}

class ScriptedSource final : public core::Source {
public:
    struct Asked {
        std::string digest;
        std::uint64_t begin, end;
        std::size_t endpoint;
    };
    struct Answer {
        std::string bytes; // of the whole blob; the stream has what was asked for of them
        // open() throws it, or read() after `cut` bytes.
        std::optional<core::Error> failure = {};
        std::size_t cut = std::numeric_limits<std::size_t>::max();
        bool whole = false; // the range is ignored
    };
    // `index` counts what was asked for, from 0. Called by several threads at once.
    using Handler = std::function<Answer(const Asked &asked, std::size_t index)>;

    ScriptedSource(std::vector<Endpoint> endpoints, Handler handler)
        : endpoints_(std::move(endpoints)), handler_(std::move(handler)) {}

    std::vector<Asked> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    std::string name() const override { return "the image"; }
    std::vector<Endpoint> endpoints() const override { return endpoints_; }
    Opened open(const core::Operation &operation, const core::Descriptor &descriptor, std::uint64_t begin,
                std::uint64_t end, std::size_t endpoint) override {
        operation.throw_if_cancelled();
        Asked asked{descriptor.digest, begin, end, endpoint};
        std::size_t index;
        {
            const std::lock_guard lock(mutex_);
            index = asked_.size();
            asked_.push_back(asked);
        }
        Answer answer = handler_(asked, index);
        if (answer.failure && answer.cut > answer.bytes.size()) throw core::Error(*answer.failure);
        const std::uint64_t from = answer.whole ? 0 : begin;
        if (!answer.whole) answer.bytes = answer.bytes.substr(begin, end - begin);
        return {std::make_unique<Bytes>(std::move(answer)), from};
    }
    bool note_failure(std::size_t, const core::Error &failure) override {
        return failure.kind() == core::Kind::network;
    }

private:
    class Bytes final : public Stream {
    public:
        explicit Bytes(Answer answer) : answer_(std::move(answer)) {}
        std::size_t read(const core::Operation &operation, void *data, std::size_t size) override {
            operation.throw_if_cancelled();
            const std::size_t got = std::min({size, answer_.bytes.size() - at_, answer_.cut - at_});
            if (got == 0 && answer_.failure) throw core::Error(*answer_.failure);
            std::memcpy(data, answer_.bytes.data() + at_, got);
            at_ += got;
            return got;
        }

    private:
        const Answer answer_;
        std::size_t at_ = 0;
    };

    const std::vector<Endpoint> endpoints_;
    const Handler handler_;
    mutable std::mutex mutex_;
    std::vector<Asked> asked_;
};

} // namespace ferry::test
