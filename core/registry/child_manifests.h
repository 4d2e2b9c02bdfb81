// The manifests below one index: fetched by digest, within bounds that hold for the whole look-up of an image.
//
// An index may list indexes, and a registry may send endless ones. Whoever walks them opens each digest once; here is
// counted what that costs. [one-thread]
#pragma once

#include "core/registry/repository.h"

namespace ferry::core {

class ChildManifests {
public:
    // Requests for manifests below the top one, and bytes of what is kept of them and their configs.
    static constexpr std::size_t most = 500;
    static constexpr std::size_t most_bytes = 64 << 20;

    ChildManifests(const Operation &operation, Repository &repository)
        : operation_(operation), repository_(repository) {}

    const Operation &operation() const noexcept { return operation_; }
    Repository &repository() const noexcept { return repository_; }
    // What a child is called in errors.
    Text name_of(const Descriptor &descriptor) const;

    // The manifest that an entry of an index describes, verified; from the descriptor itself where its data came along.
    // Its digest decides: another size than the index says is a warning, as for docker. Throws Error, which names
    // digest and platform; Kind::integrity where it is one too many.
    HttpReply fetch(const Descriptor &descriptor, const Platform &platform);
    // Reads what fetch() gave, which was verified. Throws Error as parse_manifest.
    std::variant<Index, Manifest> read(const HttpReply &reply, const Descriptor &descriptor,
                                       Artifacts artifacts = Artifacts::refused) const;
    // The same where it has to be a manifest: Error(integrity) on an index.
    Manifest read_manifest(const HttpReply &reply, const Descriptor &descriptor) const;
    // Counts bytes that stay in memory. Throws Error(integrity) where there are too many.
    void keep(std::size_t bytes);
    // Has one of the bounds been reached? Then nothing more can be had.
    bool spent() const noexcept { return spent_; }

private:
    const Operation &operation_;
    Repository &repository_;
    std::size_t asked_ = 0;
    std::size_t kept_ = 0;
    bool spent_ = false;
};

} // namespace ferry::core
