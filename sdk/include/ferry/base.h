/*
 * ferry/base.h: what every interface of the SDK is made of.
 *
 * Conventions of all SDK headers
 *  1. C11, libc only. The C++ layer (*.hpp) is header-only and compiled into each plugin: it is no part of the ABI.
 *  2. "Frozen" structs never change and may stand in arrays. "Growable" structs begin with `struct_size`, are passed
 *     by pointer only, and may gain members at their end. Whoever fills one writes sizeof() of the struct that it
 *     was compiled with; whoever reads one asks FERRY_HAS before it touches a member younger than ABI 1.0.
 *  3. Nothing allocated on one side is freed on the other. Strings and buffers are borrowed for the length of the
 *     call unless the comment of the function says otherwise.
 *  4. No exception crosses the line: each function is noexcept when compiled as C++.
 *  5. A function that returns ferry_status fills *error when it does not return FERRY_OK (error may be NULL).
 *  6. Thread rules stand in brackets: [any-thread] may be called from several threads at once; [one-thread] by one
 *     thread at a time for the same object.
 *  7. Sizes are bytes, times are milliseconds, dates are seconds since 1970-01-01 UTC, unless the name says more.
 */
#ifndef FERRY_BASE_H
#define FERRY_BASE_H

#include <stddef.h>
#include <stdint.h>

/* A host loads a plugin whose major version is its own and whose minor version is not above its own. */
#define FERRY_ABI_MAJOR 1
#define FERRY_ABI_MINOR 1

#if defined(_WIN32)
#define FERRY_EXPORT __declspec(dllexport)
#define FERRY_CALL __cdecl
#else
#define FERRY_EXPORT __attribute__((visibility("default")))
#define FERRY_CALL
#endif

#ifdef __cplusplus
#define FERRY_NOEXCEPT noexcept
#define FERRY_BEGIN extern "C" {
#define FERRY_END }
#else
#define FERRY_NOEXCEPT
#define FERRY_BEGIN
#define FERRY_END
#endif

/* Is the struct that `table` points to, as its owner filled it, long enough to hold `member`? */
#define FERRY_HAS(table, member)                                                                                       \
    ((table)->struct_size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member))

FERRY_BEGIN

/* Frozen. Borrowed text or bytes, not NUL-terminated. {NULL, 0} is the empty string. Text is UTF-8. */
typedef struct ferry_str {
    const char *data;
    size_t size;
} ferry_str;

/* Frozen. One HTTP header field. */
typedef struct ferry_header {
    ferry_str name;
    ferry_str value;
} ferry_header;

/* What went wrong, as far as the host acts on it. Values are part of the ABI; a host treats an unknown one as
   FERRY_E_INTERNAL. */
enum {
    FERRY_OK = 0,
    FERRY_E_INTERNAL = 1,     /* a defect of the side that reports it */
    FERRY_E_CANCELLED = 2,    /* the operation was cancelled by the host */
    FERRY_E_INVALID = 3,      /* the caller's input cannot be meant: a bad option, a bad URL */
    FERRY_E_UNSUPPORTED = 4,  /* understood, but not done here */
    FERRY_E_NOT_FOUND = 5,    /* no such repository, tag, blob */
    FERRY_E_UNAUTHORIZED = 6, /* credentials are missing or wrong */
    FERRY_E_FORBIDDEN = 7,    /* known credentials that may not do this */
    FERRY_E_RATE_LIMITED = 8, /* retry_after_ms says when, if known */
    FERRY_E_NETWORK = 9,      /* no connection, or it broke before the response was there */
    FERRY_E_TIMEOUT = 10,     /* connect or stall time ran out */
    FERRY_E_TLS = 11,         /* handshake or certificate */
    FERRY_E_TRUNCATED = 12,   /* the body ended before its announced end */
    FERRY_E_PROTOCOL = 13,    /* the peer does not speak the protocol */
    FERRY_E_PROXY = 14,       /* the proxy refused, not the registry */
    FERRY_E_IO = 15,          /* a local file or device */
    FERRY_E_NO_MEMORY = 16,   /* or no thread to be had */
    FERRY_E_EXHAUSTED = 17    /* a quota is used up: the same call fails until it is renewed. Since 1.1 */
};
typedef int32_t ferry_status;

