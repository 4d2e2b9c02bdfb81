#include "core/registry/inspect.h"

#include "core/base/digest.h"
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
    const ImageConfig config = parse_config(image.config_json, say("the config of {}", repository.reference().str()));
    image.created = config.created;
    if (image.platform.os.empty()) image.platform = config.platform;
    image.detailed = true;
}

void fetch_details(const Operation &operation, Repository &repository, InspectedImage &image) {
    const HttpReply reply = repository.manifest(operation, image.manifest.digest);
    const std::string what = say("the manifest of {}", repository.reference().str());
    const auto parsed = parse_manifest(reply.body, reply.header("Content-Type"), what);
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) add_details(operation, repository, image, *manifest);
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

const std::string &asked_for(const Reference &reference) {
    return reference.digest.empty() ? reference.tag : reference.digest;
}

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

Inspection details_of(const Operation &operation, Repository &repository, const HttpReply &reply,
                      const std::optional<Platform> &wanted, bool all) {
    Inspection out = raw_of(repository, reply);
    const std::string name = out.reference.str();
    const auto parsed = parse_manifest(out.top_json, out.top.media_type, say("the manifest of {}", name));
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) {
        out.top.media_type = manifest->media_type;
        InspectedImage &image = out.images.emplace_back();
        image.manifest = out.top;
        add_details(operation, repository, image, *manifest);
    } else {
        std::vector<Leaf> leaves;
        collect_leaves(operation, repository, std::get<Index>(parsed), true, 0, leaves);
        for (Leaf &leaf : leaves) {
            InspectedImage &image = out.images.emplace_back();
            image.manifest = std::move(leaf.descriptor);
            image.platform = std::move(leaf.platform);
            if (image.platform.os.empty()) fetch_details(operation, repository, image); // its config says
        }
    }
    std::vector<Platform> offered;
    for (const InspectedImage &image : out.images) offered.push_back(image.platform);
    const auto chosen = choose_platform(wanted.value_or(Platform{"linux", "amd64", ""}), offered);
    if (wanted && !chosen) throw no_such_platform(name, *wanted, offered);
    out.chosen = chosen.value_or(0);
    const bool counted = out.limit.limit >= 0 || out.limit.remaining >= 0;
    for (std::size_t i = 0; i < out.images.size(); ++i)
        if (!out.images[i].detailed && (all || i == out.chosen || (!wanted && !counted)))
            fetch_details(operation, repository, out.images[i]);
    return out;
}

} // namespace

Inspection inspect_raw(const Operation &operation, Repository &repository) {
    Inspection out;
    repository.manifest(operation, asked_for(repository.reference()), [&](const HttpReply &reply, bool from_mirror) {
        // What the registry itself says is shown as it is.
        if (from_mirror)
            parse_manifest(reply.body, reply.header("Content-Type"), say("the manifest of {}", repository.reference().str()),
                           Artifacts::allowed);
        out = raw_of(repository, reply);
    });
    return out;
}

Inspection inspect_image(const Operation &operation, Repository &repository, const std::optional<Platform> &wanted,
                         bool all) {
    Inspection out;
    repository.manifest(operation, asked_for(repository.reference()), [&](const HttpReply &reply, bool) {
        out = details_of(operation, repository, reply, wanted, all);
    });
    return out;
}

} // namespace ferry::core
