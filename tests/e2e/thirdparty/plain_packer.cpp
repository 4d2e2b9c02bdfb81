// The packer "plain": the least that `docker load` takes. Config, layers and manifest.json lie flat in the archive;
// every layer is unpacked and named by its diff_id, so a layer that is used twice is stored once.
#include <ferry/packer.hpp>

#include <set>
#include <string>

namespace {

std::string hex(ferry_str digest) {
    const std::string text = ferry::str(digest);
    return text.substr(text.find(':') + 1);
}

void plan(const ferry::Images &images, const ferry::Config &config, const ferry::Op &, ferry::Plan &out) {
    std::set<std::string> placed;
    std::string manifest;
    for (const ferry_image &image : images) {
        const std::string config_path = hex(image.config.digest) + ".json";
        if (placed.insert(config_path).second) out.file(config_path, ferry::view(image.config_json));
        std::string names, layers;
        for (std::size_t i = 0; i < image.name_count; ++i)
            names += (i ? ",\"" : "\"") + ferry::str(image.names[i]) + "\"";
        for (std::size_t i = 0; i < image.layer_count; ++i) {
            const std::string path = hex(image.layers[i].diff_id) + ".tar";
            layers += (i ? ",\"" : "\"") + path + "\"";
            if (placed.insert(path).second) out.unpacked(path, ferry::view(image.layers[i].digest));
        }
        manifest += (manifest.empty() ? "[" : ",") + ("{\"Config\":\"" + config_path) + "\",\"RepoTags\":[" + names +
                    "],\"Layers\":[" + layers + "]}";
    }
    out.file("manifest.json", manifest + "]\n");
    if (const auto note = config.find("note")) out.file("note.txt", *note);
}

constexpr ferry_option options[] = {{"note", nullptr, "Text for a file note.txt in the archive."}, {}};
constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES);

} // namespace

FERRY_PLUGIN("plain", "1.0.0", "flat docker-loadable archive", "a third party", options, FERRY_PACKER_V1, table)
