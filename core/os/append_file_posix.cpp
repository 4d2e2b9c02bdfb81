#include "core/os/append_file.h"

#include "core/os/own_file_posix.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>

namespace ferry::core {

std::function<void(std::string_view line)> append_to(const std::string &path) {
    return [file = std::make_shared<FileDescriptor>(open_own(path, O_WRONLY | O_APPEND, 0666, Writers::any))](
               std::string_view line) {
        while (!line.empty()) {
            const ssize_t done = ::write(file->get(), line.data(), line.size());
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) return; // a full disk is reported by what fails on it, not by its log
            line.remove_prefix(static_cast<std::size_t>(done));
        }
    };
}

} // namespace ferry::core
