#include "cli/commands/pull_report.h"

#include "cli/language/language.h"
#include "cli/show/json.h"
#include "cli/show/shell.h"
#include "core/base/size.h"
#include "core/base/tame.h"

#include <algorithm>

namespace ferry::cli {

namespace {

using core::human_size;
using core::tame;

void write_image(kit::JsonWriter &out, const core::PackedImage &image) {
    out.begin_object().member("image", image.name).member("platform", image.platform);
    out.member("manifest", image.manifest).member("config", image.config).name("names");
    write_strings(out, image.names).name("layers").begin_array();
    for (const core::Layer &layer : image.layers) {
        out.begin_object().member("digest", layer.blob.digest).name("size").natural(layer.blob.size);
        out.member("mediaType", layer.blob.media_type).member("diffId", layer.diff_id).end_object();
    }
    out.end_array().end_object();
}

// With commas between them, each once.
class Enumeration {
public:
    void add(const std::string &word) {
        if (std::find(words_.begin(), words_.end(), word) != words_.end()) return;
        text_ += (words_.empty() ? "" : ", ") + word;
        words_.push_back(word);
    }
    const std::string &text() const { return text_; }

private:
    std::vector<std::string> words_;
    std::string text_;
};

} // namespace

std::string archive_json(const core::PulledArchive &archive, bool dry_run) {
    kit::JsonWriter out;
    out.begin_object().member("event", dry_run ? "plan" : "archive").member("path", archive.path);
    out.member("format", archive.format).name("size").natural(archive.size);
    out.name("exact").boolean(archive.exact).name("transfer").natural(archive.transfer);
    out.name("images").begin_array();
    for (const core::PackedImage &image : archive.images) write_image(out, image);
    out.end_array();
    if (dry_run) {
        out.name("entries");
        write_strings(out, archive.entries);
    } else {
        out.name("diffIdsVerified").boolean(archive.diff_ids_verified);
    }
    return out.end_object().text();
}

std::string archive_summary(const core::PulledArchive &archive) {
    Enumeration names, platforms;
    for (const core::PackedImage &image : archive.images) {
        for (const std::string &name : image.names) names.add(name);
        if (image.platform.find("unknown") == std::string::npos) platforms.add(image.platform);
    }
    const std::string what = tame(names.text().empty() ? archive.images.front().name : names.text());
    const std::string where = tame(platforms.text());
    const std::string size = human_size(archive.size), path = shell_word(archive.path);
    // Docker reads a pure OCI layout with the containerd image store only.
    if (archive.format == "oci")
        return tr("{} ({}), {}, digests verified; load it with: podman load -i {}", what, where, size, path);
    return archive.diff_ids_verified
               ? tr("{} ({}), {}, verified; load it with: docker load -i {}", what, where, size, path)
               : tr("{} ({}), {}, digests verified; load it with: docker load -i {}", what, where, size, path);
}

std::vector<std::string> plan_lines(const core::PulledArchive &archive) {
    std::vector<std::string> lines;
    for (const core::PackedImage &image : archive.images)
        lines.push_back(
            tame(tr("{} {}, manifest {}, config {}", image.name, image.platform, image.manifest, image.config)));
    for (const core::PackedImage &image : archive.images)
        for (const core::Layer &layer : image.layers)
            lines.push_back("  " + tr("layer {} {}", layer.blob.digest, human_size(layer.blob.size)));
    const std::string size = human_size(archive.size), transfer = human_size(archive.transfer);
    lines.push_back(archive.exact ? tr("would write {} ({}): {} entries, {}; {} to fetch", archive.path, archive.format,
                                       archive.entries.size(), size, transfer)
                                  : tr("would write {} ({}): {} entries, at least {}; {} to fetch", archive.path,
                                       archive.format, archive.entries.size(), size, transfer));
    for (const std::string &entry : archive.entries) lines.push_back("  " + tame(entry));
    return lines;
}

} // namespace ferry::cli
