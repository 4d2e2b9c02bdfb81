// A repository as a source of blobs: its mirrors and its registry are the endpoints.
#pragma once

#include "core/registry/repository.h"
#include "core/transfer/source.h"

#include <memory>

namespace ferry::core {

class RepositorySource final : public Source {
public:
    explicit RepositorySource(std::shared_ptr<Repository> repository) : repository_(std::move(repository)) {}

    std::string name() const override { return repository_->reference().str(); }
    std::vector<Endpoint> endpoints() const override;
    Opened open(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin, std::uint64_t end,
                std::size_t endpoint) override;
    bool note_failure(std::size_t endpoint, const Error &failure) override;

private:
    const std::shared_ptr<Repository> repository_;
};

} // namespace ferry::core
