// What all images of a job say of each blob. A digest stands for the same bytes wherever it is named, so it has one
// size in a job, and is a layer to unpack or a document that is here already, but not both. Whatever decides where
// bytes go asks this table, and nothing else. Pure.
#pragma once

#include "core/image/image.h"

namespace ferry::core {

// Does the descriptor leave the size open? Who writes a manifest without knowing it puts 0 there, and other engines go
// by the digest: true for 0 bytes under another digest than that of none.
bool size_open(const Descriptor &descriptor);

// Bytes that stand one behind the other. Throws Error(integrity) where no file can hold them.
std::uint64_t sum_of_sizes(std::uint64_t a, std::uint64_t b);

class Descriptors {
public:
    struct Blob {
        const Descriptor *descriptor = nullptr; // the first that names it
        std::uint64_t size = 0;                 // the one size that all of them say, in bytes
        std::string diff_id;                    // of a layer of an image, else empty
        const std::string *bytes = nullptr;     // of a manifest, config or index, which are here already
        std::size_t image = 0;                  // the first that names it, in the order of add()
    };

    Descriptors() = default;
    explicit Descriptors(const std::vector<Image> &images);

    // `image` must outlive the table. Throws Error(integrity), naming the digest and who says what, where it
    // contradicts itself or what was added before, or where the size of a layer is open.
    void add(const Image &image);

    // Null when no image names it.
    const Blob *find(const std::string &digest) const;
    // Throws Error(other) when no image names it.
    const Blob &at(const std::string &digest) const;

private:
    enum class Role { manifest, config, index, layer };
    struct Mention {
        const Image *image = nullptr;
        Role role = Role::manifest;
        std::size_t number = 0; // of a layer
    };
    struct Entry {
        Blob blob;
        Mention first;
        Mention document, layer; // the first that makes it one
    };
    static Text text(const Mention &mention);
    Entry &note(const Descriptor &descriptor, const Mention &mention);
    void add_document(const Descriptor &descriptor, const std::string &bytes, const Mention &mention);
    void add_layer(const Layer &layer, const Mention &mention);
    static void check_role(const Entry &entry);

    std::map<std::string, Entry> entries_;
    std::size_t images_ = 0;
};

} // namespace ferry::core
