/*
 * ferry/registry.h: what differs from one registry to the next.
 *
 * A backend answers where to ask (endpoints), under which name (normalize), who am I (authorize), what does this
 * refusal mean (explain), and what else is there (list_tags, search). Manifests and blobs are the host's: all
 * backends speak the OCI distribution protocol.
 * Sources: OCI Distribution Specification 1.1; Docker Registry v2 token authentication; RFC 9110 section 11.
 */
#ifndef FERRY_REGISTRY_H
#define FERRY_REGISTRY_H

#include <ferry/transport.h>

#define FERRY_REGISTRY_V1 "ferry.registry/1"

FERRY_BEGIN

/* Growable. An image reference, taken apart. */
typedef struct ferry_reference {
    uint32_t struct_size;
    uint32_t flags;
    ferry_str registry;   /* host[:port] */
    ferry_str repository; /* library/debian */
    ferry_str tag;        /* empty when only a digest was given */
    ferry_str digest;     /* sha256:..., empty when none was given */
} ferry_reference;

/* The user gave the registry's host for names that carry none (`-r`): the repository is as typed. */
#define FERRY_REFERENCE_DEFAULT_HOST (1u << 0)
/* Since 1.1. The registry is to be spoken to in plain http: the user typed http://, or list_tags is told so by what the
   host found. */
#define FERRY_REFERENCE_PLAIN_HTTP (1u << 1)

#define FERRY_ENDPOINT_MIRROR (1u << 0)     /* not the registry that the reference names: gets none of its secrets */
#define FERRY_ENDPOINT_PLAIN_HTTP (1u << 1) /* http may be tried where https is not spoken */

/* Growable. One place that may hold the repository. */
typedef struct ferry_endpoint {
    uint32_t struct_size;
    uint32_t flags;
    ferry_str base_url;   /* scheme://host[:port][/prefix] without a final slash; the host appends /v2/... */
    ferry_str repository; /* the name to ask this endpoint for */
} ferry_endpoint;

/* Growable. A 401, or the wish for a token before the first request. */
typedef struct ferry_challenge {
    uint32_t struct_size;
    uint32_t flags;
    ferry_str endpoint;            /* base URL of the endpoint that answered */
    const ferry_str *authenticate; /* the values of all its WWW-Authenticate fields */
    size_t authenticate_count;
    ferry_str scope;          /* repository:library/debian:pull */
    ferry_str username;       /* empty: anonymous */
    ferry_str secret;         /* password or personal token of that user */
    ferry_str identity_token; /* OAuth2 refresh token, empty when there is none */
} ferry_challenge;

/* Growable. A refusal that the host cannot explain better itself. */
typedef struct ferry_refusal {
    uint32_t struct_size;
    int32_t http_status;
    ferry_str endpoint;
    ferry_str repository;
    ferry_str body; /* at most the first 64 KiB */
    const ferry_header *headers;
    size_t header_count;
    int32_t with_credentials; /* 1: a user name was given */
    int32_t reserved;
} ferry_refusal;

/* Growable. One result of a search. */
typedef struct ferry_search_hit {
    uint32_t struct_size;
    uint32_t flags; /* FERRY_HIT_* */
    ferry_str name;
    ferry_str description;
    int64_t stars; /* -1: unknown */
    int64_t pulls; /* -1: unknown */
} ferry_search_hit;

#define FERRY_HIT_OFFICIAL (1u << 0)

/* Growable. What a registry tells of one tag. Since 1.1. */
typedef struct ferry_tag {
    uint32_t struct_size;
    uint32_t reserved;
    ferry_str name;
    ferry_str digest;    /* of the manifest or index; empty: unknown */
    ferry_str platforms; /* "linux/amd64 linux/arm64/v8", a space between two; empty: unknown */
    int64_t size;        /* of the packed layers of one platform, in bytes; -1: unknown */
    int64_t updated;     /* seconds since 1970, UTC; 0: unknown */
} ferry_tag;

/* Growable. The host's collector: a backend pushes results into it, the host copies them. Which of the functions a
   call may use stands in the comment of that call; the others are NULL. [one-thread] */
