// Images to pack and a collector that writes a plan down as text.
#pragma once

#include <ferry/ferry.hpp>

#include <deque>
#include <dlfcn.h>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

// 64 times one digit: digest("a") is sha256:aaaa...
inline std::string hex(char digit) {
    return std::string(64, digit);
}
inline std::string digest(char digit) {
    return "sha256:" + hex(digit);
}

struct Layer {
    char digest;
    char diff_id;
    std::string media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    std::uint64_t size = 100;
    std::uint64_t unpacked_size = FERRY_SIZE_UNKNOWN;
};

struct Image {
    std::string repository = "library/app";
    std::string tag = "1";
    std::vector<std::string> names = {"app:1"};
    std::vector<Layer> layers;
    char manifest_digest = 'e';
    char config_digest = 'c';
    std::string config_json = R"({"os":"linux","rootfs":{}})";
    std::string manifest_json = R"({"layers":[]})";
    std::string media_type = "application/vnd.oci.image.manifest.v1+json";
    std::string platform = "linux/arm64/v8";
    std::int64_t created = 1000;
    bool attachment = false;
    std::vector<std::pair<char, std::string>> indexes; // digest and bytes, from the top down
};

// The C structs over a list of images, which have to outlive it.
class RawImages {
public:
    explicit RawImages(const std::vector<Image> &images) {
        for (const Image &image : images) {
            auto &layers = layers_.emplace_back();
            for (const Layer &layer : image.layers)
                layers.push_back({keep(digest(layer.digest)), keep(layer.media_type), keep(digest(layer.diff_id)),
                                  layer.size, layer.unpacked_size});
            auto &names = names_.emplace_back();
            for (const std::string &name : image.names) names.push_back(ferry::raw(name));
            auto &indexes = indexes_.emplace_back();
            for (const auto &[index_digest, json] : image.indexes)
                indexes.push_back({{keep(digest(index_digest)),
                                    keep("application/vnd.oci.image.index.v1+json"),
                                    {},
                                    json.size(),
                                    FERRY_SIZE_UNKNOWN},
                                   ferry::raw(json)});
            ferry_image raw{};
            raw.struct_size = sizeof raw;
            raw.flags = image.attachment ? FERRY_IMAGE_ATTACHMENT : 0;
            raw.indexes = indexes.data();
            raw.index_count = indexes.size();
            raw.registry = keep("registry-1.docker.io");
            raw.repository = ferry::raw(image.repository);
            raw.tag = ferry::raw(image.tag);
            raw.platform = ferry::raw(image.platform);
            raw.names = names.data();
            raw.name_count = names.size();
            raw.manifest = {keep(digest(image.manifest_digest)),
                            ferry::raw(image.media_type),
                            {},
                            image.manifest_json.size(),
                            FERRY_SIZE_UNKNOWN};
            raw.manifest_json = ferry::raw(image.manifest_json);
            raw.config = {keep(digest(image.config_digest)),
                          keep("application/vnd.oci.image.config.v1+json"),
                          {},
                          image.config_json.size(),
                          FERRY_SIZE_UNKNOWN};
            raw.config_json = ferry::raw(image.config_json);
            raw.layers = layers.data();
            raw.layer_count = layers.size();
            raw.created = image.created;
            images_.push_back(raw);
        }
        for (const ferry_image &image : images_) pointers_.push_back(&image);
    }
    RawImages(const RawImages &) = delete;
    RawImages &operator=(const RawImages &) = delete;

    const ferry_image *const *data() const { return pointers_.data(); }
    std::size_t size() const { return pointers_.size(); }

private:
    ferry_str keep(std::string text) { return ferry::raw(texts_.emplace_back(std::move(text))); }

    std::deque<std::string> texts_;
    std::deque<std::vector<ferry_blob>> layers_;
    std::deque<std::vector<ferry_str>> names_;
    std::deque<std::vector<ferry_index>> indexes_;
    std::deque<ferry_image> images_;
    std::vector<const ferry_image *> pointers_;
};

struct Entry {
    std::uint32_t kind = 0, from = 0, mode = 0;
    bool late = false;
    std::int64_t mtime = 0;
    std::string path, source;
};

struct Outcome {
    ferry_status status = FERRY_OK;
    std::string message;
    std::vector<Entry> entries;
    std::vector<std::string> warnings;

