#include "cli/serve/registry.h"

#include "core/base/digest.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <map>

namespace ferry::cli {

namespace {

constexpr const char *index_type = "application/vnd.oci.image.index.v1+json";
constexpr const char *list_type = "application/vnd.docker.distribution.manifest.list.v2+json";

// What the client asked for is not to be had: a code of the specification, and words.
struct Refusal {
    int status;
    std::string code;
    std::string message;
    std::vector<std::pair<std::string, std::string>> headers = {};
};

Answer json(int status, std::string body, std::string type = "application/json") {
    Answer out;
    out.status = status;
    out.headers = {{"Content-Type", std::move(type)}};
    out.body = std::move(body);
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

struct Target {
    std::string path;
    std::map<std::string, std::string> query;
};

Target parse_target(std::string_view text) {
    Target out;
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
    return out;
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// {"errors":[...]} of the specification.
Answer refused(const Refusal &refusal) {
    Answer out = json(refusal.status, "{\"errors\":[{\"code\":" + ferry::json_string(refusal.code) +
                                          ",\"message\":" + ferry::json_string(refusal.message) + "}]}");
    out.headers.insert(out.headers.end(), refusal.headers.begin(), refusal.headers.end());
    return out;
}

// One page of sorted names: those behind `last`, at most `n`.
Answer page(const Target &target, const std::string &head, const std::vector<std::string> &all) {
    auto from = all.begin();
    if (const auto last = target.query.find("last"); last != target.query.end())
        from = std::upper_bound(all.begin(), all.end(), last->second);
    auto until = all.end();
    std::string link;
    if (const auto n = target.query.find("n"); n != target.query.end()) {
        const std::string &text = n->second;
        if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
            throw Refusal{400, "UNSUPPORTED", say("n is the most names to list, a number of nine digits at most")};
        const auto most = std::stol(text);
        if (most < until - from) {
            until = from + most;
            if (most) link = "<" + target.path + "?n=" + text + "&last=" + encoded(*(until - 1)) + ">; rel=\"next\"";
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

Answer Registry::answer(const Request &request) {
    Answer out;
    try {
        out = read(request);
    } catch (const Refusal &refusal) {
        out = refused(refusal);
    } catch (const core::Error &e) {
        if (e.kind == core::Kind::interrupted) throw;
        // A damaged archive has no blobs; a disk that cannot be read may do so later.
        out = e.kind == core::Kind::integrity ? refused({404, "BLOB_UNKNOWN", e.message})
                                              : refused({500, "UNKNOWN", e.message});
    } catch (const std::exception &e) {
        out = refused({500, "UNKNOWN", e.what()});
    }
    out.headers.emplace_back("Docker-Distribution-API-Version", "registry/2.0");
    out.headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (request.method == "HEAD") out.headers_only = true;
    return out;
}

Answer Registry::read(const Request &request) {
    if (users_ && !users_->allow(request.header("Authorization")))
        throw Refusal{401,
                      "UNAUTHORIZED",
                      say("this registry asks for a user and a password"),
                      {{"WWW-Authenticate", "Basic realm=\"ferry serve\", charset=\"UTF-8\""}}};
    if (request.method != "GET" && request.method != "HEAD")
        throw Refusal{405, "UNSUPPORTED", say("ferry serve is read-only"), {{"Allow", "GET, HEAD"}}};
    const Target target = parse_target(request.target);
    const std::string &path = target.path;
    if (path == "/v2" || path == "/v2/") return json(200, "{}");
    if (path.rfind("/v2/", 0) != 0) throw Refusal{404, "UNSUPPORTED", say("there is only /v2/ here")};
    const std::string rest = path.substr(4);
    const auto asked = target.query.find("ns");
    const std::string ns = asked == target.query.end() ? std::string() : asked->second;

    if (rest == "_catalog") {
        std::vector<std::string> names;
        for (const auto &[name, repository] : store_.look()->repositories()) names.push_back(name);
        return page(target, "{\"repositories\":", names);
    }
    const auto named = [&](std::string_view name) {
        if (!valid_repository(name))
            throw Refusal{400, "NAME_INVALID",
                          say("'{}' is no name of a repository", std::string(name.substr(0, 255)))};
        return std::string(name);
    };
    const auto unknown = [](const std::string &name) {
        return Refusal{404, "NAME_UNKNOWN", say("there is no repository {}", name)};
    };
    if (ends_with(rest, "/tags/list")) {
        const std::string name = named(std::string_view(rest).substr(0, rest.size() - 10));
        const auto offer = store_.look();
        const auto *repository = offer->find(name, ns);
        if (!repository) throw unknown(name);
        std::vector<std::string> tags;
        for (const auto &[tag, digest] : repository->tags()) tags.push_back(tag);
        return page(target, "{\"name\":" + ferry::json_string(name) + ",\"tags\":", tags);
    }
    const auto slash = rest.rfind('/');
    const std::string reference = slash == rest.npos ? std::string() : rest.substr(slash + 1);
    const std::string before = slash == rest.npos ? std::string() : rest.substr(0, slash);
    if (ends_with(before, "/manifests")) {
        const std::string name = named(std::string_view(before).substr(0, before.size() - 10));
        const auto offer = store_.look();
        const auto *repository = offer->find(name, ns);
        if (!repository) throw unknown(name);
        std::string digest = reference;
        const bool by_tag = !core::valid_digest(reference);
        if (by_tag) {
            const auto tag = repository->tags().find(reference);
            digest = tag == repository->tags().end() ? std::string() : tag->second;
        }
        const auto *manifest = repository->manifest(digest);
        if (!manifest)
            throw Refusal{404, "MANIFEST_UNKNOWN", say("{} has no manifest {}", name, reference.substr(0, 200))};
        if (by_tag && manifest->is_index && !reads_index(request.header("Accept")))
            if (const auto *plain = offer->plain(*repository, *manifest)) {
                manifest = plain;
                digest = core::digest_of(*plain->json);
            }
        Answer out = json(200, *manifest->json, manifest->media_type);
        out.headers.emplace_back("Docker-Content-Digest", digest);
        out.headers.emplace_back("ETag", '"' + digest + '"');
        if (by_tag) out.headers.emplace_back("Vary", "Accept");
        if (has_etag(request.header("If-None-Match"), digest)) {
            out.status = 304;
            out.headers_only = true;
        }
        return out;
    }
    if (ends_with(before, "/blobs")) {
        const std::string name = named(std::string_view(before).substr(0, before.size() - 6));
        if (!core::valid_digest(reference))
            throw Refusal{400, "DIGEST_INVALID", say("'{}' is no digest", reference.substr(0, 200))};
        Answer out;
        out.blob = store_.open_blob(name, ns, reference);
        if (!out.blob) {
            if (!store_.look()->find(name, ns)) throw unknown(name);
            throw Refusal{404, "BLOB_UNKNOWN", say("{} has no blob {}", name, reference)};
        }
        const std::uint64_t size = out.blob->place.size;
        out.headers = {{"Content-Type", "application/octet-stream"},
                       {"Docker-Content-Digest", reference},
                       {"ETag", '"' + reference + '"'},
                       {"Accept-Ranges", "bytes"}};
        out.end = size;
        if (has_etag(request.header("If-None-Match"), reference)) {
            out.status = 304;
            out.headers_only = true;
            return out;
        }
        const std::string condition = request.header("If-Range");
        const std::string field = request.header("Range");
        if (field.empty() || request.method == "HEAD" || !(condition.empty() || has_etag(condition, reference)))
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
    if (ends_with(before, "/referrers")) {
        const std::string name = named(std::string_view(before).substr(0, before.size() - 10));
        if (!core::valid_digest(reference))
            throw Refusal{400, "DIGEST_INVALID", say("'{}' is no digest", reference.substr(0, 200))};
        if (!store_.look()->find(name, ns)) throw unknown(name);
        // Nothing refers to an archived image: what was attached to it is in its own index.
        return json(200, std::string("{\"schemaVersion\":2,\"mediaType\":\"") + index_type + "\",\"manifests\":[]}",
                    index_type);
    }
    throw Refusal{404, "UNSUPPORTED", say("the specification knows no such path")};
}

} // namespace ferry::cli
