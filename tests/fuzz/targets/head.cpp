// The head of an answer, and of a request that bears the same lines. An input that does not begin with 'H' begins with
// a byte that makes the limits small, so that short inputs reach them.
#include "fuzz.h"

#include "transport/head.h"

using namespace ferry;
using namespace ferry::net;

namespace {

// The lines of a text as Connection::read_line gives them.
NextLine lines_of(std::string_view text) {
    return [text](std::size_t limit) mutable {
        if (text.find('\n') == text.npos) throw Error(FERRY_E_NETWORK, "closed");
        std::string_view line = fuzz::take_until(text, "\n");
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > limit) throw Error(FERRY_E_PROTOCOL, "a line is too long");
        return std::string(line);
    };
}

bool clean(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}
bool blank_at_an_end(std::string_view text) {
    return !text.empty() && (text.front() == ' ' || text.front() == '\t' || text.back() == ' ' || text.back() == '\t');
}

void check_answer(std::string_view text, const HeadLimits &limits) {
    Head head;
    try {
        head = read_head(lines_of(text), "peer", limits);
    } catch (const Error &error) {
        HOLDS(error.code == FERRY_E_NETWORK || error.code == FERRY_E_PROTOCOL);
        return;
    }
    HOLDS(head.status >= 100 && head.status <= 999 && head.minor >= 0 && head.minor <= 9);
    HOLDS(head.fields.size() <= limits.fields && clean(head.reason));
    std::string again = "HTTP/1." + std::to_string(head.minor) + ' ' + std::to_string(head.status);
    if (!head.reason.empty()) again += ' ' + head.reason;
    again += "\r\n";
    for (const auto &[name, value] : head.fields) {
        HOLDS(!name.empty() && clean(name) && name.find_first_of(" \t:\"(),/;<=>?@[\\]{}") == name.npos);
        HOLDS(value.size() <= limits.whole && clean(value) && !blank_at_an_end(value));
        HOLDS(!head.all(name).empty());
        again += name + ": " + value + "\r\n";
    }
    again += "\r\n";
    // Folded lines are joined, and so may be longer than one line may.
    const Head same = read_head(lines_of(again), "peer", {limits.fields, again.size(), again.size()});
    HOLDS(same.status == head.status && same.minor == head.minor && same.reason == head.reason);
    HOLDS(same.fields == head.fields);
}

// Whatever a request is made of, it stays one request with as many lines as it has fields.
void check_request(std::string_view text) {
    const std::string_view method = fuzz::take_until(text, "\n");
    std::vector<ferry_header> fields;
    while (!text.empty() && fields.size() < 50) {
        std::string_view value = fuzz::take_until(text, "\n");
        const std::string_view name = fuzz::take_until(value, ":");
        fields.push_back({raw(name), raw(value)});
    }
    ferry_request request{};
    request.struct_size = sizeof request;
    request.method = raw(method);
    request.headers = fields.data();
    request.header_count = fields.size();
    std::string head;
    try {
        head = write_head(request, {"http", "host", 80, "host", "/"}, "/", {});
    } catch (const Error &error) {
        HOLDS(error.code == FERRY_E_INVALID || error.code == FERRY_E_UNSUPPORTED);
        return;
    }
    HOLDS(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4);
    std::size_t lines = 0, written = 2; // the request line and the empty one
    for (std::string_view rest = head; !rest.empty(); ++lines) HOLDS(clean(fuzz::take_until(rest, "\r\n")));
    bool host = false;
    for (const ferry_header &field : fields) {
        host = host || Response::same_name(view(field.name), "host");
        written += !Response::same_name(view(field.name), "content-length");
    }
    written += !host;
    written += method == "POST" || method == "PUT" || method == "PATCH"; // Content-Length
    HOLDS(lines == written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    HeadLimits limits;
    if (size && data[0] != 'H') {
        limits = {data[0] % 8u, data[0] / 4u + 16, data[0] + 32u};
        text.remove_prefix(1);
    }
    check_answer(text, limits);
    check_request(text);
    return 0;
}
