/* A run: what was sent and not answered, what is urgent, the download, the
 * rest, and what follows from deciding conflicts. */
#include "config.h"

#include "bp-sync-engine-private.h"

#include <string.h>

#include "bp-limits.h"
#include "bp-setting.h"
#include "bp-sync-part.h"

#define RUN_SECONDS 30
#define MAX_ROUNDS 16
#define MAX_AGAIN 5
#define MAX_IDLE 5

/* Fifteen pages: fewer are there as soon as a file is. */
#define SNAPSHOT_FROM 15000

G_DEFINE_FINAL_TYPE (BpSyncEngine, bp_sync_engine, G_TYPE_OBJECT)

static void
bp_sync_engine_dispose (GObject *object)
{
  BpSyncEngine *self = BP_SYNC_ENGINE (object);

  g_clear_object (&self->store);
  g_clear_object (&self->transport);
  g_clear_object (&self->clock);

  G_OBJECT_CLASS (bp_sync_engine_parent_class)->dispose (object);
}

static void
bp_sync_engine_finalize (GObject *object)
{
  BpSyncEngine *self = BP_SYNC_ENGINE (object);

  g_free (self->token);

  G_OBJECT_CLASS (bp_sync_engine_parent_class)->finalize (object);
}

static void
bp_sync_engine_class_init (BpSyncEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_sync_engine_dispose;
  object_class->finalize = bp_sync_engine_finalize;
}

static void
bp_sync_engine_init (BpSyncEngine *self)
{
  self->snapshot_from = SNAPSHOT_FROM;
}

/**
 * bp_sync_engine_is_time_up:
 * @self: an engine with a run under way
 *
 * Looked at between requests. A run always sends one.
 *
 * Returns: whether the run's time is over
 */
gboolean
bp_sync_engine_is_time_up (BpSyncEngine *self)
{
  return self->has_sent
         && bp_clock_get_monotonic (self->clock) - self->started_at >= self->run_ms;
}

/**
 * bp_sync_engine_get_work:
 * @self: an engine with a run under way
 *
 * Looked at between requests. After a new epoch the download goes in any
 * case: before it nothing can be sent.
 *
 * Returns: what may go now
 */
BpSyncWork
bp_sync_engine_get_work (BpSyncEngine *self)
{
  BpSyncWork work = BP_SYNC_WORK_ALL;

  if (self->options->terms != NULL)
    work = self->options->terms (self->report, self->options->user_data);
  if (work != 0 && bp_store_get_recovering (self->store) != 0)
    work |= BP_SYNC_WORK_DOWNLOAD;

  return work;
}

/**
 * bp_sync_engine_pulse:
 * @self: an engine with a run under way
 *
 * Something has moved.
 */
void
bp_sync_engine_pulse (BpSyncEngine *self)
{
  if (self->options->pulse != NULL)
    g_atomic_int_inc (self->options->pulse);
}

/**
 * bp_sync_engine_tell:
 * @self: an engine with a run under way
 *
 * Tells of the progress.
 */
void
bp_sync_engine_tell (BpSyncEngine *self)
{
  if (self->options->progress != NULL)
    self->options->progress (self->report, self->rows_left, self->options->user_data);
}

/**
 * bp_sync_engine_send:
 * @self: an engine with a run under way
 * @endpoint: which call
 * @body: (nullable) (transfer full): JSON
 * @error: as bp_transport_send()
 *
 * Sends a request, counts it, and tells of the progress.
 *
 * Returns: (transfer full) (nullable): the answer, of whatever status
 */
