#include "docker_manifest.h"

#include "go_json.h"

#include <ferry/kit/image_name.hpp>

#include <algorithm>

namespace packer {

void DockerManifest::add(const std::string &key, const ferry_image &image, const std::string &config_path,
                         const std::vector<std::string> &layer_paths, std::string_view top) {
    auto item = std::find_if(items_.begin(), items_.end(), [&key](const Item &other) { return other.key == key; });
    if (item == items_.end()) item = items_.insert(items_.end(), Item{key, config_path, {}, layer_paths});
    for (std::size_t i = 0; i < image.name_count; ++i) {
        const ferry::kit::ImageName name = ferry::kit::split_image_name(ferry::view(image.names[i]));
        const std::string text = name.repository + ':' + name.tag;
        if (std::find(item->names.begin(), item->names.end(), text) == item->names.end()) item->names.push_back(text);
        if (!top.empty()) repositories_[name.repository][name.tag] = top;
    }
}

std::string DockerManifest::manifest_json() const {
    GoWriter out;
    const auto write_list = [&out](const char *name, const std::vector<std::string> &list) {
        out.name(name).begin_array();
        for (const std::string &text : list) out.string(text);
        out.end_array();
    };
    out.begin_array();
    for (const Item &item : items_) {
        out.begin_object().member("Config", item.config);
        if (item.names.empty()) {
            out.name("RepoTags").null();
        } else {
            write_list("RepoTags", item.names);
        }
        write_list("Layers", item.layers);
        out.end_object();
    }
    out.end_array();
    return out.text() + "\n";
}

std::string DockerManifest::repositories() const {
    if (repositories_.empty()) return {};
    GoWriter out;
    out.begin_object();
    for (const auto &[repository, tags] : repositories_) {
        out.name(repository).begin_object();
        for (const auto &[tag, id] : tags) out.member(tag, id);
        out.end_object();
    }
    out.end_object();
    return out.text() + "\n";
}

} // namespace packer
