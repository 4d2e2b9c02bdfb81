#include "core/registry/listing.h"

#include "core/base/json.h"
#include "core/registry/list_bound.h"

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

Listed<ferry::SearchHit> search_registry(const Operation &operation, Access &access, const std::string &registry,
                                         const std::string &query, std::size_t limit) {
    Reference everything;
    everything.registry = registry;
    const Backend &backend = access.backend_for(registry, operation.log());
    const auto place = access.repository(everything, everything, operation.log());
    Listed<ferry::SearchHit> out;
    const std::size_t most = limit ? limit : std::numeric_limits<std::size_t>::max();
    const Credentials &user = place->credentials();
    // One more than asked for tells whether there are more.
    if (auto own = backend.search(operation, place->spoken_registry(operation), query,
                                  std::uint32_t(std::min(most, most_listed) + 1), {user.username, user.secret})) {
        out.cut = own->size() > most;
        own->resize(std::min<std::size_t>(own->size(), most));
        out.items = std::move(*own);
        return out;
    }
    const Text what = say("the list of repositories");
    ListBound bound(what);
    try {
        place->pages(operation, std::string("_catalog?") + page_size, [&](const HttpReply &reply) {
            return each_text(reply, "repositories", what, [&](std::string name) {
                if (name.find(query) == std::string::npos) return true;
                out.cut = out.items.size() == most;
                if (out.cut) return false;
                bound.add(name.size());
                out.items.push_back({std::move(name), {}, -1, -1, false});
                return true;
            });
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
