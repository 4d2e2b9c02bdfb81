/*
 * ferry/transport.h: one HTTP exchange, and the transport that makes it.
 *
 * The same table, ferry_http_v1, is what a transport implements, what a stacked transport is handed to call next,
 * and what the host hands to a registry backend. A transport does exactly one exchange: it follows no redirect, does
 * not repeat a request that may have reached the server, and adds no credentials to it. Those are the host's policy.
 *
 * Options that every transport may declare and the host then fills from the command line: `insecure` (yes/no),
 * `insecure_hosts` (HOST[:PORT], apart by commas), `ca_cert`, `client_cert`, `client_key` (PEM files), `certs_dir`
 * (folders as Docker's certs.d, apart by colons), `min_tls` (1.2 or 1.3), `http_proxy`, `https_proxy`, `all_proxy`
 * (URLs), `no_proxy` (list), `registry_proxy` (HOST[:PORT]=URL or =direct, apart by commas), `limit_rate` (bytes a
 * second, with K, M or G).
 */
#ifndef FERRY_TRANSPORT_H
#define FERRY_TRANSPORT_H

#include <ferry/base.h>

#define FERRY_TRANSPORT_V1 "ferry.transport/1"

FERRY_BEGIN

/* Growable. */
typedef struct ferry_request {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    ferry_str method;
    ferry_str url; /* absolute; path and query go over the wire as they stand here (RFC 3986), never re-encoded */
    const ferry_header *headers;
    size_t header_count;
    ferry_str body;             /* may be empty */
    int32_t connect_timeout_ms; /* resolve, connect, proxy and TLS handshake together */
    int32_t stall_timeout_ms;   /* the longest wait for the next byte, in either direction */
} ferry_request;

/* Owned by the transport that opened it, until close. */
typedef struct ferry_response ferry_response;

/* Growable. */
typedef struct ferry_http_v1 {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    /* Sends the request and returns when the status line and the header fields are in. `op` need only live for this
       call. On FERRY_OK the caller must close *response. A response of any status is FERRY_OK. [any-thread] */
    ferry_status(FERRY_CALL *open)(void *self, const ferry_op *op, const ferry_request *request,
                                   ferry_response **response, ferry_error *error) FERRY_NOEXCEPT;
    /* The HTTP status code. */
    int32_t(FERRY_CALL *status)(const ferry_response *response) FERRY_NOEXCEPT;
    /* Header fields in the order they came; repeated fields stay apart. Strings live until close. */
    size_t(FERRY_CALL *header_count)(const ferry_response *response) FERRY_NOEXCEPT;
    ferry_header(FERRY_CALL *header_at)(const ferry_response *response, size_t index) FERRY_NOEXCEPT;
    /* Waits for at least one byte of the body, transfer encoding removed, and stores up to `capacity`. FERRY_OK with
       *got 0 is the end, and only when the whole announced body came; a body cut short is FERRY_E_TRUNCATED. *got is
       set on every return: bytes stored before an error are good, and the error repeats on every later read.
       [one-thread] */
    ferry_status(FERRY_CALL *read)(ferry_response *response, const ferry_op *op, void *buffer, size_t capacity,
                                   size_t *got, ferry_error *error) FERRY_NOEXCEPT;
    /* Frees the response. A connection whose body was not read to its end is dropped, not reused. [one-thread] */
    void(FERRY_CALL *close)(ferry_response *response) FERRY_NOEXCEPT;
} ferry_http_v1;

/* Frozen. A table and the object that it works on. A NULL table: there is none. */
typedef struct ferry_http {
    const ferry_http_v1 *table;
    void *self;
} ferry_http;

/* It needs no transport below it: it opens connections itself. Without this flag the host refuses the transport at
   the bottom of a chain. */
#define FERRY_TRANSPORT_BOTTOM (1u << 0)

/* Growable. */
typedef struct ferry_transport_v1 {
    uint32_t struct_size;
    uint32_t flags;
    /* `next` is the transport that this one wraps, with a NULL table at the bottom of the chain. `config` and `next`
       live until destroy. Opens no connection. [any-thread] */
    ferry_status(FERRY_CALL *create)(const ferry_config *config, ferry_http next, ferry_http *transport,
                                     ferry_error *error) FERRY_NOEXCEPT;
    /* After every response was closed. [one-thread] */
    void(FERRY_CALL *destroy)(ferry_http transport) FERRY_NOEXCEPT;
} ferry_transport_v1;

FERRY_END
#endif
