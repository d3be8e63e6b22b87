#pragma once

#include "bp-transport.h"

G_BEGIN_DECLS

#define BP_TYPE_HTTP_TRANSPORT (bp_http_transport_get_type ())

G_DECLARE_FINAL_TYPE (BpHttpTransport, bp_http_transport, BP, HTTP_TRANSPORT, BpTransport)

BpTransport *bp_http_transport_new (const char   *url,
                                    GTlsDatabase *trusted,
                                    GError      **error);
void bp_http_transport_set_pulse (BpHttpTransport *self,
                                  int             *pulse);

G_END_DECLS
