/* What the files of the HTTP server share. */
#pragma once

#include <libsoup/soup.h>

#include "bp-acceptor.h"
#include "bp-http-call.h"
#include "bp-http-server.h"
#include "bp-limiter.h"
#include "bp-live-listener.h"
#include "bp-workers.h"

G_BEGIN_DECLS

struct _BpHttpServer
{
  GObject parent_instance;

  SoupServer *soup;        /* (owned) */
  BpAcceptor *acceptor;    /* (owned) */
  BpWorkers *workers;      /* (owned) */
  BpWorkers *builders;     /* (owned) (nullable): make files, one of a store at a time */
  GHashTable *transfers;   /* (owned): id of a store → how many files it sends or takes */
  guint n_transfers;
  BpClock *clock;          /* (owned) */
  GMutex pairing;          /* guards the limiter, and that codes are tried in turn */
  BpLimiter *limiter;      /* (owned) */
  BpGate *gate;            /* (owned) */
  GMainContext *context;   /* (owned) */
  BpLive *live;            /* (owned) */
  BpLiveListener *listener; /* (owned) (nullable) */
  BpHttpOptions options;
  guint forget_id;
  GCancellable *forgetting; /* (owned): cancelled when the server stops */
  guint drop_id;
  guint n_busy;
  gsize n_held;
  int silent_fd;
  GTask *stopping; /* (owned) (nullable) */
};

void bp_http_server_set_deadline (BpHttpServer      *self,
                                  SoupServerMessage *message,
                                  guint              milliseconds);
void bp_http_server_hold_back (BpHttpServer      *self,
                               SoupServerMessage *message);
gboolean bp_http_server_begin_transfer (BpHttpServer      *self,
                                        SoupServerMessage *message,
                                        const char        *store_id);
void bp_http_server_take_file (BpHttpServer      *self,
                               SoupServerMessage *message,
                               BpHttpCall        *call,
                               const BpReply     *reply);
void bp_http_server_look_at_end (BpHttpServer *self);
void bp_http_server_end_one (BpHttpServer *self);

const char *bp_http_get_content_type (int status);
void bp_http_job_begin (BpHttpServer      *self,
                        SoupServerMessage *message);
void bp_http_job_begin_asking (BpHttpServer      *self,
                               SoupServerMessage *message);
void bp_http_job_begin_forgetting (BpHttpServer *self);
void bp_http_job_run (gpointer   data,
                      BpBackend *backend);
void bp_http_job_unref (gpointer data);

G_END_DECLS
