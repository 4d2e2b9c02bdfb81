#include "v1_image.h"

#include "docker_image.h"
#include "oci_layout.h"

#include <map>

namespace packer {
namespace {

// CreateID: the digest of the image with its members in the order of their names, and with the layer's chain id.
std::string create_id(V1Image image, const std::string &chain_id, const std::string &parent) {
    image.id.clear();
    image.parent.clear();
    std::map<std::string, const go::Field<V1Image> *> fields; // none for what the struct lacks
    for (const go::Field<V1Image> &field : go::Fields<V1Image>::all)
        if (field.written(image)) fields[field.name] = &field;
    fields["layer_id"] = fields["parent"] = nullptr;
    GoWriter out;
    out.begin_object();
    for (const auto &[name, field] : fields) {
        if (field) {
            field->put(image, out.name(name));
        } else if (name == "layer_id") {
            out.member(name, chain_id);
        } else if (!parent.empty()) {
            out.member(name, "sha256:" + parent);
        }
    }
    out.end_object();
    return std::string(hex_of(sha256_digest(out.text())));
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
        chain_id = i ? sha256_digest(chain_id + ' ' + diff_ids[i]) : diff_ids[i];
        image.id = create_id(image, chain_id, parent);
        image.parent = parent;
        image.os = whole.os; // only after the id was made
        parent = image.id;
        V1Layer &layer = layers.emplace_back();
        layer.id = image.id;
        GoWriter json;
        go::put_struct(image, json);
        layer.json = json.text();
    }
    return layers;
}

} // namespace packer
