#include "core/registry/tags_and_search.h"

#include "core/base/json.h"
#include "core/registry/list_limits.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <limits>

namespace ferry::core {

namespace {

constexpr const char *page_size = "n=1000"; // the most that ECR takes

// A refusal that came with 200: what it says. Nothing for a page of a list.
std::optional<Error> refusal_in(const HttpReply &reply, const Text &what) {
    const kit::ErrorDocument said = kit::error_document(reply.body);
    if (said.code.empty()) return std::nullopt;
    const Kind kind = said.code == "UNAUTHORIZED" || said.code == "DENIED"         ? Kind::access
                      : said.code == "NAME_UNKNOWN" || said.code == "NAME_INVALID" ? Kind::not_found
                      : said.code == "TOOMANYREQUESTS"                             ? Kind::rate_limit
                                                                                   : Kind::network;
    const std::string by = Url::parse(reply.url).authority();
    return Error(kind, say("{} answers with an error when asked for {} ({})", by, what, said.words()),
                 say("check the spelling of repository and tag, and the registry (-r)"));
}

// Walks over the texts of one page's list; null is an empty one (docker-registry of old). False when `use` is.
bool each_text(const HttpReply &reply, const std::string &member, const Text &what,
               const std::function<bool(std::string)> &use) {
    const Json page = Json::parse(reply.body, what);
    if (!page.has(member))
        if (const auto refusal = refusal_in(reply, what)) throw *refusal;
    for (const Json &item : page.list(member))
        if (!use(item.string())) return false;
    return true;
}

// A list of the backend's own, which may hold one entry more than `most`.
template <class Item> Listed<Item> cut_to(std::size_t most, std::vector<Item> items) {
    Listed<Item> out;
    out.cut = items.size() > most;
    items.resize(std::min(items.size(), most));
    out.items = std::move(items);
    return out;
}

std::optional<Listed<ferry::Tag>> tags_of_backend(const Operation &operation, Repository &repository,
                                                  std::size_t most) {
    Reference reference = repository.reference();
    reference.registry = repository.spoken_registry(operation);
    const Credentials &user = repository.credentials();
    auto tags = repository.backend().list_tags(operation, reference, {user.username, user.secret}, most);
    return tags ? std::optional(cut_to(most, *std::move(tags))) : std::nullopt;
}

Listed<ferry::Tag> tags_of_registry(const Operation &operation, Repository &repository, std::size_t most) {
    Listed<ferry::Tag> out;
    const Text what = say("the tags of {}", repository.reference().str());
    ListBound bound(what);
    repository.pages(operation, std::string("tags/list?") + page_size, [&](const HttpReply &reply) {
        return each_text(reply, "tags", what, [&](std::string name) {
            out.cut = out.items.size() == most;
            if (out.cut) return false;
            bound.add(name.size());
            out.items.push_back({std::move(name), {}, {}, -1, 0});
            return true;
        });
    });
    // The specification wants them in order; docker-registry gives them as its disk does.
    std::sort(out.items.begin(), out.items.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return out;
}

Listed<ferry::SearchHit> catalog_matches(const Operation &operation, Repository &registry, const std::string &query,
                                         std::size_t most) {
    Listed<ferry::SearchHit> out;
    const Text what = say("the list of repositories");
    ListBound bound(what);
    registry.pages(operation, std::string("_catalog?") + page_size, [&](const HttpReply &reply) {
        return each_text(reply, "repositories", what, [&](std::string name) {
            if (name.find(query) == std::string::npos) return true;
            out.cut = out.items.size() == most;
            if (out.cut) return false;
            bound.add(name.size());
            out.items.push_back({std::move(name), {}, -1, -1, false});
            return true;
        });
    });
    return out;
}

std::size_t most_of(std::size_t limit) {
    return limit ? limit : std::numeric_limits<std::size_t>::max();
}

} // namespace

Listed<ferry::Tag> list_tags(const Operation &operation, Repository &repository, std::size_t limit) {
    if (!repository.is_mirror(0))
        if (auto own = tags_of_backend(operation, repository, most_of(limit))) return *std::move(own);
    return tags_of_registry(operation, repository, most_of(limit));
}

Listed<ferry::SearchHit> search_registry(const Operation &operation, Access &access,
                                         const kit::RegistryAddress &registry, const std::string &query,
                                         std::size_t limit) {
    Reference everything;
    everything.registry = registry;
    const Backend &backend = access.backend_for(registry, operation.log());
    const auto catalog = access.repository(everything, everything, operation.log());
    const std::size_t most = most_of(limit);
    const Credentials &user = catalog->credentials();
    // One more than asked for tells whether there are more.
    if (auto own = backend.search(operation, catalog->spoken_registry(operation), query,
                                  std::uint32_t(std::min(most, most_listed) + 1), {user.username, user.secret}))
        return cut_to(most, *std::move(own));
    try {
        return catalog_matches(operation, *catalog, query, most);
    } catch (const Error &e) {
        if (e.http_status != 401 && e.http_status != 403 && e.http_status != 404 && e.http_status != 405) throw;
        Error refused = e;
        refused.message = say("{} shows no list of its repositories: {}", catalog->host(0), e.message);
        refused.remedy = say("look for the name on its web page; `ferry tags NAME` works for a name that you know");
        throw refused;
    }
}

} // namespace ferry::core
