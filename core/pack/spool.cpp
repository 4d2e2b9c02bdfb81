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

void Spool::write_at(std::uint64_t offset, const void *data, std::size_t size) {
    open()->write_at(offset, data, size);
}

std::size_t Spool::read_at(std::uint64_t offset, void *data, std::size_t size) {
    return open()->read_at(offset, data, size);
}

std::uint64_t Spool::size() {
    return open()->size();
}

void Spool::resize(std::uint64_t size) {
    open()->resize(size);
}

void Spool::sync() {
    open()->sync();
}

bool Spool::lock() {
    return open()->lock();
}

void Spool::copy_from(File &source, std::uint64_t source_offset, std::uint64_t offset, std::uint64_t size) {
    open()->copy_from(source, source_offset, offset, size);
}

} // namespace ferry::core
