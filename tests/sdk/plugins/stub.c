/* A packer of no entries whose description is wrong in the one way that its target defines. */
#include <ferry/ferry.h>

#include <string.h>

#ifndef STUB_MAGIC
#define STUB_MAGIC FERRY_PLUGIN_MAGIC
#endif
#ifndef STUB_SIZE
#define STUB_SIZE sizeof(ferry_plugin)
#endif
#ifndef STUB_MAJOR
#define STUB_MAJOR FERRY_ABI_MAJOR
#endif
#ifndef STUB_MINOR
#define STUB_MINOR FERRY_ABI_MINOR
#endif
#ifndef STUB_MANIFEST_ID
#define STUB_MANIFEST_ID STUB_ID
#endif

/* As FERRY_MANIFEST_TEXT, with the ABI of this stub. */
static FERRY_MANIFEST_PLACE const char manifest[] = FERRY_MANIFEST_HEAD
    "abi " FERRY_TEXT(STUB_MAJOR) "." FERRY_TEXT(STUB_MINOR) "\nid " STUB_MANIFEST_ID
                                                             "\nversion 1.0.0\ninterface " FERRY_PACKER_V1
                                                             "\nsummary a plugin of the tests\nvendor tests\n";

#ifdef STUB_UNDEFINED
void ferry_test_nobody_defines_this(void);
#endif

static ferry_status FERRY_CALL plan(const ferry_op *op, const ferry_config *config, const ferry_image *const *images,
                                    size_t image_count, const ferry_plan *out, ferry_error *error) {
    (void)op, (void)config, (void)images, (void)image_count, (void)out, (void)error;
#ifdef STUB_UNDEFINED
    ferry_test_nobody_defines_this();
#endif
    return FERRY_OK;
}

static const ferry_packer_v1 table = {sizeof(ferry_packer_v1), 0, ".tar", plan};

static const void *FERRY_CALL get_interface(const char *wanted) {
#ifdef STUB_NO_INTERFACE
    (void)table;
    (void)wanted;
    return NULL;
#else
    return wanted && strcmp(wanted, FERRY_PACKER_V1) == 0 ? &table : NULL;
#endif
}

FERRY_EXPORT const ferry_plugin ferry_plugin_v1 = {
    STUB_MAGIC, STUB_SIZE, STUB_MAJOR, STUB_MINOR,   STUB_ID, "1.0.0", "a plugin of the tests",
    "tests",    manifest,  NULL,       get_interface};
