// How an archive that was pulled, or would be, is told of: as JSON (docs/json.md), as a sentence, as a plan.
#pragma once

#include "core/job/pull.h"

#include <string>
#include <vector>

namespace ferry::cli {

// One object on one line. Pure.
std::string archive_json(const core::PulledArchive &archive, bool dry_run);

// What it holds and how it is loaded, in a sentence. Pure but for the language.
std::string archive_summary(const core::PulledArchive &archive);

// What a dry run found, in lines. Pure but for the language.
std::vector<std::string> plan_lines(const core::PulledArchive &archive);

} // namespace ferry::cli
