#include "config.h"

#include "bp-sync-private.h"

#include <string.h>

#include "bp-http-transport.h"
#include "bp-store-sync.h"
#include "bp-sync-engine-private.h"

#define SKEW_TOLD_MS (2 * 60 * 1000)
#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))
#define MAX_STEP 16

static const char *const state_names[] = {
  "failed", "conflicts", "offline", "syncing", "synced",
};

/**
 * bp_sync_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): its name
 */
const char *
bp_sync_state_to_string (BpSyncState state)
{
  g_return_val_if_fail (state < G_N_ELEMENTS (state_names), NULL);

  return state_names[state];
}

static BpSyncState
find_state (const BpSyncStatus *status,
            gboolean            is_running)
{
  if (status->n_failed > 0)
    return BP_SYNC_STATE_FAILED;
  if (status->n_conflicts > 0)
    return BP_SYNC_STATE_CONFLICTS;
  if (!status->paired || status->error != NULL || status->last_sync == 0)
    return BP_SYNC_STATE_OFFLINE;
  if (is_running || status->n_pending > 0)
    return BP_SYNC_STATE_SYNCING;
  return BP_SYNC_STATE_SYNCED;
}

static BpSyncStatus *
make_status (BpStore *store,
             gboolean is_running,
             GError **error)
{
  g_autoptr (BpSyncStatus) status = NULL;
  g_autoptr (BpPairing) pairing = NULL;
  BpQueueCounts counts = { 0 };

  if (!bp_store_count_queue (store, &counts, error))
    return NULL;

  pairing = bp_sync_get_pairing (store);
  status = g_new0 (BpSyncStatus, 1);
  status->paired = pairing != NULL;
  memcpy (status->pending, counts.pending, sizeof counts.pending);
  status->n_pending = counts.n_pending;
  status->n_failed = counts.n_failed;
  status->n_conflicts = counts.n_conflicts;
  status->last_sync = bp_store_get_number (store, BP_VALUE_LAST_SYNC, 0);
  status->error = bp_store_get_value (store, BP_VALUE_LAST_ERROR);
  status->must_pair = status->paired && bp_store_get_number (store, BP_VALUE_MUST_PAIR, 0) != 0;
  status->skew = bp_sync_get_skew (store);
  status->data_used = bp_sync_get_data_used (store);
  status->data_limit = bp_sync_get_data_limit (store);
  status->state = find_state (status, is_running);

  return g_steal_pointer (&status);
}

/**
 * bp_sync_get_status:
 * @store: of a folder
 * @error: #BpDatabaseError
 *
 * Computed from the queue, the conflicts and the outcome of the last run,
 * whichever program made it. May wait for the disk.
 *
 * Returns: (transfer full): the status of the whole
 */
BpSyncStatus *
bp_sync_get_status (BpStore *store,
                    GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (store), NULL);

  return make_status (store, bp_sync_is_running (store), error);
}

/**
 * bp_sync_get_skew:
 * @store: of a folder
 *
 * Returns: the server's clock less this device's at the last answer, in
 *   milliseconds; 0 where they differ by 2 minutes at most, of which nobody
 *   needs to be told
 */
gint64
bp_sync_get_skew (BpStore *store)
{
  gint64 skew;

  g_return_val_if_fail (BP_IS_STORE (store), 0);

  skew = bp_store_get_number (store, BP_VALUE_SKEW, 0);
  return ABS (skew) > SKEW_TOLD_MS ? skew : 0;
}

/**
 * bp_sync_status_free:
 * @status: (nullable) (transfer full): a status
 */
void
bp_sync_status_free (BpSyncStatus *status)
{
  if (status == NULL)
    return;

  g_free (status->error);
  g_free (status);
}

/* How a run ended, for everybody who asks later. */
typedef struct
{
  const BpSyncReport *report;
  const GError *failure; /* (nullable) */
} Outcome;

static gboolean
is_transient (const GError *error)
{
  return g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION)
         || g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER);
}

