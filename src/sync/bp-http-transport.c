/* HTTP by libsoup's asynchronous calls, on a context of our own that the
 * calling thread runs until the answer is there. What libsoup lets pass (a
 * redirected POST, a cut answer, a packed bomb, a trickle) is caught here. */
#include "config.h"

#include "bp-http-transport-private.h"

#include <libsoup/soup.h>
#include <string.h>

#include "bp-gzip.h"
#include "bp-http-session.h"
#include "bp-json.h"
#include "bp-limits.h"

#define DEADLINE_MS (30 * 1000)
#define MOVED_BYTES 256
#define READ_SIZE (64 * 1024)

struct _BpHttpTransport
{
  BpTransport parent_instance;

  char *url;             /* (owned): without a slash at the end */
  GMainContext *context; /* (owned) */
  GTlsDatabase *trusted; /* (owned) (nullable): for the system's authorities */
  SoupSession *session;  /* (owned) (nullable): kept while all goes well */
  gint64 deadline_us;
  int *pulse; /* (unowned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpHttpTransport, bp_http_transport, BP_TYPE_TRANSPORT)

/* What is asked; all unowned. */
typedef struct
{
  const BpEndpoint *endpoint;
  const char *token; /* (nullable) */
  GBytes *body;      /* (nullable) */
} Request;

/* One request under way. */
typedef struct
{
  BpHttpTransport *transport; /* (unowned) */
  const BpEndpoint *endpoint; /* (unowned) */
  SoupMessage *message;       /* (owned) */
  GCancellable *cancellable;  /* (owned): ours, the caller's cancels it */
  GInputStream *stream;       /* (owned) (nullable) */
  GByteArray *body;           /* (owned): as on the wire */
  char *buffer;               /* (owned): of READ_SIZE */
  GError *error;              /* (owned) (nullable) */
  gsize bytes_sent;
  gsize moved_bytes;
  gint64 moved_at;
  gboolean is_kept; /* the connection is one kept from an earlier request */
  gboolean timed_out;
  gboolean done;
} Call;

static void
call_clear (Call *call)
{
  g_clear_object (&call->message);
  g_clear_object (&call->cancellable);
  g_clear_object (&call->stream);
  g_clear_pointer (&call->body, g_byte_array_unref);
  g_clear_pointer (&call->buffer, g_free);
  g_clear_error (&call->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

static void
call_fail (Call       *call,
           const char *text)
{
  if (call->error == NULL)
    g_set_error_literal (&call->error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, text);
  call->done = TRUE;
}

static void
note_moved (Call *call)
{
  call->moved_at = g_get_monotonic_time ();
  call->moved_bytes = 0;
  if (call->transport->pulse != NULL)
    g_atomic_int_inc (call->transport->pulse);
}

/* A trickle does not count as moving. */
static void
note_bytes (Call *call,
            gsize bytes)
{
  call->moved_bytes += bytes;
  if (call->moved_bytes >= MOVED_BYTES)
    note_moved (call);
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

/* Whether a server of ours answers; on FALSE the call has failed, or, with a
 * 413 of somebody between, has its answer. */
static gboolean
check_headers (Call *call)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (call->message);
  guint status = soup_message_get_status (call->message);
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
  else if (!has_json_type (headers))
    text = g_strdup_printf ("The server's answer is no JSON (status %u)", status);
  else
    return TRUE;

  if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE)
    call->done = TRUE;
  else
    call_fail (call, text);
  return FALSE;
}

static void read_more (Call *call);

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Call *call = user_data;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &call->error);

  if (length <= 0)
    {
      call->done = TRUE;
      return;
    }
  note_bytes (call, (gsize)length);
  g_byte_array_append (call->body, (const guint8 *)call->buffer, (guint)length);
  if (call->body->len > BP_MAX_ANSWER)
    call_fail (call, "The server's answer is too long");
  else
    read_more (call);
}

static void
read_more (Call *call)
{
  g_input_stream_read_async (call->stream, call->buffer, READ_SIZE, G_PRIORITY_DEFAULT,
                             call->cancellable, on_read, call);
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Call *call = user_data;

  call->stream = soup_session_send_finish (SOUP_SESSION (source), result, &call->error);
  note_moved (call);
  if (call->stream == NULL)
    call->done = TRUE;
  else if (check_headers (call))
    read_more (call);
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
  Call *call = user_data;

  call->is_kept = FALSE;
  note_moved (call);
}

