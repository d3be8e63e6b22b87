/* HTTP around the rules: SoupServer with the traps of section 0 of the faults
 * shut. The main loop never waits for the database: worker threads do, as many
 * as there are backends. */
#include "config.h"

#include "bp-http-server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bp-http-call.h"
#include "bp-http-cut.h"
#include "bp-http-server-private.h"
#include "bp-kept-stream.h"
#include "bp-limits.h"

#define MAX_WRONG_CODES 5
#define WRONG_CODES_MS (60 * 1000)
#define DAY_S (24 * 60 * 60)
#define DROP_S 60
#define UNSENT_BYTES (64 * 1024)

G_DEFINE_FINAL_TYPE (BpHttpServer, bp_http_server, G_TYPE_OBJECT)

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
  options->progress_ms = 30 * 1000;
  options->max_transfers = 200;
  options->max_transfers_of_store = 40;
  options->gate.device_per_s = 100;
  options->gate.device_burst = 1000;
  options->gate.stranger_per_s = 20;
  options->gate.stranger_burst = 300;
  options->gate.wrong_tokens = 100;
  options->gate.spare_loopback = TRUE;
  options->live.max_sockets = 1500;
  options->live.max_of_device = 4;
  options->live.ping_s = 30;
}

/**
 * bp_http_server_set_deadline:
 * @self: a server
 * @message: a request of it
 * @milliseconds: until its connection is ended, whatever it does; takes the
 *   place of the last such time; 0 for none
 */
void
bp_http_server_set_deadline (BpHttpServer      *self,
                             SoupServerMessage *message,
                             guint              milliseconds)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  if (G_IS_INET_SOCKET_ADDRESS (remote))
    bp_acceptor_set_deadline (self->acceptor, remote, milliseconds);
}

/**
 * bp_http_server_hold_back:
 * @self: a server
 * @message: a request whose answer is long
 *
 * From now on little of it waits in the kernel, so that what was written tells
 * how fast it is taken.
 */
void
bp_http_server_hold_back (BpHttpServer      *self,
                          SoupServerMessage *message)
{
  GSocket *line
    = bp_acceptor_get_socket (self->acceptor, soup_server_message_get_remote_address (message));

  if (line != NULL)
    g_socket_set_option (line, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES, NULL);
}

/* A file on its way, until its message has ended. */
typedef struct
{
  BpHttpServer *server; /* (owned) */
  char *store_id;       /* (owned) */
} Transfer;

static void
count_transfer (BpHttpServer *self,
                const char   *store_id,
                int           difference)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->transfers, store_id));

  n += (guint)difference;
  self->n_transfers += (guint)difference;
  if (n > 0)
    g_hash_table_insert (self->transfers, g_strdup (store_id), GUINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->transfers, store_id);
}

static void
on_transfer_ended (SoupServerMessage *message,
                   gpointer           user_data)
{
  Transfer *transfer = user_data;

  count_transfer (transfer->server, transfer->store_id, -1);
}

static void
transfer_free (gpointer  data,
               GClosure *closure)
{
  Transfer *transfer = data;

  g_object_unref (transfer->server);
  g_free (transfer->store_id);
  g_free (transfer);
}

/**
 * bp_http_server_begin_transfer:
 * @self: a server
 * @message: with which a file is sent or taken
 * @store_id: of which store
 *
 * Returns: whether there is room for one more; then it counts until the
 *   message has ended
 */
gboolean
bp_http_server_begin_transfer (BpHttpServer      *self,
                               SoupServerMessage *message,
                               const char        *store_id)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->transfers, store_id));
  Transfer *transfer;

  if (self->n_transfers >= self->options.max_transfers
      || n >= self->options.max_transfers_of_store)
    return FALSE;

  transfer = g_new0 (Transfer, 1);
  transfer->server = g_object_ref (self);
  transfer->store_id = g_strdup (store_id);
  count_transfer (self, store_id, 1);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_transfer_ended), transfer,
                         transfer_free, 0);
  return TRUE;
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

/**
 * bp_http_server_look_at_end:
 * @self: a server
 *
 * One that is to stop does so soon, where nothing is under way.
 */
