// An archive of images from anywhere. An input is made of members, separated by lines of "---": the first line of each
// is its path, or nothing for a blob under its digest. "@N" in a member stands for size and digest of the one number N
// before it, and "#N" for the hex digits of that digest: nobody guesses a digest.
#include "fuzz.h"

#include "core/archive/contents.h"
#include "core/archive/tar.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/reference.h"
#include "support/memory_disk.h"

#include <optional>

using namespace ferry;
using namespace ferry::core;

namespace {

struct Made {
    std::string digest;
    std::size_t size;
};

std::string filled(std::string_view text, const std::vector<Made> &before) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool known =
            i + 1 < text.size() && text[i + 1] >= '0' && static_cast<std::size_t>(text[i + 1] - '0') < before.size();
        if (!known || (text[i] != '@' && text[i] != '#')) {
            out += text[i];
            continue;
        }
        const Made &made = before[static_cast<std::size_t>(text[i + 1] - '0')];
        if (text[i] == '#')
            out += digest_hex(made.digest);
        else
            out += "\"size\":" + std::to_string(made.size) + ",\"digest\":\"" + made.digest + '"';
        ++i;
    }
    return out;
}

std::string archive_of(std::string_view input) {
    std::string tar;
    std::vector<Made> made;
    while (!input.empty() && made.size() < 10) {
        std::string_view content = fuzz::take_until(input, "\n---\n");
        std::string name = filled(fuzz::take_until(content, "\n"), made);
        const std::string bytes = filled(content, made);
        made.push_back({digest_of(bytes), bytes.size()});
        if (name.empty()) name = "blobs/sha256/" + std::string(digest_hex(made.back().digest));
        tar += tar_header(TarType::file, name, bytes.size(), 0644, 0) + bytes +
               std::string(tar_padding(bytes.size()), '\0');
    }
    return tar + std::string(tar_end_size, '\0');
}

void check(File &file, const Contents &contents) {
    HOLDS(!contents.manifests.empty() && !contents.names.empty());
    for (const auto &[digest, blob] : contents.blobs) {
        HOLDS(valid_digest(digest));
        HOLDS(blob.offset <= file.size() && blob.size <= file.size() - blob.offset);
    }
    for (const auto &[digest, manifest] : contents.manifests) {
        HOLDS(digest_of(manifest.json, digest) == digest);
        const auto parsed = parse_manifest(manifest.json, manifest.media_type, "it", Artifacts::allowed);
        HOLDS(manifest.is_index == std::holds_alternative<Index>(parsed));
        if (manifest.is_index) continue;
        const auto &image = std::get<Manifest>(parsed);
        const auto offered = [&](const Descriptor &descriptor) {
            const auto found = contents.blobs.find(descriptor.digest);
            return found != contents.blobs.end() && found->second.size == descriptor.size;
        };
        HOLDS(offered(image.config));
        for (const Descriptor &layer : image.layers) HOLDS(offered(layer) || !layer.urls.empty());
    }
    for (const StoredName &name : contents.names) {
        HOLDS(contents.manifests.count(name.digest) && valid_tag(name.tag));
        // A client must be able to write the name that it pulls by.
        HOLDS(parse_reference("registry.example/" + name.repository + ':' + name.tag, "docker.io").repository ==
              name.repository);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    const std::string stem(input.substr(0, 200)); // the name of the archive's file
    test::MemoryDisk disk;
    disk.put("x.tar", archive_of(input));
    const auto file = disk.open("x.tar", false);
    std::optional<Contents> contents;
    try {
        contents = read_contents(*file, stem);
    } catch (const core::Error &error) {
        HOLDS(error.kind() == Kind::integrity || error.kind() == Kind::not_found || error.kind() == Kind::network);
        return 0;
    }
    check(*file, *contents);
    const Contents again = read_contents(*file, stem);
    HOLDS(again.names == contents->names && again.manifests.size() == contents->manifests.size());
    return 0;
}
