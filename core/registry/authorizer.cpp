#include "core/registry/authorizer.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <chrono>

namespace ferry::core {

namespace {

// A second challenge may come for a token that is too narrow or just expired; a third is a refusal.
constexpr int most_challenges = 2;
// Of all origins on the way together, however many a registry makes up.
constexpr int most_answers = 6;
constexpr std::size_t most_holders = 64;

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

std::string scope_of(std::string_view path, const std::string &otherwise) {
    constexpr std::string_view api = "/v2/";
    path = path.substr(0, path.find('?'));
    const auto begin = path.find(api);
    if (begin == path.npos) return otherwise;
    path.remove_prefix(begin + api.size());
    std::size_t end = 0;
    for (const std::string_view kind : {"/manifests/", "/blobs/", "/tags/", "/referrers/"})
        if (const auto at = path.rfind(kind); at != path.npos) end = std::max(end, at);
    if (end == 0) return otherwise;
    const std::string_view name = path.substr(0, end);
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-/") != name.npos) return otherwise;
    return "repository:" + std::string(name) + ":pull";
}

Authorizer::Authorizer(const Backend &backend, std::string scope, Credentials credentials)
    : backend_(backend), scope_(std::move(scope)), credentials_(std::move(credentials)) {
    holders_.emplace("", std::make_shared<Holder>());
}

Authorizer::Pass Authorizer::Holder::current() {
    const std::lock_guard lock(mutex);
    if (credential.name.empty() || (expires_ms >= 0 && now_ms() >= expires_ms)) return {std::nullopt, generation};
    return {std::pair(credential.name, credential.value), generation};
}

std::shared_ptr<Authorizer::Holder> Authorizer::holder(const std::string &key, bool make) {
    const std::lock_guard lock(mutex_);
    const auto known = holders_.find(key);
    if (known != holders_.end()) return known->second;
    if (!make) return nullptr;
    if (holders_.size() >= most_holders) // tokens are to be had again
        std::erase_if(holders_, [](const auto &one) { return !one.first.empty(); });
    return holders_[key] = std::make_shared<Holder>();
}

void Authorizer::exchange(const Operation &operation, const std::string &base_url, HttpRequest request,
                          const Send &send) {
    const Url home = Url::parse(base_url);
    const auto key_of = [&](const Url &url) {
        return url.same_origin(home) ? std::string() : url.origin() + ' ' + scope_of(url.target, scope_);
    };
    std::map<std::string, Pass> sent;  // what the last request carried, by key
    std::map<std::string, Pass> fresh; // what a challenge was just answered with: it may be good for one request only
    std::map<std::string, int> answered;
    request.secrets = [&](const Url &url) -> Headers {
        const std::string key = key_of(url);
        Pass pass;
        if (const auto new_one = fresh.find(key); new_one != fresh.end())
            pass = new_one->second;
        else if (const auto known = holder(key, false))
            pass = known->current();
        sent[key] = pass;
        return pass.header ? Headers{*pass.header} : Headers();
    };
    for (int answers = 0;; ++answers) {
        sent.clear();
        const Answer answer = send(request);
        if (answer.status != 401 || answers == most_answers) return;
        const Url by = Url::parse(answer.url);
        const std::string key = key_of(by);
        if (++answered[key] > most_challenges) return;
        ferry::Challenge challenge;
        challenge.authenticate = answer.challenges;
        if (key.empty()) {
            challenge.endpoint = base_url;
            challenge.scope = scope_;
            challenge.username = credentials_.username;
            challenge.secret = credentials_.secret;
            challenge.identity_token = credentials_.identity_token;
        } else {
            challenge.endpoint = by.origin();
            challenge.scope = scope_of(by.target, scope_);
        }
        fresh.clear();
        try {
            const auto known = holder(key, true);
            fresh[key] = authorize(operation, *known, sent[key], challenge);
        } catch (const Error &e) {
            const bool login = e.kind() == Kind::access || e.status() == FERRY_E_UNSUPPORTED;
            if (key.empty() || !login) throw;
            operation.log().debug(e.message.english()); // a login is what it does not get: its refusal stands
            return;
        }
    }
}

Authorizer::Pass Authorizer::authorize(const Operation &operation, Holder &holder, const Pass &refused,
                                       const ferry::Challenge &challenge) {
    const std::lock_guard lock(holder.mutex);
    // Where another thread was faster, its credential serves; but one for a single request serves nobody else.
    if (holder.generation == refused.generation || holder.credential.lifetime_ms == 0) {
        Operation asking(operation.stop(), operation.log());
        asking.behalf = Url::parse(challenge.endpoint).host;
        holder.credential = backend_.authorize(asking, challenge);
        // Basic credentials are hidden with the password; a token is new.
        const std::string &value = holder.credential.value;
        const auto space = value.find(' ');
        operation.log().hide(space == value.npos ? value : std::string_view(value).substr(space + 1));
        holder.expires_ms = holder.credential.lifetime_ms < 0 ? -1 : now_ms() + holder.credential.lifetime_ms;
        ++holder.generation;
    }
    return {std::pair(holder.credential.name, holder.credential.value), holder.generation};
}

} // namespace ferry::core
