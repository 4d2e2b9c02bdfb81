// The images that a command is about, and which of them failed.
#pragma once

#include "core/base/error.h"
#include "core/image/reference.h"
#include "core/job/request.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ferry::core {

struct WantedImage {
    std::string image;               // as the user wrote it
    std::string place;               // in a list; empty: typed
    std::optional<Error> unreadable; // else:
    Reference reference;
};

// The images of a request in their order, each once. One of a list that cannot be read is kept with its failure; of
// one that was typed the failure is thrown. Pure.
std::vector<WantedImage> wanted_images(const PullRequest &request);

// The failures of images of a list, which do not stop the others. [one-thread]
class Failures {
public:
    // Of `images` images, which go into `one_archive` or several. `tell` gets each failure when it happens; may be
    // null.
    Failures(std::size_t images, bool one_archive, std::function<void(const Error &)> tell)
        : images_(images), one_archive_(one_archive), tell_(std::move(tell)) {}

    // Calls `step`, a step on the way of `image`. Keeps its failure, with the place in the list, where the others can
    // be had without it; else throws it.
    template <class Step> void attempt(const WantedImage &image, const Step &step) {
        try {
            step();
        } catch (Error &e) {
            if (!keep(image, e)) throw;
        }
    }

    // Throws an Error of the worst kind that names the images, if there is one. `archives_made`: those of the others
    // stand.
    void throw_if_any(bool archives_made) const;

private:
    // False where the failure ends the command.
    bool keep(const WantedImage &image, Error &failure);

    std::size_t images_;
    bool one_archive_;
    std::function<void(const Error &)> tell_;
    std::optional<Kind> worst_;
    std::vector<std::string> lost_;
};

} // namespace ferry::core