void
bp_http_server_look_at_end (BpHttpServer *self)
{
  if (self->stopping != NULL)
    g_idle_add_full (G_PRIORITY_DEFAULT, finish_stopping, g_object_ref (self), g_object_unref);
}

/**
 * bp_http_server_end_one:
 * @self: a server, one of whose requests or jobs has ended
 */
void
bp_http_server_end_one (BpHttpServer *self)
{
  self->n_busy--;
  bp_http_server_look_at_end (self);
}

static void
on_message_gone (gpointer data,
                 GObject *where_the_message_was)
{
  g_autoptr (BpHttpServer) self = data;

  bp_http_server_end_one (self);
}

static gboolean
forget_deletions (gpointer user_data)
{
  BpHttpServer *self = user_data;

  bp_http_job_begin_forgetting (self);
  return G_SOURCE_CONTINUE;
}

static void
cut_off (BpHttpServer      *self,
         SoupServerMessage *message,
         const BpProblem   *problem)
{
  bp_http_server_set_deadline (self, message, self->options.headers_ms);
  bp_http_cut_off (message, problem);
}

static gboolean
drop_old (gpointer user_data)
{
  BpHttpServer *self = user_data;

  bp_spool_drop_old (self->options.spool);
  return G_SOURCE_CONTINUE;
}

static void
on_body (SoupServer        *soup,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  bp_http_job_begin (user_data, message);
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
    cut_off (self, message, call->refusal);
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
  soup_server_message_set_response (message, bp_http_get_content_type (status), SOUP_MEMORY_COPY,
                                    body, strlen (body));
}

/* Its body is not wanted: who waits to send it is told, who sends much is cut
 * off, and what is little is read first. */
static void
refuse_body (BpHttpServer      *self,
             SoupServerMessage *message,
             BpHttpCall        *call)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE)
    refuse_expectation (self, message, call);
  else if (bp_http_call_is_hopeless (call))
    cut_off (self, message, call->refusal);
}

static void
on_piece (SoupServerMessage *message,
          const BpProblem   *problem,
          gpointer           user_data)
{
  BpHttpServer *self = user_data;

  if (problem != NULL)
    cut_off (self, message, problem);
  else
    bp_http_server_set_deadline (self, message, self->options.progress_ms);
}

static BpProblemCode
make_upload (BpHttpServer      *self,
             SoupServerMessage *message,
             BpHttpCall        *call)
{
  g_autofree char *store = bp_http_call_get_lane (call);
  g_autoptr (GError) error = NULL;
  BpSpoolFile *file;

  if (!bp_http_server_begin_transfer (self, message, store))
    return BP_PROBLEM_UNAVAILABLE;
  file = bp_spool_make (self->options.spool, store, &error);
  if (file == NULL)
    {
      g_message ("A file could not be taken: %s", error->message);
      return BP_PROBLEM_UNAVAILABLE;
    }

  call->upload = bp_http_upload_new (message, file, on_piece, self);
  return BP_N_PROBLEMS;
}

/**
 * bp_http_server_take_file:
 * @self: a server
 * @message: paused; its body is a file
 * @call: (transfer full): what it asks for
 * @reply: whether it may
 *
 * Goes on with it: the file is taken, or refused.
 */
void
bp_http_server_take_file (BpHttpServer      *self,
                          SoupServerMessage *message,
                          BpHttpCall        *call,
                          const BpReply     *reply)
{
  BpProblemCode code = reply->problem != NULL ? reply->problem->code
                                              : make_upload (self, message, call);

  g_object_set_data_full (G_OBJECT (message), "bp-call", call, (GDestroyNotify)bp_http_call_free);
  bp_http_server_set_deadline (self, message, self->options.progress_ms);
  soup_server_message_unpause (message);
  if (code == BP_N_PROBLEMS)
    return;

  if (reply->epoch != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                  BP_HEADER_EPOCH, reply->epoch);
  bp_http_call_refuse (call, code, reply->problem != NULL ? reply->problem->detail : NULL);
  refuse_body (self, message, call);
}

