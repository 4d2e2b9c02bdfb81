// Image names as users type them: the first line is the name, a second one is what -r gives.
#include "fuzz.h"

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/image/reference.h"

#include <optional>

using namespace ferry;
using namespace ferry::core;

namespace {

std::optional<Reference> parsed(std::string_view text, std::string_view default_registry) {
    try {
        return parse_reference(text, default_registry);
    } catch (const core::Error &error) {
        HOLDS(error.kind() == Kind::usage && !error.message.empty() && !error.remedy.empty());
        return std::nullopt;
    }
}

void check_archive_name(std::string_view text) {
    std::string name;
    try {
        name = archive_name(text, "1.0");
    } catch (const core::Error &error) {
        HOLDS(error.kind() == Kind::usage);
        return;
    }
    // What stands in an archive is a name with a tag, and again one of itself.
    HOLDS(name.find('@') == name.npos && name.find("://") == name.npos && name.find('[') == name.npos);
    HOLDS(parsed(name, "docker.io").has_value() && archive_name(name, "2.0") == name);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string_view text = fuzz::take_until(rest, "\n");
    const std::string_view registry = rest.empty() ? "registry-1.docker.io" : fuzz::take_until(rest, "\n");
    check_archive_name(text);
    const auto reference = parsed(text, registry);
    if (!reference) return 0;

    HOLDS(!reference->repository.empty() && reference->repository.size() <= 255);
    HOLDS(reference->repository.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-/") == std::string::npos);
    HOLDS(reference->repository.find("..") == std::string::npos &&
          reference->repository.find("//") == std::string::npos);
    HOLDS(reference->tag.empty() ? !reference->digest.empty() : valid_tag(reference->tag));
    HOLDS(reference->digest.empty() || valid_digest(reference->digest));
    const std::string host = reference->registry.str();
    HOLDS(!host.empty() && host.find_first_of("/@ \t\r\n?#\\") == std::string::npos);

    // Printed and read again it is the same image.
    const auto again = parsed((reference->registry.plain_http() ? "http://" : "https://") + reference->str(), registry);
    HOLDS(again && again->registry.same_registry(reference->registry) && again->repository == reference->repository &&
          again->tag == reference->tag && again->digest == reference->digest && again->str() == reference->str());

    const std::string file = archive_file_name(*reference, "amd64", ".tar");
    HOLDS(file.size() <= 204 && file.ends_with(".tar") && file[0] != '.' && file[0] != '-');
    HOLDS(file.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == file.npos);
    return 0;
}
