#include "core/pack/loadable.h"

#include "core/archive/tar_reader.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

using ferry::later;
using kit::ends_with, kit::starts_with;

// Words in media types that do not stand for a tar. What is not here is told from the bytes.
struct TypeWord {
    const char *word;
    const char *noun;
};
constexpr TypeWord type_words[] = {
    {"wasm", later("a WebAssembly module")},     {"gguf", later("an AI model")},
    {"safetensors", later("an AI model")},       {"nydus.blob", later("a blob of the Nydus file system")},
    {"squashfs", later("a SquashFS image")},     {"erofs", later("an EROFS image")},
    {"vnd.sylabs.sif", later("a SIF container")}};

// First bytes of what is found in place of layers.
struct Magic {
    std::string_view bytes;
    const char *noun;
};
constexpr Magic magics[] = {{std::string_view("\0asm", 4), later("a WebAssembly module")},
                            {"GGUF", later("an AI model")},
                            {"RAFS", later("a blob of the Nydus file system")},
                            {"SFAR", later("a blob of the Nydus file system")}, // little-endian
                            {"hsqs", later("a SquashFS image")},
                            {"\x7f"
                             "ELF",
                             later("a program")},
                            {"PK\x03\x04", later("a zip archive")},
                            {"{", later("a JSON document")},
                            {"<", later("a text")},
                            {"\x1f\x8b", later("packed twice with gzip")},
                            {"\x28\xb5\x2f\xfd", later("packed twice with zstd")}};

bool empty_block(std::string_view block) noexcept {
    return block.size() == tar_block && block.find_first_not_of('\0') == block.npos;
}

std::string name_of(const Image &image) {
    return image.reference.str();
}

Text keep_remedy() {
    return say("-f oci keeps it as it is, for the tools that it is made for");
}

} // namespace

bool for_docker(const Plan &plan) noexcept {
    return std::any_of(plan.entries.begin(), plan.entries.end(), [](const PlanEntry &entry) {
        return entry.type == TarType::file && entry.path == "manifest.json";
    });
}

bool encrypted_type(std::string_view media_type) noexcept {
    return ends_with(media_type, "+encrypted");
}

Text foreign_type(std::string_view media_type) {
    if (ends_with(media_type, "+json")) return say("a JSON document");
    for (const TypeWord &type : type_words)
        if (media_type.find(type.word) != media_type.npos) return say(type.noun);
    return {};
}

void require_loadable(const Plan &plan, const std::vector<Image> &images) {
    const bool docker = for_docker(plan);
    std::set<std::string> unpacked;
    for (const PlanEntry &entry : plan.entries)
        if (entry.from == PlanEntry::From::unpacked) unpacked.insert(entry.source);
    for (const Image &image : images) {
        for (const Layer &layer : image.layers) {
            const auto &[digest, type] = std::tie(layer.blob.digest, layer.blob.media_type);
            if (encrypted_type(type) && (docker || unpacked.count(digest)))
                throw Error(Kind::not_found,
                            say("the layer {} of {} is encrypted ({}): without its key it cannot be unpacked or loaded",
                                digest, name_of(image), type),
                            say("-f oci keeps it encrypted, for those who have the key"));
            if (!docker) continue;
            if (const Text noun = foreign_type(type); !noun.empty())
                throw Error(Kind::not_found,
                            say("{} is not an image that Docker can load: its layer {} is {} ({})", name_of(image),
                                digest, noun, type),
                            keep_remedy());
        }
        if (docker && image.layers.size() > most_docker_layers)
            throw Error(
                Kind::not_found,
                say("{} has {} layers, and Docker loads no image with more than {}", name_of(image),
                    image.layers.size(), most_docker_layers),
                say("-f oci keeps it as it is, for podman and containerd; or ask its publisher for fewer layers"));
    }
}

std::size_t TarWatch::wanted() const noexcept {
    // An empty block ends a tar where another one follows.
    return head_.size() >= tar_block && empty_block(std::string_view(head_).substr(0, tar_block)) ? 2 * tar_block
                                                                                                  : tar_block;
}

void TarWatch::see(std::string_view bytes) {
    if (done()) return;
    while (!done() && !bytes.empty()) {
        const std::size_t taken = std::min(bytes.size(), wanted() - head_.size());
        head_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
    }
    if (done()) judge();
}

void TarWatch::finish() const {
    if (!done() && !head_.empty()) judge();
}

void TarWatch::judge() const {
    const std::string_view first = std::string_view(head_).substr(0, tar_block);
    const std::string_view second = std::string_view(head_).substr(first.size());
    if (is_tar_header(first) || (empty_block(first) && (second.empty() || empty_block(second)))) return;
    for (const Magic &magic : magics)
        if (starts_with(head_, magic.bytes))
            throw Error(Kind::integrity,
                        say("{} is {}, and not a tar, so that Docker cannot load it", what_, say(magic.noun)),
                        keep_remedy());
    throw Error(Kind::integrity, say("{} is not a tar, so that Docker cannot load it", what_), keep_remedy());
}

std::string zstd_type(std::string_view media_type) {
    const bool docker = starts_with(media_type, "application/vnd.docker.image.rootfs.");
    if (!docker && !starts_with(media_type, "application/vnd.oci.image.layer."))
        return "application/vnd.oci.image.layer.v1.tar+zstd";
    for (const std::string_view packing : {"+gzip", ".gzip", "+zstd", ".zstd"})
        if (ends_with(media_type, packing)) media_type.remove_suffix(packing.size());
    return std::string(media_type) + (docker ? ".zstd" : "+zstd");
}

void require_loadable(const Descriptor &layer, std::string_view head, Inflater::Source bytes) {
    // With the right type it is the packer's choice.
    if (packing_of(head) == Packing::zstd && layer.media_type != zstd_type(layer.media_type))
        throw Mislabelled{layer.digest};
    const Text what = say("the layer {}", layer.digest);
    const auto inflater = Inflater::open(std::move(bytes), what);
    TarWatch watch(what);
    char block[tar_block];
    while (!watch.done()) {
        const std::size_t got = inflater->read(block, sizeof block);
        if (got == 0) break;
        watch.see({block, got});
    }
    watch.finish();
}

} // namespace ferry::core
