#include "transport/head.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace ferry::net {

namespace {

bool clean_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

[[noreturn]] void odd(const Text &peer, const Text &what) {
    throw Error(FERRY_E_PROTOCOL, say("{} does not speak HTTP/1.1 properly: {}", peer, what));
}

} // namespace

std::vector<std::string_view> Head::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto &[field, value] : fields)
        if (Response::same_name(field, name)) values.push_back(value);
    return values;
}

bool Head::lists(std::string_view name, std::string_view wanted) const {
    for (std::string_view value : all(name)) {
        while (!value.empty()) {
            const auto comma = std::min(value.find(','), value.size());
            if (Response::same_name(kit::trim(value.substr(0, comma)), wanted)) return true;
            value.remove_prefix(std::min(comma + 1, value.size()));
        }
    }
    return false;
}

namespace {

// HTTP/d.d SP 3DIGIT SP reason; the reason and its space are often missing, and some proxies write their own version.
void read_status_line(Head &head, std::string_view line, const Text &peer) {
    const auto refuse = [&] { odd(peer, say("its answer does not start with an HTTP status line")); };
    if (line.size() < 9 || !line.starts_with("HTTP/") || !kit::is_digit(line[5]) || line[6] != '.' ||
        !kit::is_digit(line[7]) || line[8] != ' ')
        refuse();
    // What is no HTTP/1.1 keeps no connection open that anybody could count on.
    head.minor = line[5] == '1' ? line[7] - '0' : 0;
    line = kit::trim(line.substr(9));
    if (line.size() < 3 || !kit::is_digit(line[0]) || !kit::is_digit(line[1]) || !kit::is_digit(line[2]) ||
        line[0] == '0' || (line.size() > 3 && line[3] != ' '))
        refuse();
    head.status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    head.reason = clean_value(line.substr(3)) ? std::string(kit::trim(line.substr(3))) : std::string();
}

bool frames_a_body(std::string_view name) {
    return Response::same_name(name, "content-length") || Response::same_name(name, "transfer-encoding");
}

} // namespace

Head read_head(const NextLine &next, const Text &peer, const HeadLimits &limits) {
    Head head;
    std::size_t whole = 0;
    const auto next_line = [&] {
        std::string line = next(limits.line);
        whole += line.size();
        if (whole > limits.whole) odd(peer, say("its header has more than {} bytes", limits.whole));
        return line;
    };
    read_status_line(head, next_line(), peer);
    bool passed_over = false; // the field before, and what continues it
    for (;;) {
        const std::string field = next_line();
        if (field.empty()) return head;
        if (!clean_value(field)) odd(peer, say("a header field holds control characters"));
        if (field[0] == ' ' || field[0] == '\t') {
            // An obsolete fold continues the line before (RFC 9112 section 5.2).
            if (passed_over) continue;
            if (head.fields.empty()) odd(peer, say("its header starts with a folded line"));
            std::string &value = head.fields.back().second;
            const std::string_view more = kit::trim(field);
            if (!value.empty() && !more.empty()) value += ' ';
            value += more;
            continue;
        }
        const auto colon = field.find(':');
        const std::string_view name = std::string_view(field).substr(0, std::min(colon, field.size()));
        // A blank in a name, or before its colon: such a field is passed over, as Go does. One that could decide where
        // the body ends would mean one thing here and another to somebody on the way (RFC 9112 section 5.1).
        passed_over = colon != std::string::npos && name.find_first_of(" \t") != name.npos;
        if (colon == std::string::npos || (passed_over ? frames_a_body(kit::trim(name)) : !kit::is_token(name)))
            odd(peer, say("a header field has no proper name"));
        if (head.fields.size() == limits.fields)
            odd(peer, say("its answer has more than {} header fields", limits.fields));
        if (!passed_over)
            head.fields.emplace_back(name, std::string(kit::trim(std::string_view(field).substr(colon + 1))));
    }
}

std::string write_head(const ferry_request &request, const Url &url, std::string_view target,
                       std::string_view proxy_authorization) {
    const std::string_view method = view(request.method);
    if (!kit::is_token(method))
        throw Error(FERRY_E_INVALID, say("the request to {} has no proper method", url.endpoint()));
    std::string fields;
    bool host = false, proxy = false;
    for (std::size_t i = 0; i < request.header_count; ++i) {
        const std::string_view name = view(request.headers[i].name), value = view(request.headers[i].value);
        if (!kit::is_token(name) || !clean_value(value))
            throw Error(FERRY_E_INVALID,
                        say("the request to {} has a header field that cannot be sent", url.endpoint()));
        // The body's frame is ours to describe.
        if (Response::same_name(name, "content-length")) continue;
        if (Response::same_name(name, "transfer-encoding"))
            throw Error(FERRY_E_UNSUPPORTED, say("requests with a transfer encoding are not supported"));
        host |= Response::same_name(name, "host");
        proxy |= Response::same_name(name, "proxy-authorization");
        fields.append(name).append(": ").append(value).append("\r\n");
    }
    std::string head;
    head.reserve(target.size() + fields.size() + 256);
    head.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    if (!host) head.append("Host: ").append(url.authority).append("\r\n");
    head += fields;
    if (!proxy && !proxy_authorization.empty())
        head.append("Proxy-Authorization: ").append(proxy_authorization).append("\r\n");
    if (request.body.size || method == "POST" || method == "PUT" || method == "PATCH")
        head.append("Content-Length: ").append(std::to_string(request.body.size)).append("\r\n");
    return head += "\r\n";
}

} // namespace ferry::net
