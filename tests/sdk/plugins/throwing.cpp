// A packer that throws. Its option `kind` says what: std (the fallback), ferry, memory, or int, which is not an
// exception class at all. Also built with a libstdc++ of its own (static_libstdcxx).
#include <ferry/packer.hpp>

#include <stdexcept>

namespace {

void plan(const ferry::Images &, const ferry::Config &config, const ferry::Op &, ferry::Plan &out) {
    out.file("first", "an entry before the failure");
    const std::string kind = config.get("kind", "std");
    if (kind == "none") return;
    if (kind == "int") throw 5;
    if (kind == "memory") throw std::bad_alloc();
    if (kind == "ferry") throw ferry::Error(FERRY_E_UNSUPPORTED, "thrown as ferry::Error").http(418);
    throw std::runtime_error("thrown as std::runtime_error");
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar");
constexpr ferry_option options[] = {{"kind", "std", "What it throws: std, ferry, memory, int or none."},
                                    {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN(THROWING_ID, "1.0.0", "a packer that throws", "tests", options, FERRY_PACKER_V1, table)
