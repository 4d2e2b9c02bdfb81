// A registry of documents by their digest, and the builders of those documents: configs, manifests and indexes.
#pragma once

#include "core/base/digest.h"
#include "support/web.h"

#include <map>
#include <string>
#include <vector>

namespace ferry::test {

inline constexpr const char *oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char *oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr const char *oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr const char *oci_layer = "application/vnd.oci.image.layer.v1.tar";

// Texts are documents unless a parameter is called a descriptor: the JSON object that an index or a manifest lists.
class Shelf {
public:
    // Puts it there; returns it.
    std::string put(const std::string &document) { return held[core::digest_of(document)] = document; }
    bool has(const std::string &digest) const { return held.count(digest) != 0; }

    // `more` are further members: ,"name":value
    static std::string descriptor(const std::string &document, const std::string &type, const std::string &more = {}) {
        return R"({"mediaType":")" + type + R"(","digest":")" + core::digest_of(document) + R"(","size":)" +
               std::to_string(document.size()) + more + "}";
    }
    static std::string platform(const std::string &architecture, const std::string &os = "linux",
                                const std::string &variant = {}) {
        return R"(,"platform":{"os":")" + os + R"(","architecture":")" + architecture + '"' +
               (variant.empty() ? "" : R"(,"variant":")" + variant + '"') + "}";
    }

    // Each layer holds "packed", and "unpacked" when it is.
    std::string config(const std::string &architecture, int layers = 1, const std::string &variant = {}) {
        std::string ids;
        for (int i = 0; i < layers; ++i) ids += (i ? ",\"" : "\"") + core::digest_of("unpacked") + '"';
        return put(R"({"os":"linux","architecture":")" + architecture + '"' +
                   (variant.empty() ? "" : R"(,"variant":")" + variant + '"') +
                   R"(,"created":"2023-11-14T22:13:20Z","rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}");
    }
    // `more` belongs to the descriptor of the config.
    std::string manifest(const std::string &config, int layers = 1, const std::string &more = {}) {
        std::string list;
        for (int i = 0; i < layers; ++i) list += (i ? "," : "") + descriptor(put("packed"), oci_layer);
        return put(R"({"schemaVersion":2,"mediaType":")" + std::string(oci_manifest) + R"(","config":)" +
                   descriptor(config, oci_config, more) + R"(,"layers":[)" + list + "]}");
    }
    std::string image(const std::string &architecture) { return manifest(config(architecture)); }
    std::string index(const std::vector<std::string> &descriptors) {
        std::string list;
        for (const std::string &one : descriptors) list += (list.empty() ? "" : ",") + one;
        return put(R"({"schemaVersion":2,"mediaType":")" + std::string(oci_index) + R"(","manifests":[)" + list + "]}");
    }

    // What the URL of a request ends with: a tag or a digest.
    static std::string name_in(const WebRequest &request) {
        const std::string name = request.url.substr(request.url.rfind('/') + 1);
        return name.substr(0, name.find('?'));
    }
    // The document of the digest that is asked for, with its length, or 404.
    WebReply answer(const WebRequest &request) const {
        const auto found = held.find(name_in(request));
        if (found == held.end()) return {404, "{}"};
        return {200, found->second, {{"Content-Length", std::to_string(found->second.size())}}};
    }

    std::map<std::string, std::string> held; // by digest
};

// Answers that registries give with anything.
inline WebReply challenge(const std::string &realm = "x") {
    return {401, "", {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\""}}};
}
inline WebReply redirect(std::string to, int status = 307) {
    return {status, "moved", {{"Location", std::move(to)}}};
}

} // namespace ferry::test
