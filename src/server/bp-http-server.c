/* HTTP around the rules: SoupServer with the traps of section 0 of the faults
 * shut. The main loop never waits for the database: worker threads do, as many
 * as there are backends. */
#include "config.h"

#include "bp-http-server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bp-acceptor.h"
#include "bp-gzip.h"
#include "bp-http-call.h"
#include "bp-http-cut.h"
#include "bp-lanes.h"
#include "bp-limiter.h"
#include "bp-limits.h"
#include "bp-live-listener.h"

#define MAX_WRONG_CODES 5
#define WRONG_CODES_MS (60 * 1000)
#define DAY_S (24 * 60 * 60)
#define BUSY_RETRY_S 2
#define FULL_RETRY_S 60

struct _BpHttpServer
{
  GObject parent_instance;

  SoupServer *soup;        /* (owned) */
  BpAcceptor *acceptor;    /* (owned) */
  GThreadPool *workers;    /* (owned) */
  BpLanes *lanes;          /* (owned): how jobs come to the workers */
  GAsyncQueue *idle;       /* (owned) (element-type BpBackend): not in use */
  BpClock *clock;          /* (owned) */
  GMutex pairing;          /* guards the limiter, and that codes are tried in turn */
  BpLimiter *limiter;      /* (owned) */
  GMainContext *context;   /* (owned) */
  BpLive *live;            /* (owned) */
  BpLiveListener *listener; /* (owned) (nullable) */
  BpHttpOptions options;
  guint forget_id;
  GCancellable *forgetting; /* (owned): cancelled when the server stops */
  guint n_busy;
  gsize n_held;
  int silent_fd;
  GTask *stopping; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (BpHttpServer, bp_http_server, G_TYPE_OBJECT)

/* One request on its way through the worker; without a call, the daily
 * forgetting of deletions. */
typedef struct
{
  BpHttpServer *server;       /* (owned) */
  SoupServerMessage *message; /* (owned) (nullable) */
  BpHttpCall *call;           /* (owned) (nullable) */
  char *lane;                 /* (owned) (nullable): where it waits for a worker */
  gint64 began_us;
  BpReply *reply;             /* (owned) (nullable) */
  GBytes *body;               /* (owned) (nullable): of the answer */
  gboolean is_packed;
  gint64 retry_after_s;
  gboolean is_gone;
} Job;

static void
job_clear (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->call, bp_http_call_free);
  g_clear_pointer (&job->lane, g_free);
  g_clear_pointer (&job->reply, bp_reply_free);
  g_clear_pointer (&job->body, g_bytes_unref);
  g_clear_object (&job->message);
  g_clear_object (&job->server);
}

/* Held by the worker's way and by the message it answers. */
static void
job_unref (gpointer job)
{
  g_atomic_rc_box_release_full (job, job_clear);
}

static void
job_leave (gpointer  job,
           GClosure *closure)
{
  job_unref (job);
}

static Job *
job_new (BpHttpServer *server)
{
  Job *job = g_atomic_rc_box_new0 (Job);

  job->server = g_object_ref (server);
  return job;
}

/**
 * bp_http_options_init:
 * @options: (out caller-allocates): the defaults
 */
void
bp_http_options_init (BpHttpOptions *options)
{
  memset (options, 0, sizeof *options);
  options->max_connections = 2000;
  options->start_ms = 15 * 1000;
  options->headers_ms = 15 * 1000;
  options->request_ms = 120 * 1000;
  options->live.max_sockets = 1500;
  options->live.max_of_device = 4;
  options->live.ping_s = 30;
}

static void
set_deadline (BpHttpServer      *self,
              SoupServerMessage *message,
              guint              milliseconds)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  if (G_IS_INET_SOCKET_ADDRESS (remote))
    bp_acceptor_set_deadline (self->acceptor, remote, milliseconds);
}

