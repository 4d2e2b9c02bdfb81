#include "cli/line/completion.h"

namespace ferry::cli {

std::vector<std::string> fixed_words(Complete complete) {
    if (complete == Complete::language) return {"en", "zh"};
    if (complete == Complete::platform)
        return {"amd64",   "arm64", "arm/v7",  "arm/v6",      "386",
                "ppc64le", "s390x", "riscv64", "linux/amd64", "linux/arm64/v8"};
    if (complete == Complete::backend || complete == Complete::transport) return {"auto"};
    return {};
}

const char *interface_of(Complete complete) {
    switch (complete) {
    case Complete::format: return "ferry.packer/";
    case Complete::backend: return "ferry.registry/";
    case Complete::transport: return "ferry.transport/";
    case Complete::plugin: return "ferry.";
    default: return "";
    }
}

std::string ids_command(Complete complete) {
    return std::string("ferry plugins list 2>/dev/null | awk -v kind=") + interface_of(complete) +
           " 'index($3, kind) == 1 { print $1 }'";
}

std::string completion_title(const std::string &shell) {
    return "# " + shell + " completion of ferry. Made by the build from the table of options (cli/commands).\n";
}

std::string joined(const std::vector<std::string> &words, const std::string &between) {
    std::string out;
    for (const std::string &word : words) out += (out.empty() ? "" : between) + word;
    return out;
}

std::vector<std::string> words_of(const Operand &operand) {
    return {operand.words.begin(), operand.words.end()};
}

} // namespace ferry::cli
