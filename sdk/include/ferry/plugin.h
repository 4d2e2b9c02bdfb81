/*
 * ferry/plugin.h: what makes a shared library a ferry plugin.
 *
 * A plugin exports one data symbol, `ferry_plugin_v1`, and carries its manifest as text in an ELF section named
 * `.ferry`, so that a host can list and refuse it without running any of its code. Both say the same; the host
 * compares them after loading. A plugin is never unloaded.
 */
#ifndef FERRY_PLUGIN_H
#define FERRY_PLUGIN_H

#include <ferry/base.h>

#define FERRY_PLUGIN_MAGIC 0x59525246u /* "FRRY", little-endian */
#define FERRY_PLUGIN_SYMBOL "ferry_plugin_v1"
#define FERRY_MANIFEST_SECTION ".ferry"
#define FERRY_MANIFEST_HEAD "FERRY-PLUGIN 1\n"

FERRY_BEGIN

/* Frozen. One option of a plugin, set by `--opt ID.KEY=VALUE` or `plugin.ID.KEY = VALUE` in the settings. */
typedef struct ferry_option {
    const char *key;      /* lower case, digits and '_' */
    const char *fallback; /* NULL: unset unless the user sets it */
    const char *help;     /* one sentence */
} ferry_option;

/* Growable. Constant data, alive as long as the library. Read before any function of the plugin is called. */
typedef struct ferry_plugin {
    uint32_t magic; /* FERRY_PLUGIN_MAGIC */
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;          /* the oldest host that this plugin works with */
    const char *id;              /* lower case letters, digits, '-' and '_'; at most 64 */
    const char *version;         /* the plugin's own */
    const char *summary;         /* one line */
    const char *vendor;          /* may be empty */
    const char *manifest;        /* the text in the .ferry section */
    const ferry_option *options; /* ends with a NULL key; may be NULL */
    /* The table of an interface that this plugin implements (FERRY_PACKER_V1 gives a ferry_packer_v1 and so on), alive
       as long as the library; NULL for any other id. [any-thread] */
    const void *(FERRY_CALL *get_interface)(const char *interface_id)FERRY_NOEXCEPT;
} ferry_plugin;

FERRY_EXPORT extern const ferry_plugin ferry_plugin_v1;

FERRY_END

#define FERRY_TEXT_(x) #x
#define FERRY_TEXT(x) FERRY_TEXT_(x)

/* The manifest: a first line that names the form, then `key value` lines in any order. Known keys: abi, id, version,
   interface (once for each), vendor, summary. Unknown keys are ignored. At most 4096 bytes. */
#define FERRY_MANIFEST_TEXT(ID, VERSION, INTERFACE, SUMMARY, VENDOR)                                                   \
    FERRY_MANIFEST_HEAD                                                                                                \
    "abi " FERRY_TEXT(FERRY_ABI_MAJOR) "." FERRY_TEXT(FERRY_ABI_MINOR) "\nid " ID "\nversion " VERSION                 \
                                                                       "\ninterface " INTERFACE "\nsummary " SUMMARY   \
                                                                       "\nvendor " VENDOR "\n"

#if defined(__GNUC__)
#define FERRY_MANIFEST_PLACE __attribute__((section(FERRY_MANIFEST_SECTION), used))
#else
#define FERRY_MANIFEST_PLACE
#endif

#endif