static gboolean
finish_stopping (gpointer user_data)
{
  BpHttpServer *self = user_data;
  GTask *task;

  if (self->stopping == NULL || self->n_busy > 0 || bp_live_get_n_sockets (self->live) > 0)
    return G_SOURCE_REMOVE;

  task = g_steal_pointer (&self->stopping);
  soup_server_disconnect (self->soup);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
look_at_end (BpHttpServer *self)
{
  if (self->stopping != NULL)
    g_idle_add_full (G_PRIORITY_DEFAULT, finish_stopping, g_object_ref (self), g_object_unref);
}

static void
grow_idle (BpHttpServer *self)
{
  self->n_busy--;
  look_at_end (self);
}

static void
on_message_gone (gpointer data,
                 GObject *where_the_message_was)
{
  g_autoptr (BpHttpServer) self = data;

  grow_idle (self);
}

static const char *
get_content_type (int status)
{
  return status >= 400 ? "application/problem+json" : "application/json";
}

static void
set_own_headers (SoupMessageHeaders *headers,
                 const Job          *job)
{
  const BpProblem *problem = job->reply->problem;

  if (job->reply->epoch != NULL)
    soup_message_headers_replace (headers, BP_HEADER_EPOCH, job->reply->epoch);
  if (job->retry_after_s > 0)
    {
      g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, job->retry_after_s);

      soup_message_headers_replace (headers, "Retry-After", seconds);
    }
  if (problem != NULL && problem->code == BP_PROBLEM_METHOD_NOT_ALLOWED)
    soup_message_headers_replace (headers, "Allow", job->call->allowed);
  if (problem != NULL && problem->code == BP_PROBLEM_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer");
  if (job->is_packed)
    soup_message_headers_replace (headers, "Content-Encoding", "gzip");
  soup_message_headers_replace (headers, "Vary", "Accept-Encoding");
}

static void
write_answer (Job *job)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (job->message);

  set_own_headers (headers, job);
  soup_message_headers_set_content_type (headers, get_content_type (job->reply->status), NULL);
  if (job->server->stopping != NULL)
    soup_message_headers_replace (headers, "Connection", "close");
  soup_server_message_set_status (job->message, (guint)job->reply->status,
                                  job->reply->status == 426 ? "Upgrade Required" : NULL);
  soup_message_body_append_bytes (soup_server_message_get_response_body (job->message), job->body);
  set_deadline (job->server, job->message, job->server->options.request_ms);
}

static void
make_body (Job *job)
{
  gsize length = strlen (job->reply->body);

  job->is_packed = job->call->wants_gzip && length > BP_GZIP_FROM;
  if (job->is_packed)
    job->body = bp_gzip_pack (job->reply->body, length);
  else
    job->body = g_bytes_new_take (g_steal_pointer (&job->reply->body), length);
}

/* The upgrade has been written: what follows is no HTTP. */
static void
on_upgraded (SoupServerMessage *message,
             gpointer           user_data)
{
  Job *job = user_data;
  BpHttpServer *self = job->server;
  const BpReply *reply = job->reply;
  GSocket *line
    = bp_acceptor_get_socket (self->acceptor, soup_server_message_get_remote_address (message));
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (SoupWebsocketConnection) connection = NULL;

  set_deadline (self, message, 0);
  stream = soup_server_message_steal_connection (message);
  connection = soup_websocket_connection_new (stream, soup_server_message_get_uri (message),
                                              SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, NULL, NULL);
  if (line != NULL)
    bp_live_add (self->live, connection, line, reply->store_id, reply->device_id, reply->seq);
  if (self->stopping != NULL)
    bp_live_stop (self->live);
}

static void
upgrade (Job *job)
{
  set_own_headers (soup_server_message_get_response_headers (job->message), job);
  g_signal_connect_data (job->message, "wrote-informational", G_CALLBACK (on_upgraded),
                         g_atomic_rc_box_acquire (job), job_leave, 0);
  soup_websocket_server_process_handshake (job->message, NULL, NULL, NULL, NULL);
}

