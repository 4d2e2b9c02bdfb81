// Manifests, indexes and configs as a registry may send them.
#include "fuzz.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/manifest.h"

#include <ferry/kit/dates.hpp>

#include <ferry/ferry.hpp>
#include <ferry/kit/dates.hpp>

#include <optional>

using namespace ferry;
using namespace ferry::core;

namespace {

using Parsed = std::variant<Index, Manifest>;

bool refusal(const core::Error &error) {
    return error.kind() == Kind::network || error.kind() == Kind::integrity || error.kind() == Kind::not_found;
}

std::optional<Parsed> parsed(std::string_view body, std::string_view type, Artifacts artifacts) {
    try {
        return parse_manifest(body, type, "the manifest", artifacts);
    } catch (const core::Error &error) {
        HOLDS(refusal(error) && !error.message.empty());
        return std::nullopt;
    }
}

void check(const Descriptor &descriptor) {
    HOLDS(valid_digest(descriptor.digest) && descriptor.size <= std::uint64_t(1) << 53);
}

std::string json_of(const Descriptor &descriptor) {
    return "{\"mediaType\":" + json_string(descriptor.media_type) + ",\"digest\":" + json_string(descriptor.digest) +
           ",\"size\":" + std::to_string(descriptor.size);
}
std::string json_of(const Index &index) {
    std::string json = "{\"mediaType\":" + json_string(index.media_type) + ",\"manifests\":[";
    for (const Index::Entry &entry : index.entries) {
        if (json.back() != '[') json += ',';
        json += json_of(entry.descriptor) + ",\"platform\":{\"os\":" + json_string(entry.platform.os) +
                ",\"architecture\":" + json_string(entry.platform.architecture) +
                ",\"variant\":" + json_string(entry.platform.variant) + "}}";
    }
    return json + "]}";
}
std::string json_of(const Manifest &manifest) {
    std::string json = "{\"mediaType\":" + json_string(manifest.media_type) +
                       ",\"config\":" + json_of(manifest.config) + "},\"layers\":[";
    for (const Descriptor &layer : manifest.layers) json += (json.back() == '[' ? "" : ",") + json_of(layer) + '}';
    return json + "]}";
}

bool same(const Descriptor &a, const Descriptor &b) {
    return a.digest == b.digest && a.media_type == b.media_type && a.size == b.size;
}
bool same(const Parsed &a, const Parsed &b) {
    if (a.index() != b.index()) return false;
    if (const auto *index = std::get_if<Index>(&a)) {
        const auto &other = std::get<Index>(b);
        return index->media_type == other.media_type &&
               std::equal(index->entries.begin(), index->entries.end(), other.entries.begin(), other.entries.end(),
                          [](const Index::Entry &x, const Index::Entry &y) {
                              return same(x.descriptor, y.descriptor) && x.platform == y.platform &&
                                     x.is_index == y.is_index;
                          });
    }
    const auto &manifest = std::get<Manifest>(a), &other = std::get<Manifest>(b);
    return manifest.media_type == other.media_type && same(manifest.config, other.config) &&
           std::equal(manifest.layers.begin(), manifest.layers.end(), other.layers.begin(), other.layers.end(),
                      [](const Descriptor &x, const Descriptor &y) { return same(x, y); });
}

void check(const Parsed &value) {
    if (const auto *index = std::get_if<Index>(&value)) {
        HOLDS(!index->media_type.empty());
        std::vector<Platform> platforms;
        for (const Index::Entry &entry : index->entries) {
            check(entry.descriptor);
            platforms.push_back(entry.platform);
            const Platform one = normalized(entry.platform);
            HOLDS(normalized(one) == one);
        }
        for (const Platform &wanted : platforms) {
            const auto chosen = choose_platform(wanted, platforms);
            HOLDS(chosen && *chosen < platforms.size());
            HOLDS(normalized(platforms[*chosen]).architecture == normalized(wanted).architecture);
        }
        const auto again = parsed(json_of(*index), {}, Artifacts::allowed);
        HOLDS(again && same(value, *again));
        return;
    }
    const auto &manifest = std::get<Manifest>(value);
    HOLDS(!manifest.media_type.empty());
    check(manifest.config);
    for (const Descriptor &layer : manifest.layers) check(layer);
    const auto again = parsed(json_of(manifest), {}, Artifacts::allowed);
    HOLDS(again && same(value, *again));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static constexpr const char *types[] = {"",
                                            "application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8",
                                            "application/vnd.docker.distribution.manifest.v2+json", "text/html"};
    const std::string_view body = fuzz::text_of(data, size);
    const auto strict = parsed(body, types[size % 4], Artifacts::refused);
    const auto lenient = parsed(body, types[size % 4], Artifacts::allowed);
    if (lenient) check(*lenient);
    if (strict) {
        HOLDS(lenient && same(*strict, *lenient));
        const auto *manifest = std::get_if<Manifest>(&*strict);
        HOLDS(!manifest || !manifest->artifact);
    }
    try {
        const ImageConfig config = parse_config(body, "the config");
        HOLDS(config.created >= 0);
        for (const std::string &id : config.diff_ids) HOLDS(valid_digest(id));
    } catch (const core::Error &error) {
        HOLDS(refusal(error));
    }
    ferry::kit::parse_rfc3339(body.substr(0, 64));
    return 0;
}
