#include "cli/language/advice.h"

namespace ferry::cli {

std::string_view wording(std::string_view) noexcept {
    return {};
}

} // namespace ferry::cli