static gboolean
on_tick (gpointer user_data)
{
  Call *call = user_data;

  if (g_get_monotonic_time () - call->moved_at < call->transport->deadline_us)
    return G_SOURCE_CONTINUE;

  call->timed_out = TRUE;
  g_cancellable_cancel (call->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_caller_cancelled (GCancellable *cancellable,
                     gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

/* After a failure nothing of the connection can be trusted. */
static void
drop_session (BpHttpTransport *self)
{
  if (self->session == NULL)
    return;

  soup_session_abort (self->session);
  g_clear_object (&self->session);
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

/* Runs our context until the call is over. */
static void
wait_for (Call         *call,
          GCancellable *cancellable)
{
  BpHttpTransport *self = call->transport;
  g_autoptr (GSource) tick = NULL;
  gint64 interval = CLAMP (self->deadline_us / 10000, 1, 1000);
  gulong handler = 0;

  tick = g_timeout_source_new ((guint)interval);
  g_source_set_callback (tick, on_tick, call, NULL);
  g_source_attach (tick, self->context);
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_caller_cancelled),
                                     g_object_ref (call->cancellable), g_object_unref);

  note_moved (call);
  soup_session_send_async (self->session, call->message, G_PRIORITY_DEFAULT, call->cancellable,
                           on_sent, call);
  while (!call->done)
    g_main_context_iteration (self->context, TRUE);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (tick);
}

static gboolean
put_body (Call             *call,
          const BpEndpoint *endpoint,
          GBytes           *body)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (call->message);
  g_autoptr (GBytes) wire = g_bytes_ref (body);

  if (g_bytes_get_size (body) > BP_MAX_UNPACKED)
    return FALSE;
  if (g_bytes_get_size (body) > BP_GZIP_FROM)
    {
      g_bytes_unref (wire);
      wire = bp_gzip_pack (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
      soup_message_headers_replace (headers, "Content-Encoding", "gzip");
    }
  if (g_bytes_get_size (wire) > endpoint->max_body)
    return FALSE;

  soup_message_set_request_body_from_bytes (call->message, "application/json", wire);
  call->bytes_sent = g_bytes_get_size (wire);
  return TRUE;
}

/* What an endpoint without a body is asked stands in the address. */
static char *
make_address (BpHttpTransport *self,
              const Request   *request)
{
  gsize length = 0;
  const char *query = NULL;

  if (request->endpoint->max_body == 0 && request->body != NULL)
    query = g_bytes_get_data (request->body, &length);

  return query == NULL ? g_strconcat (self->url, request->endpoint->path, NULL)
                       : g_strdup_printf ("%s%s?%.*s", self->url, request->endpoint->path,
                                          (int)length, query);
}

static gboolean
put_message (Call          *call,
             const Request *request,
             GError       **error)
{
  g_autofree char *address = make_address (call->transport, request);

  call->message = soup_message_new (request->endpoint->method, address);
  if (call->message == NULL)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, "“%s” is no address", address);
      return FALSE;
    }

  bp_http_prepare_message (call->message, request->token);
  soup_message_headers_replace (soup_message_get_request_headers (call->message),
                                "Accept-Encoding", "gzip");
  g_signal_connect (call->message, "wrote-headers", G_CALLBACK (on_message_moved), call);
  g_signal_connect (call->message, "wrote-body-data", G_CALLBACK (on_wrote_body_data), call);
  g_signal_connect (call->message, "wrote-body", G_CALLBACK (on_message_moved), call);
  g_signal_connect (call->message, "network-event", G_CALLBACK (on_network_event), call);
  return TRUE;
}

