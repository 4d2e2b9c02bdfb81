// A file of this machine.
#pragma once

#include "core/os/file.h"
#include "core/os/file_descriptor_posix.h"
#include "core/os/flusher.h"

#include <memory>
#include <mutex>
#include <sys/stat.h>

namespace ferry::core {

FileState state_of(const struct stat &found);

class PosixFile final : public File {
public:
    PosixFile(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
    ~PosixFile() override = default;
    PosixFile(const PosixFile &) = delete;
    PosixFile &operator=(const PosixFile &) = delete;

    const std::string &path() const noexcept override { return path_; }
    void write_at(std::uint64_t offset, const void *data, std::size_t size) override;
    std::size_t read_at(std::uint64_t offset, void *data, std::size_t size) override;
    std::intptr_t native_handle() const noexcept override { return file_.get(); }
    std::uint64_t size() override;
    FileState state() override;
    void resize(std::uint64_t size) override;
    void write_back_early() override;
    void sync() override;
    bool lock() override;
    void copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) override;

    // Does `path` lead to this very file?
    bool is_at(const std::string &path) const;
    // Gives it the mode that any program's new file would get there, from the umask or the folder's own rules. Until
    // then nobody else could write to it.
    void take_mode();

private:
    struct stat examined() const;

    std::string path_;
    FileDescriptor file_;
    std::unique_ptr<Flusher> flusher_; // ends before the file is closed
    // Writers of one file take turns in the kernel, which has them wait by spinning. Here they sleep.
    std::mutex writing_;
};

} // namespace ferry::core
