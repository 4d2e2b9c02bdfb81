#include "core/registry/repository.h"

#include "core/base/digest.h"
#include "core/image/descriptors.h"
#include "core/registry/foreign.h"
#include "core/registry/link.h"
#include "core/registry/list_bound.h"
#include "core/registry/page.h"

#include <ferry/kit/error_document.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <set>

namespace ferry::core {

namespace {

bool same_origin(const std::string &a, const std::string &b) {
    return Url::parse(a).same_origin(Url::parse(b));
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

Repository::Repository(const Backend &backend, const Client &client, Reference reference, Credentials credentials,
                       Insecure insecure, Mirrors mirrors)
    : backend_(backend), client_(client), reference_(std::move(reference)), credentials_(std::move(credentials)),
      insecure_(std::move(insecure)), health_(std::move(mirrors.health)) {
    for (const std::string &mirror : mirrors.places) {
        ferry::Endpoint endpoint = mirror_endpoint(mirror, reference_.repository);
        Credentials login = mirrors.login ? mirrors.login(Url::parse(endpoint.base_url).authority()) : Credentials();
        add_place(std::move(endpoint), std::move(login));
    }
    for (ferry::Endpoint &endpoint : backend_.endpoints(reference_)) {
        Url::parse(endpoint.base_url);                                      // a backend's mistake shows here, by name
        Credentials login = endpoint.mirror ? Credentials() : credentials_; // a mirror is another party
        add_place(std::move(endpoint), std::move(login));
    }
}

void Repository::add_place(ferry::Endpoint endpoint, Credentials credentials) {
    Place &place = endpoints_.emplace_back();
    place.authorizer = std::make_unique<Authorizer>(
        backend_, reference_.repository.empty() ? "registry:catalog:*" : "repository:" + endpoint.repository + ":pull",
        std::move(credentials));
    place.endpoint = std::move(endpoint);
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
            if (encrypted.kind() != Kind::network) throw;
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

struct Repository::Useless {
    Error why;
};

template <class Ask> auto Repository::ask_all(const Operation &operation, const Ask &ask) {
    std::optional<Error> first;
    int most = 0;         // how much that failure says
    bool passing = false; // a failure that may pass
    std::vector<std::size_t> failed, useless;
    const auto keep = [&](std::size_t endpoint, const Error &e) {
        // An answer says more than silence, and the registry's own more than a mirror's.
        if (const int says = unanswered(e) ? 0 : is_mirror(endpoint) ? 1 : 2; !first || says > most) {
            first = e;
            most = says;
        }
        if (failed.empty() || failed.back() < endpoint) failed.push_back(endpoint);
        if (endpoints_.size() > 1)
            operation.log().warning(
                endpoint + 1 < endpoints_.size() ? say("{}; asking {}", e.message, host(endpoint + 1)) : e.message);
    };
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
            if (is_silent(i) && (!patient || (is_mirror(i) && !all_silent))) {
                passing = true; // not before all others failed; a mirror, not while anybody else answers
                continue;
            }
            if (std::find(useless.begin(), useless.end(), i) != useless.end()) continue;
            try {
                auto answer = ask(i, patient);
                if (is_silent(i)) health_->set(host(i), false);
                return answer;
            } catch (const Useless &answer) {
                keep(i, answer.why);
                useless.push_back(i);
            } catch (const Error &e) {
                if (e.kind() == Kind::interrupted) throw;
                keep(i, e);
                passing |= e.transient();
                if (unanswered(e)) set_silent(i);
            }
        }
    }
    if (!first) // every endpoint was known to be silent, and there is one that is asked all the same
        throw Error(Kind::network, say("no endpoint of {} answers", reference_.str()));
    std::string mirrors;
    for (const std::size_t i : failed)
        if (is_mirror(i)) mirrors += (mirrors.empty() ? "" : ", ") + host(i);
    if (most == 2 && !mirrors.empty()) first->message = say("{} (mirrors asked before: {})", first->message, mirrors);
    throw *first;
}

HttpReply Repository::manifest(const Operation &operation, const std::string &tag_or_digest) {
    return ask_all(operation, [&](std::size_t endpoint, bool patient) {
        return manifest_from(operation, endpoints_[endpoint], tag_or_digest, patient);
    });
}

void Repository::manifest(const Operation &operation, const std::string &tag_or_digest, const UseManifest &use) {
    std::optional<Error> final;
    ask_all(operation, [&](std::size_t endpoint, bool patient) {
        HttpReply reply = manifest_from(operation, endpoints_[endpoint], tag_or_digest, patient);
        try {
            use(std::move(reply), is_mirror(endpoint));
        } catch (const Error &e) {
            const bool its_own = e.kind() != Kind::interrupted && e.kind() != Kind::disk && e.kind() != Kind::usage;
            if (its_own && is_mirror(endpoint) && !valid_digest(tag_or_digest)) throw Useless{e};
            final = e; // nobody else is to be asked
        }
        return true;
    });
    if (final) throw *final;
}

HttpReply Repository::ask(const Operation &operation, Place &place, HttpRequest request, const Text &what,
                          bool patient) {
    // A quota that is used up is not asked again and again.
    request.final = [&](const HttpReply &reply) { return refusal(place, reply, what).status() == FERRY_E_EXHAUSTED; };
    HttpReply reply;
    place.authorizer->exchange(operation, place.endpoint.base_url, std::move(request), [&](const HttpRequest &one) {
        reply = client_.fetch(operation, one, most_manifest_bytes, patient);
        return Authorizer::Answer{reply.status, reply.url, reply.all("WWW-Authenticate")};
    });
    if (reply.status != 200) throw refusal(place, reply, what);
    if (is_page(reply.body)) throw page_instead(Url::parse(reply.url).authority(), what);
    return reply;
}

// Registries before distribution 2.6, and what was made from them, compare each Accept field as a whole: they answer a
// list of types with schema 1 or 406. Others read one field only. So both forms are tried.
HttpReply Repository::ask_for_manifest(const Operation &operation, Place &place, const std::string &tag_or_digest,
                                       const Text &what, bool patient) {
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
        if (e.kind() == Kind::interrupted) throw;
        operation.log().debug(e.message.english());
    }
    if (refused) throw *refused;
    return reply;
}

HttpReply Repository::manifest_from(const Operation &operation, Place &place, const std::string &tag_or_digest,
                                    bool patient) {
    const Text what = tag_or_digest == reference_.tag || tag_or_digest == reference_.digest
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
    const Text what =
        reference_.repository.empty() ? say("the list of repositories") : say("the tags of {}", reference_.str());
    std::size_t endpoint = 0;
    bool more = false;
    HttpReply reply = ask_all(operation, [&](std::size_t i, bool patient) {
        endpoint = i;
        Place &place = endpoints_[i];
        settle(operation, place);
        HttpReply page =
            ask(operation, place, {list_url(place, path), {{"Accept", "application/json"}}}, what, patient);
        try {
            more = use(page);
        } catch (const Error &e) {
            if (is_mirror(i) && e.kind() != Kind::interrupted) throw Useless{e};
            throw;
        }
        return page;
    });
    Place &place = endpoints_[endpoint];
    std::set<std::string> seen = {reply.url};
    while (more) {
        if (seen.size() >= most_pages) throw endless_list(host(endpoint), what);
        const std::string next = next_page(reply.all("Link"));
        if (next.empty()) return;
        Url url;
        try {
            url = follow(Url::parse(place.endpoint.base_url), Url::parse(reply.url), next, client_.rules().redirects);
        } catch (const Error &e) {
            throw Error(Kind::network, say("{}: its next page: {}", what, e.message), e.remedy);
        }
        if (!seen.insert(url.str()).second) return; // a list that leads back into itself has been seen
        reply = ask(operation, place, {url.str(), {{"Accept", "application/json"}}}, what, true);
        more = use(reply);
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
        const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint, true);
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
        const BlobStream stream = open_blob(operation, descriptor, 0, descriptor.size, endpoint, true);
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

std::optional<BlobStream> accept_blob(std::unique_ptr<ferry::Response> &response, const Descriptor &descriptor,
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
    Error error(FERRY_E_PROTOCOL, say("{} answers a wrong range of the blob {}", host, descriptor.digest));
    error.http_status = status;
    error.retryable = true;
    throw error;
}

BlobStream Repository::open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                 std::uint64_t end, std::size_t endpoint) {
    return open_blob(operation, descriptor, begin, end, endpoint, false);
}

BlobStream Repository::open_blob(const Operation &operation, const Descriptor &descriptor, std::uint64_t begin,
                                 std::uint64_t end, std::size_t endpoint, bool small) {
    Place &place = endpoints_[endpoint];
    settle(operation, place);
    HttpRequest request{url(place, "blobs", descriptor.digest)};
    request.small = small;
    add_range(request, descriptor, begin, end);
    std::unique_ptr<ferry::Response> response;
    std::string final_url;
    place.authorizer->exchange(operation, place.endpoint.base_url, request, [&](const HttpRequest &one) {
        response.reset();
        response = client_.open(operation, one, &final_url);
        Authorizer::Answer answer{response->status(), final_url, {}};
        for (const std::string_view value : response->headers("WWW-Authenticate"))
            answer.challenges.emplace_back(value);
        return answer;
    });
    const int status = response->status();
    const std::string served_by = Url::parse(final_url).authority();
    HttpReply reply{status, fields_of(*response), {}, final_url};
    if (status == 200 || status == 206 || status == 416)
        if (auto stream = accept_blob(response, descriptor, begin, end, served_by)) return std::move(*stream);
    if ((status == 403 || status == 404 || status == 410) && !same_origin(final_url, request.url)) {
        // A signed link that expired, most likely: the registry gives a new one.
        Error error(FERRY_E_NETWORK,
                    say("{}, where {} sent us for the blob {}, answers {}", served_by,
                        Url::parse(request.url).authority(), descriptor.digest, status),
                    say("try again; if it stays so, the link may be bound to another address of yours (a proxy?)"));
        error.http_status = status;
        error.retryable = true;
        throw error;
    }
    try {
        reply.body = ferry::read_words(*response, operation.op(), kit::most_error_bytes);
    } catch (const ferry::Error &) {
        operation.throw_if_cancelled();
    }
    if (!descriptor.urls.empty() && (status == 404 || status == 403))
        return open_foreign(operation, client_, descriptor, begin, end, Url::parse(place.endpoint.base_url).host);
    throw refusal(place, reply, say("the blob {}", descriptor.digest));
}

Error Repository::refusal(const Place &place, const HttpReply &reply, const Text &what) const {
    const Url registry = Url::parse(place.endpoint.base_url);
    const Url answered = reply.url.empty() ? registry : Url::parse(reply.url);
    const std::string by = answered.authority();
    const bool away = !answered.same_origin(registry); // a redirect's target: it was shown no login
    const std::string &user = place.authorizer->credentials().username;
    const bool named = !away && !user.empty();
    if (auto page = explain_page(reply.status, place.endpoint.base_url, reply.body, by)) return *std::move(page);
    const auto advice = backend_.explain({reply.status, away ? answered.origin() : place.endpoint.base_url,
                                          place.endpoint.repository, reply.body, reply.headers, named});
    const std::string said = kit::error_document(reply.body).words();
    const Text words = said.empty() ? Text() : say(" ({})", said);
    Error error(FERRY_E_PROTOCOL, {});
    if (away && reply.status == 401) {
        error = Error(
            FERRY_E_UNAUTHORIZED,
            say("{}, where {} sends us for {}, wants a login{}", by, registry.authority(), what, words),
            say("a login for {} is shown to no other: if you trust {}, name it instead", registry.authority(), by));
    } else if (advice) {
        error = Error(advice->meaning, advice->what, advice->remedy);
    } else if (reply.status == 401 || reply.status == 403) {
        error = Error(reply.status == 401 ? FERRY_E_UNAUTHORIZED : FERRY_E_FORBIDDEN,
                      named ? say("{} does not let {} read {}{}", by, user, what, words)
                            : say("{} does not let anonymous users read {}{}", by, what, words),
                      named ? say("check the name, and that this user may pull it")
                            : say("check the name; for a private image log in with -u NAME --password-stdin"));
    } else if (reply.status == 404) {
        error = Error(FERRY_E_NOT_FOUND, say("{} does not have {}{}", by, what, words),
                      say("check the spelling of repository and tag, and the registry (-r)"));
    } else if (reply.status == 429) {
        error = Error(FERRY_E_RATE_LIMITED, say("{} limits the rate of requests{}", by, words),
                      say("wait, log in with -u NAME --password-stdin, or use another mirror"));
    } else {
        error = Error(FERRY_E_PROTOCOL, say("{} answers {} when asked for {}{}", by, reply.status, what, words),
                      reply.status >= 500 ? say("the registry has trouble; try again later or use another mirror")
                                          : say("see --debug for the whole exchange"));
    }
    error.http_status = reply.status;
    error.retryable = transient_status(reply.status) && error.status() != FERRY_E_EXHAUSTED;
    if (const auto after = reply.header("Retry-After"); !after.empty())
        error.retry_after_ms = parse_retry_after(after, std::time(nullptr));
    return error;
}

} // namespace ferry::core
