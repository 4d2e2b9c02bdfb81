/*
 * ferry/packer.h: from images to the list of files in the archive.
 *
 * A packer is a pure function: the same images and options give the same plan. It reads and writes nothing. The host
 * places every entry, fetches blobs straight to their place, inflates where asked, and writes the tar (POSIX ustar).
 * Order has no meaning: entries of known size are laid out first, then the unpacked ones, then the late ones, each
 * group in the order of the plan.
 */
#ifndef FERRY_PACKER_H
#define FERRY_PACKER_H

#include <ferry/base.h>

#define FERRY_PACKER_V1 "ferry.packer/1"
#define FERRY_SIZE_UNKNOWN UINT64_MAX

FERRY_BEGIN

/* Frozen. A descriptor (OCI image-spec, descriptor.md). */
typedef struct ferry_blob {
    ferry_str digest; /* sha256:..., of the bytes as the registry sends them */
    ferry_str media_type;
    ferry_str diff_id;      /* layers: digest of the unpacked bytes; else empty */
    uint64_t size;          /* as the registry sends it */
    uint64_t unpacked_size; /* layers: FERRY_SIZE_UNKNOWN in the first call of plan, known in the second */
} ferry_blob;

/* Frozen. Since 1.1. An index (OCI image-spec, image-index.md), verbatim. */
typedef struct ferry_index {
    ferry_blob blob;
    ferry_str json;
} ferry_index;

/* Since 1.1. No image but what describes one (an attestation): its layers have no diff_id, its config is any bytes, and
   its platform may be empty. Only packers with FERRY_PACKER_MANY_PLATFORMS meet it. */
#define FERRY_IMAGE_ATTACHMENT (1u << 0)

/* Growable. One image for one platform; digests and names were checked by the host and need no escaping in JSON. */
typedef struct ferry_image {
    uint32_t struct_size;
    uint32_t flags;         /* FERRY_IMAGE_ATTACHMENT */
    ferry_str registry;     /* host[:port] it came from */
    ferry_str repository;   /* library/debian */
    ferry_str tag;          /* empty when pulled by digest alone */
    ferry_str platform;     /* linux/arm64/v8 */
    const ferry_str *names; /* what the archive is to call it: debian:bookworm, each with a tag; may be none */
    size_t name_count;
    ferry_blob manifest;     /* of this platform */
    ferry_str manifest_json; /* verbatim */
    ferry_blob config;
    ferry_str config_json;    /* verbatim */
    const ferry_blob *layers; /* from the base up; the same blob may stand more than once */
    size_t layer_count;
    int64_t created; /* seconds since 1970, from the config; 0 when absent */
    /* Since 1.1. When all platforms are asked for: the indexes that lead to this manifest, from the one that the tag
       names down to the one that lists it. All that they list is among the images of the call. Else none. */
    const ferry_index *indexes;
    size_t index_count;
} ferry_image;

enum { FERRY_ENTRY_FILE = 0, FERRY_ENTRY_DIRECTORY = 1, FERRY_ENTRY_SYMLINK = 2 };
enum {
    FERRY_FROM_INLINE = 0,  /* source: the bytes themselves */
    FERRY_FROM_BLOB = 1,    /* source: the digest of a blob of one of the images, stored as it comes */
    FERRY_FROM_UNPACKED = 2 /* source: the digest of a layer, stored unpacked; its diff_id is verified */
};

/* An inline file whose bytes or path depend on unpacked sizes. A plan with such entries is asked for twice: the first
   time unpacked_size is unknown and what the entry holds is ignored; the second time it is written last. All other
   entries must be the same in both. */
#define FERRY_ENTRY_LATE (1u << 0)

/* Growable. */
typedef struct ferry_entry {
    uint32_t struct_size;
    uint32_t flags;
    uint32_t kind;
    uint32_t from;
    uint32_t mode; /* permission bits */
    uint32_t reserved;
    int64_t mtime;
    ferry_str path;   /* relative, '/' between parts, no empty, "." or ".." part, unique in the plan */
    ferry_str source; /* inline bytes, a digest, or the relative target of a symlink */
} ferry_entry;

/* Growable. The host's collector. It copies what it is given, and refuses what it could not write. */
typedef struct ferry_plan {
    uint32_t struct_size;
    uint32_t reserved;
    void *host_data;
    /* [one-thread] */
    ferry_status(FERRY_CALL *add)(const struct ferry_plan *plan, const ferry_entry *entry, ferry_error *error)
        FERRY_NOEXCEPT;
} ferry_plan;

#define FERRY_PACKER_MANY_IMAGES (1u << 0)    /* one archive may hold several images */
#define FERRY_PACKER_MANY_PLATFORMS (1u << 1) /* of the same name for several platforms */

/* Growable. */
typedef struct ferry_packer_v1 {
    uint32_t struct_size;
    uint32_t flags;
    const char *suffix; /* of the archive's file name: ".tar" */
    /* Pushes the whole plan. What it logs as a warning is shown to the user. FERRY_E_UNSUPPORTED and FERRY_E_PROTOCOL
       say that the images are at fault; any other failure is the packer's. [any-thread] */
    ferry_status(FERRY_CALL *plan)(const ferry_op *op, const ferry_config *config, const ferry_image *const *images,
                                   size_t image_count, const ferry_plan *plan, ferry_error *error) FERRY_NOEXCEPT;
} ferry_packer_v1;

FERRY_END
#endif