static gboolean
is_shut_out (const GError *error)
{
  return g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_UNAUTHORIZED)
         || g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REVOKED);
}

static gboolean
keep_success (BpStore            *store,
              const BpSyncReport *report,
              gint64              now,
              GError            **error)
{
  return bp_store_set_number (store, BP_VALUE_LAST_SYNC, now, error)
         && (!report->finished
             || bp_store_set_number (store, BP_VALUE_COMPLETED_AT, now, error))
         && bp_store_set_value (store, BP_VALUE_LAST_ERROR, NULL, error)
         && bp_store_set_value (store, BP_VALUE_MUST_PAIR, NULL, error)
         && bp_store_set_value (store, BP_VALUE_BACKOFF_STEP, NULL, error);
}

static gboolean
keep_state (BpStore       *store,
            const Outcome *outcome,
            gint64         now,
            GError       **error)
{
  gint64 step = bp_store_get_number (store, BP_VALUE_BACKOFF_STEP, 0);

  if (outcome->failure == NULL)
    return keep_success (store, outcome->report, now, error);
  if (outcome->failure->domain != BP_SYNC_ERROR)
    return TRUE;

  return bp_store_set_value (store, BP_VALUE_LAST_ERROR, outcome->failure->message, error)
         && (!is_shut_out (outcome->failure)
             || bp_store_set_number (store, BP_VALUE_MUST_PAIR, 1, error))
         && (!is_transient (outcome->failure)
             || bp_store_set_number (store, BP_VALUE_BACKOFF_STEP, MIN (step + 1, MAX_STEP),
                                     error));
}

static const char *
name_direction (BpSyncDirection direction)
{
  static const char *const names[] = { NULL, "up", "down", "both" };

  return names[direction & (BP_SYNC_UP | BP_SYNC_DOWN)];
}

static gboolean
keep_outcome (BpStore *store,
              gpointer user_data,
              GError **error)
{
  const Outcome *outcome = user_data;
  const BpSyncReport *report = outcome->report;
  gint64 now = bp_clock_get_now (bp_store_get_clock (store));
  g_autoptr (BpSyncStatus) status = NULL;
  gboolean is_ended = g_error_matches (outcome->failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  BpLogEntry entry = { 0 };

  /* Nothing was asked, so nothing is known. */
  if ((outcome->failure == NULL || is_ended) && report->requests == 0)
    return TRUE;
  if (!bp_sync_add_data (store, report->bytes_sent + report->bytes_received, error))
    return FALSE;
  if (!is_ended && !keep_state (store, outcome, now, error))
    return FALSE;
  status = make_status (store, FALSE, error);
  if (status == NULL)
    return FALSE;

  entry.time = now;
  entry.kind = (char *)(outcome->failure != NULL ? "attempt" : "run");
  entry.direction = (char *)name_direction (report->direction);
  entry.state = (char *)bp_sync_state_to_string (status->state);
  entry.pushed = report->pushed;
  entry.pulled = report->pulled;
  entry.conflicts = report->conflicts;
  entry.failed = report->failed;
  entry.requests = report->requests;
  entry.bytes_sent = report->bytes_sent;
  entry.bytes_received = report->bytes_received;
  entry.milliseconds = report->milliseconds;
  if (is_ended)
    entry.error = (char *)"The run was ended before it was done";
  else if (outcome->failure != NULL)
    entry.error = outcome->failure->message;
  return bp_store_add_log (store, &entry, error);
}

static gboolean
keep_house (BpStore *store,
            GError **error)
{
  gint64 now = bp_clock_get_now (bp_store_get_clock (store));
  gint64 cleaned_at = bp_store_get_number (store, BP_VALUE_CLEANED_AT, 0);

  /* A clock that was put back must not put this off for years. */
  if (ABS (now - cleaned_at) < DAY_MS)
    return TRUE;

  return bp_store_clean_up (store, error)
         && bp_store_set_number (store, BP_VALUE_CLEANED_AT, now, error);
}

/* Where the keyring tells that this folder is a copy, or the server knows
 * attempts that were never made here, another folder goes on as this device:
 * this one becomes a new one, and runs as such. */
static gboolean
run_engine (BpSyncEngine        *engine,
            const BpSyncOptions *options,
            BpSyncReport        *report,
            GCancellable        *cancellable,
            GError             **error)
{
  g_autoptr (GError) local_error = NULL;
  char *token;

  engine->is_copy |= bp_sync_is_becoming_new (engine->store);
  if (!engine->is_copy
      && bp_sync_engine_run (engine, options, report, cancellable, &local_error))
    return TRUE;
  if (!engine->is_copy)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  token = bp_sync_become_new_device (engine->store, engine->transport, engine->token, cancellable,
                                     error);
  if (token == NULL)
    return FALSE;
  g_free (engine->token);
  engine->token = token;
  return bp_sync_engine_run (engine, options, report, cancellable, error);
}

/**
 * bp_sync_run_over:
 * @store: of a folder whose lock for runs is held
 * @engine: what runs
 * @options: (nullable): as bp_sync_engine_run()
 * @report: (out): what was done, also after a failure
 * @cancellable: (nullable)
 * @error: as bp_sync_engine_run()
 *
 * A run, as a new device where the folder turns out to be a copy, and what is
 * kept of it: when it was, why it failed, how long to wait next time, and a
 * line in the log.
 *
 * Returns: whether the server answered to the end
 */
gboolean
bp_sync_run_over (BpStore             *store,
                  BpSyncEngine        *engine,
                  const BpSyncOptions *options,
                  BpSyncReport        *report,
                  GCancellable        *cancellable,
                  GError             **error)
{
  g_autoptr (GError) failure = NULL;
  Outcome outcome = { report, NULL };
  gboolean is_kept;

  run_engine (engine, options, report, cancellable, &failure);
  outcome.failure = failure;
  is_kept = bp_store_transact (store, keep_outcome, &outcome, failure == NULL ? error : NULL);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }

  return is_kept && keep_house (store, error);
}

