#include "engine/kinds.h"

#include <ctime>

namespace ferry::test {

namespace {

using Then = Fault::Then;

// A number for one request: the same in every run, whatever the threads do.
std::uint64_t dice(std::uint64_t seed, const FaultRequest &request) {
    std::uint64_t x =
        seed * 0x9e3779b97f4a7c15 + request.number * 0xbf58476d1ce4e5b9 + request.begin + (request.at_store ? 7 : 0);
    x = (x ^ x >> 31) * 0x94d049bb133111eb;
    return x ^ x >> 29;
}

Fault stop(std::uint64_t after, Then then) {
    Fault fault;
    fault.stop_after = after;
    fault.then = then;
    return fault;
}

Fault status(int code, std::vector<std::pair<std::string, std::string>> fields = {}) {
    Fault fault;
    fault.status = code;
    fault.fields = std::move(fields);
    return fault;
}

// The first answers break, so that what follows asks for ranges; `later` says what becomes of those.
FaultPolicy after_a_cut(std::function<Fault(const FaultRequest &)> later) {
    return for_layers([later = std::move(later)](const FaultRequest &request) {
        if (!request.ranged && request.number < 4) return stop(70'000 + request.number * 1000, Then::close);
        return request.ranged ? later(request) : Fault();
    });
}

std::string http_date(std::time_t when) {
    char text[64];
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text;
}

void flip(FaultRegistry &registry, std::uint64_t seed) {
    registry.policy(for_layers([seed](const FaultRequest &request) {
        Fault fault;
        if (request.number == seed % 3 && request.end > request.begin)
            fault.flip = request.begin + dice(seed, request) % (request.end - request.begin);
        return fault;
    }));
}

} // namespace

FaultPolicy for_layers(std::function<Fault(const FaultRequest &)> policy) {
    return [policy = std::move(policy)](const FaultRequest &request) {
        return request.blob.empty() ? Fault() : policy(request);
    };
}

const std::vector<FaultKind> &fault_kinds() {
    static const std::vector<FaultKind> kinds = {
        {"CutAfterSomeBytes",
         [](FaultRegistry &r, std::uint64_t seed) {
             r.policy(for_layers(
                 [seed](const FaultRequest &q) { return stop(100'000 + dice(seed, q) % 400'000, Then::close); }));
         }},
        {"ResetAfterSomeBytes",
         [](FaultRegistry &r, std::uint64_t seed) {
             r.policy(for_layers(
                 [seed](const FaultRequest &q) { return stop(100'000 + dice(seed, q) % 400'000, Then::reset); }));
         }},
        {"ClosedWithoutAnswer",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy([](const FaultRequest &q) {
                 Fault fault;
                 fault.mute = q.blob.empty() ? false : q.number % 3 == 0;
                 return fault;
             });
         }},
        {"Stall",
         [](FaultRegistry &r, std::uint64_t seed) {
             r.policy(for_layers([seed](const FaultRequest &q) {
                 return q.number == seed % 2 ? stop(dice(seed, q) % 100'000, Then::stall) : Fault();
             }));
         }},
        {"EmptyBodyWithRightLength",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(for_layers([](const FaultRequest &q) { return q.number < 3 ? stop(0, Then::close) : Fault(); }));
         }},
        {"LessThanTheRangeWithItsOwnLength",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &) {
                 Fault fault;
                 fault.content_length = 200'000;
                 return fault;
             }));
         }},
        {"RangeIgnored",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &) {
                 Fault fault;
                 fault.ignore_range = true;
                 return fault;
             }));
         }},
        {"RangeIgnoredNowAndThen",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &q) {
                 Fault fault;
                 fault.ignore_range = q.number % 2 == 0;
                 return fault;
             }));
         }},
        {"RangeWithAnotherStart",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &) {
                 Fault fault;
                 fault.shift = 512;
                 return fault;
             }));
         }},
        {"RangeOfAnotherTotal",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &q) {
                 Fault fault;
                 fault.content_range = "bytes " + std::to_string(q.begin) + "-" + std::to_string(q.end - 1) + "/" +
                                       std::to_string(q.size + 1);
                 return fault;
             }));
         }},
        {"RangeOfUnknownTotal",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &q) {
                 Fault fault;
                 fault.content_range = "bytes " + std::to_string(q.begin) + "-" + std::to_string(q.end - 1) + "/*";
                 return fault;
             }));
         }},
        {"RangeNotSatisfiable",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(after_a_cut([](const FaultRequest &) { return status(416); }));
         }},
        {"TooManyRequestsInSeconds",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy([](const FaultRequest &q) {
                 return !q.blob.empty() && q.number < 3 ? status(429, {{"Retry-After", q.number ? "0" : "1"}})
                                                        : Fault();
             });
         }},
        {"TooManyRequestsUntilADate",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(for_layers([](const FaultRequest &q) {
                 return q.number < 3
                            ? status(429, {{"Retry-After", http_date(std::time(nullptr) + (q.number ? -60 : 1))}})
                            : Fault();
             }));
         }},
        {"BurstsOfServerErrors",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(for_layers([](const FaultRequest &q) {
                 constexpr int codes[] = {500, 502, 503, 504};
                 return q.number % 8 < 4 ? status(codes[q.number % 4]) : stop(600'000, Then::close);
             }));
         }},
        {"TokenSpentInMidPull",
         [](FaultRegistry &r, std::uint64_t) {
             r.token_life(6);
             r.policy(for_layers([](const FaultRequest &) { return stop(250'000, Then::close); }));
         }},
        {"RedirectToAStore",
         [](FaultRegistry &r, std::uint64_t) {
             r.token_life(20);
             r.policy(for_layers([](const FaultRequest &) {
                 Fault fault;
                 fault.redirect = true;
                 return fault;
             }));
         }},
        {"SignedUrlsOfOneUse",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(for_layers([](const FaultRequest &q) {
                 Fault fault = q.at_store ? stop(300'000, Then::close) : Fault();
                 fault.redirect = true;
                 return fault;
             }));
         }},
        {"SignedUrlsThatExpire",
         [](FaultRegistry &r, std::uint64_t) {
             r.signature_life(3, 4); // every fourth redirect leads to a 403 at the store
             r.policy(for_layers([](const FaultRequest &q) {
                 Fault fault = q.at_store ? stop(300'000, Then::close) : Fault();
                 fault.redirect = true;
                 return fault;
             }));
         }},
        {"OneByteFlipped", flip},
        {"SlowDrip",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy(for_layers([](const FaultRequest &) {
                 Fault fault;
                 fault.drip = 20'000;
                 return fault;
             }));
         }},
        {"KeepAliveClosedAtRandom",
         [](FaultRegistry &r, std::uint64_t seed) {
             r.policy([seed](const FaultRequest &q) {
                 Fault fault;
                 if (!q.blob.empty() && dice(seed, q) % 3 == 0) fault = stop(200'000, Then::close);
                 fault.hang_up = dice(seed + 1, q) % 2 == 0;
                 return fault;
             });
         }},
        {"ChunkedWithoutLength",
         [](FaultRegistry &r, std::uint64_t) {
             r.policy([](const FaultRequest &) {
                 Fault fault;
                 fault.chunked = true;
                 return fault;
             });
         }},
        {"ChunkedAndCut",
         [](FaultRegistry &r, std::uint64_t seed) {
             r.policy(for_layers([seed](const FaultRequest &q) {
                 Fault fault = stop(100'000 + dice(seed, q) % 300'000, q.number % 2 ? Then::close : Then::reset);
                 fault.chunked = true;
                 return fault;
             }));
         }},
        {"ManifestAndConfigInTrouble",
         [](FaultRegistry &r, std::uint64_t) {
             // Seen by their targets, since each is asked for anew until it comes.
             auto asked = std::make_shared<std::map<std::string, int>>();
             auto mutex = std::make_shared<std::mutex>();
             r.policy([asked, mutex](const FaultRequest &q) {
                 if (!q.blob.empty()) return Fault();
                 const std::lock_guard lock(*mutex);
                 switch ((*asked)[q.target]++) {
                 case 0: return status(503);
                 case 1: return stop(20, Then::close);
                 case 2: return stop(20, Then::reset);
                 default: return Fault();
                 }
             });
         }},
    };
    return kinds;
}

} // namespace ferry::test