/* One too many is sent away before it is a socket. */
static void
refuse_socket (Job *job)
{
  g_clear_pointer (&job->reply, bp_reply_free);
  g_clear_pointer (&job->body, g_bytes_unref);
  job->reply = bp_reply_new_problem (bp_problem_new (BP_PROBLEM_UNAVAILABLE, NULL));
  job->retry_after_s = FULL_RETRY_S;
  make_body (job);
}

static void
write_reply (Job *job)
{
  if (job->reply->status == SOUP_STATUS_SWITCHING_PROTOCOLS
      && !bp_live_has_room (job->server->live))
    refuse_socket (job);
  if (job->reply->status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    upgrade (job);
  else
    write_answer (job);
  soup_server_message_unpause (job->message);
}

static void
tell_listeners (BpHttpServer  *self,
                const BpReply *reply)
{
  bp_live_tell (self->live, reply->store_id, reply->seq);
  if (self->listener != NULL)
    bp_live_listener_tell (self->listener, reply->store_id, reply->seq);
}

static gboolean
finish_job (gpointer user_data)
{
  Job *job = user_data;

  if (job->lane != NULL)
    bp_lanes_leave (job->server->lanes, job->lane);
  if (job->message == NULL)
    {
      grow_idle (job->server);
      return G_SOURCE_REMOVE;
    }

  if (job->reply->store_id != NULL && job->reply->device_id == NULL)
    tell_listeners (job->server, job->reply);
  if (!job->is_gone)
    write_reply (job);
  g_clear_object (&job->message);
  return G_SOURCE_REMOVE;
}

/* Codes are tried one after the other, so that many at once gain nothing. */
static void
answer_pairing (BpHttpServer *self,
                Job          *job,
                BpBackend    *backend)
{
  g_autofree char *network = bp_limiter_get_network (job->call->address);
  gint64 wait;

  g_mutex_lock (&self->pairing);
  wait = bp_limiter_get_wait (self->limiter, network);
  if (wait > 0)
    {
      job->reply = bp_reply_new_problem (bp_problem_new (BP_PROBLEM_TOO_MANY_REQUESTS, NULL));
      job->retry_after_s = (wait + 999) / 1000;
    }
  else
    {
      job->reply = bp_http_call_answer (job->call, backend, self->clock);
    }
  if (job->reply->wrong_code)
    bp_limiter_count (self->limiter, network);
  g_mutex_unlock (&self->pairing);
}

/* No secret, nothing of a customer's, nothing that a client made up: ids that
 * the server gave, and figures. */
static void
tell (BpHttpServer *self,
      Job          *job)
{
  const BpEndpoint *endpoint = job->call->endpoint;
  const char *path = endpoint != NULL ? endpoint->path : "other";
  const char *method = endpoint != NULL ? endpoint->method : "-";
  const char *device = job->reply->caller_id != NULL ? job->reply->caller_id : "-";
  const char *store = job->reply->caller_id != NULL ? job->lane : "-";
  gint64 taken_us = g_get_monotonic_time () - job->began_us;

  if (self->options.metrics != NULL)
    bp_metrics_count (self->options.metrics, path, job->reply, taken_us);
  g_log_structured ("bizpulse-server", G_LOG_LEVEL_INFO, "BIZPULSE_STORE", store,
                    "BIZPULSE_DEVICE", device, "BIZPULSE_PATH", path, "MESSAGE",
                    "method=%s path=%s status=%d ms=%d store=%s device=%s", method, path,
                    job->reply->status, (int)(taken_us / 1000), store, device);
}

static void
answer (BpHttpServer *self,
        Job          *job,
        BpBackend    *backend)
{
  if (job->call->endpoint != NULL && job->call->endpoint->id == BP_ENDPOINT_PAIR)
    answer_pairing (self, job, backend);
  else
    job->reply = bp_http_call_answer (job->call, backend, self->clock);
  if (job->reply->status == 503)
    job->retry_after_s = BUSY_RETRY_S;
  tell (self, job);
  make_body (job);
}

static void
forget (BpHttpServer *self,
        BpBackend    *backend)
{
  g_autoptr (GError) error = NULL;

  if (!bp_rules_forget_deletions (backend, self->clock, &error))
    {
      g_message ("Old deletions could not be forgotten: %s", error->message);
      return;
    }
  if (self->options.history_days > 0
      && !bp_rules_thin_history (backend, self->clock, self->options.history_days,
                                 self->forgetting, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_message ("Old history could not be forgotten: %s", error->message);
}

/* There are as many backends as threads: one is always idle. */
static void
work (gpointer data,
      gpointer user_data)
{
  Job *job = data;
  BpHttpServer *self = job->server;
  BpBackend *backend = g_async_queue_pop (self->idle);

  if (job->call != NULL)
    answer (self, job, backend);
  else
    forget (self, backend);
  g_async_queue_push (self->idle, backend);
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, finish_job, job,
                              job_unref);
}

static gboolean
forget_deletions (gpointer user_data)
{
  BpHttpServer *self = user_data;

  self->n_busy++;
  g_thread_pool_push (self->workers, job_new (self), NULL);
  return G_SOURCE_CONTINUE;
}

static void
on_finished (SoupServerMessage *message,
             gpointer           user_data)
{
  Job *job = user_data;

  job->is_gone = TRUE;
}

static void
on_body (SoupServer        *soup,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  BpHttpServer *self = user_data;
  Job *job = job_new (self);

  job->message = g_object_ref (message);
  job->call = g_object_steal_data (G_OBJECT (message), "bp-call");
  g_assert (job->call != NULL);
  g_signal_handlers_disconnect_matched (message, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, job->call);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished),
                         g_atomic_rc_box_acquire (job), job_leave, 0);
  soup_server_message_pause (message);
  job->lane = bp_http_call_get_lane (job->call);
  job->began_us = g_get_monotonic_time ();
  bp_lanes_push (self->lanes, job->lane, job);
}

