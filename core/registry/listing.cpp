#include "core/registry/listing.h"

#include "core/base/json.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <limits>

namespace ferry::core {

namespace {

constexpr const char *page_size = "n=1000"; // the most that ECR takes

// The texts of one page's list; null is an empty one (docker-registry of old).
std::vector<std::string> texts_of(const HttpReply &reply, const std::string &member, const std::string &what) {
    std::vector<std::string> texts;
    const Json page = Json::parse(reply.body, what);
    if (!page.find(member) && page.find("errors")) // a refusal under a status that is none
        throw Error(Kind::network, say("{} is not there: the registry answered with an error instead", what));
    if (const auto list = page.find(member))
        for (const Json &item : list->items()) texts.push_back(item.string());
    return texts;
}

} // namespace

Listed<ferry::Tag> list_tags(const Operation &operation, Repository &repository, std::size_t limit) {
    const std::size_t most = limit ? limit : std::numeric_limits<std::size_t>::max();
    Listed<ferry::Tag> out;
    if (!repository.is_mirror(0)) {
        Reference reference = repository.reference();
        reference.registry = repository.spoken_registry(operation);
        const Credentials &user = repository.credentials();
        if (auto own = repository.backend().list_tags(operation, reference, {user.username, user.secret}, most)) {
            out.cut = own->size() > most;
            own->resize(std::min(own->size(), most));
            out.items = std::move(*own);
            return out;
        }
    }
    const std::string what = say("the tags of {}", repository.reference().str());
    repository.pages(operation, std::string("tags/list?") + page_size, [&](const HttpReply &reply) {
        for (std::string &name : texts_of(reply, "tags", what)) {
            if (out.items.size() == most) {
                out.cut = true;
                return false;
            }
            out.items.push_back({std::move(name), {}, {}, -1, 0});
        }
        return true;
    });
    // The specification wants them in order; docker-registry gives them as its disk does.
    std::sort(out.items.begin(), out.items.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return out;
}

Listed<ferry::SearchHit> search_registry(const Operation &operation, Access &access, const std::string &registry,
                                         const std::string &query, std::size_t limit) {
    Reference everything;
    everything.registry = registry;
    const Backend &backend = access.backend_for(registry, operation.log());
    const auto place = access.repository(everything, everything, operation.log());
    Listed<ferry::SearchHit> out;
    const auto most = std::uint32_t(std::min<std::size_t>(limit ? limit : 1'000'000, 1'000'000));
    const Credentials &user = place->credentials();
    // One more than asked for tells whether there are more.
    if (auto own = backend.search(operation, place->spoken_registry(operation), query, most + 1,
                                  {user.username, user.secret})) {
        out.cut = own->size() > most;
        own->resize(std::min<std::size_t>(own->size(), most));
        out.items = std::move(*own);
        return out;
    }
    const std::string what = say("the list of repositories");
    try {
        place->pages(operation, std::string("_catalog?") + page_size, [&](const HttpReply &reply) {
            for (std::string &name : texts_of(reply, "repositories", what)) {
                if (name.find(query) == std::string::npos) continue;
                if (out.items.size() == most) {
                    out.cut = true;
                    return false;
                }
                out.items.push_back({std::move(name), {}, -1, -1, false});
            }
            return true;
        });
    } catch (const Error &e) {
        if (e.http_status != 401 && e.http_status != 403 && e.http_status != 404 && e.http_status != 405) throw;
        Error refused = e;
        refused.message = say("{} shows no list of its repositories: {}", place->host(0), e.message);
        refused.remedy = say("look for the name on its web page; `ferry tags NAME` works for a name that you know");
        throw refused;
    }
    return out;
}

} // namespace ferry::core
