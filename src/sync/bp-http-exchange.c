/* HTTP by libsoup's asynchronous calls, on a context of our own that the
 * calling thread runs until the answer is there. What libsoup lets pass (a
 * redirected POST, a cut answer, a packed bomb, a trickle) is caught here. */
#include "config.h"

#include "bp-http-exchange.h"

#include <string.h>

#include "bp-gzip.h"
#include "bp-http-session.h"
#include "bp-http-transport-private.h"
#include "bp-json.h"
#include "bp-limits.h"

#define DEADLINE_US (30 * G_USEC_PER_SEC)
#define MOVED_BYTES 256
#define READ_SIZE (64 * 1024)

static const char *const file_types[] = {
  "application/vnd.sqlite3", "application/x-sqlite3", "application/octet-stream",
};

static void
fail (BpHttpExchange *self,
      const char     *text)
{
  if (self->error == NULL)
    g_set_error_literal (&self->error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, text);
  self->done = TRUE;
}

static void
note_moved (BpHttpExchange *self)
{
  self->moved_at = g_get_monotonic_time ();
  self->moved_bytes = 0;
  if (self->line->pulse != NULL)
    g_atomic_int_inc (self->line->pulse);
}

/* A trickle does not count as moving. */
static void
note_bytes (BpHttpExchange *self,
            gsize           bytes)
{
  self->moved_bytes += bytes;
  if (self->moved_bytes >= MOVED_BYTES)
    note_moved (self);
}

static gboolean
is_redirect (guint status)
{
  return status >= 300 && status < 400 && status != SOUP_STATUS_NOT_MODIFIED;
}

static gboolean
has_json_type (SoupMessageHeaders *headers)
{
  const char *type = soup_message_headers_get_content_type (headers, NULL);

  return type != NULL
         && (g_ascii_strcasecmp (type, "application/json") == 0
             || g_ascii_strcasecmp (type, "application/problem+json") == 0);
}

