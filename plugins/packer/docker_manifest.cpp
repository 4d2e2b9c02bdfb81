#include "docker_manifest.h"

#include "go_json.h"

#include <algorithm>

namespace packer {
namespace {

std::string list_json(const std::vector<std::string> &list) {
    std::string out = "[";
    for (const std::string &text : list) out += (out.size() > 1 ? "," : "") + go_string(text);
    return out + ']';
}

} // namespace

std::string_view algorithm_of(std::string_view digest) noexcept {
    return digest.substr(0, digest.find(':'));
}

std::string_view hex_of(std::string_view digest) noexcept {
    const std::size_t colon = digest.find(':');
    return colon == digest.npos ? digest : digest.substr(colon + 1);
}

std::string blob_path(std::string_view digest) {
    return "blobs/" + std::string(algorithm_of(digest)) + '/' + std::string(hex_of(digest));
}

Name name_of(std::string_view text) {
    const std::size_t slash = text.rfind('/');
    const std::size_t colon = text.find(':', slash == text.npos ? 0 : slash);
    if (colon == text.npos) return {std::string(text), "latest"};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::string full_name(const Name &name) {
    const std::string &repository = name.repository;
    const std::size_t slash = repository.find('/');
    std::string host = slash == repository.npos ? "" : repository.substr(0, slash);
    std::string path = slash == repository.npos ? repository : repository.substr(slash + 1);
    if (host.find_first_of(".:") == host.npos && host != "localhost") {
        host = "docker.io";
        path = repository;
    } else if (host == "index.docker.io") {
        host = "docker.io";
    }
    if (host == "docker.io" && path.find('/') == path.npos) path = "library/" + path;
    return host + '/' + path + ':' + name.tag;
}

std::string platform_json(std::string_view platform) {
    const std::size_t first = platform.find('/');
    if (first == platform.npos) return {};
    const std::string_view rest = platform.substr(first + 1);
    const std::size_t second = rest.find('/');
    std::string out =
        "{\"architecture\":" + go_string(rest.substr(0, second)) + ",\"os\":" + go_string(platform.substr(0, first));
    if (second != rest.npos) out += ",\"variant\":" + go_string(rest.substr(second + 1));
    return out + '}';
}

void DockerManifest::add(const std::string &key, const ferry_image &image, const std::string &config_path,
                         const std::vector<std::string> &layer_paths, std::string_view top) {
    auto item = std::find_if(items_.begin(), items_.end(), [&key](const Item &other) { return other.key == key; });
    if (item == items_.end()) item = items_.insert(items_.end(), Item{key, config_path, {}, layer_paths});
    for (std::size_t i = 0; i < image.name_count; ++i) {
        const Name name = name_of(ferry::view(image.names[i]));
        const std::string text = name.repository + ':' + name.tag;
        if (std::find(item->names.begin(), item->names.end(), text) == item->names.end()) item->names.push_back(text);
        if (!top.empty()) repositories_[name.repository][name.tag] = top;
    }
}

std::string DockerManifest::manifest_json() const {
    std::string out = "[";
    for (const Item &item : items_) {
        if (out.size() > 1) out += ',';
        out += "{\"Config\":" + go_string(item.config) +
               ",\"RepoTags\":" + (item.names.empty() ? "null" : list_json(item.names)) +
               ",\"Layers\":" + list_json(item.layers) + '}';
    }
    return out + "]\n";
}

std::string DockerManifest::repositories() const {
    if (repositories_.empty()) return {};
    std::string out = "{";
    for (const auto &[repository, tags] : repositories_) {
        out += (out.size() > 1 ? "," : "") + go_string(repository) + ":{";
        for (const auto &[tag, id] : tags) out += (out.back() == '{' ? "" : ",") + go_string(tag) + ':' + go_string(id);
        out += '}';
    }
    return out + "}\n";
}

} // namespace packer
