/* One request over HTTP, from its headers to what the rules are asked. */
#pragma once

#include <libsoup/soup.h>

#include "bp-http-upload.h"
#include "bp-rules.h"

G_BEGIN_DECLS

/**
 * BpHttpCall:
 * @message: (unowned): the request
 * @endpoint: (nullable): what it asks for
 * @allowed: (nullable): where that is nothing, the methods its path has
 * @token: (nullable): the bearer token it shows
 * @address: who counts as the client
 * @name: (nullable): what is at the end of the path
 * @body: as it came, where it is no file
 * @upload: (nullable): takes the body where it is a file
 * @received: bytes that came, also those that were not kept
 * @max_body: how many are kept
 * @held: (nullable): counts the bytes kept by all calls
 * @is_gzip: whether the body is packed
 * @wants_gzip: whether the answer may be
 * @range: (nullable): which part of a file is asked for
 * @if_range: (nullable): of which file only
 * @if_none_match: (nullable): which files are there already
 * @refusal: (nullable): why it is refused before the rules are asked
 */
typedef struct
{
  SoupServerMessage *message; /* (unowned) */
  const BpEndpoint *endpoint; /* (unowned) (nullable) */
  char *allowed;              /* (owned) (nullable) */
  char *token;                /* (owned) (nullable) */
  char *address;              /* (owned) */
  char *name;                 /* (owned) (nullable) */
  GByteArray *body;           /* (owned) */
  BpHttpUpload *upload;       /* (owned) (nullable) */
  gsize received;
  gsize max_body;
  gsize *held; /* (unowned) (nullable) */
  gboolean is_gzip;
  gboolean wants_gzip;
  char *range;         /* (owned) (nullable) */
  char *if_range;      /* (owned) (nullable) */
  char *if_none_match; /* (owned) (nullable) */
  BpProblem *refusal; /* (owned) (nullable) */
} BpHttpCall;

BpHttpCall *bp_http_call_new (SoupServerMessage *message,
                              gboolean           behind_proxy,
                              gsize             *held);
void bp_http_call_free (BpHttpCall *self);
void bp_http_call_take_chunk (BpHttpCall *self,
                              GBytes     *chunk);
char *bp_http_call_get_lane (BpHttpCall *self);
gboolean bp_http_call_is_hopeless (BpHttpCall *self);
gboolean bp_http_call_takes_file (const BpHttpCall *self);
void bp_http_call_refuse (BpHttpCall   *self,
                          BpProblemCode code,
                          const char   *detail);
BpReply *bp_http_call_answer (BpHttpCall *self,
                              BpBackend  *backend,
                              BpClock    *clock,
                              BpSpool    *spool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpHttpCall, bp_http_call_free)

G_END_DECLS