static void
cut_off (BpHttpServer      *self,
         SoupServerMessage *message)
{
  set_deadline (self, message, self->options.headers_ms);
  bp_http_cut_off (message);
}

static void
on_chunk (SoupServerMessage *message,
          GBytes            *chunk,
          gpointer           user_data)
{
  BpHttpCall *call = user_data;
  BpHttpServer *self = g_object_get_data (G_OBJECT (message), "bp-server");

  bp_http_call_take_chunk (call, chunk);
  if (call->refusal != NULL && bp_http_call_is_hopeless (call))
    cut_off (self, message);
}

/* Who asks before sending a body is told at once that it is not wanted. */
static void
refuse_expectation (BpHttpServer      *self,
                    SoupServerMessage *message,
                    BpHttpCall        *call)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *body = bp_problem_to_text (call->refusal);
  int status = bp_problem_get_status (call->refusal->code);

  soup_message_headers_replace (headers, "Connection", "close");
  soup_server_message_set_status (message, (guint)status, NULL);
  soup_server_message_set_response (message, get_content_type (status), SOUP_MEMORY_COPY, body,
                                    strlen (body));
}

static void
on_headers (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  BpHttpServer *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  BpHttpCall *call = bp_http_call_new (message, self->options.behind_proxy,
                                       &self->n_held);

  soup_message_headers_remove (headers, "Range");
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_object_set_data (G_OBJECT (message), "bp-server", self);
  g_object_set_data_full (G_OBJECT (message), "bp-call", call, (GDestroyNotify)bp_http_call_free);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), call);
  set_deadline (self, message, self->options.request_ms);
  if (call->refusal == NULL)
    return;
  if (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE)
    refuse_expectation (self, message, call);
  else if (bp_http_call_is_hopeless (call))
    cut_off (self, message);
}

static void
on_request_started (SoupServer        *soup,
                    SoupServerMessage *message,
                    gpointer           user_data)
{
  BpHttpServer *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, BP_HEADER_PROTOCOL, G_STRINGIFY (BP_PROTOCOL_VERSION));
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  set_deadline (self, message, self->options.headers_ms);
  self->n_busy++;
  g_object_weak_ref (G_OBJECT (message), on_message_gone, g_object_ref (self));
}

