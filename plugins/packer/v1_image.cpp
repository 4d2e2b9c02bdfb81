#include "v1_image.h"

#include "docker_image.h"

#include <Poco/SHA2Engine.h>

#include <map>

namespace packer {
namespace {

std::string sha256(std::string_view bytes) {
    Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
    engine.update(bytes.data(), bytes.size());
    return Poco::DigestEngine::digestToHex(engine.digest());
}

// CreateID: the digest of the image with its members in the order of their names, and with the layer's chain id.
std::string create_id(V1Image image, const std::string &chain_id, const std::string &parent) {
    image.id.clear();
    image.parent.clear();
    std::map<std::string, std::string> members;
    for (const go::Field<V1Image> &field : go::Fields<V1Image>::all) {
        std::string text;
        if (field.put(image, text)) members[field.name] = std::move(text);
    }
    members["layer_id"] = go_string(chain_id);
    if (!parent.empty()) members["parent"] = go_string("sha256:" + parent);
    std::string bytes;
    for (const auto &[name, text] : members) bytes += (bytes.empty() ? "{" : ",") + go_string(name) + ':' + text;
    return sha256(bytes + '}');
}

} // namespace

std::vector<V1Layer> v1_layers(std::string_view config_json, const std::vector<std::string> &diff_ids) {
    const V1Image whole = read_v1_image(config_json);

    std::vector<V1Layer> layers;
    std::string chain_id, parent;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        V1Image image;
        if (i + 1 == diff_ids.size()) {
            image = whole;
        } else {
            image.created.text = "1970-01-01T00:00:00Z";
        }
        chain_id = i ? "sha256:" + sha256(chain_id + ' ' + diff_ids[i]) : diff_ids[i];
        image.id = create_id(image, chain_id, parent);
        image.parent = parent;
        image.os = whole.os; // only after the id was made
        parent = image.id;
        V1Layer &layer = layers.emplace_back();
        layer.id = image.id;
        go::put_struct(image, layer.json);
    }
    return layers;
}

} // namespace packer
