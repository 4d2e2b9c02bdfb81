#include "core/archive/damage.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

namespace ferry::core {

Text copy_again() {
    return say("copy it again from where it came, or pull the image anew");
}

void refuse_damaged(const std::string &file, const Text &why) {
    throw Error(Kind::integrity, say("{} is damaged or incomplete: {}", file, why), copy_again());
}

} // namespace ferry::core