static void
on_request_finished (SoupServer        *soup,
                     SoupServerMessage *message,
                     gpointer           user_data)
{
  BpHttpServer *self = user_data;

  set_deadline (self, message, 4 * self->options.start_ms);
}

static void
serve (BpHttpServer *self,
       GIOStream    *stream,
       GIOStream    *base)
{
  GSocketConnection *connection = G_SOCKET_CONNECTION (base);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GError) error = NULL;

  if (local == NULL || remote == NULL)
    return;
  if (!soup_server_accept_iostream (self->soup, stream, local, remote, &error))
    g_message ("A connection could not be served: %s", error->message);
}

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (BpHttpServer) self = user_data;
  g_autoptr (GIOStream) base = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL)
      || self->stopping != NULL)
    return;

  g_object_get (source, "base-io-stream", &base, NULL);
  serve (self, G_IO_STREAM (source), base);
}

static void
on_connection (GSocketConnection *connection,
               gpointer           user_data)
{
  BpHttpServer *self = user_data;
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GIOStream) tls = NULL;

  if (remote != NULL)
    bp_acceptor_set_deadline (self->acceptor, remote, self->options.start_ms);
  if (self->options.certificate == NULL)
    {
      serve (self, G_IO_STREAM (connection), G_IO_STREAM (connection));
      return;
    }

  tls = g_tls_server_connection_new (G_IO_STREAM (connection), self->options.certificate, NULL);
  if (tls != NULL)
    g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL,
                                      on_handshake, g_object_ref (self));
}

static void
bp_http_server_dispose (GObject *object)
{
  BpHttpServer *self = BP_HTTP_SERVER (object);

  g_clear_handle_id (&self->forget_id, g_source_remove);
  g_cancellable_cancel (self->forgetting);
  g_clear_pointer (&self->listener, bp_live_listener_free);
  if (self->live != NULL)
    g_signal_handlers_disconnect_by_data (self->live, self);
  if (self->live != NULL)
    g_object_run_dispose (G_OBJECT (self->live));
  g_clear_object (&self->live);
  if (self->acceptor != NULL)
    bp_acceptor_stop (self->acceptor);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  if (self->workers != NULL)
    g_thread_pool_free (g_steal_pointer (&self->workers), FALSE, TRUE);
  g_clear_object (&self->forgetting);
  g_clear_pointer (&self->lanes, bp_lanes_free);
  g_clear_object (&self->soup);
  if (self->silent_fd >= 0)
    close (self->silent_fd);
  self->silent_fd = -1;
  g_clear_pointer (&self->acceptor, bp_acceptor_free);
  g_clear_pointer (&self->limiter, bp_limiter_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->options.certificate);
  g_clear_object (&self->options.listener);
  g_clear_pointer (&self->idle, g_async_queue_unref);
  g_clear_object (&self->clock);

  G_OBJECT_CLASS (bp_http_server_parent_class)->dispose (object);
}

static void
bp_http_server_finalize (GObject *object)
{
  g_mutex_clear (&BP_HTTP_SERVER (object)->pairing);

  G_OBJECT_CLASS (bp_http_server_parent_class)->finalize (object);
}

static void
bp_http_server_class_init (BpHttpServerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = bp_http_server_dispose;
  G_OBJECT_CLASS (klass)->finalize = bp_http_server_finalize;
}

static void
bp_http_server_init (BpHttpServer *self)
{
  self->silent_fd = -1;
  g_mutex_init (&self->pairing);
  self->forgetting = g_cancellable_new ();
  self->idle = g_async_queue_new_full (g_object_unref);
}

/* SoupServer keeps a connection after an answer only while it listens itself.
 * So it gets one end of a pair of sockets to listen to, and nobody ever speaks
 * at the other. */
static void
pretend_to_listen (BpHttpServer *self)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    return;

  self->silent_fd = fds[1];
  socket = g_socket_new_from_fd (fds[0], &error);
  if (socket == NULL)
    close (fds[0]);
  if (socket == NULL || !soup_server_listen_socket (self->soup, socket, 0, &error))
    g_message ("Connections will not be kept: %s", error->message);
}