/**
 * bp_sync_run:
 * @store: of a folder
 * @options: (nullable): what to do; %NULL for what is configured
 * @report: (out): what was done, also after a failure
 * @cancellable: (nullable): ends the run
 * @error: as bp_sync_engine_run(), and %BP_SYNC_ERROR_NOT_PAIRED,
 *   %BP_SYNC_ERROR_NO_KEYRING, %BP_SYNC_ERROR_BUSY
 *
 * Syncs now, in the calling thread, whatever wait is stored. Only one run is
 * under way in a folder at a time. What waits is kept, whatever happens.
 *
 * Returns: whether the server answered to the end
 */
gboolean
bp_sync_run (BpStore             *store,
             const BpSyncOptions *options,
             BpSyncReport        *report,
             GCancellable        *cancellable,
             GError             **error)
{
  g_autoptr (BpTransport) transport = NULL;
  g_autoptr (BpSyncEngine) engine = NULL;
  g_autofree char *token = NULL;
  BpIdentity identity;
  gboolean is_done;
  int lock;

  g_return_val_if_fail (BP_IS_STORE (store), FALSE);
  g_return_val_if_fail (report != NULL, FALSE);

  *report = (BpSyncReport){ 0 };
  lock = bp_sync_lock (store, options != NULL && options->wait, cancellable, error);
  if (lock < 0)
    return FALSE;

  token = bp_sync_token_load_for_run (store, &identity, cancellable, error);
  if (token != NULL)
    transport = bp_sync_open_transport (store, error);
  if (transport == NULL)
    {
      bp_sync_unlock (lock);
      return FALSE;
    }

  if (options != NULL)
    bp_http_transport_set_pulse (BP_HTTP_TRANSPORT (transport), options->pulse);
  engine = bp_sync_engine_new (store, transport, bp_store_get_clock (store), token);
  engine->is_copy = identity == BP_IDENTITY_COPY;
  is_done = bp_sync_run_over (store, engine, options, report, cancellable, error);
  bp_sync_unlock (lock);

  return is_done;
}
