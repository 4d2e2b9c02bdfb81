#include "core/job/relabel.h"

#include "core/archive/inflate.h"
#include "core/pack/loadable.h"

#include <algorithm>
#include <map>

namespace ferry::core {

namespace {

// How a layer is packed by its first bytes, which are not verified; Packing::none where no endpoint gives them.
Packing packing_at(Source &source, const Descriptor &blob, const Operation &operation) {
    const std::size_t endpoints = source.endpoints().size();
    for (std::size_t endpoint = 0; endpoint < endpoints; ++endpoint) {
        try {
            const std::uint64_t wanted = std::min<std::uint64_t>(blob.size, 6);
            const Source::Opened opened = source.open(operation, blob, 0, wanted, endpoint);
            std::string head(wanted, '\0');
            std::size_t at = 0;
            while (at < head.size()) {
                const std::size_t got = opened.stream->read(operation, &head[at], head.size() - at);
                if (got == 0) break;
                at += got;
            }
            return packing_of({head.data(), at});
        } catch (const std::exception &) {
            operation.throw_if_cancelled(); // the archive shows it, if this layer is another one
        }
    }
    return Packing::none;
}

} // namespace

void relabel_zstd_layers(ArchiveJob &job, const std::string &known, const Operation &operation) {
    std::map<std::string, bool> zstd{{known, true}};
    for (std::size_t i = 0; i < job.images.size(); ++i)
        for (Layer &layer : job.images[i].layers) {
            const std::string &type = layer.blob.media_type;
            if (type == zstd_type(type)) continue;
            const auto [place, fresh] = zstd.try_emplace(layer.blob.digest);
            if (fresh) place->second = packing_at(*job.sources[i], layer.blob, operation) == Packing::zstd;
            if (place->second) layer.blob.media_type = zstd_type(type);
        }
}

} // namespace ferry::core
