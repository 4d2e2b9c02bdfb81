// A folder of archives, looked at anew whenever it is asked: what came, went or was replaced shows at once.
// Half-written and damaged archives are left out, and said once. [any-thread]
#pragma once

#include "core/archive/inflate.h"
#include "core/archive/offer.h"
#include "core/base/error.h"
#include "core/os/disk.h"

#include <ferry/text.hpp>

#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace ferry::core {

class Store {
public:
    // Where archives that are compressed as a whole are unpacked to, into a file without a name that lives as long as
    // the archive is offered, and who is told that this begins, from any thread.
    struct Scratch {
        std::string folder = "/var/tmp";
        std::function<void(const Text &)> notice = [](const Text &) {};
    };

    // `report` is told, from any thread, of archives that are left out, and why. Throws Error when the folder cannot
    // be read.
    Store(std::string folder, std::function<void(const Error &)> report, std::stop_token stop, Scratch scratch,
          Disk &disk = real_disk());
    Store(std::string folder, std::function<void(const Error &)> report, std::stop_token stop)
        : Store(std::move(folder), std::move(report), std::move(stop), Scratch()) {}

    // What the folder offers now. Only what is new is read. When the folder cannot be read, what it offered before.
    std::shared_ptr<const Offer> look();

    // A blob that is there and has its digest. Its bytes are read once in full before they are handed out for the first
    // time, in bounded memory; several threads that ask at once wait for one.
    struct Opened {
        std::shared_ptr<File> file;
        StoredBlob place;
        FileState state; // while the file has it, the bytes are those that were verified
    };
    // Nothing when the repository has no such blob. Throws Error(integrity) when its bytes are others: the whole
    // archive is then left out until it changes; Error(interrupted) on a stop.
    std::optional<Opened> open_blob(const std::string &repository, const std::string &ns, const std::string &digest);

    // Does open_blob() know at once? False where it has to read the blob first.
    bool verified(const std::string &repository, const std::string &ns, const std::string &digest);

private:
    using Key = std::pair<FileState, std::pair<std::uint64_t, std::string>>; // file, place, digest
    struct Refused {
        FileState state;
        Error why;
        bool reported = false;
        bool compressed = false;
    };
    struct Look;
    // Looks at the folder, reads what is new, and tells of what is left out.
    void refresh();
    void examine(const ListedFile &listed, Look &look) const;
    // Throws Error; `compressed` is right by then, unless the file cannot be read.
    std::shared_ptr<const StoredArchive> read(const ListedFile &listed, bool &compressed) const;
    void adopt(Look look);
    std::shared_ptr<File> unpacked(File &file, Packing packing) const;
    void alive() const;
    void verify(File &file, const Offer::Blob &blob, const std::string &digest);
    void refuse(const StoredArchive &archive, const Error &why);

    std::string folder_;
    std::function<void(const Error &)> report_;
    std::stop_token stop_;
    const Scratch scratch_;
    Disk &disk_;
    std::mutex refreshing_;
    std::mutex mutex_; // of all below
    std::condition_variable verified_;
    std::shared_ptr<const Offer> offer_;
    std::map<std::string, Refused> refused_; // by path
    enum class Check { running, good };
    std::map<Key, Check> checks_;
};

} // namespace ferry::core
