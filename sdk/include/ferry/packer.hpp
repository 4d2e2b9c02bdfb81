// ferry/packer.hpp: a packer written as one C++ function.
//
//     void plan(const ferry::Images &images, const ferry::Config &, const ferry::Op &, ferry::Plan &out);
//     constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar", FERRY_PACKER_MANY_IMAGES);
//     FERRY_PLUGIN("my-packer", "1.0.0", "what it makes", "who made it", nullptr, FERRY_PACKER_V1, table)
#ifndef FERRY_PACKER_HPP
#define FERRY_PACKER_HPP

#include <ferry/ferry.hpp>

namespace ferry {

// The images of one call, as a range.
class Images {
public:
    Images(const ferry_image *const *images, std::size_t count) noexcept : images_(images), count_(count) {}

    class iterator {
    public:
        explicit iterator(const ferry_image *const *at) noexcept : at_(at) {}
        const ferry_image &operator*() const noexcept { return **at_; }
        const ferry_image *operator->() const noexcept { return *at_; }
        iterator &operator++() noexcept {
            ++at_;
            return *this;
        }
        bool operator==(const iterator &other) const noexcept { return at_ == other.at_; }
        bool operator!=(const iterator &other) const noexcept { return at_ != other.at_; }

    private:
        const ferry_image *const *at_;
    };
    iterator begin() const noexcept { return iterator(images_); }
    iterator end() const noexcept { return iterator(images_ + count_); }
    std::size_t size() const noexcept { return count_; }
    const ferry_image &operator[](std::size_t i) const noexcept { return *images_[i]; }

private:
    const ferry_image *const *images_;
    std::size_t count_;
};

// The plan under construction. Each function throws ferry::Error when the host refuses the entry.
class Plan {
public:
    explicit Plan(const ferry_plan *plan) noexcept : plan_(plan) {}

    void file(std::string_view path, std::string_view bytes, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_FILE, FERRY_FROM_INLINE, path, bytes, 0644, mtime);
    }
    // See FERRY_ENTRY_LATE.
    void late(std::string_view path, std::string_view bytes, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_FILE, FERRY_FROM_INLINE, path, bytes, 0644, mtime, FERRY_ENTRY_LATE);
    }
    void blob(std::string_view path, std::string_view digest, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_FILE, FERRY_FROM_BLOB, path, digest, 0644, mtime);
    }
    void unpacked(std::string_view path, std::string_view digest, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_FILE, FERRY_FROM_UNPACKED, path, digest, 0644, mtime);
    }
    void directory(std::string_view path, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_DIRECTORY, FERRY_FROM_INLINE, path, {}, 0755, mtime);
    }
    void symlink(std::string_view path, std::string_view target, std::int64_t mtime = 0) {
        add(FERRY_ENTRY_SYMLINK, FERRY_FROM_INLINE, path, target, 0777, mtime);
    }

    void add(std::uint32_t kind, std::uint32_t from, std::string_view path, std::string_view source, std::uint32_t mode,
             std::int64_t mtime, std::uint32_t flags = 0) {
        ferry_entry entry{};
        entry.struct_size = sizeof entry;
        entry.flags = flags;
        entry.kind = kind;
        entry.from = from;
        entry.mode = mode;
        entry.mtime = mtime;
        entry.path = raw(path);
        entry.source = raw(source);
        ferry_error error = blank_error();
        check(plan_->add(plan_, &entry, &error), error);
    }

private:
    const ferry_plan *plan_;
};

using PlanFunction = void (*)(const Images &, const Config &, const Op &, Plan &);

template <PlanFunction Function>
constexpr ferry_packer_v1 packer(const char *suffix, std::uint32_t flags = 0) noexcept {
    return {sizeof(ferry_packer_v1), flags, suffix,
            [](const ferry_op *op, const ferry_config *config, const ferry_image *const *images, std::size_t count,
               const ferry_plan *plan, ferry_error *error) noexcept -> ferry_status {
                return firewall(error, [&] {
                    Plan out(plan);
                    Function(Images(images, count), Config(config), Op(op), out);
                });
            }};
}

} // namespace ferry

#endif
