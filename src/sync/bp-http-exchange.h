/* One request and its answer over libsoup's asynchronous calls. */
#pragma once

#include <libsoup/soup.h>

#include "bp-transport.h"

G_BEGIN_DECLS

/**
 * BpHttpLine:
 * @context: (transfer full): a context of our own, run while one waits
 * @trusted: (nullable) (transfer full): for the system's authorities
 * @session: (nullable) (transfer full): kept while all goes well
 * @deadline_us: a request ends when nothing has moved for so long
 * @pulse: (nullable) (transfer none): counted up whenever something moves
 *
 * What outlives a request.
 */
typedef struct
{
  GMainContext *context;
  GTlsDatabase *trusted;
  SoupSession *session;
  gint64 deadline_us;
  int *pulse;
} BpHttpLine;

typedef struct _BpHttpExchange BpHttpExchange;

/**
 * BpHttpSink:
 * @begin: called once the headers of a file are checked
 * @take: called with each piece of it
 *
 * Where the answer goes where that is a file. A function that returns %FALSE
 * ends the exchange: as a failure where it sets the error, else quietly.
 */
typedef struct
{
  gboolean (*begin) (SoupMessage *message,
                     gpointer     user_data,
                     GError     **error);
  gboolean (*take) (const char *data,
                    gsize       length,
                    gpointer    user_data,
                    GError    **error);
  gpointer user_data;
} BpHttpSink;

/**
 * BpHttpExchange:
 *
 * On the stack, zero but for @line, @endpoint and @sink; made ready by
 * bp_http_exchange_prepare().
 */
struct _BpHttpExchange
{
  BpHttpLine *line;           /* (unowned) */
  const BpEndpoint *endpoint; /* (unowned) */
  const BpHttpSink *sink;     /* (unowned) (nullable): where a file is meant */
  SoupMessage *message;       /* (owned) */
  GCancellable *cancellable;  /* (owned): ours, the caller's cancels it */
  GInputStream *stream;       /* (owned) (nullable) */
  GByteArray *body;           /* (owned): as on the wire */
  char *buffer;               /* (owned) */
  GError *error;              /* (owned) (nullable) */
  gsize bytes_sent;
  gsize n_taken;    /* by the sink */
  gsize moved_bytes;
  gint64 moved_at;
  gboolean is_kept; /* the connection is one kept from an earlier request */
  gboolean is_file; /* the answer goes to the sink */
  gboolean is_left; /* the sink wants no more */
  gboolean timed_out;
  gboolean done;
};

void bp_http_line_init (BpHttpLine *self);
void bp_http_line_clear (BpHttpLine *self);
void bp_http_line_drop (BpHttpLine *self);

gboolean bp_http_exchange_prepare (BpHttpExchange *self,
                                   const char     *address,
                                   const char     *token,
                                   GError        **error);
gboolean bp_http_exchange_run (BpHttpExchange *self,
                               GCancellable   *cancellable,
                               gboolean       *again,
                               GError        **error);
BpAnswer *bp_http_exchange_make_answer (BpHttpExchange *self,
                                        GError        **error);
BpAnswer *bp_http_make_too_large (gsize bytes_sent);
void bp_http_exchange_clear (BpHttpExchange *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpHttpExchange, bp_http_exchange_clear)

G_END_DECLS
