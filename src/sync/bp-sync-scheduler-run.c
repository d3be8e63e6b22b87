/* The scheduler's runs: each in a thread, watched over, and what follows. */
#include "config.h"

#include "bp-sync-scheduler-private.h"

#include "bp-transport.h"

#define AFTER_SAVE_MS 1000
#define AFTER_CONNECTION_MS 2000
#define AFTER_BUSY_MS 5000
#define AFTER_RESUME_MS 2000

typedef struct
{
  BpSyncReport report;
  BpSyncLook *look; /* (owned) (nullable) */
  GError *error;    /* (owned) (nullable) */
} Run;

static void
run_free (Run *run)
{
  bp_sync_look_free (run->look);
  g_clear_error (&run->error);
  g_free (run);
}

static BpSyncWork
get_terms (const BpSyncReport *report,
           gpointer            user_data)
{
  BpSyncScheduler *self = user_data;

  return bp_sync_shared_decide (&self->shared, report, NULL);
}

static void
report_progress (const BpSyncReport *report,
                 gint64              rows_left,
                 gpointer            user_data)
{
  BpSyncScheduler *self = user_data;

  bp_sync_shared_set_rows (&self->shared, report, rows_left);
  bp_sync_mailbox_post (self->moved);
}

static void
run_in_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  BpSyncScheduler *self = source;
  BpSyncOptions options = { .terms = get_terms, .progress = report_progress, .user_data = self,
                            .pulse = &self->shared.pulse };
  Run *run = g_new0 (Run, 1);

  self->runner (self->store, &options, &run->report, cancellable, &run->error);
  run->look = bp_sync_look (self->store);
  g_task_return_pointer (task, run, (GDestroyNotify)run_free);
}

static gboolean
pauses (const GError *error)
{
  return error->domain == BP_SYNC_ERROR
         && !g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION)
         && !g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_RETRY_LATER)
         && !g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_BUSY);
}

/* A run that could not reach the server comes again after a wait that grows;
 * one that the server or the user must settle does not come by itself. */
static void
plan_after_failure (BpSyncScheduler *self,
                    const Run       *run)
{
  gint64 now = bp_sync_shared_get_time (&self->shared);
  gint64 wait;

  if (g_error_matches (run->error, BP_SYNC_ERROR, BP_SYNC_ERROR_BUSY))
    {
      bp_sync_scheduler_plan (self, AFTER_BUSY_MS);
      return;
    }
  self->is_paused = pauses (run->error);
  if (self->is_paused || run->error->domain != BP_SYNC_ERROR)
    return;

  /* The network came back while this run still tried the old one. */
  wait = bp_backoff_get_wait (self->look->step, bp_store_get_clock (self->store));
  if (self->is_back)
    wait = AFTER_CONNECTION_MS;
  self->not_before = now + wait;
  if (run->report.retry_after > 0)
    self->server_wait = now + run->report.retry_after * 1000 + wait;
  bp_sync_scheduler_plan (self, MAX (wait, self->server_wait - now));
}

static void
plan_after_success (BpSyncScheduler *self,
                    const Run       *run)
{
  gboolean has_left = self->look->n_ready > 0
                      && (run->report.pushed > 0 || self->look->n_ready != self->n_unsent);

  self->is_paused = FALSE;
  self->not_before = 0;
  self->server_wait = 0;
  self->n_unsent = self->look->n_ready;
  self->is_held = run->report.held;
  self->is_cut = !run->report.finished;
  if (self->is_cut && !self->is_held)
    bp_sync_scheduler_plan (self, 0);
  else if (has_left && self->look->after_save)
    bp_sync_scheduler_plan (self, AFTER_SAVE_MS);
  if (self->is_held)
    bp_sync_scheduler_hold (self);
}

/* One that hung long enough to be given up may still come back. */
static gboolean
was_given_up (BpSyncScheduler *self,
              GAsyncResult    *result)
{
  return self->run == NULL || g_task_get_cancellable (G_TASK (result)) != self->run;
}

static void
take_outcome (BpSyncScheduler *self,
              Run             *run)
{
  gboolean is_cancelled = g_error_matches (run->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  if (run->look != NULL)
    bp_sync_scheduler_take_look (self, g_steal_pointer (&run->look));
  if (!self->run_again && !is_cancelled && (run->error != NULL || run->report.finished))
    self->is_asked = FALSE;

  if (run->error == NULL)
    plan_after_success (self, run);
  else if (is_cancelled && self->is_stuck)
    bp_sync_scheduler_plan (self, bp_clock_random_range (bp_store_get_clock (self->store),
                                                         AFTER_RESUME_MS));
  else if (!is_cancelled)
    plan_after_failure (self, run);
  if (self->run_again)
    bp_sync_scheduler_plan (self, 0);
}

static void
end_run (BpSyncScheduler *self)
{
  g_clear_object (&self->run);
  self->n_ended++;
  bp_sync_scheduler_clear_source (&self->watching);
}

static void
on_run (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (source);
  Run *run = g_task_propagate_pointer (G_TASK (result), NULL);
  gboolean is_current = !was_given_up (self, result);

  if (is_current)
    end_run (self);
  if (is_current && self->cancellable != NULL)
    {
      take_outcome (self, run);
      self->run_again = FALSE;
      self->is_back = FALSE;
      bp_sync_scheduler_follow_live (self);
      bp_sync_scheduler_look_at_hint (self);
      bp_sync_scheduler_show_status (self);
      bp_sync_mailbox_post (self->moved);
    }
  run_free (run);
}

static void
log_in_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  BpSyncScheduler *self = source;
  BpLogEntry *entry = task_data;

  entry->time = bp_clock_get_now (bp_store_get_clock (self->store));
  bp_store_add_log (self->store, entry, NULL);
  g_task_return_boolean (task, TRUE);
}

