/* Compiles only while the headers keep what ABI 1 fixes; as C11 and as C++17. */
#include <ferry/ferry.h>

#ifdef __cplusplus
#define FERRY_LAYOUT(condition) static_assert(condition, #condition)
#else
#define FERRY_LAYOUT(condition) _Static_assert(condition, #condition)
#endif

#include "layout_1.inc"
