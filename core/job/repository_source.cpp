#include "core/job/repository_source.h"

#include "core/registry/failover.h"

namespace ferry::core {

namespace {

class ResponseStream final : public Source::Stream {
public:
    explicit ResponseStream(std::unique_ptr<ferry::Response> response) : response_(std::move(response)) {}

    std::size_t read(const Operation &operation, void *data, std::size_t size) override {
        try {
            return response_->read(operation.op(), data, size);
        } catch (const ferry::Error &e) {
            operation.throw_if_cancelled();
            throw Error::from(e);
        }
    }

private:
    const std::unique_ptr<ferry::Response> response_;
};

} // namespace

std::vector<Source::Endpoint> RepositorySource::endpoints() const {
    std::vector<Endpoint> endpoints;
    for (std::size_t i = 0; i < repository_->endpoint_count(); ++i)
        endpoints.push_back({repository_->host(i), repository_->is_mirror(i), repository_->is_silent(i)});
    return endpoints;
}

Source::Opened RepositorySource::open(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                      std::uint64_t end, std::size_t endpoint) {
    BlobStream stream = repository_->open_blob(operation, descriptor, begin, end, endpoint);
    return {std::make_unique<ResponseStream>(std::move(stream.response)), stream.begin};
}

bool RepositorySource::note_failure(std::size_t endpoint, const Error &failure) {
    if (!unanswered(failure)) return false;
    repository_->set_silent(endpoint);
    return true;
}

} // namespace ferry::core
