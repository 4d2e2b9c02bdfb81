#include "core/registry/inspection.h"

#include "core/base/digest.h"
#include "core/registry/image_of_manifest.h"
#include "core/registry/index_leaves.h"
#include "core/registry/resolve.h"

#include <ferry/text.hpp>

#include <charconv>

namespace ferry::core {

namespace {

// "100;w=21600" or "100, 100;window=21600": the first number, and the window where one is named.
void read_limit(std::string_view value, std::int64_t &number, std::int64_t &window_s) {
    std::int64_t read = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), read);
    if (failed != std::errc() || read < 0) return;
    number = read;
    const auto window = value.find("w=");
    if (window == value.npos) return;
    const std::string_view rest = value.substr(window + 2);
    if (std::from_chars(rest.data(), rest.data() + rest.size(), read).ec == std::errc() && read > 0) window_s = read;
}

void add_details(const Operation &operation, Repository &repository, InspectedImage &image, const Manifest &manifest) {
    image.config = manifest.config;
    image.layers = manifest.layers;
    for (const Descriptor &layer : image.layers) image.size += layer.size;
    image.config_json = repository.small_blob(operation, image.config, most_manifest_bytes);
    const ImageConfig config = config_of(manifest, image.config_json, repository.reference().str());
    image.created = config.created;
    if (!says_platform(image.platform)) image.platform = config.platform;
    image.detailed = true;
}

void fetch_details(ChildManifests &children, InspectedImage &image) {
    if (image.detailed || image.problem) return;
    try {
        const HttpReply reply = children.fetch(image.manifest, image.platform);
        add_details(children.operation(), children.repository(), image, children.read_manifest(reply, image.manifest));
        children.keep(reply.body.size() + image.config_json.size());
    } catch (const Error &e) {
        if ((e.kind() != Kind::not_found && e.kind() != Kind::integrity) || children.spent()) throw;
        image.problem = e;
        image.detailed = false;
    }
}

// The place of the image to show in full. Throws Error where there is none of `wanted`.
std::size_t choose(ChildManifests &children, std::vector<InspectedImage> &images, const std::vector<Leaf> &leaves,
                   const std::optional<Platform> &wanted) {
    const Platform platform = wanted.value_or(Platform{"linux", "amd64", ""});
    std::optional<Error> problem;
    for (const std::size_t place : candidates(platform, leaves)) {
        InspectedImage &image = images[place];
        fetch_details(children, image);
        if (!image.problem && choose_platform(platform, {image.platform})) return place;
        if (image.problem && !problem && !leaves[place].special) problem = image.problem;
    }
    if (wanted) {
        if (problem) throw *problem;
        std::vector<Platform> offered;
        for (std::size_t i = 0; i < images.size(); ++i)
            if (!images[i].problem && !leaves[i].special) offered.push_back(images[i].platform);
        throw no_such_platform(children.repository().reference().str(), *wanted, offered);
    }
    for (std::size_t i = 0; i < images.size(); ++i)
        if (!images[i].problem) return i;
    return 0;
}

} // namespace

PullLimit pull_limit(const Headers &headers) {
    PullLimit limit;
    for (const auto &[name, value] : headers) {
        if (ferry::Response::same_name(name, "RateLimit-Limit")) read_limit(value, limit.limit, limit.window_s);
        if (ferry::Response::same_name(name, "RateLimit-Remaining")) read_limit(value, limit.remaining, limit.window_s);
    }
    return limit;
}

namespace {

Inspection raw_of(const Repository &repository, const HttpReply &reply) {
    Inspection out;
    out.reference = repository.reference();
    out.host = Url::parse(reply.url).authority();
    out.limit = pull_limit(reply.headers);
    out.top_json = reply.body;
    const std::string_view type = reply.header("Content-Type");
    out.top = {out.reference.digest.empty() ? digest_of(reply.body) : out.reference.digest,
               std::string(type.substr(0, type.find(';'))),
               reply.body.size(),
               {}};
    return out;
}

// The images that an index lists, in `out`.
void add_index(const Operation &operation, Repository &repository, Inspection &out, const Index &index,
               const std::optional<Platform> &wanted, bool all) {
    ChildManifests children(operation, repository);
    const Leaves leaves = collect_leaves(children, index, Nested::opened);
    for (const Leaf &leaf : leaves.all) {
        InspectedImage &image = out.images.emplace_back();
        image.manifest = leaf.descriptor;
        image.platform = leaf.platform;
    }
    const bool many = out.images.size() > ChildManifests::most;
    for (InspectedImage &image : out.images) // whose platform only the config tells
        if (!many && !says_platform(image.platform)) fetch_details(children, image);
    out.chosen = choose(children, out.images, leaves.all, wanted);
    const bool counted = out.limit.limit >= 0 || out.limit.remaining >= 0 || many;
    for (std::size_t i = 0; i < out.images.size(); ++i)
        if (all || i == out.chosen || (!wanted && !counted)) fetch_details(children, out.images[i]);
}

Inspection details_of(const Operation &operation, Repository &repository, const HttpReply &reply,
                      const std::optional<Platform> &wanted, bool all) {
    Inspection out = raw_of(repository, reply);
    const std::string name = out.reference.str();
    const auto parsed = parse_manifest(out.top_json, out.top.media_type, say("the manifest of {}", name),
                                       Artifacts::refused, blame_for(out.reference));
    if (const auto *index = std::get_if<Index>(&parsed)) {
        add_index(operation, repository, out, *index, wanted, all);
        return out;
    }
    const Manifest &manifest = std::get<Manifest>(parsed);
    out.top.media_type = manifest.media_type;
    InspectedImage &image = out.images.emplace_back();
    image.manifest = out.top;
    add_details(operation, repository, image, manifest);
    if (wanted && !choose_platform(*wanted, {image.platform})) throw no_such_platform(name, *wanted, {image.platform});
    return out;
}

} // namespace

Inspection inspect_raw(const Operation &operation, Repository &repository) {
    Inspection out;
    repository.manifest(
        operation, repository.reference().tag_or_digest(), [&](const HttpReply &reply, bool from_mirror) {
            // What the registry itself says is shown as it is.
            if (from_mirror)
                parse_manifest(reply.body, reply.header("Content-Type"),
                               say("the manifest of {}", repository.reference().str()), Artifacts::allowed);
            out = raw_of(repository, reply);
        });
    return out;
}

Inspection inspect_image(const Operation &operation, Repository &repository, const std::optional<Platform> &wanted,
                         bool all) {
    Inspection out;
    repository.manifest(operation, repository.reference().tag_or_digest(), [&](const HttpReply &reply, bool) {
        out = details_of(operation, repository, reply, wanted, all);
    });
    return out;
}

} // namespace ferry::core
