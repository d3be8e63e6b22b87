#pragma once

#include <gio/gio.h>

#include "bp-backend.h"
#include "bp-clock.h"
#include "bp-gate.h"
#include "bp-live.h"
#include "bp-metrics.h"
#include "bp-spool.h"

G_BEGIN_DECLS

/**
 * BpHttpOptions:
 * @behind_proxy: whether the last address of `X-Forwarded-For` counts as the
 *   client's
 * @certificate: (nullable): for TLS
 * @max_connections: more wait until one ends
 * @start_ms: a new connection must begin its request within this, and an idle
 *   one its next request within four times as long
 * @metrics: (nullable): counts what is answered; must outlive the server
 * @headers_ms: a request's headers must be there within this
 * @request_ms: a whole request must be there within this, and its answer be
 *   taken within as long again
 * @history_days: how long what was in an operation is kept; 0 for good
 * @progress_ms: each 64 KiB of a file must be taken, or sent, within this
 * @max_transfers: how many files are on their way at a time, out and in
 * @max_transfers_of_store: how many of them of one store
 * @spool: (nullable): where files are made; without, there are none. Closed when
 *   the server stops
 * @builders: (nullable) (element-type BpBackend): more backends, to make files
 *   with, so that nothing else waits for that
 * @gate: how often devices and others may ask
 * @live: of the sockets that are told of changes
 * @listener: (nullable): one more backend, to hear of what others commit; owned
 *   by a thread of the server's from then on
 */
typedef struct
{
  gboolean behind_proxy;
  GTlsCertificate *certificate;
  guint max_connections;
  BpMetrics *metrics;
  guint start_ms;
  guint headers_ms;
  guint request_ms;
  int history_days;
  guint progress_ms;
  guint max_transfers;
  guint max_transfers_of_store;
  BpSpool *spool;
  GPtrArray *builders;
  BpGateLimits gate;
  BpLiveLimits live;
  BpBackend *listener;
} BpHttpOptions;

#define BP_TYPE_HTTP_SERVER (bp_http_server_get_type ())

G_DECLARE_FINAL_TYPE (BpHttpServer, bp_http_server, BP, HTTP_SERVER, GObject)

void bp_http_options_init (BpHttpOptions *options);
BpHttpServer *bp_http_server_new (GPtrArray           *backends,
                                  BpClock             *clock,
                                  const BpHttpOptions *options);
gboolean bp_http_server_listen (BpHttpServer   *self,
                                GSocketAddress *address,
                                GError        **error);
void bp_http_server_set_certificate (BpHttpServer    *self,
                                     GTlsCertificate *certificate);
guint16 bp_http_server_get_port (BpHttpServer *self);
void bp_http_server_stop (BpHttpServer       *self,
                          GAsyncReadyCallback callback,
                          gpointer            user_data);

G_END_DECLS