typedef struct ferry_registry_out {
    uint32_t struct_size;
    uint32_t reserved;
    void *host_data;
    ferry_status(FERRY_CALL *reference)(const struct ferry_registry_out *out, const ferry_reference *reference)
        FERRY_NOEXCEPT;
    ferry_status(FERRY_CALL *endpoint)(const struct ferry_registry_out *out, const ferry_endpoint *endpoint)
        FERRY_NOEXCEPT;
    /* A header to send with each request of this scope. lifetime_ms 0: for one request; -1: until it is refused. */
    ferry_status(FERRY_CALL *credential)(const struct ferry_registry_out *out, ferry_header header, int64_t lifetime_ms)
        FERRY_NOEXCEPT;
    ferry_status(FERRY_CALL *tag)(const struct ferry_registry_out *out, ferry_str tag) FERRY_NOEXCEPT;
    ferry_status(FERRY_CALL *hit)(const struct ferry_registry_out *out, const ferry_search_hit *hit) FERRY_NOEXCEPT;
    /* What happened, in one sentence, and what the user can do about it, in another. */
    ferry_status(FERRY_CALL *advice)(const struct ferry_registry_out *out, ferry_status meaning, ferry_str what,
                                     ferry_str remedy) FERRY_NOEXCEPT;
    /* Since 1.1. A tag with all that is known of it: `tag` is for hosts that lack this one. Either fails once the host
       has enough: then the call is to end with that status. */
    ferry_status(FERRY_CALL *tag_details)(const struct ferry_registry_out *out, const ferry_tag *tag) FERRY_NOEXCEPT;
    /* Since 1.1. The user's login at the registry that the call is about, for the registry's own API: both empty when
       there is none. The texts live as long as the call of the backend. */
    ferry_status(FERRY_CALL *login)(const struct ferry_registry_out *out, ferry_str *username, ferry_str *secret)
        FERRY_NOEXCEPT;
} ferry_registry_out;

/* A backend at work. Owned by the plugin. */
typedef struct ferry_registry ferry_registry;

/* Growable. */
typedef struct ferry_registry_v1 {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    /* How surely `host` (host[:port]) is this backend's: 0 not mine, 1 any registry, 50 looks like it, 100 certain.
       The highest wins. Pure: no request. [any-thread] */
    int32_t(FERRY_CALL *claims)(const ferry_config *config, ferry_str host) FERRY_NOEXCEPT;
    /* `config` and `http` live until destroy. `http` is the host's client: it follows redirects without handing
       secrets to another host, repeats what failed for a moment, and keeps secrets out of the log. [any-thread] */
    ferry_status(FERRY_CALL *create)(const ferry_config *config, ferry_http http, ferry_registry **registry,
                                     ferry_error *error) FERRY_NOEXCEPT;
    void(FERRY_CALL *destroy)(ferry_registry *registry) FERRY_NOEXCEPT;
    /* The references that `typed` can mean, most likely first, as out->reference: at least one. The host tries the
       next only where the one before is unknown to the registry. Pure and idempotent. [any-thread] */
    ferry_status(FERRY_CALL *normalize)(ferry_registry *registry, const ferry_reference *typed,
                                        const ferry_registry_out *out, ferry_error *error) FERRY_NOEXCEPT;
    /* Where to ask, most preferred first, as out->endpoint: at least one. Pure. [any-thread] */
    ferry_status(FERRY_CALL *endpoints)(ferry_registry *registry, const ferry_reference *reference,
                                        const ferry_registry_out *out, ferry_error *error) FERRY_NOEXCEPT;
    /* Answers a challenge by out->credential, once; FERRY_E_UNAUTHORIZED when the secrets are refused or needed and
       absent. May make requests through its http. [any-thread] */
    ferry_status(FERRY_CALL *authorize)(ferry_registry *registry, const ferry_op *op, const ferry_challenge *challenge,
                                        const ferry_registry_out *out, ferry_error *error) FERRY_NOEXCEPT;
    /* Optional. What a refusal means here, as out->advice, at most once; saying nothing leaves it to the host. Pure.
       [any-thread] */
    ferry_status(FERRY_CALL *explain)(ferry_registry *registry, const ferry_refusal *refusal,
                                      const ferry_registry_out *out, ferry_error *error) FERRY_NOEXCEPT;
    /* Optional: the host asks /v2/<name>/tags/list where it is NULL or returns FERRY_E_UNSUPPORTED before its first
       tag. Uses out->tag or, better, out->tag_details, and out->login. `reference` has FERRY_REFERENCE_PLAIN_HTTP where
       the registry speaks no TLS. `authorization` is a credential of this scope that the host has at hand, with an
       empty name when there is none. [any-thread] */
    ferry_status(FERRY_CALL *list_tags)(ferry_registry *registry, const ferry_op *op, const ferry_reference *reference,
                                        ferry_header authorization, const ferry_registry_out *out, ferry_error *error)
        FERRY_NOEXCEPT;
    /* Optional: the host looks through /v2/_catalog where it is NULL or returns FERRY_E_UNSUPPORTED. Uses out->hit,
       `limit` times at most, and out->login. `host` begins with http:// where the registry speaks no TLS. An empty
       query asks for all that there is. [any-thread] */
    ferry_status(FERRY_CALL *search)(ferry_registry *registry, const ferry_op *op, ferry_str host, ferry_str query,
                                     uint32_t limit, const ferry_registry_out *out, ferry_error *error) FERRY_NOEXCEPT;
} ferry_registry_v1;

FERRY_END
#endif
