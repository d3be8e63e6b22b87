#pragma once

#include "bp-http-transport.h"

G_BEGIN_DECLS

void bp_http_transport_set_deadline (BpHttpTransport *self,
                                     gint64           milliseconds);
gint64 bp_http_parse_retry_after (const char *text,
                                  const char *date);

G_END_DECLS