/**
 * bp_http_server_new:
 * @backends: (transfer none) (element-type BpBackend): at least one, on one
 *   database, not in a transaction; each is one worker thread's from now on
 * @clock: (transfer none): time and randomness
 * @options: copied
 *
 * Returns: (transfer full): a server on the thread's main context that does
 *   not listen yet
 */
BpHttpServer *
bp_http_server_new (GPtrArray           *backends,
                    BpClock             *clock,
                    const BpHttpOptions *options)
{
  BpHttpServer *self = g_object_new (BP_TYPE_HTTP_SERVER, NULL);

  for (guint i = 0; i < backends->len; i++)
    g_async_queue_push (self->idle, g_object_ref (backends->pdata[i]));
  self->clock = g_object_ref (clock);
  self->options = *options;
  if (options->certificate != NULL)
    g_object_ref (options->certificate);
  if (options->listener != NULL)
    g_object_ref (options->listener);
  self->context = g_main_context_ref_thread_default ();
  self->live = bp_live_new (&options->live);
  g_signal_connect_swapped (self->live, "empty", G_CALLBACK (look_at_end), self);
  self->limiter = bp_limiter_new (clock, MAX_WRONG_CODES, WRONG_CODES_MS);
  self->workers = g_thread_pool_new (work, NULL, (int)backends->len, TRUE, NULL);
  self->lanes = bp_lanes_new (self->workers, MAX (backends->len / 2, 2), job_unref);
  self->acceptor = bp_acceptor_new (options->max_connections, on_connection, self);
  self->soup = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_early_handler (self->soup, NULL, on_headers, self, NULL);
  soup_server_add_handler (self->soup, NULL, on_body, self, NULL);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request_started), self);
  g_signal_connect (self->soup, "request-finished", G_CALLBACK (on_request_finished), self);
  pretend_to_listen (self);
  return self;
}

/**
 * bp_http_server_listen:
 * @self: a server
 * @address: of the internet; port 0 takes any
 * @error: of GIO
 *
 * Begins to serve, and forgets old deletions, and history where that is wanted,
 * now and once a day.
 *
 * Returns: whether it listens
 */
gboolean
bp_http_server_listen (BpHttpServer   *self,
                       GSocketAddress *address,
                       GError        **error)
{
  if (!bp_acceptor_listen (self->acceptor, address, error))
    return FALSE;

  if (self->options.listener != NULL)
    self->listener = bp_live_listener_new (self->options.listener, self->live);
  forget_deletions (self);
  self->forget_id = g_timeout_add_seconds (DAY_S, forget_deletions, self);
  return TRUE;
}

/**
 * bp_http_server_set_certificate:
 * @self: a server with a certificate
 * @certificate: (transfer none): for the connections from now on
 */
void
bp_http_server_set_certificate (BpHttpServer    *self,
                                GTlsCertificate *certificate)
{
  g_return_if_fail (self->options.certificate != NULL);

  g_set_object (&self->options.certificate, certificate);
}

/**
 * bp_http_server_get_port:
 * @self: a server
 *
 * Returns: where it listens; 0 where it does not
 */
guint16
bp_http_server_get_port (BpHttpServer *self)
{
  return bp_acceptor_get_port (self->acceptor);
}

/**
 * bp_http_server_stop:
 * @self: a server
 * @callback: (scope async): when what was under way has been answered
 * @user_data: for @callback
 *
 * Accepts no more. Whoever has begun a request gets its answer, within the
 * deadlines; who is told of changes is told that this is the end.
 */
void
bp_http_server_stop (BpHttpServer       *self,
                     GAsyncReadyCallback callback,
                     gpointer            user_data)
{
  g_return_if_fail (self->stopping == NULL);

  bp_acceptor_stop (self->acceptor);
  g_cancellable_cancel (self->forgetting);
  self->stopping = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->stopping, bp_http_server_stop);
  bp_live_stop (self->live);
  finish_stopping (self);
}
