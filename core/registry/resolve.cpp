#include "core/registry/resolve.h"

#include "core/base/digest.h"
#include "core/registry/child_manifests.h"
#include "core/registry/image_of_manifest.h"
#include "core/registry/index_leaves.h"
#include "core/registry/whole_index.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <set>

namespace ferry::core {

namespace {

// Tries leaves until one is the image that is wanted.
class PlatformSearch {
public:
    PlatformSearch(ChildManifests &children, const Platform &wanted) : children_(children), wanted_(wanted) {}

    std::optional<Image> among(const std::vector<Leaf> &leaves) {
        for (const std::size_t place : candidates(wanted_, leaves)) {
            const Leaf &leaf = leaves[place];
            if (!tried_.insert(leaf.descriptor.digest).second) continue;
            if (auto image = from(leaf)) return image;
        }
        return std::nullopt;
    }
    // The failure where none of `leaves` was it.
    Error failure(const Leaves &leaves) const {
        if (failure_) return *failure_;
        if (leaves.missing) return *leaves.missing;
        std::vector<Platform> offered = others_;
        for (const Leaf &leaf : leaves.all)
            if (is_stated(leaf)) offered.push_back(leaf.platform);
        if (offered.empty() && doubt_) return *doubt_;
        return no_such_platform(children_.repository().reference().str(), wanted_, offered);
    }

private:
    struct Found {
        Manifest manifest;
        std::string body;
    };
    std::optional<Image> from(const Leaf &leaf) {
        auto found = fetch(leaf);
        if (!found) return std::nullopt;
        try {
            Image image = image_of_manifest(children_.operation(), children_.repository(), found->manifest,
                                            leaf.descriptor.digest, leaf.platform, std::move(found->body));
            if (serves(children_.operation(), wanted_, image)) return image;
            others_.push_back(image.platform);
        } catch (const Error &e) {
            // What is something else may stand beside the image. One that is damaged, or whose config is gone, is not
            // replaced either.
            const bool something_else = e.kind() == Kind::not_found && !e.http_status;
            if (!something_else && (is_stated(leaf) || (e.kind() != Kind::not_found && e.kind() != Kind::integrity)))
                throw;
            pass_over(leaf, e);
        }
        return std::nullopt;
    }
    // Nothing where it is not a manifest.
    std::optional<Found> fetch(const Leaf &leaf) {
        HttpReply reply;
        try {
            reply = children_.fetch(leaf.descriptor, leaf.platform);
        } catch (const Error &e) {
            // A missing image is not replaced by the next best one.
            if (e.kind() != Kind::not_found || is_stated(leaf)) throw;
            pass_over(leaf, e);
            return std::nullopt;
        }
        try {
            return Found{children_.read_manifest(reply, leaf.descriptor), std::move(reply.body)};
        } catch (const Error &e) {
            pass_over(leaf, e);
            return std::nullopt;
        }
    }
    // Does the index call it the image of a platform?
    static bool is_stated(const Leaf &leaf) { return says_platform(leaf.platform) && !leaf.special; }
    void pass_over(const Leaf &leaf, const Error &e) {
        children_.operation().log().info(e.message);
        std::optional<Error> &reason = is_stated(leaf) ? failure_ : doubt_;
        if (!reason) reason = e;
    }

    ChildManifests &children_;
    const Platform &wanted_;
    std::set<std::string> tried_;
    std::optional<Error> failure_; // why what the index calls the image is not one
    std::optional<Error> doubt_;   // why anything else that was tried is not
    std::vector<Platform> others_; // what configs said of leaves whose index leaves the platform open
};

// The digest of what a tag or digest led to; warns of a registry that calls it otherwise.
std::string digest_of_reply(const Operation &operation, const Repository &repository, const HttpReply &reply) {
    const std::string &wanted_digest = repository.reference().digest;
    const std::string digest = wanted_digest.empty() ? digest_of(reply.body) : wanted_digest;
    if (const auto said = reply.header("Docker-Content-Digest");
        valid_digest(said) && digest_of(reply.body, said) != said)
        operation.log().warning(
            say("the registry calls the manifest of {} {}, which is not its digest; continuing with {}",
                repository.reference().str(), said, digest));
    return digest;
}

std::variant<Index, Manifest> parse_reply(const Repository &repository, const HttpReply &reply) {
    const Reference &reference = repository.reference();
    return parse_manifest(reply.body, reply.header("Content-Type"), say("the manifest of {}", reference.str()),
                          Artifacts::refused, blame_for(reference));
}

Image resolve_index(const Operation &operation, Repository &repository, const Index &index, const Platform &platform) {
    ChildManifests children(operation, repository);
    PlatformSearch search(children, platform);
    Leaves leaves = collect_leaves(children, index, Nested::passed_over);
    if (auto image = search.among(leaves.all)) return *std::move(image);
    leaves = collect_leaves(children, index, Nested::opened);
    if (auto image = search.among(leaves.all)) return *std::move(image);
    throw search.failure(leaves);
}

} // namespace

Error no_such_platform(const std::string &name, const Platform &wanted, const std::vector<Platform> &offered) {
    std::string list, choice;
    std::set<std::string> listed;
    for (const Platform &platform : offered) {
        if (!says_platform(platform) || !listed.insert(platform.str()).second) continue;
        list += (list.empty() ? "" : ", ") + platform.str();
        const std::string argument = platform.argument();
        if (!argument.empty() && listed.insert("-a " + argument).second)
            choice += (choice.empty() ? "-a " : ", -a ") + argument;
    }
    if (list.empty()) return {Kind::not_found, say("{} has no image for any platform", name)};
    return {Kind::not_found, say("{} has no image for {}; there are: {}", name, wanted.str(), list),
            choice.empty() ? std::string() : say("choose one of them: {}", choice)};
}

std::vector<Image> resolve_all(const Operation &operation, Repository &repository, HttpReply reply) {
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_reply(repository, reply);
    if (const auto *manifest = std::get_if<Manifest>(&parsed)) {
        std::vector<Image> images;
        images.push_back(image_of_manifest(operation, repository, *manifest, digest, {}, std::move(reply.body)));
        if (images.front().platform.architecture.empty()) serves(operation, {"linux", "amd64", ""}, images.front());
        return images;
    }
    ChildManifests children(operation, repository);
    return images_below(children, std::get<Index>(parsed), digest, std::move(reply.body));
}

Image resolve_image(const Operation &operation, Repository &repository, HttpReply reply, const Platform &platform) {
    const std::string digest = digest_of_reply(operation, repository, reply);
    const auto parsed = parse_reply(repository, reply);
    if (const auto *index = std::get_if<Index>(&parsed)) return resolve_index(operation, repository, *index, platform);
    Image image =
        image_of_manifest(operation, repository, std::get<Manifest>(parsed), digest, {}, std::move(reply.body));
    if (serves(operation, platform, image)) return image;
    const std::string argument = image.platform.argument();
    throw Error(Kind::not_found,
                say("{} has no image for {}; there is only {}", repository.reference().str(), platform.str(),
                    image.platform.str()),
                argument.empty() ? std::string() : say("choose it with -a {}", argument));
}

} // namespace ferry::core
