// Redirects: the first line is what was asked for, the second who answers, the third the Location; then flags.
#include "redirect.h"
#include "fuzz.h"

#include "core/http/client.h"

using namespace ferry;
using namespace ferry::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1) return 0;
    const unsigned flags = data[0];
    std::string_view rest = fuzz::text_of(data + 1, size - 1);
    const std::string asked(fuzz::take_until(rest, "\n")), answers(fuzz::take_until(rest, "\n"));
    const std::string_view location = rest; // whatever it holds
    ClientRules rules;
    rules.redirects.insecure.everywhere = flags & 1;
    rules.redirects.into_private = flags & 2;
    constexpr int statuses[] = {301, 302, 303, 307, 308};
    const int status = statuses[(flags >> 2) % 5];
    Url origin, from;
    try {
        origin = Url::parse(asked);
        from = Url::parse(answers);
    } catch (const core::Error &e) {
        HOLDS(e.kind() == Kind::network);
        return 0;
    }
    fuzz::check_url(origin);
    HttpRequest first{
        asked, {{"Authorization", "Basic s3cret"}, {"X-Token", "s3cret"}, {"Accept", "json"}, {"Range", "bytes=1-"}}};
    if (flags & 128) {
        first.method = "POST";
        first.body = "refresh_token=s3cret";
        first.headers.emplace_back("Content-Type", "form");
    }
    const auto refusal = refuse_redirect(origin, from, location, rules.redirects);
    try {
        const HttpRequest next = redirected(first, from, status, location, rules);
        HOLDS(!refusal);
        const Url to = Url::parse(next.url);
        fuzz::check_led(origin, from, to, rules.redirects);
        HOLDS(next.method == (flags & 128 && status <= 303 ? "GET" : first.method));
        HOLDS(next.body.empty() || (next.method == "POST" && to.same_origin(origin)));
        bool secret = false;
        for (const auto &[name, value] : next.headers) secret |= value.find("s3cret") != value.npos;
        HOLDS(secret == to.same_origin(origin));
    } catch (const core::Error &e) {
        HOLDS(e.kind() == Kind::network && !e.message.empty() && !e.remedy.empty() && !e.transient());
        HOLDS(refusal || !first.body.empty());
        HOLDS(e.message.english().size() < 2000);
    }
    return 0;
}