BpAnswer *
bp_sync_engine_send (BpSyncEngine *self,
                     BpEndpointId  endpoint,
                     char         *body,
                     GError      **error)
{
  const BpEndpoint *call = bp_endpoint_get (endpoint);
  g_autoptr (GBytes) bytes = NULL;
  BpAnswer *answer;

  if (body != NULL)
    bytes = g_bytes_new_take (body, strlen (body));
  self->has_sent = TRUE;
  self->report->requests++;
  if (endpoint == BP_ENDPOINT_PUSH)
    self->report->direction |= BP_SYNC_UP;
  if (endpoint == BP_ENDPOINT_PULL)
    self->report->direction |= BP_SYNC_DOWN;
  bp_sync_engine_pulse (self);
  answer = bp_transport_send (self->transport, call, call->needs_token ? self->token : NULL,
                              bytes, self->cancellable, error);
  if (answer != NULL)
    {
      self->report->bytes_sent += (gint64)answer->bytes_sent;
      self->report->bytes_received += (gint64)answer->bytes_received;
      if (answer->problem != NULL)
        self->report->retry_after = answer->retry_after;
    }
  bp_sync_engine_pulse (self);
  bp_sync_engine_tell (self);

  return answer;
}

/**
 * bp_sync_engine_refuse:
 * @self: an engine
 * @answer: one with a problem
 * @error: set to what the caller's caller does about it
 *
 * Returns: %BP_STEP_FAILED
 */
BpStep
bp_sync_engine_refuse (BpSyncEngine   *self,
                       const BpAnswer *answer,
                       GError        **error)
{
  bp_answer_to_error (answer, error);
  return BP_STEP_FAILED;
}

/**
 * bp_sync_engine_fail_unusable:
 * @error: set to %BP_SYNC_ERROR_NO_CONNECTION
 * @reason: (transfer full): what is wrong with an answer
 *
 * Returns: %BP_STEP_FAILED
 */
BpStep
bp_sync_engine_fail_unusable (GError **error,
                              GError  *reason)
{
  bp_sync_error_set_unusable (error, reason);
  g_error_free (reason);
  return BP_STEP_FAILED;
}

static gboolean
must_pull (BpSyncEngine *self)
{
  return !self->is_download_held && (self->known_seq > self->pulled_seq || self->wanted != 0);
}

/* What a decision sends may meet another conflict: a sale that got a new id,
 * a number that is taken. */
static BpStep
settle (BpSyncEngine *self,
        GError      **error)
{
  for (guint i = 0; i < MAX_ROUNDS; i++)
    {
      guint n_decided = 0;
      BpStep step = bp_sync_engine_resolve (self, &n_decided, error);

      if (step == BP_STEP_DONE && n_decided > 0)
        step = bp_sync_engine_push (self, BP_CLAIM_ALL, error);
      if (step != BP_STEP_DONE || n_decided == 0)
        return step;
    }

  return BP_STEP_DONE;
}

/* After a new epoch nothing is sent before all is pulled. */
static BpStep
round_once (BpSyncEngine *self,
            gboolean      is_first,
            GError      **error)
{
  gboolean recovering = bp_store_get_recovering (self->store) != 0;
  BpStep step = BP_STEP_DONE;

  if (!recovering)
    step = bp_sync_engine_push (self, BP_CLAIM_UNANSWERED, error);
  if (step == BP_STEP_DONE && !recovering)
    step = bp_sync_engine_push (self, BP_CLAIM_HIGH, error);
  if (step == BP_STEP_DONE && (is_first || recovering || must_pull (self)))
    step = bp_sync_engine_pull (self, error);
  if (step == BP_STEP_DONE)
    step = bp_sync_engine_push (self, BP_CLAIM_ALL, error);
  if (step == BP_STEP_DONE)
    step = settle (self, error);

  return step;
}

/* Rounds until one leaves nothing to do. */
static BpStep
run_once (BpSyncEngine *self,
          GError      **error)
{
  BpStep step = BP_STEP_AGAIN;

  self->started_at = bp_clock_get_monotonic (self->clock);
  self->has_sent = FALSE;
  for (guint i = 0; i < MAX_ROUNDS; i++)
    {
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return BP_STEP_FAILED;

      step = round_once (self, step == BP_STEP_AGAIN, error);
      if (step == BP_STEP_AGAIN && ++self->n_again > MAX_AGAIN)
        {
          g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER,
                       "The server keeps changing its mind");
          return BP_STEP_FAILED;
        }
      if (step == BP_STEP_TIME_UP || step == BP_STEP_FAILED)
        return step;
      if (step == BP_STEP_DONE && !must_pull (self))
        return BP_STEP_DONE;
    }

  return BP_STEP_AGAIN;
}