static gboolean
has_file_type (SoupMessageHeaders *headers)
{
  const char *type = soup_message_headers_get_content_type (headers, NULL);

  for (guint i = 0; type != NULL && i < G_N_ELEMENTS (file_types); i++)
    {
      if (g_ascii_strcasecmp (type, file_types[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_file (BpHttpExchange *self)
{
  return self->sink != NULL
         && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (self->message))
         && has_file_type (soup_message_get_response_headers (self->message));
}

static gboolean
end_unread (BpHttpExchange *self)
{
  self->done = TRUE;
  return FALSE;
}

/* Whether a server of ours answers; on FALSE the call has failed, or, with a
 * 413 of somebody between, has its answer. */
static gboolean
check_headers (BpHttpExchange *self)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  guint status = soup_message_get_status (self->message);
  const char *protocol = soup_message_headers_get_one (headers, BP_HEADER_PROTOCOL);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  const char *location = soup_message_headers_get_one (headers, "Location");
  g_autofree char *text = NULL;

  if (is_redirect (status))
    text = g_strdup_printf ("The server has moved to %s",
                            location != NULL ? location : "another address");
  else if (protocol == NULL && status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED)
    text = g_strdup ("A proxy on the way asks for a name and a password");
  else if (protocol == NULL && type != NULL && g_ascii_strcasecmp (type, "text/html") == 0
           && status < 400)
    text = g_strdup ("Another page came instead of the server: sign in to the network");
  else if (protocol == NULL)
    text = g_strdup_printf ("Not a BizPulse server's answer (status %u)%s", status,
                            status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_GONE
                            ? ": is the server's address right?" : "");
  else if (strcmp (protocol, G_STRINGIFY (BP_PROTOCOL_VERSION)) != 0 && status != 426)
    text = g_strdup ("The server speaks another version");
  else if (self->sink != NULL && status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    return end_unread (self);
  else if (!has_json_type (headers) && !is_file (self))
    text = g_strdup_printf ("The server's answer is no %s (status %u)",
                            self->sink != NULL ? "file" : "JSON", status);
  else
    return TRUE;

  if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE)
    self->done = TRUE;
  else
    fail (self, text);
  return FALSE;
}

static gboolean
keep_piece (BpHttpExchange *self,
            gsize           length)
{
  g_byte_array_append (self->body, (const guint8 *)self->buffer, (guint)length);
  if (self->body->len <= BP_MAX_ANSWER)
    return TRUE;

  fail (self, "The server's answer is too long");
  return FALSE;
}

static gboolean
take_piece (BpHttpExchange *self,
            gsize           length)
{
  self->n_taken += length;
  if (self->sink->take (self->buffer, length, self->sink->user_data, &self->error))
    return TRUE;

  self->is_left = TRUE;
  self->done = TRUE;
  return FALSE;
}

static void read_more (BpHttpExchange *self);

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  BpHttpExchange *self = user_data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &self->error);

  if (length <= 0)
    {
      self->done = TRUE;
      return;
    }
  note_bytes (self, (gsize)length);
  if (self->is_file ? take_piece (self, (gsize)length) : keep_piece (self, (gsize)length))
    read_more (self);
}

static void
read_more (BpHttpExchange *self)
{
  g_input_stream_read_async (self->stream, self->buffer, READ_SIZE, G_PRIORITY_DEFAULT,
                             self->cancellable, on_read, self);
}

static gboolean
begin_file (BpHttpExchange *self)
{
  self->is_file = is_file (self);
  if (!self->is_file || self->sink->begin (self->message, self->sink->user_data, &self->error))
    return TRUE;

  self->is_left = TRUE;
  self->done = TRUE;
  return FALSE;
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  BpHttpExchange *self = user_data;

  self->stream = soup_session_send_finish (SOUP_SESSION (source), result, &self->error);
  note_moved (self);
  if (self->stream == NULL)
    self->done = TRUE;
  else if (check_headers (self) && begin_file (self))
    read_more (self);
}

static void
on_wrote_body_data (SoupMessage *message,
                    guint        length,
                    gpointer     user_data)
{
  note_bytes (user_data, length);
}

static void
on_message_moved (SoupMessage *message,
                  gpointer     user_data)
{
  note_moved (user_data);
}

static void
on_network_event (SoupMessage       *message,
                  GSocketClientEvent event,
                  GIOStream         *connection,
                  gpointer           user_data)
{
  BpHttpExchange *self = user_data;

  self->is_kept = FALSE;
  note_moved (self);
}

static gboolean
on_tick (gpointer user_data)
{
  BpHttpExchange *self = user_data;

  if (g_get_monotonic_time () - self->moved_at < self->line->deadline_us)
    return G_SOURCE_CONTINUE;

  self->timed_out = TRUE;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_caller_cancelled (GCancellable *cancellable,
                     gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

static void
drop_session (BpHttpLine *line)
{
  if (line->session == NULL)
    return;

  soup_session_abort (line->session);
  g_clear_object (&line->session);
  while (g_main_context_iteration (line->context, FALSE))
    ;
}

/* Runs our context until the call is over. */
static void
wait_for (BpHttpExchange *self,
          GCancellable   *cancellable)
{
  BpHttpLine *line = self->line;
  g_autoptr (GSource) tick = NULL;
  gint64 interval = CLAMP (line->deadline_us / 10000, 1, 1000);
  gulong handler = 0;

  tick = g_timeout_source_new ((guint)interval);
  g_source_set_callback (tick, on_tick, self, NULL);
  g_source_attach (tick, line->context);
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_caller_cancelled),
                                     g_object_ref (self->cancellable), g_object_unref);

  note_moved (self);
  soup_session_send_async (line->session, self->message, G_PRIORITY_DEFAULT, self->cancellable,
                           on_sent, self);
  while (!self->done)
    g_main_context_iteration (line->context, TRUE);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (tick);
}

static BpAnswer *
fail_call (BpHttpExchange *self,
           GCancellable   *cancellable,
           GError        **error)
{
  g_autofree char *doubt = bp_http_describe_tls (self->message);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (self->timed_out)
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "The server does not answer");
  else if (self->is_left || self->error->domain == BP_SYNC_ERROR)
    g_propagate_error (error, g_steal_pointer (&self->error));
  else if (self->error->domain == G_TLS_ERROR)
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "The connection is not safe: %s",
                 doubt != NULL ? doubt : self->error->message);
  else
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "No connection: %s", self->error->message);
  return NULL;
}

/* The server may close a connection just when the next request is on its way;
 * libsoup tells that from other failures only now and then. */
