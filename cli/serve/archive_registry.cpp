#include "cli/serve/archive_registry.h"

#include "cli/serve/byte_range.h"
#include "core/base/digest.h"

#include <ferry/kit/image_name.hpp>
#include <ferry/kit/json.hpp>
#include <ferry/kit/media_types.hpp>
#include <ferry/kit/percent.hpp>
#include <ferry/text.hpp>

#include <algorithm>
#include <optional>

namespace ferry::cli {

namespace {

Answer json(std::string body, std::string type = "application/json") {
    Answer out;
    out.headers = {{"Content-Type", std::move(type)}};
    out.body = std::make_shared<const std::string>(std::move(body));
    return out;
}

Refusal unknown(const std::string &name) {
    return {404, "NAME_UNKNOWN", say("there is no repository {}", name)};
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

// One page of sorted names: those behind `last`, at most `n`.
struct Page {
    std::vector<std::string> names;
    std::string link; // to the next one, or empty
};

Page page_of(const Target &target, const std::vector<std::string> &all) {
    auto from = all.begin();
    if (const auto last = target.query.find("last"); last != target.query.end())
        from = std::upper_bound(all.begin(), all.end(), last->second);
    const auto n = target.query.find("n");
    if (n == target.query.end()) return {{from, all.end()}, ""};
    constexpr std::size_t most_digits = 9;
    const std::string &text = n->second;
    if (text.empty() || text.size() > most_digits || text.find_first_not_of("0123456789") != text.npos)
        throw Refusal{400, "UNSUPPORTED", say("n is the most names to list, a number of nine digits at most")};
    const auto most = std::stol(text);
    if (most >= all.end() - from) return {{from, all.end()}, ""};
    Page page = {{from, from + most}, ""};
    if (most)
        page.link =
            "<" + target.path + "?n=" + text + "&last=" + kit::percent_encode(page.names.back()) + ">; rel=\"next\"";
    return page;
}

// `body` is an object that has begun; the page becomes its last member.
Answer listing(kit::JsonWriter body, const char *member, const Page &page) {
    body.name(member).begin_array();
    for (const std::string &name : page.names) body.string(name);
    Answer out = json(body.end_array().end_object().text());
    if (!page.link.empty()) out.headers.emplace_back("Link", page.link);
    return out;
}

// Does the client read indexes? One that says nothing, or takes anything, does.
bool reads_index(const std::string &accept) {
    return accept.empty() || accept.find(kit::oci_index) != accept.npos ||
           accept.find(kit::docker_list) != accept.npos || accept.find("*/*") != accept.npos ||
           accept.find("application/*") != accept.npos;
}

bool has_etag(const std::string &field, const std::string &digest) {
    return field == "*" || field.find('"' + digest + '"') != field.npos;
}

// The client has it already.
bool not_modified(const Request &request, const std::string &digest, Answer &out) {
    if (!has_etag(request.field("If-None-Match"), digest)) return false;
    out.status = 304;
    out.headers_only = true;
    return true;
}

// Sends the part of a blob that is asked for, if any.
void take_range(const Request &request, const std::string &digest, std::uint64_t size, Answer &out) {
    const std::string condition = request.field("If-Range"), field = request.field("Range");
    if (field.empty() || request.method == "HEAD" || !(condition.empty() || has_etag(condition, digest))) return;
    const ByteRange range = parse_byte_range(field, size);
    if (range.kind == ByteRange::Kind::whole) return;
    if (range.kind == ByteRange::Kind::impossible)
        throw Refusal{416,
                      "SIZE_INVALID",
                      say("the blob has {} bytes", size),
                      {{"Content-Range", "bytes */" + std::to_string(size)}}};
    out.status = 206;
    out.file->end = out.file->begin + range.end;
    out.file->begin += range.begin;
    out.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.begin) + '-' +
                                                  std::to_string(range.end - 1) + '/' + std::to_string(size));
}

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

} // namespace

const ArchiveRegistry::Route ArchiveRegistry::routes[] = {
    {"/v2", &ArchiveRegistry::base},
    {"/v2/", &ArchiveRegistry::base},
    {"/v2/_catalog", &ArchiveRegistry::catalog},
    {"/v2/<name>/tags/list", &ArchiveRegistry::tags},
    {"/v2/<name>/manifests/<reference>", &ArchiveRegistry::manifest},
    {"/v2/<name>/blobs/<reference>", &ArchiveRegistry::blob},
    {"/v2/<name>/referrers/<reference>", &ArchiveRegistry::referrers},
};

