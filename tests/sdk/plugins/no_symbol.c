/* Has a manifest, if NO_SYMBOL_MANIFEST is defined, but not the symbol that a plugin exports. */
#include <ferry/plugin.h>

#ifdef NO_SYMBOL_MANIFEST
static FERRY_MANIFEST_PLACE const char manifest[] =
    FERRY_MANIFEST_TEXT("no-symbol", "1.0.0", "ferry.packer/1", "a plugin of the tests", "tests");
#endif

FERRY_EXPORT int ferry_test_something_else(void);
FERRY_EXPORT int ferry_test_something_else(void) {
#ifdef NO_SYMBOL_MANIFEST
    return (int)manifest[0];
#else
    return 0;
#endif
}
