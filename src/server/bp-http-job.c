/* A request on its way: from its last byte through a worker to its answer. */
#include "config.h"

#include <string.h>

#include "bp-gzip.h"
#include "bp-http-call.h"
#include "bp-http-send.h"
#include "bp-http-server-private.h"
#include "bp-limits.h"

#define BUSY_RETRY_S 2
#define FULL_RETRY_S 60

/* One request on its way through the worker, held by that way and by the
 * message it answers; without a call, the daily forgetting of deletions. */
typedef struct
{
  BpHttpServer *server;       /* (owned) */
  SoupServerMessage *message; /* (owned) (nullable) */
  BpHttpCall *call;           /* (owned) (nullable) */
  BpWorkers *workers;         /* (unowned) */
  char *lane;                 /* (owned) (nullable): where it waits for a worker */
  gint64 began_us;
  BpReply *reply;             /* (owned) (nullable) */
  GBytes *body;               /* (owned) (nullable): of the answer */
  gboolean is_packed;
  BpHttpPart part;            /* of the file that is answered */
  gint64 retry_after_s;
  gboolean is_asking;         /* whether a file may be sent, before it is */
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

/**
 * bp_http_job_unref:
 * @data: (transfer full): a job
 */
void
bp_http_job_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, job_clear);
}

static void
job_leave (gpointer  job,
           GClosure *closure)
{
  bp_http_job_unref (job);
}

static Job *
job_new (BpHttpServer *server)
{
  Job *job = g_atomic_rc_box_new0 (Job);

  job->server = g_object_ref (server);
  return job;
}

/**
 * bp_http_get_content_type:
 * @status: of an answer in JSON
 *
 * Returns: its type
 */
const char *
bp_http_get_content_type (int status)
{
  return status >= 400 ? "application/problem+json" : "application/json";
}

static void
set_own_headers (SoupMessageHeaders *headers,
                 const Job          *job)
{
  const BpProblem *problem = job->reply->problem;

  soup_message_headers_replace (headers, BP_HEADER_PROTOCOL, G_STRINGIFY (BP_PROTOCOL_VERSION));
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

static gboolean
is_file (const Job *job)
{
  return job->reply->file != NULL && job->reply->status < 400;
}

static void
on_moved (SoupServerMessage *message,
          gsize              bytes,
          gpointer           user_data)
{
  BpHttpServer *self = user_data;

  if (self->options.metrics != NULL)
    bp_metrics_count_sent (self->options.metrics, bytes);
  bp_http_server_set_deadline (self, message, self->options.progress_ms);
}

static void
send_file (Job *job)
{
  BpHttpServer *self = job->server;

  bp_http_server_hold_back (self, job->message);
  bp_http_server_set_deadline (self, job->message, self->options.progress_ms);
  bp_http_send_file (job->message, job->reply->file, &job->part, on_moved, self);
}

static void
write_answer (Job *job)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (job->message);

  set_own_headers (headers, job);
  soup_message_headers_set_content_type (headers,
                                         is_file (job)
                                           ? job->reply->file_type
                                           : bp_http_get_content_type (job->reply->status),
                                         NULL);
  if (job->reply->file != NULL)
    bp_http_describe_file (headers, job->reply->file, &job->part);
  if (job->server->stopping != NULL)
    soup_message_headers_replace (headers, "Connection", "close");
  soup_server_message_set_status (job->message, (guint)job->reply->status,
                                  job->reply->status == 426 ? "Upgrade Required" : NULL);
  bp_http_server_set_deadline (job->server, job->message, job->server->options.request_ms);
  if (is_file (job) && job->reply->status != SOUP_STATUS_NOT_MODIFIED)
    {
      send_file (job);
      return;
    }

  if (job->body != NULL)
    soup_message_body_append_bytes (soup_server_message_get_response_body (job->message),
                                    job->body);
  soup_server_message_unpause (job->message);
}

static void
make_body (Job *job)
{
  gsize length = job->reply->body != NULL ? strlen (job->reply->body) : 0;

  if (job->reply->body == NULL)
    return;
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

  bp_http_server_set_deadline (self, message, 0);
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
  soup_server_message_unpause (job->message);
}

/* One too many is sent away before anything has begun. */
static void
refuse_late (Job   *job,
             gint64 retry_after_s)
{
  g_clear_pointer (&job->reply, bp_reply_free);
  g_clear_pointer (&job->body, g_bytes_unref);
  job->reply = bp_reply_new_problem (bp_problem_new (BP_PROBLEM_UNAVAILABLE, NULL));
  job->retry_after_s = retry_after_s;
  make_body (job);
}

