// Folders for what is gone when the program ends.
#pragma once

#include <string>

namespace ferry::core {

// Where large files may lie for a while: $TMPDIR, or /var/tmp, since /tmp may be in memory.
std::string scratch_folder();

// A new folder that this user alone may look into, removed with all that is in it at the end.
class TemporaryFolder {
public:
    // Its name begins with `prefix`. Throws Error(disk).
    explicit TemporaryFolder(const std::string &prefix);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    const std::string &path() const noexcept { return path_; }

private:
    std::string path_;
};

} // namespace ferry::core
