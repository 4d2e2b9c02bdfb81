// Link fields of a page, one a line, after the URL of the registry and that of the page.
#include "fuzz.h"
#include "redirect.h"

#include "core/base/error.h"
#include "core/registry/link_header.h"

using namespace ferry;
using namespace ferry::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string registry(fuzz::take_until(rest, "\n")), page(fuzz::take_until(rest, "\n"));
    std::vector<std::string> links;
    while (!rest.empty()) links.emplace_back(fuzz::take_until(rest, "\n"));
    const std::string next = next_page(links);
    if (next.empty()) return 0;
    HOLDS(next.find('>') == next.npos);
    HOLDS(std::any_of(links.begin(), links.end(),
                      [&](const std::string &link) { return link.find('<' + next + '>') != link.npos; }));
    if (next.find('<') == next.npos) HOLDS(next_page({'<' + next + ">; rel=\"next\""}) == next);
    HOLDS(next_page({'<' + next + ">; rel=\"prev\""}).empty());
    try {
        const Url origin = Url::parse(registry), from = Url::parse(page);
        fuzz::check_led(origin, from, follow(origin, from, next, {}), {});
    } catch (const core::Error &e) {
        HOLDS(e.kind() == Kind::network);
    }
    return 0;
}