/* The disk may be what hangs, so this is nothing to wait for. */
static void
log_trouble (BpSyncScheduler *self,
             const char      *text)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);
  BpLogEntry *entry = g_new0 (BpLogEntry, 1);

  entry->kind = g_strdup ("attempt");
  entry->state = g_strdup (bp_sync_state_to_string (self->status->state));
  entry->error = g_strdup (text);
  g_task_set_source_tag (task, log_trouble);
  g_task_set_task_data (task, entry, (GDestroyNotify)bp_log_entry_free);
  g_task_run_in_thread (task, log_in_thread);
}

/* A thread that does not even end when it is cancelled is left to itself: the
 * next run waits for its lock. */
static void
restart (BpSyncScheduler *self,
         const char      *text)
{
  gboolean is_hung = g_cancellable_is_cancelled (self->run);

  log_trouble (self, text);
  self->is_stuck = TRUE;
  g_cancellable_cancel (self->run);
  if (!is_hung)
    return;

  end_run (self);
  bp_sync_scheduler_plan (self, AFTER_BUSY_MS);
  bp_sync_scheduler_show_status (self);
}

static gint64
get_boot_time (BpSyncScheduler *self)
{
  return self->get_boot_time () * 1000 / self->second;
}

static gboolean
on_watch (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  switch (bp_sync_watch_look (&self->watch, bp_sync_shared_get_time (&self->shared),
                              get_boot_time (self), g_atomic_int_get (&self->shared.pulse)))
    {
    case BP_SYNC_VERDICT_STUCK:
      restart (self, "Syncing did not get anywhere for 2 minutes and is begun anew");
      break;
    case BP_SYNC_VERDICT_RESUMED:
      if (!g_cancellable_is_cancelled (self->run))
        restart (self, "The computer slept during syncing, which is begun anew");
      break;
    case BP_SYNC_VERDICT_FINE:
      break;
    }

  return self->run != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
may_do_anything (BpSyncScheduler *self,
                 BpSyncWork       work)
{
  static const BpSyncWork parts[] = { BP_SYNC_WORK_HIGH, BP_SYNC_WORK_MEDIUM, BP_SYNC_WORK_LOW };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if ((work & parts[i]) && self->look->n_ready_by[i] > 0)
        return TRUE;
    }

  return (work & BP_SYNC_WORK_DOWNLOAD) != 0;
}

static gboolean
on_rest (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  bp_sync_scheduler_clear_source (&self->rest);
  if (self->is_held)
    bp_sync_scheduler_hold (self);
  return G_SOURCE_REMOVE;
}

/**
 * bp_sync_scheduler_hold:
 * @self: a scheduler with something left that did not go
 *
 * Goes on as soon as it may: at once, or when the user pauses. What a line or
 * a limit holds is looked at again at every tick.
 */
void
bp_sync_scheduler_hold (BpSyncScheduler *self)
{
  BpSyncHold hold;

  bp_sync_shared_decide (&self->shared, NULL, &hold);
  if (hold == BP_SYNC_HOLD_NONE)
    bp_sync_scheduler_trigger (self, 0);
  else if (hold == BP_SYNC_HOLD_BUSY && self->rest == NULL && self->cancellable != NULL)
    self->rest = bp_sync_scheduler_add_timeout (self,
                                                bp_sync_shared_get_rest (&self->shared) + 1,
                                                on_rest);
  bp_sync_mailbox_post (self->moved);
}

/**
 * bp_sync_scheduler_start_run:
 * @self: a scheduler
 *
 * A run, unless there is one, or nothing may go that there is.
 */
void
bp_sync_scheduler_start_run (BpSyncScheduler *self)
{
  g_autoptr (GTask) task = NULL;
  BpSyncSituation situation = bp_sync_scheduler_get_situation (self);

  self->due = G_MAXINT64;
  if (self->run != NULL || self->is_offline || self->cancellable == NULL)
    return;

  bp_sync_shared_set_situation (&self->shared, &situation);
  if (!may_do_anything (self, bp_sync_shared_decide (&self->shared, NULL, NULL)))
    {
      self->is_held = TRUE;
      bp_sync_scheduler_hold (self);
      return;
    }

  self->run = g_cancellable_new ();
  bp_sync_scheduler_note_hint_tried (self);
  self->is_stuck = FALSE;
  bp_sync_shared_begin_rows (&self->shared, self->is_cut);
  bp_sync_watch_begin (&self->watch, bp_sync_shared_get_time (&self->shared),
                       get_boot_time (self), g_atomic_int_get (&self->shared.pulse));
  self->watching = bp_sync_scheduler_add_timeout (self, BP_SYNC_WATCH_INTERVAL_MS, on_watch);
  task = g_task_new (self, self->run, on_run, NULL);
  g_task_set_source_tag (task, bp_sync_scheduler_start_run);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, run_in_thread);
  bp_sync_scheduler_show_status (self);
}
