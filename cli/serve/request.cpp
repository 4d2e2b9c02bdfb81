#include "cli/serve/request.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <Poco/String.h>

#include <algorithm>

namespace ferry::cli {

namespace {

[[noreturn]] void bad(const Text &why, int status = 400) {
    throw Refusal{status, "UNSUPPORTED", why};
}

void parse_request_line(std::string_view line, Head &head) {
    const auto first = line.find(' '), last = line.rfind(' ');
    const std::string_view method = line.substr(0, std::min(first, line.size()));
    if (first == line.npos || first == last || !kit::is_token(method)) bad(say("this is not an HTTP request"));
    const std::string_view target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
    for (const char c : target)
        if (c <= 0x20 || c >= 0x7f) bad(say("the request's path is not encoded as a URL is"));
    if (target.empty()) bad(say("this is not an HTTP request"));
    if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !kit::is_digit(version[5]) || version[6] != '.' ||
        !kit::is_digit(version[7]))
        bad(say("this is not an HTTP request"));
    if (version[5] != '1') bad(say("only HTTP/1.1 and HTTP/1.0 are spoken here"), 505);
    head.old = version[7] == '0';
    head.request.method = std::string(method);
    head.request.target = std::string(target);
}

void parse_field(std::string_view line, Head &head) {
    if (line.front() == ' ' || line.front() == '\t') bad(say("a header field continues on the next line"));
    const auto colon = line.find(':');
    // A blank before the colon is what one reader takes for a part of the name, and another does not.
    if (colon == line.npos || !kit::is_token(line.substr(0, colon))) bad(say("a header field has no proper name"));
    head.request.fields.emplace_back(std::string(line.substr(0, colon)),
                                     std::string(kit::trim(line.substr(colon + 1))));
}

// Is the token, in lower case, in the comma-separated list?
bool lists(std::string_view list, std::string_view wanted) {
    const auto parts = kit::split(list, ",");
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return kit::lower(kit::trim(part)) == wanted; });
}

} // namespace

std::size_t HeadReader::end_of_head(std::string_view bytes) {
    for (; at_ < bytes.size(); ++at_) {
        const char c = bytes[at_];
        if (at_ >= most_bytes) bad(say("the request's header is longer than {} bytes", most_bytes), 431);
        const bool too_long = at_ - line_ > most_line;
        if (too_long && !lines_) bad(say("the request's line is longer than {} bytes", most_line), 414);
        if (too_long) bad(say("a header field is longer than {} bytes", most_line), 431);
        // Nothing but a method begins a request; what is anything else is not worth waiting for.
        if (at_ == line_ && !lines_ && c != '\r' && !kit::is_token(c)) bad(say("this is not an HTTP request"));
        if (at_ > line_ && bytes[at_ - 1] == '\r' && c != '\n')
            bad(say("a line of the request's header does not end with CR LF"));
        if (c == '\n') {
            if (at_ == line_ || bytes[at_ - 1] != '\r')
                bad(say("a line of the request's header does not end with CR LF"));
            const bool empty = at_ - line_ == 1;
            line_ = at_ + 1;
            if (empty && lines_) return line_;
            // Before a request an empty line is to be passed over (RFC 9112 section 2.2).
            if (!empty && ++lines_ > most_fields + 1) bad(say("more than {} header fields", most_fields), 431);
        } else if (c != '\r' && c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
            bad(say("the request's header holds a control character"));
        }
    }
    return 0;
}

namespace {

// The request line and the fields, one by one.
Head parse_lines(std::string_view bytes) {
    Head head;
    bool first = true;
    while (!bytes.empty()) {
        const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
        bytes.remove_prefix(std::min(line.size() + 2, bytes.size()));
        if (line.empty()) continue;
        if (first)
            parse_request_line(line, head);
        else
            parse_field(line, head);
        first = false;
    }
    if (first) bad(say("this is not an HTTP request"));
    return head;
}

std::vector<std::string> values_of(const Request &request, const char *wanted) {
    std::vector<std::string> values;
    for (const auto &[name, value] : request.fields)
        if (Poco::icompare(name, wanted) == 0) values.push_back(value);
    return values;
}

bool is_length(const std::string &text) {
    constexpr std::size_t most_digits = 18;
    return !text.empty() && text.size() <= most_digits && text.find_first_not_of("0123456789") == text.npos;
}

// Is there a body? Refuses what two readers could take for bodies of different lengths.
bool has_body(const Head &head) {
    const auto lengths = values_of(head.request, "Content-Length");
    const auto codings = values_of(head.request, "Transfer-Encoding");
    const bool several = lengths.size() > 1 || (!lengths.empty() && !codings.empty());
    if (several || (!lengths.empty() && !is_length(lengths.front())) || (!codings.empty() && head.old))
        bad(say("the request's length is not one number"));
    if (codings.size() > 1 || (!codings.empty() && Poco::icompare(codings.front(), "chunked") != 0))
        bad(say("the request has a transfer coding other than chunked"), 501);
    return !codings.empty() || (!lengths.empty() && lengths.front().find_first_not_of('0') != std::string::npos);
}

bool keep_alive(const Head &head) {
    const std::string connection = head.request.field("Connection");
    if (lists(connection, "close") || head.has_body || !head.request.field("Expect").empty()) return false;
    return !head.old || lists(connection, "keep-alive");
}

} // namespace

Head parse_head(std::string_view bytes) {
    Head head = parse_lines(bytes);
    if (values_of(head.request, "Host").size() > 1) bad(say("the request names more than one host"));
    head.has_body = has_body(head);
    if (head.has_body && (head.request.method == "GET" || head.request.method == "HEAD"))
        bad(say("a {} request must not have a body", head.request.method));
    head.keep_alive = keep_alive(head);
    return head;
}

} // namespace ferry::cli