/* The same call may succeed when it is made again without any change. */
#define FERRY_ERROR_RETRYABLE (1u << 0)

/* Growable. The words of the host's front end, in its user's language. English texts for the user are formats with
   the placeholders {} in order, or {1} {2}...; a plugin that has no use for this says all in English. Alive as long as
   the call that it is passed to; what it returns lives as long. Since 1.1. */
typedef struct ferry_texts {
    uint32_t struct_size;
    uint32_t reserved;
    void *host_data;
    /* The translation of the format `one`, or, unless `many` is empty, of the form of the two that `count` needs. The
       empty string where there is none. [any-thread] */
    ferry_str(FERRY_CALL *find)(const struct ferry_texts *texts, ferry_str one, ferry_str many, uint64_t count)
        FERRY_NOEXCEPT;
    /* How the front end words a piece of advice of that id, as a format: a command line
       names its options. The empty string: in no way of its own. [any-thread] */
    ferry_str(FERRY_CALL *advice)(const struct ferry_texts *texts, ferry_str id) FERRY_NOEXCEPT;
} ferry_texts;

/* Growable. Owned by the caller, who sets struct_size and texts; the callee fills the rest. The message is one sentence
   that names what failed and on which host or file, without secrets. */
typedef struct ferry_error {
    uint32_t struct_size;
    ferry_status code;
    uint32_t flags;
    int32_t http_status;    /* 0: there was none */
    int64_t retry_after_ms; /* -1: unknown */
    char message[488];      /* NUL-terminated, cut at a character */
    /* Since 1.1. The words for the message, and for whatever else the call tells the user; NULL: English. */
    const ferry_texts *texts;
} ferry_error;

enum { FERRY_LOG_DEBUG = 0, FERRY_LOG_INFO = 1, FERRY_LOG_WARNING = 2, FERRY_LOG_ERROR = 3 };

/* Growable. One operation of the host, alive for the length of the call that it is passed to. */
typedef struct ferry_op {
    uint32_t struct_size;
    uint32_t reserved;
    void *host_data;
    /* Not 0 once the operation is cancelled. Cheap. [any-thread] */
    int32_t(FERRY_CALL *cancelled)(const struct ferry_op *op) FERRY_NOEXCEPT;
    /* Calls fn(arg) once when the operation is cancelled, on the thread that cancels; at once, on this thread, if it
       already is. fn must not block. Returns a token for off_cancel, never 0. [any-thread] */
    uint64_t(FERRY_CALL *on_cancel)(const struct ferry_op *op, void(FERRY_CALL *fn)(void *arg) FERRY_NOEXCEPT,
                                    void *arg) FERRY_NOEXCEPT;
    /* Forgets the callback. After it returned, fn neither runs nor will run. [any-thread, not from within fn] */
    void(FERRY_CALL *off_cancel)(const struct ferry_op *op, uint64_t token) FERRY_NOEXCEPT;
    /* Shows how far a long call is; total 0: unknown. [any-thread] */
    void(FERRY_CALL *progress)(const struct ferry_op *op, uint64_t done, uint64_t total) FERRY_NOEXCEPT;
    /* One line for the log, without line end and without secrets. The user sees warnings and errors. [any-thread] */
    void(FERRY_CALL *log)(const struct ferry_op *op, int32_t level, ferry_str line) FERRY_NOEXCEPT;
    /* Since 1.1. The words for lines of the log, and for calls that are made within this one; NULL: English. */
    const ferry_texts *texts;
} ferry_op;

/* Growable. A plugin's own options, read-only: the values given by the user over the fallbacks of its descriptor.
   Alive as long as what was created with it. */
typedef struct ferry_config {
    uint32_t struct_size;
    uint32_t reserved;
    void *host_data;
    /* Returns 0, leaving *value alone, for an option that has neither value nor fallback. *value lives as long as the
       config. [any-thread] */
    int32_t(FERRY_CALL *get)(const struct ferry_config *config, ferry_str key, ferry_str *value) FERRY_NOEXCEPT;
} ferry_config;

FERRY_END
#endif