static BpAnswer *
make_too_large (gsize bytes_sent)
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
unpack_body (Call    *call,
             GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (call->message);
  const char *encoding = soup_message_headers_get_one (headers, "Content-Encoding");
  g_autoptr (GError) local_error = NULL;
  GBytes *body;

  if (encoding == NULL || g_ascii_strcasecmp (encoding, "identity") == 0)
    {
      gsize length = call->body->len;

      g_byte_array_append (call->body, (const guint8 *)"", 1);
      return g_bytes_new_with_free_func (call->body->data, length,
                                         (GDestroyNotify)g_byte_array_unref,
                                         g_byte_array_ref (call->body));
    }
  if (g_ascii_strcasecmp (encoding, "gzip") != 0 && g_ascii_strcasecmp (encoding, "x-gzip") != 0)
    {
      fail_garbage (error, "packed in an unknown way");
      return NULL;
    }

  body = bp_gzip_unpack ((const char *)call->body->data, call->body->len, BP_MAX_ANSWER,
                         &local_error);
  if (body == NULL)
    fail_garbage (error, local_error->message);
  return body;
}

/* A page of rows is checked by who reads it; twice costs more than to unpack
 * it. */
static gboolean
is_left_to_reader (const Call *call,
                   gsize       length)
{
  return call->endpoint->answers_page && length > 0
         && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (call->message));
}

static BpAnswer *
make_answer (Call    *call,
             GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (call->message);
  guint status = soup_message_get_status (call->message);
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  const char *text;
  gsize length;

  if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE && call->body->len == 0)
    return make_too_large (call->bytes_sent);

  answer = g_new0 (BpAnswer, 1);
  answer->status = (int)status;
  answer->bytes_sent = call->bytes_sent;
  answer->bytes_received = call->body->len;
  answer->epoch = g_strdup (soup_message_headers_get_one (headers, BP_HEADER_EPOCH));
  answer->retry_after
    = bp_http_parse_retry_after (soup_message_headers_get_one (headers, "Retry-After"),
                                 soup_message_headers_get_one (headers, "Date"));
  answer->body = unpack_body (call, error);
  if (answer->body == NULL)
    return NULL;

  text = g_bytes_get_data (answer->body, &length);
  if (!is_left_to_reader (call, length)
      && !bp_json_check (text != NULL ? text : "", length, &local_error))
    return fail_garbage (error, local_error->message);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status))
    answer->problem = bp_problem_new_from_text (text, length, &local_error);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status) && answer->problem == NULL)
    return fail_garbage (error, local_error->message);

  return g_steal_pointer (&answer);
}

static BpAnswer *
fail_call (Call         *call,
           GCancellable *cancellable,
           GError      **error)
{
  g_autofree char *doubt = bp_http_describe_tls (call->message);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (call->timed_out)
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "The server does not answer");
  else if (call->error->domain == BP_SYNC_ERROR)
    g_propagate_error (error, g_steal_pointer (&call->error));
  else if (call->error->domain == G_TLS_ERROR)
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "The connection is not safe: %s",
                 doubt != NULL ? doubt : call->error->message);
  else
    g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                 "No connection: %s", call->error->message);
  return NULL;
}

/* The server may close a connection just when the next request is on its way;
 * libsoup tells that from other failures only now and then. */
static gboolean
was_closed_meanwhile (const Call   *call,
                      GCancellable *cancellable)
{
  return call->is_kept && call->error != NULL && call->error->domain != BP_SYNC_ERROR
         && call->stream == NULL && !call->timed_out && !g_cancellable_is_cancelled (cancellable);
}

