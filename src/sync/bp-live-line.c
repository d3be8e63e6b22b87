/* The same means as the HTTP transport's: libsoup's asynchronous calls on a
 * context of our own that the calling thread runs until the end. */
#include "config.h"

#include "bp-live-line.h"

#include "bp-endpoint.h"
#include "bp-hint.h"
#include "bp-http-session.h"
#include "bp-http-transport-private.h"
#include "bp-limits.h"
#include "bp-transport.h"

/* A hint is shorter, and nothing else is of interest. */
#define MAX_FRAME 4096
#define CONNECT_US (30 * G_USEC_PER_SEC)

typedef struct
{
  const BpLiveTerms *terms;            /* (unowned) */
  GMainContext *context;               /* (owned) */
  SoupSession *session;                /* (owned) */
  SoupMessage *message;                /* (owned) */
  GCancellable *own;                   /* (owned): ends connecting */
  SoupWebsocketConnection *connection; /* (owned) (nullable) */
  GError *error;                       /* (owned) (nullable) */
  gint64 retry_after;
  gint64 heard_at;
  gint64 bytes;
  gboolean done;
} Line;

static void
line_clear (Line *line)
{
  g_clear_object (&line->connection);
  g_clear_object (&line->message);
  g_clear_object (&line->own);
  g_clear_object (&line->session);
  g_clear_pointer (&line->context, g_main_context_unref);
  g_clear_error (&line->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

static void
fail (Line       *line,
      int         code,
      const char *text)
{
  if (line->error == NULL)
    g_set_error_literal (&line->error, BP_SYNC_ERROR, code, text);
  line->done = TRUE;
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType    type,
            GBytes                  *message,
            gpointer                 user_data)
{
  Line *line = user_data;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);
  gint64 seq;

  line->heard_at = g_get_monotonic_time ();
  line->bytes += (gint64)length;
  if (type == SOUP_WEBSOCKET_DATA_TEXT
      && bp_hint_parse (text != NULL ? text : "", length, &seq, NULL))
    line->terms->heard (seq, line->bytes, line->terms->user_data);
}

static void
on_pong (SoupWebsocketConnection *connection,
         GBytes                  *message,
         gpointer                 user_data)
{
  Line *line = user_data;

  line->heard_at = g_get_monotonic_time ();
}

static void
on_closed (SoupWebsocketConnection *connection,
           gpointer                 user_data)
{
  fail (user_data, BP_SYNC_ERROR_NO_CONNECTION, "The server has ended the live connection");
}

static gboolean
is_ours (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  return soup_message_headers_get_one (headers, BP_HEADER_PROTOCOL) != NULL;
}

/* What a run says better: here it only decides when to come again. */
static void
fail_refused (Line         *line,
              const GError *reason)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (line->message);
  guint status = is_ours (line->message) ? soup_message_get_status (line->message) : 0;
  g_autofree char *doubt = bp_http_describe_tls (line->message);

  if (status == SOUP_STATUS_UNAUTHORIZED)
    fail (line, BP_SYNC_ERROR_UNAUTHORIZED, "The server does not accept this device's token");
  else if (status == SOUP_STATUS_FORBIDDEN)
    fail (line, BP_SYNC_ERROR_REVOKED, "The server has shut this device out");
  else if (status == 429 || status >= 500)
    fail (line, BP_SYNC_ERROR_RETRY_LATER, "The server wants no live connection now");
  else
    fail (line, BP_SYNC_ERROR_NO_CONNECTION, doubt != NULL ? doubt : reason->message);

  if (status != 0)
    line->retry_after
      = bp_http_parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"),
                                   soup_message_headers_get_one (headers, "Date"));
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Line *line = user_data;
  g_autoptr (GError) error = NULL;

  line->connection = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  line->heard_at = g_get_monotonic_time ();
  if (line->connection == NULL)
    {
      fail_refused (line, error);
      return;
    }
  if (!is_ours (line->message))
    {
      fail (line, BP_SYNC_ERROR_NO_CONNECTION, "Not a BizPulse server's answer");
      return;
    }

  soup_websocket_connection_set_max_incoming_payload_size (line->connection, MAX_FRAME);
  soup_websocket_connection_set_keepalive_interval (line->connection,
                                                    MAX (line->terms->ping_ms / 1000, 1));
  g_signal_connect (line->connection, "message", G_CALLBACK (on_message), line);
  g_signal_connect (line->connection, "pong", G_CALLBACK (on_pong), line);
  g_signal_connect (line->connection, "closed", G_CALLBACK (on_closed), line);
  line->terms->heard (BP_LIVE_CONNECTED, 0, line->terms->user_data);
}

