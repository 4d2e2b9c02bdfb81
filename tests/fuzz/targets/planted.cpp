// Not a part of ferry: a reader with a mistake, by which run_test.py sees that findings are found and kept.
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    HOLDS(ferry::fuzz::text_of(data, size).substr(0, 3) != "bad");
    return 0;
}
