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

Scope scope_of(std::string_view path, const Scope &otherwise) {
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
    return {"repository:" + std::string(name),
            otherwise.resource.starts_with("repository:") ? otherwise.actions : "pull"};
}

Authorizer::Authorizer(const Backend &backend, Credentials credentials)
    : backend_(backend), credentials_(std::move(credentials)) {}

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
    if (holders_.size() >= most_holders) holders_.clear(); // tokens can be had again
    return holders_[key] = std::make_shared<Holder>();
}

Authorizer::Challenges::Challenges(Authorizer &authorizer, const Operation &operation, const std::string &base_url,
                                   const Scope &scope)
    : authorizer_(authorizer), operation_(operation), base_url_(base_url), home_(Url::parse(base_url)), scope_(scope) {}

std::string Authorizer::Challenges::key_of(const Url &url) const {
    return url.origin() + ' ' + (is_home(url) ? scope_ : scope_of(url.target, scope_)).str();
}

Headers Authorizer::Challenges::credentials_for(const Url &url) {
    const std::string key = key_of(url);
    Pass pass;
    if (const auto answer = fresh_.find(key); answer != fresh_.end())
        pass = answer->second;
    else if (const auto known = authorizer_.holder(key, false))
        pass = known->current();
    sent_[key] = pass;
    return pass.header ? Headers{*pass.header} : Headers();
}

ferry::Challenge Authorizer::Challenges::challenge_of(const HttpHead &head, const Url &by) const {
    ferry::Challenge challenge;
    challenge.authenticate = head.all("WWW-Authenticate");
    if (!is_home(by)) {
        challenge.endpoint = by.origin();
        challenge.scope = scope_of(by.target, scope_).str();
        return challenge;
    }
    const Credentials &user = authorizer_.credentials_;
    challenge.endpoint = base_url_;
    challenge.scope = scope_.str();
    challenge.username = user.username;
    challenge.secret = user.secret;
    challenge.identity_token = user.identity_token;
    return challenge;
}

bool Authorizer::Challenges::answer(const HttpHead &head) {
    if (head.status != 401 || answers_++ == most_answers) return false;
    const Url by = Url::parse(head.url);
    const std::string key = key_of(by);
    if (++answered_[key] > most_challenges) return false;
    fresh_.clear();
    try {
        const auto known = authorizer_.holder(key, true);
        fresh_[key] = authorizer_.authorize(operation_, *known, sent_[key], challenge_of(head, by));
    } catch (const Error &e) {
        const bool login = e.kind() == Kind::access || e.status() == FERRY_E_UNSUPPORTED;
        if (is_home(by) || !login) throw;
        operation_.log().debug(e.message.english()); // it gets no login: its refusal stands
        return false;
    }
    sent_.clear();
    return true;
}

Authorizer::Pass Authorizer::authorize(const Operation &operation, Holder &holder, const Pass &refused,
                                       const ferry::Challenge &challenge) {
    const std::lock_guard lock(holder.mutex);
    // Where another thread was faster, its credential is used, unless it is good for one request only.
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
