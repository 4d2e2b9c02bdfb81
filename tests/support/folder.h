// A folder that is gone when the test is over.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ferry::test {

class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    const std::filesystem::path &path() const noexcept { return path_; }
    // Writes a file in it and returns its full path.
    std::string write(const std::string &name, std::string_view bytes) const;

private:
    std::filesystem::path path_;
};

} // namespace ferry::test
