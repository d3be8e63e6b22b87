/* A file over HTTP, the other way. */
#pragma once

#include "bp-http-exchange.h"

G_BEGIN_DECLS

/**
 * BpHttpPut:
 *
 * What is sent, to whom; all of it is the caller's.
 */
typedef struct
{
  BpHttpLine *line;
  const BpEndpoint *endpoint;
  const char *address;
  const char *token; /* (nullable) */
  BpUpload *upload;
} BpHttpPut;

BpAnswer *bp_http_put (const BpHttpPut *what,
                       GCancellable    *cancellable,
                       GError         **error);

G_END_DECLS
