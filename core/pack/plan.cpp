#include "core/pack/plan.h"

#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>

namespace ferry::core {

namespace {

constexpr std::size_t most_path = 4096;
// Of paths and inline contents together: what a plan takes of the memory.
constexpr std::size_t most_inline = 32 << 20;

// Collects what a packer pushes; refuses what could not be written.
class Collector {
public:
    Collector(std::string packer, const std::vector<Image> &images) : packer_(std::move(packer)), blobs_(images) {
        raw_.struct_size = sizeof raw_;
        raw_.host_data = this;
        raw_.add = [](const ferry_plan *plan, const ferry_entry *entry, ferry_error *error) noexcept -> ferry_status {
            return ferry::firewall(error, [&] { static_cast<Collector *>(plan->host_data)->add(*entry); });
        };
    }

    const ferry_plan *c() const noexcept { return &raw_; }
    Plan take() {
        // Links that are safe one by one lead anywhere when one stands below another.
        for (const PlanEntry &entry : plan_.entries)
            for (auto slash = entry.path.find('/'); slash != std::string::npos; slash = entry.path.find('/', slash + 1))
                if (const auto above = paths_.find(entry.path.substr(0, slash));
                    above != paths_.end() && above->second != TarType::directory)
                    refuse(entry, say("it stands below a file or link"));
        return std::move(plan_);
    }

private:
    void add(const ferry_entry &raw) {
        PlanEntry entry;
        entry.path = ferry::str(raw.path);
        entry.source = ferry::str(raw.source);
        entry.mode = raw.mode;
        entry.mtime = raw.mtime;
        entry.late = (raw.flags & FERRY_ENTRY_LATE) != 0;
        inline_bytes_ += entry.path.size() + entry.source.size();
        if (inline_bytes_ > most_inline) refuse(entry, say("the plan as a whole is larger than any image needs"));
        if (!safe_path(entry.path)) refuse(entry, say("its path is not safe"));
        if (entry.mode > 07777) refuse(entry, say("its mode is not one of a file"));
        if (entry.mtime < 0 || entry.mtime > most_tar_date) refuse(entry, say("its date fits into no archive"));
        switch (raw.kind) {
        case FERRY_ENTRY_FILE: entry.type = TarType::file; break;
        case FERRY_ENTRY_DIRECTORY: entry.type = TarType::directory; break;
        case FERRY_ENTRY_SYMLINK: entry.type = TarType::symlink; break;
        default: refuse(entry, say("it is of an unknown kind"));
        }
        switch (raw.from) {
        case FERRY_FROM_INLINE: entry.from = PlanEntry::From::inline_bytes; break;
        case FERRY_FROM_BLOB: entry.from = PlanEntry::From::blob; break;
        case FERRY_FROM_UNPACKED: entry.from = PlanEntry::From::unpacked; break;
        default: refuse(entry, say("its content comes from an unknown place"));
        }
        const bool file = entry.type == TarType::file;
        if (entry.from != PlanEntry::From::inline_bytes) {
            if (!file || entry.late) refuse(entry, say("only a plain file can hold a blob"));
            const Descriptors::Blob *blob = blobs_.find(entry.source);
            if (!blob) refuse(entry, say("no image has the blob {}", entry.source));
            if (entry.from == PlanEntry::From::unpacked && blob->diff_id.empty())
                refuse(entry, say("the blob {} is not a layer and cannot be unpacked", entry.source));
        }
        if (entry.late && !file) refuse(entry, say("only a plain file can be late"));
        if (entry.type == TarType::symlink && !safe_target(entry))
            refuse(entry, say("the link leads out of the archive"));
        if (!paths_.emplace(entry.path, entry.type).second) refuse(entry, say("its path stands in the plan already"));
        plan_.entries.push_back(std::move(entry));
    }

    static bool safe_target(const PlanEntry &link) {
        if (link.source.empty() || link.source.size() > most_path || link.source.find('\0') != std::string::npos)
            return false;
        auto depth = std::count(link.path.begin(), link.path.end(), '/');
        std::string_view rest = link.source;
        if (rest.front() == '/') return false;
        while (!rest.empty()) {
            const auto end = std::min(rest.find('/'), rest.size());
            const std::string_view part = rest.substr(0, end);
            if (part == "..") {
                if (--depth < 0) return false;
            } else if (part.empty() || part == ".") {
                return false;
            } else {
                ++depth;
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return true;
    }

    [[noreturn]] void refuse(const PlanEntry &entry, const Text &why) const {
        throw ferry::Error(FERRY_E_INVALID, say("the packer {} plans an entry that cannot be written, '{}': {}",
                                                packer_, entry.path.substr(0, 100), why));
    }

    std::string packer_;
    const Descriptors blobs_;
    ferry_plan raw_{};
    Plan plan_;
    std::size_t inline_bytes_ = 0;
    std::map<std::string, TarType> paths_;
};

} // namespace

bool safe_path(std::string_view path) noexcept {
    if (path.empty() || path.size() > most_path) return false;
    for (const char c : path)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '\\') return false;
    while (true) {
        const auto end = path.find('/');
        const std::string_view part = path.substr(0, end);
        if (part.empty() || part == "." || part == "..") return false;
        if (end == path.npos) return true;
        path.remove_prefix(end + 1);
    }
}

Packer::Packer(const ferry_plugin &plugin, std::map<std::string, std::string> options)
    : plugin_(plugin),
      table_(static_cast<const ferry_packer_v1 *>(plugin_interface(plugin, FERRY_PACKER_V1, sizeof(ferry_packer_v1)))),
      options_(std::move(options)) {
    const std::string_view ending = table_->suffix ? table_->suffix : "";
    if (!ending.empty() &&
        (ending[0] != '.' || ending.size() > 16 || !safe_path(ending) || ending.find('/') != ending.npos))
        throw Error(Kind::plugin, say("the packer {} has the impossible file name suffix '{}'", id(), ending));
}

Plan Packer::plan(const Operation &operation, const std::vector<Image> &images,
                  const std::map<std::string, std::uint64_t> &unpacked) const {
    const ImageViews views(images, unpacked);
    Collector collector(id(), images);
    ferry_error error = ferry::blank_error(operation.op().texts());
    const ferry_status status =
        table_->plan(operation.c(), options_.c(), views.data(), views.size(), collector.c(), &error);
    const Text remedy = say("this is a fault of the plugin: report it to its author, or choose another format with -f");
    const Text message = error.message[0] ? error.message : say("the packer {} fails without a reason", id());
    switch (status) {
    case FERRY_OK: break;
    case FERRY_E_CANCELLED: throw Error(Kind::interrupted, message);
    case FERRY_E_NO_MEMORY: throw shortage(message);
    // It understood the image, and vouches for no archive of it.
    case FERRY_E_UNSUPPORTED:
    case FERRY_E_PROTOCOL:
        throw Error(Kind::integrity, message,
                    say("-f oci keeps the image as it is, for tools that read it; or ask its publisher to mend it"));
    default: throw Error(Kind::plugin, message, remedy);
    }
    try {
        return collector.take();
    } catch (const ferry::Error &e) {
        throw Error(Kind::plugin, e.message, remedy);
    }
}

} // namespace ferry::core