static void
write_reply (Job *job)
{
  if (job->reply->status == SOUP_STATUS_SWITCHING_PROTOCOLS
      && !bp_live_has_room (job->server->live))
    refuse_late (job, FULL_RETRY_S);
  if (is_file (job) && !bp_http_server_begin_transfer (job->server, job->message, job->lane))
    refuse_late (job, BUSY_RETRY_S);
  if (job->reply->status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    upgrade (job);
  else
    write_answer (job);
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
    bp_workers_leave (job->workers, job->lane);
  if (job->message == NULL)
    {
      bp_http_server_end_one (job->server);
      return G_SOURCE_REMOVE;
    }

  if (job->is_asking)
    {
      if (!job->is_gone)
        bp_http_server_take_file (job->server, job->message, g_steal_pointer (&job->call),
                                  job->reply);
      g_clear_object (&job->message);
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
      job->reply = bp_http_call_answer (job->call, backend, self->clock, self->options.spool);
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
choose_part (Job *job)
{
  BpReply *reply = job->reply;

  bp_http_choose_part (job->call, reply->file, &job->part);
  reply->status = job->part.status;
  if (reply->status != 416)
    return;

  reply->problem = bp_problem_new (BP_PROBLEM_BAD_RANGE, NULL);
  reply->body = bp_problem_to_text (reply->problem);
}

static void
answer_admitted (BpHttpServer *self,
                 Job          *job,
                 BpBackend    *backend)
{
  if (job->call->endpoint != NULL && job->call->endpoint->id == BP_ENDPOINT_PAIR)
    answer_pairing (self, job, backend);
  else
    job->reply = bp_http_call_answer (job->call, backend, self->clock, self->options.spool);
  bp_gate_note (self->gate, job->call->token, job->call->address, job->reply);
}

static void
answer (BpHttpServer *self,
        Job          *job,
        BpBackend    *backend)
{
  job->reply = bp_gate_refuse (self->gate, job->call->endpoint, job->call->token,
                               job->call->address, &job->retry_after_s);
  if (job->reply == NULL)
    answer_admitted (self, job, backend);
  if (job->reply->status == 503)
    job->retry_after_s = BUSY_RETRY_S;
  if (job->reply->file != NULL)
    choose_part (job);
  if (job->is_asking)
    return;
  tell (self, job);
  make_body (job);
}

static void
forget (BpHttpServer *self,
        BpBackend    *backend)
{
  g_autoptr (GError) error = NULL;

  if (!bp_rules_forget_backups (backend, self->clock, &error))
    {
      g_message ("What is left of backups could not be removed: %s", error->message);
      return;
    }
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

/**
 * bp_http_job_run:
 * @data: (transfer full): a job
 * @backend: (transfer none): not in a transaction
 *
 * What a worker does: it is answered on the server's main context afterwards.
 */
void
bp_http_job_run (gpointer   data,
                 BpBackend *backend)
{
  Job *job = data;
  BpHttpServer *self = job->server;

  if (job->call != NULL)
    answer (self, job, backend);
  else
    forget (self, backend);
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, finish_job, job,
                              bp_http_job_unref);
}

/**
 * bp_http_job_begin_forgetting:
 * @self: a server
 *
 * Old deletions will be forgotten by a worker.
 */
void
bp_http_job_begin_forgetting (BpHttpServer *self)
{
  self->n_busy++;
  bp_workers_push (self->workers, NULL, job_new (self));
}

static void
on_finished (SoupServerMessage *message,
             gpointer           user_data)
{
  Job *job = user_data;

  job->is_gone = TRUE;
}

/* Files are made where nothing else waits for that. */
static BpWorkers *
get_workers (BpHttpServer *self,
             BpHttpCall   *call)
{
  gboolean is_slow = call->endpoint != NULL
                     && (call->endpoint->answers_file || call->endpoint->takes_file);

  return is_slow && self->builders != NULL ? self->builders : self->workers;
}

static Job *
job_new_for (BpHttpServer      *self,
             SoupServerMessage *message)
{
  Job *job = job_new (self);

  job->message = g_object_ref (message);
  job->call = g_object_steal_data (G_OBJECT (message), "bp-call");
  g_assert (job->call != NULL);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished),
                         g_atomic_rc_box_acquire (job), job_leave, 0);
  soup_server_message_pause (message);
  job->lane = bp_http_call_get_lane (job->call);
  job->began_us = g_get_monotonic_time ();
  return job;
}

/**
 * bp_http_job_begin_asking:
 * @self: a server
 * @message: a request whose headers have been read; its body is a file
 *
 * A worker finds out whether it may be sent: see bp_http_server_take_file().
 */
void
bp_http_job_begin_asking (BpHttpServer      *self,
                          SoupServerMessage *message)
{
  Job *job = job_new_for (self, message);

  job->is_asking = TRUE;
  job->workers = self->workers;
  bp_workers_push (job->workers, job->lane, job);
}

/**
 * bp_http_job_begin:
 * @self: a server
 * @message: a request that has been read to its end
 *
 * It will be answered when a worker has found out what.
 */
void
bp_http_job_begin (BpHttpServer      *self,
                   SoupServerMessage *message)
{
  Job *job = job_new_for (self, message);

  g_signal_handlers_disconnect_matched (message, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, job->call);
  if (bp_http_call_takes_file (job->call))
    bp_http_server_set_deadline (self, message, self->options.request_ms);
  job->workers = get_workers (self, job->call);
  bp_workers_push (job->workers, job->lane, job);
}
