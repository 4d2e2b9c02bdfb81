#include "core/pack/spool.h"

#include "core/pack/part.h"

namespace ferry::core {

Spool::Spool(Disk &disk, std::string path) : disk_(disk), path_(std::move(path)) {}

Spool::~Spool() {
    if (kept_) return;
    try {
        if (!file_) file_ = disk_.find(path_);
        if (file_) disk_.remove(*file_);
    } catch (const Error &) { // the failure that brought us here is the one to report
    }
}

void Spool::close() {
    std::shared_ptr<File> file;
    const std::lock_guard lock(mutex_);
    file_.swap(file);
}

std::shared_ptr<File> Spool::open() {
    const std::lock_guard lock(mutex_);
    if (!file_) file_ = open_alone(disk_, path_);
    return file_;
}

void Spool::write(std::uint64_t offset, const void *data, std::size_t size) {
    open()->write_at(offset, data, size);
}

std::size_t Spool::read(std::uint64_t offset, void *data, std::size_t size) {
    return open()->read_at(offset, data, size);
}

} // namespace ferry::core