Outcome ArchiveRegistry::answer(Request request) {
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

Outcome ArchiveRegistry::route(Request request) {
    if (request.method != "GET" && request.method != "HEAD")
        throw Refusal{405, "UNSUPPORTED", say("ferry serve is read-only"), {{"Allow", "GET, HEAD"}}};
    Call call;
    call.target = parse_target(request.target);
    call.request = std::move(request);
    for (const Route &one : routes) {
        const auto parts = match_path(one.pattern, call.target.path);
        if (!parts) continue;
        call.name = parts->name;
        call.reference = parts->reference;
        if (std::string_view(one.pattern).find("<name>") != std::string_view::npos && !kit::valid_repository(call.name))
            throw Refusal{400, "NAME_INVALID", say("'{}' is not a repository name", call.name.substr(0, 255))};
        if (const auto asked = call.target.query.find("ns"); asked != call.target.query.end()) call.ns = asked->second;
        return (this->*one.answer)(call);
    }
    if (call.target.path.rfind("/v2/", 0) != 0) throw Refusal{404, "UNSUPPORTED", say("there is only /v2/ here")};
    throw Refusal{404, "UNSUPPORTED", say("the specification knows no such path")};
}

Outcome ArchiveRegistry::base(const Call &) {
    return {json("{}")};
}

Outcome ArchiveRegistry::catalog(const Call &call) {
    std::vector<std::string> names;
    for (const auto &[name, repository] : store_.look()->repositories()) names.push_back(name);
    kit::JsonWriter body;
    body.begin_object();
    return {listing(std::move(body), "repositories", page_of(call.target, names))};
}

Outcome ArchiveRegistry::tags(const Call &call) {
    const auto offer = store_.look();
    const auto *repository = offer->find(call.name, call.ns);
    if (!repository) throw unknown(call.name);
    std::vector<std::string> tags;
    for (const auto &[tag, digest] : repository->tags()) tags.push_back(tag);
    kit::JsonWriter body;
    body.begin_object().member("name", call.name);
    return {listing(std::move(body), "tags", page_of(call.target, tags))};
}

Outcome ArchiveRegistry::manifest(const Call &call) {
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
    not_modified(call.request, digest, out);
    return {std::move(out)};
}

Outcome ArchiveRegistry::blob(const Call &call) {
    check_digest(call.reference);
    if (store_.verified(call.name, call.ns, call.reference)) return {opened(call)};
    return {Work{Work::Kind::blob, call.reference,
                 [this, call] { return answered(call.request, [&]() -> Outcome { return {opened(call)}; }); }}};
}

Answer ArchiveRegistry::opened(const Call &call) {
    const std::string &digest = call.reference;
    const auto blob = store_.open_blob(call.name, call.ns, digest);
    if (!blob) {
        if (!store_.look()->find(call.name, call.ns)) throw unknown(call.name);
        throw Refusal{404, "BLOB_UNKNOWN", say("{} has no blob {}", call.name, digest)};
    }
    const std::uint64_t size = blob->place.size;
    Answer out;
    out.file = FilePart{blob->file, blob->state, blob->place.offset, blob->place.offset + size};
    out.headers = {{"Content-Type", "application/octet-stream"},
                   {"Docker-Content-Digest", digest},
                   {"ETag", '"' + digest + '"'},
                   {"Accept-Ranges", "bytes"}};
    if (!not_modified(call.request, digest, out)) take_range(call.request, digest, size, out);
    return out;
}

Outcome ArchiveRegistry::referrers(const Call &call) {
    check_digest(call.reference);
    if (!store_.look()->find(call.name, call.ns)) throw unknown(call.name);
    // Nothing refers to an archived image: what was attached to it is in its own index.
    kit::JsonWriter body;
    body.begin_object().name("schemaVersion").integer(2).member("mediaType", kit::oci_index);
    return {json(body.name("manifests").begin_array().end_array().end_object().text(), std::string(kit::oci_index))};
}

} // namespace ferry::cli