static gboolean
on_tick (gpointer user_data)
{
  Line *line = user_data;
  gint64 silence = g_get_monotonic_time () - line->heard_at;
  gint64 allowed = line->connection != NULL ? (gint64)line->terms->ping_ms * 2500 : CONNECT_US;

  if (silence < allowed)
    return G_SOURCE_CONTINUE;

  fail (line, BP_SYNC_ERROR_NO_CONNECTION, "The server does not answer on the live connection");
  /* While connecting, the end comes when that is over. */
  line->done = line->connection != NULL;
  g_cancellable_cancel (line->own);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  Line *line = user_data;

  line->done = line->connection != NULL;
  g_cancellable_cancel (line->own);
  return G_SOURCE_REMOVE;
}

static void
end_line (Line *line)
{
  if (line->connection != NULL)
    {
      g_signal_handlers_disconnect_by_data (line->connection, line);
      if (soup_websocket_connection_get_state (line->connection) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close (line->connection, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
    }
  while (g_main_context_iteration (line->context, FALSE))
    ;
  g_clear_object (&line->connection);
  soup_session_abort (line->session);
  while (g_main_context_iteration (line->context, FALSE))
    ;
}

static void
run_line (Line         *line,
          GCancellable *cancellable)
{
  g_autoptr (GSource) tick = g_timeout_source_new (CLAMP (line->terms->ping_ms / 5, 10, 5000));
  g_autoptr (GSource) cancelled = g_cancellable_source_new (cancellable);

  g_source_set_callback (tick, on_tick, line, NULL);
  g_source_attach (tick, line->context);
  g_source_set_callback (cancelled, G_SOURCE_FUNC (on_cancelled), line, NULL);
  g_source_attach (cancelled, line->context);
  line->heard_at = g_get_monotonic_time ();
  soup_session_websocket_connect_async (line->session, line->message, NULL, NULL,
                                        G_PRIORITY_DEFAULT, line->own, on_connected, line);
  while (!line->done)
    g_main_context_iteration (line->context, TRUE);
  g_source_destroy (tick);
  g_source_destroy (cancelled);
  end_line (line);
}

/**
 * bp_live_line_listen:
 * @terms: where, as whom, and who is told
 * @retry_after: (out): in seconds, what the server asked to wait; 0 where it
 *   did not
 * @cancellable: (nullable): ends it
 * @error: %BP_SYNC_ERROR_NO_CONNECTION where there is none, or it has ended;
 *   %BP_SYNC_ERROR_UNAUTHORIZED, %BP_SYNC_ERROR_REVOKED,
 *   %BP_SYNC_ERROR_RETRY_LATER as the server says;
 *   %BP_SYNC_ERROR_REFUSED where the address is not safe; %G_IO_ERROR_CANCELLED
 *
 * Listens, in the calling thread, for as long as it can; it ends with an error
 * always.
 *
 * Returns: %FALSE
 */
gboolean
bp_live_line_listen (const BpLiveTerms *terms,
                     gint64            *retry_after,
                     GCancellable      *cancellable,
                     GError           **error)
{
  g_auto (Line) line = { .terms = terms };
  const BpEndpoint *endpoint = bp_endpoint_get (BP_ENDPOINT_LIVE);
  g_autofree char *address = bp_http_make_address (terms->url, endpoint->path);

  *retry_after = 0;
  if (!bp_http_check_address (terms->url, error)
      || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  line.context = g_main_context_new ();
  g_main_context_push_thread_default (line.context);
  line.session = bp_http_session_new (terms->trusted);
  line.own = g_cancellable_new ();
  line.message = soup_message_new (endpoint->method, address);
  bp_http_prepare_message (line.message, terms->token);
  run_line (&line, cancellable);
  g_main_context_pop_thread_default (line.context);

  *retry_after = line.retry_after;
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_propagate_error (error, g_steal_pointer (&line.error));
  return FALSE;
}
