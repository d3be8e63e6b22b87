/* A file over HTTP. */
#pragma once

#include "bp-http-exchange.h"

G_BEGIN_DECLS

/**
 * BpHttpDownload:
 *
 * What is asked, of whom; all of it is the caller's.
 */
typedef struct
{
  BpHttpLine *line;
  const BpEndpoint *endpoint;
  const char *address;
  const char *token; /* (nullable) */
  BpDownload *download;
} BpHttpDownload;

BpAnswer *bp_http_download (const BpHttpDownload *what,
                            GCancellable         *cancellable,
                            gboolean             *again,
                            GError              **error);

G_END_DECLS
