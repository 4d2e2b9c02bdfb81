#include "core/registry/repository.h"

#include "core/base/digest.h"
#include "core/image/descriptors.h"
#include "core/registry/foreign.h"
#include "core/registry/list_bound.h"
#include "core/registry/page.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>

namespace ferry::core {

namespace {

// A second challenge may come for a token that is too narrow or just expired; a third is a refusal.
constexpr int most_challenges = 2;

// A challenge of a redirect's target is none of the registry's: it gets no credentials.
bool from_origin(const std::string &final_url, const std::string &asked) {
    return Url::parse(final_url).same_origin(Url::parse(asked));
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Headers fields_of(const ferry::Response &response) {
    Headers fields;
    for (std::size_t i = 0; i < response.header_count(); ++i) {
        const ferry_header field = response.header_at(i);
        fields.emplace_back(ferry::str(field.name), ferry::str(field.value));
    }
    return fields;
}

std::string bare_registry(const Reference &reference) {
    return reference.registry.substr(reference.registry.rfind("http://", 0) == 0 ? 7 : 0);
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

} // namespace

bool content_range_fits(std::string_view value, std::uint64_t begin, std::uint64_t size) noexcept {
    constexpr std::string_view unit = "bytes ";
    if (value.substr(0, unit.size()) != unit) return false;
    value.remove_prefix(unit.size());
    const auto dash = value.find('-'), slash = value.find('/');
    if (dash == value.npos || slash == value.npos || dash > slash) return false;
    const auto first = number(value.substr(0, dash));
    const auto last = number(value.substr(dash + 1, slash - dash - 1));
    const auto total = number(value.substr(slash + 1));
    return first == begin && last && *last >= begin && *last < size && total == size;
}

std::string next_page(const std::vector<std::string> &links) {
    // <url>; param; rel="next", <url>...
    for (const std::string &link : links) {
        for (std::size_t at = 0; (at = link.find('<', at)) != link.npos;) {
            const std::size_t end = link.find('>', at);
            if (end == link.npos) break;
            const std::size_t next = std::min(link.find('<', end), link.size());
            std::string parameters = link.substr(end + 1, next - end - 1);
            std::erase_if(parameters, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
            std::transform(parameters.begin(), parameters.end(), parameters.begin(),
                           [](unsigned char c) { return char(std::tolower(c)); });
            for (char &c : parameters)
                if (c == ',') c = ';';
            if ((parameters + ";").find(";rel=next;") != std::string::npos) return link.substr(at + 1, end - at - 1);
            at = end;
        }
    }
    return {};
}

Repository::Repository(const Backend &backend, const Client &client, Reference reference, Credentials credentials,
                       Insecure insecure, Mirrors mirrors)
    : backend_(backend), client_(client), reference_(std::move(reference)), credentials_(std::move(credentials)),
      insecure_(std::move(insecure)), health_(std::move(mirrors.health)) {
    for (const std::string &mirror : mirrors.places) {
        Place &place = endpoints_.emplace_back();
        place.endpoint = mirror_endpoint(mirror, reference_.repository);
        if (mirrors.login) place.credentials = mirrors.login(Url::parse(place.endpoint.base_url).authority());
    }
    for (ferry::Endpoint &endpoint : backend_.endpoints(reference_)) {
        Url::parse(endpoint.base_url); // a backend's mistake shows here, by name
        Place &place = endpoints_.emplace_back();
        if (!endpoint.mirror) place.credentials = credentials_; // a mirror is another party
        place.endpoint = std::move(endpoint);
    }
}

std::string Repository::host(std::size_t endpoint) const {
    return Url::parse(endpoints_[endpoint].endpoint.base_url).authority();
}

std::string Repository::url(const Place &place, const std::string &kind, const std::string &what) const {
    std::string url = place.endpoint.base_url + "/v2/" + percent_encode(place.endpoint.repository, "/") + "/" + kind +
                      "/" + percent_encode(what, ":");
    // Which registry is meant, for a mirror of several (containerd's convention).
    if (place.endpoint.mirror) url += "?ns=" + percent_encode(bare_registry(reference_), ":[]");
    return url;
}

std::string Repository::list_url(const Place &place, const std::string &path) const {
    std::string url = place.endpoint.base_url + "/v2/";
    if (!reference_.repository.empty()) url += percent_encode(place.endpoint.repository, "/") + "/";
    url += path;
    if (place.endpoint.mirror) url += "&ns=" + percent_encode(bare_registry(reference_), ":[]");
    return url;
}

std::string Repository::spoken_registry(const Operation &operation) {
    Place &place = endpoints_.back(); // the registry's own stand behind the mirrors
    settle(operation, place);
    const bool plain = place.endpoint.base_url.rfind("http://", 0) == 0;
    return (plain ? "http://" : "") + bare_registry(reference_);
}

void Repository::settle(const Operation &operation, Place &place) {
    const std::lock_guard lock(place.mutex);
    if (place.settled) return;
    ferry::Endpoint &endpoint = place.endpoint;
    if ((endpoint.plain_http || insecure_.at(Url::parse(endpoint.base_url))) && !reference_.encrypted &&
        endpoint.base_url.rfind("https://", 0) == 0) {
        try {
            client_.open(operation, {endpoint.base_url + "/v2/"});
        } catch (const Error &encrypted) {
            if (encrypted.kind != Kind::network) throw;
            const std::string plain = "http://" + endpoint.base_url.substr(8);
            int status = 0;
            try {
                status = client_.open(operation, {plain + "/v2/"})->status();
            } catch (const Error &) {
                operation.throw_if_cancelled();
            }
            // A TLS server answers plain http with 400: then the first failure is the one that counts.
            if (status != 200 && status != 401 && status != 403 && status != 404) throw encrypted;
            operation.log().debug(Url::parse(plain).authority() + " speaks plain http");
            endpoint.base_url = plain;
        }
    }
    place.settled = true;
}

Repository::Pass Repository::current(Place &place) {
    const std::lock_guard lock(place.mutex);
    if (place.credential.name.empty() || (place.expires_ms >= 0 && now_ms() >= place.expires_ms))
        return {std::nullopt, place.generation};
    return {std::pair(place.credential.name, place.credential.value), place.generation};
}

Repository::Pass Repository::authorize(const Operation &operation, Place &place, const Pass &refused,
                                       std::vector<std::string> challenges) {
    const std::lock_guard lock(place.mutex);
    // Where another thread was faster, its credential serves; but one for a single request serves nobody else.
    if (place.generation == refused.generation || place.credential.lifetime_ms == 0) {
        ferry::Challenge challenge;
        challenge.endpoint = place.endpoint.base_url;
        challenge.authenticate = std::move(challenges);
        challenge.scope =
            reference_.repository.empty() ? "registry:catalog:*" : "repository:" + place.endpoint.repository + ":pull";
        challenge.username = place.credentials.username;
        challenge.secret = place.credentials.secret;
        challenge.identity_token = place.credentials.identity_token;
        place.credential = backend_.authorize(operation, challenge);
        // Basic credentials are hidden with the password; a token is new.
        const std::string &value = place.credential.value;
        const auto space = value.find(' ');
        operation.log().hide(space == value.npos ? value : std::string_view(value).substr(space + 1));
        place.expires_ms = place.credential.lifetime_ms < 0 ? -1 : now_ms() + place.credential.lifetime_ms;
        ++place.generation;
    }
    return {std::pair(place.credential.name, place.credential.value), place.generation};
}

template <class Ask> auto Repository::ask_all(const Operation &operation, const Ask &ask) {
    std::exception_ptr first;
    int most = 0;         // how much that failure says
    bool passing = false; // a failure that may pass
    for (const bool patient : {false, true}) {
        if (patient && !passing) break;
        if (!patient && endpoints_.size() == 1) {
            passing = true;
            continue;
        }
        const auto all_silent = [&] {
            for (std::size_t i = 0; i < endpoints_.size(); ++i)
                if (!is_silent(i)) return false;
            return true;
        }();
        for (std::size_t i = 0; i < endpoints_.size(); ++i) {
            if (is_silent(i) && (!patient || (endpoints_[i].endpoint.mirror && !all_silent))) {
                passing = true; // not before all others failed; a mirror, not while anybody else answers
                continue;
            }
            try {
                auto answer = ask(i, patient);
                if (is_silent(i)) health_->set(host(i), false);
                return answer;
            } catch (const Error &e) {
                if (e.kind == Kind::interrupted) throw;
                // An answer says more than silence, and the registry's own more than a mirror's.
                if (const int says = unanswered(e) ? 0 : endpoints_[i].endpoint.mirror ? 1 : 2; !first || says > most) {
                    first = std::current_exception();
                    most = says;
                }
                passing |= e.transient();
                if (unanswered(e)) set_silent(i);
                if (endpoints_.size() > 1)
                    operation.log().warning(i + 1 < endpoints_.size() ? say("{}; asking {}", e.message, host(i + 1))
                                                                      : e.message);
            }
        }
    }
    if (!first) // every endpoint was known to be silent, and there is one that is asked all the same
        throw Error(Kind::network, say("no endpoint of {} answers", reference_.str()));
    std::rethrow_exception(first);
}

HttpReply Repository::manifest(const Operation &operation, const std::string &tag_or_digest) {
    return ask_all(operation, [&](std::size_t endpoint, bool patient) {
        return manifest_from(operation, endpoints_[endpoint], tag_or_digest, patient);
    });
}

HttpReply Repository::ask(const Operation &operation, Place &place, HttpRequest request, const std::string &what,
                          bool patient) {
    // A quota that is used up is not asked again and again.
    request.final = [&](const HttpReply &reply) { return refusal(place, reply, what).status == FERRY_E_EXHAUSTED; };
    HttpReply reply;
    Pass pass = current(place);
    for (int attempt = 0;; ++attempt) {
        request.secrets.clear();
        // A page of a list may be on another host: it gets nothing.
        if (pass.header && from_origin(request.url, place.endpoint.base_url)) request.secrets.push_back(*pass.header);
        reply = client_.fetch(operation, request, most_manifest_bytes, patient);
        if (reply.status != 401 || attempt == most_challenges || !from_origin(reply.url, place.endpoint.base_url))
            break;
        pass = authorize(operation, place, pass, reply.all("WWW-Authenticate"));
    }
    if (reply.status != 200) throw refusal(place, reply, what);
    if (is_page(reply.body))
        throw page_instead(Url::parse(reply.url.empty() ? place.endpoint.base_url : reply.url).authority(), what);
    return reply;
}

// Registries before distribution 2.6, and what was made from them, compare each Accept field as a whole: they answer a
// list of types with schema 1 or 406. Others read one field only. So both forms are tried.
HttpReply Repository::ask_for_manifest(const Operation &operation, Place &place, const std::string &tag_or_digest,
                                       const std::string &what, bool patient) {
    HttpRequest request{url(place, "manifests", tag_or_digest), {{"Accept", manifest_accept}}};
    HttpReply reply;
    std::optional<Error> refused;
    try {
        reply = ask(operation, place, request, what, patient);
        if (!is_schema1(reply.body, reply.header("Content-Type"))) return reply;
    } catch (const Error &e) {
        if (e.http_status != 406) throw;
        refused = e;
    }
    request.headers.clear();
    for (const std::string &type : manifest_accept_types()) request.headers.emplace_back("Accept", type);
    try {
        return ask(operation, place, request, what, patient);
    } catch (const Error &e) {
        if (e.kind == Kind::interrupted) throw;
        operation.log().debug(e.message);
    }
    if (refused) throw *refused;
    return reply;
}

HttpReply Repository::manifest_from(const Operation &operation, Place &place, const std::string &tag_or_digest,
                                    bool patient) {
    const std::string what = tag_or_digest == reference_.tag || tag_or_digest == reference_.digest
                                 ? say("the manifest of {}", reference_.str())
                                 : say("the manifest {} of {}", tag_or_digest, reference_.str());
    settle(operation, place);
    HttpReply reply = ask_for_manifest(operation, place, tag_or_digest, what, patient);
    if (valid_digest(tag_or_digest) && digest_of(reply.body, tag_or_digest) != tag_or_digest)
        throw Error(Kind::integrity,
                    say("{} from {} is not what its digest {} promises", what,
                        Url::parse(place.endpoint.base_url).authority(), tag_or_digest),
                    say("the registry or a proxy on the way spoils data; try again or use another mirror"));
    return reply;
}

void Repository::pages(const Operation &operation, const std::string &path,
                       const std::function<bool(const HttpReply &)> &use) {
    const std::string what =
        reference_.repository.empty() ? say("the list of repositories") : say("the tags of {}", reference_.str());
    std::size_t endpoint = 0;
    HttpReply reply = ask_all(operation, [&](std::size_t i, bool patient) {
        endpoint = i;
        Place &place = endpoints_[i];
        settle(operation, place);
        return ask(operation, place, {list_url(place, path), {{"Accept", "application/json"}}}, what, patient);
    });
    Place &place = endpoints_[endpoint];
    std::set<std::string> seen = {reply.url};
    while (use(reply)) {
        if (seen.size() >= most_pages) throw endless_list(host(endpoint), what);
        const std::string next = next_page(reply.all("Link"));
        if (next.empty()) return;
        HttpRequest request{resolve_location(Url::parse(reply.url), next).str(), {{"Accept", "application/json"}}};
        if (!seen.insert(request.url).second) return; // a list that leads back into itself has been seen
        reply = ask(operation, place, std::move(request), what, true);
    }
}

template <class Once> auto Repository::ask_for_blob(const Operation &operation, const Once &once) {
    return ask_all(operation, [&](std::size_t endpoint, bool patient) {
        for (int tried = 1;; ++tried) {
            try {
                return once(endpoint);
            } catch (const Error &e) {
                const auto delay = retry_delay(client_.rules().retry, tried, e.retry_after_ms, random_chance());
                if (!patient || !e.transient() || !delay) throw;
                operation.log().warning(say("{}; trying again in {} ms", e.message, *delay));
                operation.wait(*delay);
            }
        }
    });
}

std::uint64_t Repository::blob_size(const Operation &operation, const Descriptor &descriptor) {
    return ask_for_blob(operation, [&](std::size_t endpoint) {
        const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint);
        if (!stream.length || *stream.length == 0)
            throw Error(
                Kind::integrity,
                say("the manifest of {} says that the blob {} has 0 bytes, which its digest denies, and {} does "
                    "not say how many it has",
                    reference_.str(), descriptor.digest, host(endpoint)),
                say("the image is damaged: tell its publisher"));
        return *stream.length;
    });
}

std::string Repository::small_blob(const Operation &operation, const Descriptor &descriptor, std::size_t limit) {
    if (descriptor.size > limit)
        throw Error(Kind::integrity, say("the config of {} claims to have {} bytes, which no config has",
                                         reference_.str(), descriptor.size));
    // The descriptor may carry the bytes themselves (image-spec, descriptor.md, `data`).
    if (!descriptor.data.empty() && descriptor.data.size() == descriptor.size &&
        digest_of(descriptor.data, descriptor.digest) == descriptor.digest)
        return descriptor.data;
    const bool open = size_open(descriptor);
    return ask_for_blob(operation, [&](std::size_t endpoint) {
        const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint);
        std::string body;
        try { // one byte too many is enough to know
            const std::uint64_t most = open ? limit : descriptor.size;
            std::vector<char> buffer(16 << 10);
            while (body.size() <= most) {
                const std::size_t got = stream.response->read(operation.op(), buffer.data(), buffer.size());
                if (got == 0) break;
                body.append(buffer.data(), got);
            }
        } catch (const ferry::Error &e) {
            operation.throw_if_cancelled();
            throw Error::from(e, host(endpoint));
        }
        if (body.size() > limit || (!open && body.size() != descriptor.size) ||
            digest_of(body, descriptor.digest) != descriptor.digest)
            throw Error(Kind::integrity,
                        say("the config {} from {} is not what its digest promises", descriptor.digest, host(endpoint)),
                        say("the registry or a proxy on the way spoils data; try again or use another mirror"));
        return body;
    });
}

void add_range(HttpRequest &request, const Descriptor &descriptor, std::uint64_t begin, std::uint64_t end) {
    if (begin == 0 && end >= descriptor.size) return;
    request.headers.emplace_back("Range", "bytes=" + std::to_string(begin) + "-" +
                                              (end >= descriptor.size ? "" : std::to_string(end - 1)));
}

std::optional<BlobStream> accept_blob(std::unique_ptr<ferry::Response> response, const Descriptor &descriptor,
                                      std::uint64_t begin, std::uint64_t end, const std::string &host) {
    const int status = response->status();
    const bool whole = begin == 0 && end >= descriptor.size;
    if (status == 200) {
        const auto length = response->header("Content-Length");
        const bool open = size_open(descriptor), other = length && !open && number(*length) != descriptor.size;
        if ((other || open) && response->header("Content-Type").value_or("").starts_with("text/html"))
            throw page_instead(host, say("the blob {}", descriptor.digest));
        if (other)
            throw Error(Kind::integrity,
                        say("the blob {} from {} has {} bytes instead of {}", descriptor.digest, host, *length,
                            descriptor.size),
                        say("the registry's copy is damaged; try again or use another mirror"));
        return BlobStream{std::move(response), 0, length ? number(*length) : std::nullopt};
    }
    if (status == 206 && !whole) {
        const auto range = response->header("Content-Range");
        if (range && content_range_fits(*range, begin, descriptor.size)) return BlobStream{std::move(response), begin};
    }
    if (status != 206 && status != 416) return std::nullopt;
    Error error(Kind::network, say("{} answers a wrong range of the blob {}", host, descriptor.digest));
    error.status = FERRY_E_PROTOCOL;
    error.http_status = status;
    error.retryable = true;
    throw error;
}

BlobStream Repository::open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                 std::uint64_t end, std::size_t endpoint) {
    Place &place = endpoints_[endpoint];
    settle(operation, place);
    Pass pass = current(place);
    for (int attempt = 0;; ++attempt) {
        HttpRequest request{url(place, "blobs", descriptor.digest)};
        if (pass.header) request.secrets.push_back(*pass.header);
        add_range(request, descriptor, begin, end);
        std::string final_url;
        auto response = client_.open(operation, request, &final_url);
        const int status = response->status();
        if (status == 401 && attempt < most_challenges && from_origin(final_url, request.url)) {
            std::vector<std::string> challenges;
            for (const std::string_view value : response->headers("WWW-Authenticate")) challenges.emplace_back(value);
            response.reset();
            pass = authorize(operation, place, pass, std::move(challenges));
            continue;
        }
        const std::string served_by = Url::parse(final_url).authority();
        if (status == 200 || status == 206 || status == 416)
            if (auto stream = accept_blob(std::move(response), descriptor, begin, end, served_by))
                return std::move(*stream);
        if ((status == 403 || status == 404 || status == 410) && !from_origin(final_url, request.url)) {
            // A signed link that expired, most likely: the registry gives a new one.
            Error error(Kind::network,
                        say("{}, where {} sent us for the blob {}, answers {}", served_by,
                            Url::parse(request.url).authority(), descriptor.digest, status),
                        say("try again; if it stays so, the link may be bound to another address of yours (a proxy?)"));
            error.status = FERRY_E_NETWORK;
            error.http_status = status;
            error.retryable = true;
            throw error;
        }
        HttpReply reply{status, fields_of(*response), {}, final_url};
        try {
            reply.body = ferry::read_words(*response, operation.op(), kit::most_error_bytes);
        } catch (const ferry::Error &) {
            operation.throw_if_cancelled();
        }
        if (!descriptor.urls.empty() && (status == 404 || status == 403))
            return open_foreign(operation, client_, descriptor, begin, end, Url::parse(place.endpoint.base_url).host);
        throw refusal(place, reply, say("the blob {}", descriptor.digest));
    }
}

Error Repository::refusal(const Place &place, const HttpReply &reply, const std::string &what) const {
    const std::string by = Url::parse(reply.url.empty() ? place.endpoint.base_url : reply.url).authority();
    const bool named = !place.credentials.username.empty();
    if (auto page = explain_page(reply.status, place.endpoint.base_url, reply.body, by)) return *std::move(page);
    Error error(Kind::network, std::string());
    const auto advice = backend_.explain(
        {reply.status, place.endpoint.base_url, place.endpoint.repository, reply.body, reply.headers, named});
    std::string words = kit::error_document(reply.body).words();
    if (!words.empty()) words = say(" ({})", words);
    if (advice) {
        error.status = advice->meaning;
        error.message = advice->what;
        error.remedy = advice->remedy;
    } else if (reply.status == 401 || reply.status == 403) {
        error.status = reply.status == 401 ? FERRY_E_UNAUTHORIZED : FERRY_E_FORBIDDEN;
        error.message = named ? say("{} does not let {} read {}{}", by, place.credentials.username, what, words)
                              : say("{} does not let anonymous users read {}{}", by, what, words);
        error.remedy = named ? say("check the name, and that this user may pull it")
                             : say("check the name; for a private image log in with -u NAME --password-stdin");
    } else if (reply.status == 404) {
        error.status = FERRY_E_NOT_FOUND;
        error.message = say("{} does not have {}{}", by, what, words);
        error.remedy = say("check the spelling of repository and tag, and the registry (-r)");
    } else if (reply.status == 429) {
        error.status = FERRY_E_RATE_LIMITED;
        error.message = say("{} limits the rate of requests{}", by, words);
        error.remedy = say("wait, log in with -u NAME --password-stdin, or use another mirror");
    } else {
        error.status = FERRY_E_PROTOCOL;
        error.message = say("{} answers {} when asked for {}{}", by, reply.status, what, words);
        error.remedy = reply.status >= 500 ? say("the registry has trouble; try again later or use another mirror")
                                           : say("see --debug for the whole exchange");
    }
    error.kind = kind_of(error.status);
    error.http_status = reply.status;
    error.retryable = transient_status(reply.status) && error.status != FERRY_E_EXHAUSTED;
    if (const auto after = reply.header("Retry-After"); !after.empty())
        error.retry_after_ms = parse_retry_after(after, std::time(nullptr));
    return error;
}

} // namespace ferry::core