static gboolean
was_closed_meanwhile (const BpHttpExchange *self,
                      GCancellable         *cancellable)
{
  return self->is_kept && self->error != NULL && self->error->domain != BP_SYNC_ERROR
         && self->stream == NULL && !self->timed_out && !g_cancellable_is_cancelled (cancellable);
}

static gboolean
run_here (BpHttpExchange *self,
          GCancellable   *cancellable,
          gboolean       *again,
          GError        **error)
{
  BpHttpLine *line = self->line;
  gboolean has_failed;

  /* Notices connections that were closed meanwhile. */
  while (g_main_context_iteration (line->context, FALSE))
    ;
  self->is_kept = line->session != NULL;
  if (line->session == NULL)
    line->session = bp_http_session_new (line->trusted);

  wait_for (self, cancellable);
  g_signal_handlers_disconnect_by_data (self->message, self);
  if (*again && was_closed_meanwhile (self, cancellable))
    {
      drop_session (line);
      return FALSE;
    }

  *again = FALSE;
  has_failed = self->timed_out || self->error != NULL;
  g_clear_object (&self->stream);
  if (has_failed || self->is_left)
    drop_session (line);
  if (has_failed)
    fail_call (self, cancellable, error);
  return !has_failed;
}

/**
 * bp_http_exchange_run:
 * @self: an exchange, prepared
 * @cancellable: (nullable): ends the wait
 * @again: (inout): whether it may be tried again; %TRUE afterwards where the
 *   connection, one that was kept, had been closed: then nothing was asked
 * @error: %BP_SYNC_ERROR_NO_CONNECTION; %G_IO_ERROR_CANCELLED; what the sink
 *   set
 *
 * Sends the request and waits for the answer in the calling thread.
 *
 * Returns: whether there is one, or the sink wants no more of it
 */
gboolean
bp_http_exchange_run (BpHttpExchange *self,
                      GCancellable   *cancellable,
                      gboolean       *again,
                      GError        **error)
{
  gboolean ok;

  g_main_context_push_thread_default (self->line->context);
  ok = run_here (self, cancellable, again, error);
  g_main_context_pop_thread_default (self->line->context);
  return ok;
}

/**
 * bp_http_make_too_large:
 * @bytes_sent: of the request's body
 *
 * Returns: (transfer full): the answer to a body that is too long for the way
 */
BpAnswer *
bp_http_make_too_large (gsize bytes_sent)
{
  BpAnswer *answer = g_new0 (BpAnswer, 1);

  answer->status = bp_problem_get_status (BP_PROBLEM_TOO_LARGE);
  answer->problem = bp_problem_new (BP_PROBLEM_TOO_LARGE, "The request is too large");
  answer->body = g_bytes_new_static ("", 0);
  answer->bytes_sent = bytes_sent;
  return answer;
}

static BpAnswer *
fail_garbage (GError    **error,
              const char *why)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
               "The server's answer did not arrive whole: %s", why);
  return NULL;
}

static GBytes *
unpack_body (BpHttpExchange *self,
             GError        **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  const char *encoding = soup_message_headers_get_one (headers, "Content-Encoding");
  g_autoptr (GError) local_error = NULL;
  GBytes *body;

  if (encoding == NULL || g_ascii_strcasecmp (encoding, "identity") == 0)
    {
      gsize length = self->body->len;

      g_byte_array_append (self->body, (const guint8 *)"", 1);
      return g_bytes_new_with_free_func (self->body->data, length,
                                         (GDestroyNotify)g_byte_array_unref,
                                         g_byte_array_ref (self->body));
    }
  if (g_ascii_strcasecmp (encoding, "gzip") != 0 && g_ascii_strcasecmp (encoding, "x-gzip") != 0)
    {
      fail_garbage (error, "packed in an unknown way");
      return NULL;
    }

  body = bp_gzip_unpack ((const char *)self->body->data, self->body->len, BP_MAX_ANSWER,
                         &local_error);
  if (body == NULL)
    fail_garbage (error, local_error->message);
  return body;
}

/* A page of rows is checked by who reads it; twice costs more than to unpack
 * it. */
static gboolean
is_left_to_reader (const BpHttpExchange *self,
                   gsize                 length)
{
  return self->endpoint->answers_page && length > 0
         && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (self->message));
}

