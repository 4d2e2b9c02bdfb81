// An open file descriptor that closes itself.
#pragma once

#include <unistd.h>
#include <utility>

namespace ferry::core {

class FileDescriptor {
public:
    FileDescriptor() = default;
    // Takes it over; -1 is none.
    explicit FileDescriptor(int number) noexcept : number_(number) {}
    FileDescriptor(FileDescriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor &operator=(FileDescriptor &&other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor() { close(); }

    explicit operator bool() const noexcept { return number_ >= 0; }
    int get() const noexcept { return number_; }
    // Leaves errno as it is, which mostly still has to be reported.
    void close() noexcept;

private:
    int number_ = -1;
};

} // namespace ferry::core
