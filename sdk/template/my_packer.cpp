// A packer: says which files the archive is made of. ferry downloads, verifies, unpacks and writes them.
//
// This one makes what `docker load` reads: a config and the layers as the registry sent them, named by manifest.json.
// Contract: ferry/packer.h. Other kinds of plugins: ferry/registry.hpp, ferry/transport.hpp.
#include <ferry/kit/json.hpp>
#include <ferry/packer.hpp>

#include <set>

namespace {

// sha256:ab12 is ab12.
std::string hex(ferry_str digest) {
    const std::string text = ferry::str(digest);
    return text.substr(text.find(':') + 1);
}

void plan(const ferry::Images &images, const ferry::Config &config, const ferry::Op &, ferry::Plan &out) {
    // ferry ... --opt my-packer.folder=layers
    const std::string folder = config.get("folder");
    const std::string prefix = folder.empty() ? "" : folder + '/';

    std::set<std::string> placed; // each path once, though images may share layers
    ferry::kit::JsonWriter manifest;
    manifest.begin_array();
    for (const ferry_image &image : images) {
        const std::string config_path = hex(image.config.digest) + ".json";
        if (placed.insert(config_path).second) out.file(config_path, ferry::view(image.config_json), image.created);

        manifest.begin_object().member("Config", config_path).name("RepoTags").begin_array();
        for (std::size_t i = 0; i < image.name_count; ++i) manifest.string(ferry::view(image.names[i]));
        manifest.end_array().name("Layers").begin_array();
        for (std::size_t i = 0; i < image.layer_count; ++i) {
            const ferry_blob &layer = image.layers[i];
            const std::string path = prefix + hex(layer.digest) + ".tar.gz";
            // out.unpacked(...) in the place of out.blob(...) would store it without compression.
            if (placed.insert(path).second) out.blob(path, ferry::view(layer.digest), image.created);
            manifest.string(path);
        }
        manifest.end_array().end_object();
    }
    out.file("manifest.json", manifest.end_array().text() + '\n');
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES);

constexpr ferry_option options[] = {{"folder", "", "Where in the archive the layers are; empty: at its top."},
                                    {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("my-packer", "1.0.0", "what it makes, in one line", "your name", options, FERRY_PACKER_V1, table)