static guint
get_tables (BpSyncEngine *self)
{
  g_autofree char *text = bp_store_get_device_setting (self->store, "sync.tables");

  return self->options->tables != 0 ? self->options->tables : bp_setting_get_tables (text);
}

static gint64
get_setting (BpSyncEngine *self,
             const char   *name,
             gint64        min,
             gint64        max,
             gint64        fallback)
{
  g_autofree char *text = bp_store_get_device_setting (self->store, name);
  gint64 number;

  if (text == NULL || !g_ascii_string_to_signed (text, 10, min, max, &number, NULL))
    return fallback;

  return number;
}

static gboolean
begin_run (BpSyncEngine  *self,
           BpSyncReport  *report,
           BpQueueCounts *counts,
           GError       **error)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (self->store, FALSE, error);

  if (conflicts == NULL || !bp_store_count_queue (self->store, counts, error))
    return FALSE;

  self->report = report;
  self->tables = get_tables (self);
  self->wanted = 0;
  self->fetched_for = 0;
  self->last_conflict = 0;
  for (guint i = 0; i < conflicts->len; i++)
    {
      const BpConflict *conflict = conflicts->pdata[i];

      self->last_conflict = MAX (self->last_conflict, conflict->id);
    }
  self->max_operations = (guint)get_setting (self, "sync.batch", 1, BP_MAX_OPERATIONS,
                                             BP_MAX_OPERATIONS);
  self->max_actions = (guint)bp_store_get_number (self->store, BP_VALUE_PUSH_ACTIONS, 0);
  if (self->max_actions == 0)
    self->max_actions = BP_MAX_OPERATIONS;
  self->run_ms = self->options->run_ms;
  if (self->run_ms <= 0)
    self->run_ms = 1000 * get_setting (self, "sync.run_seconds", 1, 3600, RUN_SECONDS);
  self->has_unanswered = FALSE;
  self->is_copy = FALSE;
  self->is_download_held = FALSE;
  self->known_seq = 0;
  self->pulled_seq = 0;
  self->rows_left = -1;
  self->n_again = 0;
  self->rows_fit = BP_MAX_PAGE;
  self->has_tried_snapshot = FALSE;
  self->has_snapshot_begun = bp_part_is_there (self->store);

  return !self->options->full
         || bp_sync_engine_forget_cursors (self, self->tables, error);
}

/* Run after run, as long as they get anywhere. */
static BpStep
run_to_the_end (BpSyncEngine *self,
                GError      **error)
{
  gint64 done = -1;
  guint n_idle = 0;
  BpStep step;

  do
    {
      const BpSyncReport *report = self->report;

      n_idle = done == report->pushed + report->pulled ? n_idle + 1 : 0;
      done = report->pushed + report->pulled;
      step = run_once (self, error);
    }
  while (step == BP_STEP_TIME_UP && self->options->to_the_end && n_idle < MAX_IDLE);

  return step;
}

static gboolean
is_push_held (BpSyncEngine        *self,
              const BpQueueCounts *counts)
{
  static const BpSyncWork parts[] = { BP_SYNC_WORK_HIGH, BP_SYNC_WORK_MEDIUM, BP_SYNC_WORK_LOW };
  BpSyncWork work = bp_sync_engine_get_work (self);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (!(work & parts[i]) && counts->n_ready_by[i] > 0)
        return TRUE;
    }

  return FALSE;
}

