/* A packer in plain C11, as somebody without a C++ compiler writes it: a `docker save` archive of blobs as they come.
   It behaves: ferry must load and run it. */
#include <ferry/ferry.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FERRY_MANIFEST_PLACE const char manifest_text[] =
    FERRY_MANIFEST_TEXT("c-packer", "1.0.0", FERRY_PACKER_V1, "docker save archive, written in C", "tests");

/* Text that grows; `bad` once memory ran out. */
typedef struct {
    char *data;
    size_t size;
    int bad;
} text;

static void append(text *out, const char *data, size_t size) {
    char *grown = out->bad ? NULL : realloc(out->data, out->size + size + 1);
    if (!grown) {
        out->bad = 1;
        return;
    }
    out->data = grown;
    memcpy(out->data + out->size, data, size);
    out->size += size;
    out->data[out->size] = '\0';
}

static void append_all(text *out, const char *first, ...) {
    va_list rest;
    const char *part;
    va_start(rest, first);
    for (part = first; part; part = va_arg(rest, const char *)) append(out, part, strlen(part));
    va_end(rest);
}

/* "sha256:ab" is "ab". */
static ferry_str hex(ferry_str digest) {
    const size_t skip = sizeof "sha256:" - 1;
    ferry_str out = {digest.data + skip, digest.size - skip};
    return out;
}

static ferry_status add(const ferry_plan *out, uint32_t from, ferry_str path, ferry_str source, ferry_error *error) {
    ferry_entry entry;
    memset(&entry, 0, sizeof entry);
    entry.struct_size = sizeof entry;
    entry.kind = FERRY_ENTRY_FILE;
    entry.from = from;
    entry.mode = 0644;
    entry.path = path;
    entry.source = source;
    return out->add(out, &entry, error);
}

static int placed_before(const ferry_image *image, size_t layer) {
    size_t i;
    for (i = 0; i < layer; ++i)
        if (image->layers[i].digest.size == image->layers[layer].digest.size &&
            memcmp(image->layers[i].digest.data, image->layers[layer].digest.data, image->layers[i].digest.size) == 0)
            return 1;
    return 0;
}

static ferry_status pack(const ferry_image *image, text *manifest, text *path, const ferry_plan *out,
                         ferry_error *error) {
    size_t i;
    ferry_status status;
    ferry_str name = hex(image->config.digest);
    path->size = 0;
    append(path, name.data, name.size);
    append_all(path, ".json", (char *)NULL);
    append_all(manifest, "[{\"Config\":\"", path->data, "\",\"RepoTags\":[", (char *)NULL);
    if (path->bad || manifest->bad) return FERRY_E_NO_MEMORY;
    status = add(out, FERRY_FROM_INLINE, (ferry_str){path->data, path->size}, image->config_json, error);

    for (i = 0; i < image->name_count; ++i) {
        append_all(manifest, i ? ",\"" : "\"", (char *)NULL);
        append(manifest, image->names[i].data, image->names[i].size);
        append_all(manifest, "\"", (char *)NULL);
    }
    append_all(manifest, "],\"Layers\":[", (char *)NULL);
    for (i = 0; i < image->layer_count && status == FERRY_OK; ++i) {
        name = hex(image->layers[i].digest);
        path->size = 0;
        append(path, name.data, name.size);
        append_all(path, ".tar.gz", (char *)NULL);
        if (path->bad) return FERRY_E_NO_MEMORY;
        append_all(manifest, i ? ",\"" : "\"", path->data, "\"", (char *)NULL);
        if (!placed_before(image, i))
            status = add(out, FERRY_FROM_BLOB, (ferry_str){path->data, path->size}, image->layers[i].digest, error);
    }
    append_all(manifest, "]}]\n", (char *)NULL);
    if (status == FERRY_OK && manifest->bad) return FERRY_E_NO_MEMORY;
    return status;
}

static ferry_status FERRY_CALL plan(const ferry_op *op, const ferry_config *config, const ferry_image *const *images,
                                    size_t image_count, const ferry_plan *out, ferry_error *error) {
    text manifest = {NULL, 0, 0}, path = {NULL, 0, 0};
    const ferry_str name = {"manifest.json", sizeof "manifest.json" - 1};
    ferry_status status = FERRY_OK;
    (void)op, (void)config;
    if (image_count > 0) status = pack(images[0], &manifest, &path, out, error);
    if (status == FERRY_OK)
        status = add(out, FERRY_FROM_INLINE, name, (ferry_str){manifest.data, manifest.size}, error);
    if (status == FERRY_E_NO_MEMORY && error) {
        error->code = status;
        error->flags = 0;
        error->http_status = 0;
        error->retry_after_ms = -1;
        strcpy(error->message, "out of memory");
    }
    free(manifest.data);
    free(path.data);
    return status;
}

static const ferry_packer_v1 table = {sizeof(ferry_packer_v1), 0, ".tar", plan};

static const void *FERRY_CALL get_interface(const char *wanted) {
    return wanted && strcmp(wanted, FERRY_PACKER_V1) == 0 ? &table : NULL;
}

FERRY_EXPORT const ferry_plugin ferry_plugin_v1 = {FERRY_PLUGIN_MAGIC,
                                                   sizeof(ferry_plugin),
                                                   FERRY_ABI_MAJOR,
                                                   FERRY_ABI_MINOR,
                                                   "c-packer",
                                                   "1.0.0",
                                                   "docker save archive, written in C",
                                                   "tests",
                                                   manifest_text,
                                                   NULL,
                                                   get_interface};
