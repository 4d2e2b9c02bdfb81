#include "cli/commands/clean.h"

#include "cli/commands/common_options.h"
#include "cli/line/values.h"
#include "cli/show/output.h"
#include "core/base/error.h"
#include "core/pack/part.h"

#include <filesystem>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

void clean(const std::string &folder) {
    if (!core::real_disk().exists(folder)) throw Error(Kind::disk, say("there is no folder {}", folder));
    std::error_code failed;
    const std::filesystem::directory_iterator readable(folder, failed);
    if (failed)
        throw Error(Kind::disk, say("cannot read the folder {}: {}", folder, failed.message()),
                    say("check that it is there, and its permissions"));
    for (const std::string &path : core::clean_folder(core::real_disk(), folder)) print_result(path);
}

int run_clean(const Program &, const Values &values) {
    std::vector<std::string> folders = values.all("DIR");
    if (folders.empty() || values.typed("--output")) folders.push_back(values.text("--output"));
    for (const std::string &folder : folders) clean(folder);
    return 0;
}

} // namespace

Command clean_command() {
    return {
        "clean",
        "clean [DIR...] [options]",
        later("Removes what unfinished pulls left behind in a folder: .part files, their journals and spools."),
        {{"DIR", later("folders to clean; without one, that of -o"), Complete::folder, true}},
        {{later("Options"),
          {{"-o,--output", "DIR", "output", "./output", later("folder to clean, as that of a pull"), Complete::folder},
           language_option,
           config_option,
           help_option}}},
        run_clean};
}

} // namespace ferry::cli