/**
 * bp_http_exchange_make_answer:
 * @self: an exchange that has run
 * @error: %BP_SYNC_ERROR_NO_CONNECTION where the answer cannot be used
 *
 * Returns: (transfer full): the answer, of whatever status; without a body
 *   where that went to the sink
 */
BpAnswer *
bp_http_exchange_make_answer (BpHttpExchange *self,
                              GError        **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  guint status = soup_message_get_status (self->message);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *text;
  gsize length;

  if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE && self->body->len == 0)
    return bp_http_make_too_large (self->bytes_sent);

  answer = g_new0 (BpAnswer, 1);
  answer->status = (int)status;
  answer->bytes_sent = self->bytes_sent;
  answer->bytes_received = self->body->len;
  answer->epoch = g_strdup (soup_message_headers_get_one (headers, BP_HEADER_EPOCH));
  answer->retry_after
    = bp_http_parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"),
                                 soup_message_headers_get_one (headers, "Date"));
  if (self->is_file)
    {
      answer->body = g_bytes_new_static ("", 0);
      answer->bytes_received = self->n_taken;
      return g_steal_pointer (&answer);
    }
  if (self->sink != NULL && status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
    {
      answer->body = g_bytes_new_static ("", 0);
      answer->problem = bp_problem_new (BP_PROBLEM_INVALID, "The file has no such part");
      return g_steal_pointer (&answer);
    }
  answer->body = unpack_body (self, error);
  if (answer->body == NULL)
    return NULL;

  text = g_bytes_get_data (answer->body, &length);
  if (!is_left_to_reader (self, length)
      && !bp_json_check (text != NULL ? text : "", length, &local_error))
    return fail_garbage (error, local_error->message);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status))
    answer->problem = bp_problem_new_from_text (text, length, &local_error);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status) && answer->problem == NULL)
    return fail_garbage (error, local_error->message);

  return g_steal_pointer (&answer);
}

/**
 * bp_http_exchange_prepare:
 * @self: an exchange, zero but for line, endpoint and sink
 * @address: where to
 * @token: (nullable): the device's bearer token
 * @error: %BP_SYNC_ERROR_REFUSED where @address is none
 *
 * Returns: whether it may be run
 */
gboolean
bp_http_exchange_prepare (BpHttpExchange *self,
                          const char     *address,
                          const char     *token,
                          GError        **error)
{
  self->cancellable = g_cancellable_new ();
  self->body = g_byte_array_new ();
  self->buffer = g_malloc (READ_SIZE);
  self->message = soup_message_new (self->endpoint->method, address);
  if (self->message == NULL)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, "“%s” is no address", address);
      return FALSE;
    }

  bp_http_prepare_message (self->message, token);
  soup_message_headers_replace (soup_message_get_request_headers (self->message),
                                "Accept-Encoding", "gzip");
  g_signal_connect (self->message, "wrote-headers", G_CALLBACK (on_message_moved), self);
  g_signal_connect (self->message, "wrote-body-data", G_CALLBACK (on_wrote_body_data), self);
  g_signal_connect (self->message, "wrote-body", G_CALLBACK (on_message_moved), self);
  g_signal_connect (self->message, "network-event", G_CALLBACK (on_network_event), self);
  return TRUE;
}

/**
 * bp_http_exchange_clear:
 * @self: an exchange, of no use afterwards
 */
void
bp_http_exchange_clear (BpHttpExchange *self)
{
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->body, g_byte_array_unref);
  g_clear_pointer (&self->buffer, g_free);
  g_clear_error (&self->error);
}

/**
 * bp_http_line_init:
 * @self: (out): a line without a connection
 */
void
bp_http_line_init (BpHttpLine *self)
{
  *self = (BpHttpLine){ .context = g_main_context_new (), .deadline_us = DEADLINE_US };
}

/**
 * bp_http_line_drop:
 * @self: a line
 *
 * After a failure nothing of the connection can be trusted: it is closed.
 */
void
bp_http_line_drop (BpHttpLine *self)
{
  g_main_context_push_thread_default (self->context);
  drop_session (self);
  g_main_context_pop_thread_default (self->context);
}

/**
 * bp_http_line_clear:
 * @self: a line, of no use afterwards
 */
void
bp_http_line_clear (BpHttpLine *self)
{
  bp_http_line_drop (self);
  g_clear_object (&self->trusted);
  g_clear_pointer (&self->context, g_main_context_unref);
}