static BpAnswer *
send_message (Call         *call,
              GCancellable *cancellable,
              gboolean     *again,
              GError      **error)
{
  BpHttpTransport *self = call->transport;
  BpAnswer *answer = NULL;

  /* Notices connections that were closed meanwhile. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  call->is_kept = self->session != NULL;
  if (self->session == NULL)
    self->session = bp_http_session_new (self->trusted);

  wait_for (call, cancellable);
  g_signal_handlers_disconnect_by_data (call->message, call);

  if (*again && was_closed_meanwhile (call, cancellable))
    {
      drop_session (self);
      return NULL;
    }
  *again = FALSE;
  if (call->timed_out || call->error != NULL)
    answer = fail_call (call, cancellable, error);
  else
    answer = make_answer (call, error);
  g_clear_object (&call->stream);
  if (answer == NULL || call->body->len == 0)
    drop_session (self);

  return answer;
}

static BpAnswer *
send_once (BpHttpTransport *self,
           const Request   *request,
           GCancellable    *cancellable,
           gboolean        *again,
           GError         **error)
{
  g_auto (Call) call = { 0 };
  BpAnswer *answer = NULL;

  call.transport = self;
  call.endpoint = request->endpoint;
  call.cancellable = g_cancellable_new ();
  call.body = g_byte_array_new ();
  call.buffer = g_malloc (READ_SIZE);
  if (!put_message (&call, request, error))
    {
      *again = FALSE;
      return NULL;
    }
  if (request->body != NULL && request->endpoint->max_body > 0
      && !put_body (&call, request->endpoint, request->body))
    return make_too_large (0);

  g_main_context_push_thread_default (self->context);
  answer = send_message (&call, cancellable, again, error);
  g_main_context_pop_thread_default (self->context);

  return answer;
}

static BpAnswer *
bp_http_transport_send (BpTransport      *transport,
                        const BpEndpoint *endpoint,
                        const char       *token,
                        GBytes           *body,
                        GCancellable     *cancellable,
                        GError          **error)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (transport);
  Request request = { endpoint, token, body };
  gboolean again = TRUE;
  BpAnswer *answer;

  answer = send_once (self, &request, cancellable, &again, error);
  if (answer == NULL && again)
    {
      again = FALSE;
      answer = send_once (self, &request, cancellable, &again, error);
    }

  return answer;
}

static void
bp_http_transport_dispose (GObject *object)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (object);

  if (self->session != NULL)
    {
      g_main_context_push_thread_default (self->context);
      drop_session (self);
      g_main_context_pop_thread_default (self->context);
    }

  G_OBJECT_CLASS (bp_http_transport_parent_class)->dispose (object);
}

static void
bp_http_transport_finalize (GObject *object)
{
  BpHttpTransport *self = BP_HTTP_TRANSPORT (object);

  g_free (self->url);
  g_clear_object (&self->trusted);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (bp_http_transport_parent_class)->finalize (object);
}

static void
bp_http_transport_class_init (BpHttpTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_http_transport_dispose;
  object_class->finalize = bp_http_transport_finalize;
  BP_TRANSPORT_CLASS (klass)->send = bp_http_transport_send;
}

static void
bp_http_transport_init (BpHttpTransport *self)
{
  self->context = g_main_context_new ();
  self->deadline_us = DEADLINE_MS * G_GINT64_CONSTANT (1000);
}

/**
 * bp_http_transport_new:
 * @url: as of bp_http_check_address()
 * @trusted: (nullable): as of bp_http_session_new()
 * @error: %BP_SYNC_ERROR_REFUSED where @url is not that
 *
 * Usable from any thread, by one at a time. Keeps its connection between
 * requests.
 *
 * Returns: (transfer full): a transport to the server there
 */
BpTransport *
bp_http_transport_new (const char   *url,
                       GTlsDatabase *trusted,
                       GError      **error)
{
  BpHttpTransport *self;

  g_return_val_if_fail (url != NULL, NULL);

  if (!bp_http_check_address (url, error))
    return NULL;

  self = g_object_new (BP_TYPE_HTTP_TRANSPORT, NULL);
  self->url = bp_http_make_address (url, "");
  g_set_object (&self->trusted, trusted);

  return BP_TRANSPORT (self);
}

/**
 * bp_http_transport_set_deadline:
 * @self: a transport
 * @milliseconds: a request ends when nothing has moved for so long; above 0
 *
 * For tests; 30 s unless set.
 */
void
bp_http_transport_set_deadline (BpHttpTransport *self,
                                gint64           milliseconds)
{
  g_return_if_fail (BP_IS_HTTP_TRANSPORT (self));
  g_return_if_fail (milliseconds > 0);

  self->deadline_us = milliseconds * 1000;
}

/**
 * bp_http_transport_set_pulse:
 * @self: a transport
 * @pulse: (nullable) (transfer none): counted up, atomically, whenever
 *   something moves; must outlive @self
 */
void
bp_http_transport_set_pulse (BpHttpTransport *self,
                             int             *pulse)
{
  g_return_if_fail (BP_IS_HTTP_TRANSPORT (self));

  self->pulse = pulse;
}
