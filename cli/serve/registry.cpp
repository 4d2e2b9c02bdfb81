#include "cli/serve/registry.h"

#include "core/base/digest.h"

#include <ferry/text.hpp>

#include <Poco/String.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace ferry::cli {

namespace {

constexpr const char *index_type = "application/vnd.oci.image.index.v1+json";
constexpr const char *list_type = "application/vnd.docker.distribution.manifest.list.v2+json";

Answer json(int status, std::string body, std::string type = "application/json") {
    Answer out;
    out.status = status;
    out.headers = {{"Content-Type", std::move(type)}};
    out.body = std::make_shared<const std::string>(std::move(body));
    return out;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

std::string encoded(const std::string &text) {
    static const char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (unreserved(c))
            out += c;
        else
            (out += '%') += {digits[u >> 4], digits[u & 15]};
    }
    return out;
}

std::string decoded(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1, low = high < 0 ? -1 : digit(text[i + 2]);
            if (low < 0) throw Refusal{400, "NAME_INVALID", say("the request's path is not encoded as a URL is")};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

void parse_target(std::string_view text, Registry::Call &out) {
    // The absolute form is for proxies, but everybody must take it (RFC 9112 section 3.2.2).
    for (const std::string_view scheme : {"http://", "https://"})
        if (text.size() > scheme.size() &&
            Poco::icompare(std::string(text.substr(0, scheme.size())), std::string(scheme)) == 0) {
            const auto slash = text.find('/', scheme.size());
            text = slash == text.npos ? "/" : text.substr(slash);
        }
    const auto question = std::min(text.find('?'), text.size());
    out.path = decoded(text.substr(0, question));
    std::string_view rest = question == text.size() ? std::string_view() : text.substr(question + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        const auto equals = std::min(pair.find('='), pair.size());
        out.query.emplace(decoded(pair.substr(0, equals)),
                          equals == pair.size() ? std::string() : decoded(pair.substr(equals + 1)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

// One page of sorted names: those behind `last`, at most `n`.
Answer page(const Registry::Call &call, const std::string &head, const std::vector<std::string> &all) {
    auto from = all.begin();
    if (const auto last = call.query.find("last"); last != call.query.end())
        from = std::upper_bound(all.begin(), all.end(), last->second);
    auto until = all.end();
    std::string link;
    if (const auto n = call.query.find("n"); n != call.query.end()) {
        const std::string &text = n->second;
        if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
            throw Refusal{400, "UNSUPPORTED", say("n is the most names to list, a number of nine digits at most")};
        const auto most = std::stol(text);
        if (most < until - from) {
            until = from + most;
            if (most) link = "<" + call.path + "?n=" + text + "&last=" + encoded(*(until - 1)) + ">; rel=\"next\"";
        }
    }
    std::string body = head + "[";
    for (auto it = from; it != until; ++it) body += (it == from ? "" : ",") + ferry::json_string(*it);
    Answer out = json(200, body + "]}");
    if (!link.empty()) out.headers.emplace_back("Link", link);
    return out;
}

// Does the client read indexes? One that says nothing, or takes anything, does.
bool reads_index(const std::string &accept) {
    return accept.empty() || accept.find(index_type) != accept.npos || accept.find(list_type) != accept.npos ||
           accept.find("*/*") != accept.npos || accept.find("application/*") != accept.npos;
}

bool has_etag(const std::string &field, const std::string &digest) {
    return field == "*" || field.find('"' + digest + '"') != field.npos;
}

} // namespace

bool valid_repository(std::string_view name) noexcept {
    if (name.empty() || name.size() > 255) return false;
    const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    for (std::size_t i = 0; i < name.size();) {
        if (alnum(name[i])) {
            ++i;
            continue;
        }
        // A separator stands between two letters or digits: one of / . _ __ or any number of hyphens.
        std::size_t end = i + 1;
        if (name[i] == '-')
            while (end < name.size() && name[end] == '-') ++end;
        else if (name[i] == '_' && end < name.size() && name[end] == '_')
            ++end;
        else if (name[i] != '/' && name[i] != '.' && name[i] != '_')
            return false;
        if (i == 0 || end == name.size() || !alnum(name[end])) return false;
        i = end;
    }
    return true;
}

ByteRange parse_byte_range(std::string_view field, std::uint64_t size) noexcept {
    if (field.rfind("bytes=", 0) != 0) return {};
    field.remove_prefix(6);
    const auto dash = field.find('-');
    const auto number = [](std::string_view text) -> std::optional<std::uint64_t> {
        if (text.empty() || text.size() > 18) return std::nullopt;
        std::uint64_t value = 0;
        for (const char c : text) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
        }
        return value;
    };
    if (dash == field.npos) return {};
    const auto first = number(field.substr(0, dash)), last = number(field.substr(dash + 1));
    if (dash == 0) { // the last bytes
        if (!last) return {};
        if (*last == 0 || size == 0) return {ByteRange::Kind::impossible, 0, 0};
        return {ByteRange::Kind::part, size - std::min(*last, size), size};
    }
    if (!first || (!last && dash + 1 != field.size()) || (last && *last < *first)) return {};
    if (*first >= size) return {ByteRange::Kind::impossible, 0, 0};
    return {ByteRange::Kind::part, *first, last ? std::min(*last + 1, size) : size};
}

namespace {

// What all answers have; refusals become answers. Throws on a stop alone.
template <class Make> Outcome answered(const Request &request, Make make) {
    Outcome out;
    try {
        out = make();
    } catch (const Refusal &refusal) {
        out.is = refused(refusal);
    } catch (const core::Error &e) {
        if (e.kind() == core::Kind::interrupted) throw;
        // A damaged archive has no blobs; a disk that cannot be read may do so later.
        out.is = e.kind() == core::Kind::integrity ? refused({404, "BLOB_UNKNOWN", e.message})
                                                   : refused({500, "UNKNOWN", e.message});
    } catch (const std::exception &e) {
        out.is = refused({500, "UNKNOWN", e.what()});
    }
    if (auto *answer = std::get_if<Answer>(&out.is)) {
        answer->headers.emplace_back("Docker-Distribution-API-Version", "registry/2.0");
        answer->headers.emplace_back("X-Content-Type-Options", "nosniff");
        if (request.method == "HEAD") answer->headers_only = true;
    }
    return out;
}

Refusal unknown(const std::string &name) {
    return {404, "NAME_UNKNOWN", say("there is no repository {}", name)};
}

Refusal no_such_path() {
    return {404, "UNSUPPORTED", say("the specification knows no such path")};
}

Refusal unauthorized() {
    return {401,
            "UNAUTHORIZED",
            say("this registry asks for a user and a password"),
            {{"WWW-Authenticate", "Basic realm=\"ferry serve\", charset=\"UTF-8\""}}};
}

void check_digest(const std::string &text) {
    if (!core::valid_digest(text))
        throw Refusal{400, "DIGEST_INVALID", say("'{}' is not a digest", text.substr(0, 200))};
}

} // namespace

const Registry::Route Registry::routes[] = {{"tags", &Registry::tags},
                                            {"manifests", &Registry::manifest},
                                            {"blobs", &Registry::blob},
                                            {"referrers", &Registry::referrers}};

Outcome Registry::answer(Request request) {
    const auto look = [this](Request asked) {
        return Work{Work::Kind::answer, {}, [this, asked = std::move(asked)] {
                        return answered(asked, [&] { return route(asked); });
                    }};
    };
    return answered(request, [&]() -> Outcome {
        const std::string authorization = users_ ? request.field("Authorization") : std::string();
        const std::optional<bool> allowed = users_ ? users_->known(authorization) : true;
        if (allowed && !*allowed) throw unauthorized();
        if (allowed) return {look(std::move(request))};
        // One client tries one password at a time.
        std::string lane = request.client;
        return {Work{Work::Kind::password, std::move(lane), [this, look, authorization, asked = std::move(request)] {
                         return answered(asked, [&]() -> Outcome {
                             if (!users_->allow(authorization)) throw unauthorized();
                             return {look(asked)};
                         });
                     }}};
    });
}

Outcome Registry::route(Request request) {
    if (request.method != "GET" && request.method != "HEAD")
        throw Refusal{405, "UNSUPPORTED", say("ferry serve is read-only"), {{"Allow", "GET, HEAD"}}};
    Call call;
    parse_target(request.target, call);
    call.request = std::move(request);
    if (call.path == "/v2" || call.path == "/v2/") return {json(200, "{}")};
    if (call.path.rfind("/v2/", 0) != 0) throw Refusal{404, "UNSUPPORTED", say("there is only /v2/ here")};
    if (call.path == "/v2/_catalog") return {catalog(call)};
    if (const auto asked = call.query.find("ns"); asked != call.query.end()) call.ns = asked->second;

    // /v2/<name>/<noun>/<reference>
    const std::string_view rest = std::string_view(call.path).substr(4);
    const auto last = rest.rfind('/');
    const std::string_view before = rest.substr(0, last == rest.npos ? 0 : last);
    const auto middle = before.rfind('/');
    if (middle == before.npos) throw no_such_path();
    call.reference = std::string(rest.substr(last + 1));
    const std::string_view name = before.substr(0, middle), noun = before.substr(middle + 1);
    for (const Route &one : routes) {
        if (noun != one.noun) continue;
        if (!valid_repository(name))
            throw Refusal{400, "NAME_INVALID", say("'{}' is not a repository name", std::string(name.substr(0, 255)))};
        call.name = std::string(name);
        return (this->*one.answer)(call);
    }
    throw no_such_path();
}

Answer Registry::catalog(const Call &call) {
    std::vector<std::string> names;
    for (const auto &[name, repository] : store_.look()->repositories()) names.push_back(name);
    return page(call, "{\"repositories\":", names);
}

Outcome Registry::tags(const Call &call) {
    if (call.reference != "list") throw no_such_path();
    const auto offer = store_.look();
    const auto *repository = offer->find(call.name, call.ns);
    if (!repository) throw unknown(call.name);
    std::vector<std::string> tags;
    for (const auto &[tag, digest] : repository->tags()) tags.push_back(tag);
    return {page(call, "{\"name\":" + ferry::json_string(call.name) + ",\"tags\":", tags)};
}

Outcome Registry::manifest(const Call &call) {
    const auto offer = store_.look();
    const auto *repository = offer->find(call.name, call.ns);
    if (!repository) throw unknown(call.name);
    std::string digest = call.reference;
    const bool by_tag = !core::valid_digest(call.reference);
    if (by_tag) {
        const auto tag = repository->tags().find(call.reference);
        digest = tag == repository->tags().end() ? std::string() : tag->second;
    }
    const auto *manifest = repository->manifest(digest);
    if (!manifest)
        throw Refusal{404, "MANIFEST_UNKNOWN", say("{} has no manifest {}", call.name, call.reference.substr(0, 200))};
    if (by_tag && manifest->is_index && !reads_index(call.request.field("Accept")))
        if (const auto *plain = offer->plain(*repository, *manifest)) {
            manifest = plain;
            digest = core::digest_of(*plain->json);
        }
    Answer out;
    out.body = {offer, manifest->json}; // a thousand clients that are slow hold one copy
    out.headers = {
        {"Content-Type", manifest->media_type}, {"Docker-Content-Digest", digest}, {"ETag", '"' + digest + '"'}};
    if (by_tag) out.headers.emplace_back("Vary", "Accept");
    if (has_etag(call.request.field("If-None-Match"), digest)) {
        out.status = 304;
        out.headers_only = true;
    }
    return {std::move(out)};
}

Outcome Registry::blob(const Call &call) {
    check_digest(call.reference);
    if (store_.verified(call.name, call.ns, call.reference)) return {opened(call)};
    return {Work{Work::Kind::blob, call.reference,
                 [this, call] { return answered(call.request, [&]() -> Outcome { return {opened(call)}; }); }}};
}

Answer Registry::opened(const Call &call) {
    const std::string &digest = call.reference;
    Answer out;
    out.blob = store_.open_blob(call.name, call.ns, digest);
    if (!out.blob) {
        if (!store_.look()->find(call.name, call.ns)) throw unknown(call.name);
        throw Refusal{404, "BLOB_UNKNOWN", say("{} has no blob {}", call.name, digest)};
    }
    const std::uint64_t size = out.blob->place.size;
    out.headers = {{"Content-Type", "application/octet-stream"},
                   {"Docker-Content-Digest", digest},
                   {"ETag", '"' + digest + '"'},
                   {"Accept-Ranges", "bytes"}};
    out.end = size;
    if (has_etag(call.request.field("If-None-Match"), digest)) {
        out.status = 304;
        out.headers_only = true;
        return out;
    }
    const std::string condition = call.request.field("If-Range");
    const std::string field = call.request.field("Range");
    if (field.empty() || call.request.method == "HEAD" || !(condition.empty() || has_etag(condition, digest)))
        return out;
    const ByteRange range = parse_byte_range(field, size);
    if (range.kind == ByteRange::Kind::impossible)
        throw Refusal{416,
                      "SIZE_INVALID",
                      say("the blob has {} bytes", size),
                      {{"Content-Range", "bytes */" + std::to_string(size)}}};
    if (range.kind == ByteRange::Kind::part) {
        out.status = 206;
        out.begin = range.begin;
        out.end = range.end;
        out.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.begin) + '-' +
                                                      std::to_string(range.end - 1) + '/' + std::to_string(size));
    }
    return out;
}

Outcome Registry::referrers(const Call &call) {
    check_digest(call.reference);
    if (!store_.look()->find(call.name, call.ns)) throw unknown(call.name);
    // Nothing refers to an archived image: what was attached to it is in its own index.
    return {json(200, std::string("{\"schemaVersion\":2,\"mediaType\":\"") + index_type + "\",\"manifests\":[]}",
                 index_type)};
}

} // namespace ferry::cli