/* What the run found and broke, and whether it left nothing. */
static void
end_run (BpSyncEngine        *self,
         const BpQueueCounts *before,
         BpStep               step)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (self->store, FALSE, NULL);
  BpQueueCounts after = { 0 };

  for (guint i = 0; conflicts != NULL && i < conflicts->len; i++)
    {
      const BpConflict *conflict = conflicts->pdata[i];

      if (conflict->id > self->last_conflict)
        self->report->conflicts++;
    }
  if (bp_store_count_queue (self->store, &after, NULL))
    self->report->failed = MAX (after.n_failed - before->n_failed, 0);

  self->report->held = self->is_download_held || is_push_held (self, &after);
  self->report->finished = step == BP_STEP_DONE && !self->report->held;
  if (self->report->finished && bp_store_get_number (self->store, BP_VALUE_PUSH_ACTIONS, 0) != 0)
    bp_store_set_number (self->store, BP_VALUE_PUSH_ACTIONS, 0, NULL);
}

/**
 * bp_sync_engine_run:
 * @self: an engine
 * @options: (nullable): what to do; %NULL for what is configured
 * @report: (out): what was done, also after a failure
 * @cancellable: (nullable): ends the run
 * @error: of #BpSyncError: NO_CONNECTION, RETRY_LATER, UNAUTHORIZED, REVOKED,
 *   REFUSED, UPGRADE_REQUIRED, OTHER_STORE; #BpDatabaseError;
 *   %G_IO_ERROR_CANCELLED
 *
 * Sends what waits and fetches what is new, in the calling thread, until
 * nothing is left or the time is up. Whatever happens, each answer is stored
 * whole or not at all, and what waits is kept. The caller holds the folder's
 * lock for runs.
 *
 * Returns: whether the server answered to the end
 */
gboolean
bp_sync_engine_run (BpSyncEngine        *self,
                    const BpSyncOptions *options,
                    BpSyncReport        *report,
                    GCancellable        *cancellable,
                    GError             **error)
{
  static const BpSyncOptions usual = { 0 };
  gint64 began_at;
  BpQueueCounts before = { 0 };
  BpStep step;

  g_return_val_if_fail (BP_IS_SYNC_ENGINE (self), FALSE);
  g_return_val_if_fail (report != NULL, FALSE);

  *report = (BpSyncReport){ 0 };
  began_at = bp_clock_get_monotonic (self->clock);
  self->options = options != NULL ? options : &usual;
  if (!begin_run (self, report, &before, error))
    return FALSE;

  self->cancellable = cancellable;
  step = run_to_the_end (self, error);
  end_run (self, &before, step);
  report->milliseconds = bp_clock_get_monotonic (self->clock) - began_at;
  self->report = NULL;
  self->cancellable = NULL;

  return step != BP_STEP_FAILED;
}

/**
 * bp_sync_engine_set_snapshot_from:
 * @self: an engine
 * @n_rows: a first download of more rows than that comes in bulk
 *
 * For tests.
 */
void
bp_sync_engine_set_snapshot_from (BpSyncEngine *self,
                                  gint64        n_rows)
{
  self->snapshot_from = n_rows;
}

/**
 * bp_sync_engine_new:
 * @store: what is synced
 * @transport: the way to its server
 * @clock: time and randomness
 * @token: this device's bearer token
 *
 * An engine is used by one thread at a time.
 *
 * Returns: (transfer full): an engine
 */
BpSyncEngine *
bp_sync_engine_new (BpStore     *store,
                    BpTransport *transport,
                    BpClock     *clock,
                    const char  *token)
{
  BpSyncEngine *self;

  g_return_val_if_fail (BP_IS_STORE (store), NULL);
  g_return_val_if_fail (BP_IS_TRANSPORT (transport), NULL);
  g_return_val_if_fail (BP_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (token != NULL, NULL);

  self = g_object_new (BP_TYPE_SYNC_ENGINE, NULL);
  self->store = g_object_ref (store);
  self->transport = g_object_ref (transport);
  self->clock = g_object_ref (clock);
  self->token = g_strdup (token);
  return self;
}