    const Entry *find(std::string_view path) const {
        for (const Entry &entry : entries)
            if (entry.path == path) return &entry;
        return nullptr;
    }
    // The bytes of an inline file.
    std::string text(std::string_view path) const {
        const Entry *entry = find(path);
        if (!entry) throw std::runtime_error("no entry " + std::string(path));
        return entry->source;
    }
    // One line for each entry, 64 times the same digit written as the digit: "file blobs/sha256/a < blob sha256:a".
    std::string lines() const {
        std::string out;
        for (const Entry &entry : entries) {
            static const char *const kinds[] = {"file", "dir", "link"};
            static const char *const sources[] = {"", "blob ", "unpacked "};
            out += std::string(entry.late ? "late " : "") + kinds[entry.kind] + ' ' + entry.path;
            if (entry.kind != FERRY_ENTRY_DIRECTORY)
                out += (entry.kind == FERRY_ENTRY_SYMLINK ? " -> " : " < ") + std::string(sources[entry.from]) +
                       entry.source;
            if (out.back() != '\n') out += '\n';
        }
        for (const char digit : std::string("0123456789abcdef"))
            for (std::size_t at; (at = out.find(hex(digit))) != out.npos;) out.replace(at, 64, 1, digit);
        return out;
    }
};

class PackerPlugin {
public:
    explicit PackerPlugin(const char *file) {
        void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (!library) throw std::runtime_error(dlerror());
        plugin_ = static_cast<const ferry_plugin *>(dlsym(library, FERRY_PLUGIN_SYMBOL));
        if (!plugin_) throw std::runtime_error("no symbol");
        table_ = static_cast<const ferry_packer_v1 *>(plugin_->get_interface(FERRY_PACKER_V1));
    }
    const ferry_plugin &plugin() const { return *plugin_; }
    const ferry_packer_v1 &table() const { return *table_; }

    // Refuses the entry of that number. `options` are those that the user gave.
    Outcome plan(const std::vector<Image> &images, std::size_t refuse_at = SIZE_MAX,
                 const std::map<std::string, std::string> &options = {}) const {
        struct Host {
            Outcome outcome;
            std::size_t refuse_at;
        } host{{}, refuse_at};
        ferry_op op{};
        op.struct_size = sizeof op;
        op.host_data = &host;
        op.cancelled = [](const ferry_op *) noexcept -> std::int32_t { return 0; };
        op.on_cancel = [](const ferry_op *, void (*)(void *) noexcept, void *) noexcept -> std::uint64_t { return 1; };
        op.off_cancel = [](const ferry_op *, std::uint64_t) noexcept {};
        op.progress = [](const ferry_op *, std::uint64_t, std::uint64_t) noexcept {};
        op.log = [](const ferry_op *self, std::int32_t level, ferry_str line) noexcept {
            if (level >= FERRY_LOG_WARNING)
                static_cast<Host *>(self->host_data)->outcome.warnings.push_back(ferry::str(line));
        };
        ferry_plan plan{};
        plan.struct_size = sizeof plan;
        plan.host_data = &host;
        plan.add = [](const ferry_plan *self, const ferry_entry *entry, ferry_error *error) noexcept -> ferry_status {
            Host &to = *static_cast<Host *>(self->host_data);
            if (to.outcome.entries.size() == to.refuse_at)
                return ferry::fill(error, FERRY_E_IO, "entry refused by the test");
            to.outcome.entries.push_back({entry->kind, entry->from, entry->mode, (entry->flags & FERRY_ENTRY_LATE) != 0,
                                          entry->mtime, ferry::str(entry->path), ferry::str(entry->source)});
            return FERRY_OK;
        };
        const RawImages raw(images);
        ferry_config config{};
        config.struct_size = sizeof config;
        config.host_data = const_cast<std::map<std::string, std::string> *>(&options);
        config.get = [](const ferry_config *self, ferry_str key, ferry_str *value) noexcept -> std::int32_t {
            const auto &all = *static_cast<const std::map<std::string, std::string> *>(self->host_data);
            const auto found = all.find(ferry::str(key));
            if (found == all.end()) return 0;
            *value = ferry::raw(found->second);
            return 1;
        };
        ferry_error error = ferry::blank_error();
        host.outcome.status = table_->plan(&op, &config, raw.data(), raw.size(), &plan, &error);
        host.outcome.message = error.message;
        return host.outcome;
    }

private:
    const ferry_plugin *plugin_ = nullptr;
    const ferry_packer_v1 *table_ = nullptr;
};

} // namespace test
