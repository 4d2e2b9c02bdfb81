#include "cli/show/display.h"

#include "cli/language/language.h"
#include "cli/show/message.h"
#include "core/base/size.h"

#include <ferry/text.hpp>

namespace ferry::cli {

void Display::warning(std::string_view text) {
    line(warning_text(text));
}

void Display::failure(const core::Error &error) {
    line(error_text(error));
}

std::string resumed_line(std::uint64_t bytes) {
    return tr("resuming: {} are here from an earlier run", core::human_size(bytes));
}

} // namespace ferry::cli
