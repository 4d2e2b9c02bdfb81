#include "core/pack/tail.h"

namespace ferry::core {

namespace {

// A header is as long for one size as for another (tar.h).
std::string header_of(const Layout::Tail &tail, std::uint64_t size) {
    return tar_header(TarType::file, tail.entry.path, size, tail.entry.mode, tail.entry.mtime);
}

} // namespace

ArchiveTail::ArchiveTail(File &part, const Layout &layout) : part_(part), layout_(layout), end_(layout.fixed_size) {}

std::uint64_t ArchiveTail::content_at() const {
    return end_ + header_of(next(), 0).size();
}

void ArchiveTail::finish(std::uint64_t size) {
    const std::string header = header_of(next(), size);
    part_.write_at(end_, header.data(), header.size());
    contents_.emplace(next().digest, Span{end_ + header.size(), size});
    end_ += header.size() + size;
    if (const std::uint64_t padding = tar_padding(size)) append(std::string(padding, '\0'));
    ++done_;
}

void ArchiveTail::append(const std::string &bytes) {
    part_.write_at(end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

const ArchiveTail::Span *ArchiveTail::find(const std::string &digest) const {
    const auto found = contents_.find(digest);
    return found == contents_.end() ? nullptr : &found->second;
}

std::map<std::string, std::uint64_t> ArchiveTail::sizes() const {
    std::map<std::string, std::uint64_t> sizes;
    for (const auto &[digest, content] : contents_) sizes[digest] = content.size;
    return sizes;
}

} // namespace ferry::core
