#include "core/job/wanted.h"

#include "core/image/mistyped.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <utility>

namespace ferry::core {

namespace {

bool same(const Reference &a, const Reference &b) {
    return a.str() == b.str() && a.registry == b.registry && a.name == b.name;
}

void add(std::vector<WantedImage> &wanted, WantedImage one, const std::string &registry) {
    try {
        one.reference = parse_reference(one.image, registry);
        const auto known = [&](const WantedImage &other) {
            return !other.unreadable && same(one.reference, other.reference);
        };
        if (std::any_of(wanted.begin(), wanted.end(), known)) return;
    } catch (const Error &e) {
        if (one.place.empty()) throw;
        one.unreadable = e;
    }
    wanted.push_back(std::move(one));
}

} // namespace

std::vector<WantedImage> wanted_images(const PullRequest &request) {
    std::vector<WantedImage> wanted;
    for (const std::string &image : request.images) add(wanted, {image, {}, std::nullopt, {}}, request.registry);
    for (const auto &[image, place] : request.listed) add(wanted, {image, place, std::nullopt, {}}, request.registry);
    return wanted;
}

bool Failures::keep(const WantedImage &image, Error &failure) {
    if (failure.kind() == Kind::interrupted) return false;
    if (!image.place.empty()) failure.message = say("{}: {}", image.place, failure.message);
    if (image.place.empty() || images_ == 1 || one_archive_) return false;
    worst_ = worse(failure.kind(), worst_.value_or(failure.kind()));
    lost_.push_back(image.image);
    if (tell_) tell_(failure);
    return true;
}

void Failures::throw_if_any(bool archives_made) const {
    if (lost_.empty()) return;
    constexpr std::size_t most_named = 10;
    std::string names;
    for (std::size_t i = 0; i < lost_.size() && i < most_named; ++i) names += (i ? ", " : "") + without_login(lost_[i]);
    if (lost_.size() > most_named) names += ", ...";
    Error failure(*worst_, say("{} of {} images failed: {}", lost_.size(), images_, names));
    if (archives_made && lost_.size() < images_) failure.remedy = say("the archives of the others are complete");
    throw failure;
}

} // namespace ferry::core
