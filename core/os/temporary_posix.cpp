#include "core/os/temporary.h"

#include "core/base/error.h"
#include "core/os/environment.h"

#include <ferry/text.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace ferry::core {

std::string scratch_folder() {
    const std::string named = variable("TMPDIR");
    return named.empty() ? "/var/tmp" : named;
}

TemporaryFolder::TemporaryFolder(const std::string &prefix) {
    std::error_code failed;
    path_ = (std::filesystem::temp_directory_path(failed) / (prefix + "XXXXXX")).string();
    if (failed || !::mkdtemp(path_.data()))
        throw Error(Kind::disk,
                    say("cannot make a folder like {}: {}", path_, std::strerror(failed ? failed.value() : errno)),
                    say("name another place for such files in the variable TMPDIR"));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace ferry::core