static void
on_headers (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  BpHttpServer *self = user_data;
  BpHttpCall *call = bp_http_call_new (message, self->options.behind_proxy, &self->n_held);

  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_object_set_data (G_OBJECT (message), "bp-server", self);
  g_object_set_data_full (G_OBJECT (message), "bp-call", call, (GDestroyNotify)bp_http_call_free);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), call);
  bp_http_server_set_deadline (self, message, self->options.request_ms);
  if (call->refusal != NULL)
    refuse_body (self, message, call);
  else if (bp_http_call_takes_file (call))
    bp_http_job_begin_asking (self, message);
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
  bp_http_server_set_deadline (self, message, self->options.headers_ms);
  self->n_busy++;
  g_object_weak_ref (G_OBJECT (message), on_message_gone, g_object_ref (self));
}

static void
on_request_finished (SoupServer        *soup,
                     SoupServerMessage *message,
                     gpointer           user_data)
{
  BpHttpServer *self = user_data;
  GSocketAddress *remote = soup_server_message_get_remote_address (message);
  GSocket *socket = G_IS_INET_SOCKET_ADDRESS (remote)
                      ? bp_acceptor_get_socket (self->acceptor, remote)
                      : NULL;

  bp_http_server_set_deadline (self, message, 4 * self->options.start_ms);
  if (socket != NULL)
    bp_kept_stream_begin_wait (socket);
}

static void
serve (BpHttpServer *self,
       GIOStream    *stream,
       GIOStream    *base)
{
  GSocketConnection *connection = G_SOCKET_CONNECTION (base);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GIOStream) kept
    = bp_kept_stream_new (stream, g_socket_connection_get_socket (connection));
  g_autoptr (GError) error = NULL;

  if (local == NULL || remote == NULL)
    return;
  if (!soup_server_accept_iostream (self->soup, kept, local, remote, &error))
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
  g_clear_handle_id (&self->drop_id, g_source_remove);
  if (self->options.spool != NULL)
    bp_spool_close (self->options.spool);
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
  g_clear_pointer (&self->workers, bp_workers_free);
  g_clear_object (&self->forgetting);
  g_clear_pointer (&self->builders, bp_workers_free);
  g_clear_object (&self->soup);
  if (self->silent_fd >= 0)
    close (self->silent_fd);
  self->silent_fd = -1;
  g_clear_pointer (&self->acceptor, bp_acceptor_free);
  g_clear_pointer (&self->limiter, bp_limiter_free);
  g_clear_pointer (&self->gate, bp_gate_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->options.certificate);
  g_clear_object (&self->options.listener);
  g_clear_pointer (&self->options.spool, bp_spool_unref);
  g_clear_pointer (&self->transfers, g_hash_table_unref);
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

  self->clock = g_object_ref (clock);
  self->options = *options;
  if (options->certificate != NULL)
    g_object_ref (options->certificate);
  if (options->listener != NULL)
    g_object_ref (options->listener);
  if (options->spool != NULL)
    bp_spool_ref (options->spool);
  self->context = g_main_context_ref_thread_default ();
  self->live = bp_live_new (&options->live);
  g_signal_connect_swapped (self->live, "empty", G_CALLBACK (bp_http_server_look_at_end), self);
  self->limiter = bp_limiter_new (clock, MAX_WRONG_CODES, WRONG_CODES_MS);
  self->gate = bp_gate_new (clock, &self->options.gate);
  self->workers = bp_workers_new (backends, MAX (backends->len / 2, 2), bp_http_job_run,
                                  bp_http_job_unref);
  if (options->builders != NULL)
    self->builders = bp_workers_new (options->builders, 1, bp_http_job_run, bp_http_job_unref);
  self->transfers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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
  if (self->options.spool != NULL)
    self->drop_id = g_timeout_add_seconds (DROP_S, drop_old, self);
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
  if (self->options.spool != NULL)
    bp_spool_close (self->options.spool);
  self->stopping = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->stopping, bp_http_server_stop);
  bp_live_stop (self->live);
  finish_stopping (self);
}
