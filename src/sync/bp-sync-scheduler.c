/* When to sync. The reasons are in bp-sync-scheduler-reasons.c, what a run is,
 * and what follows it, in bp-sync-scheduler-run.c, what it may do in
 * bp-sync-terms.c, what the server tells in bp-sync-scheduler-live.c. */
#include "config.h"

#include "bp-sync-scheduler-private.h"

#include <time.h>

#define NEVER G_MAXINT64

G_DEFINE_FINAL_TYPE (BpSyncScheduler, bp_sync_scheduler, G_TYPE_OBJECT)

enum
{
  SIGNAL_STATUS_CHANGED,
  SIGNAL_PROGRESS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gint64
get_time (BpSyncScheduler *self)
{
  return bp_sync_shared_get_time (&self->shared);
}

static gint64
get_boot_time (void)
{
  struct timespec time = { 0 };

  clock_gettime (CLOCK_BOOTTIME, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000) + time.tv_nsec / 1000000;
}

/**
 * bp_sync_scheduler_clear_source:
 * @source: (inout) (nullable): a source, which ends; %NULL afterwards
 */
void
bp_sync_scheduler_clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/**
 * bp_sync_scheduler_add_timeout:
 * @self: a scheduler
 * @wait: in thousandths of its seconds
 * @func: what happens then, again and again unless it says otherwise
 *
 * Returns: (transfer full): the source
 */
GSource *
bp_sync_scheduler_add_timeout (BpSyncScheduler *self,
                               gint64           wait,
                               GSourceFunc      func)
{
  GSource *source = g_timeout_source_new (
    (guint)(CLAMP (wait, 0, G_MAXINT32 / 1000) * self->second / 1000));

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

/**
 * bp_sync_scheduler_get_situation:
 * @self: a scheduler
 *
 * Returns: how things are, as far as this thread knows
 */
BpSyncSituation
bp_sync_scheduler_get_situation (BpSyncScheduler *self)
{
  return (BpSyncSituation){
           .metered = self->look->metered,
           .pause_when_busy = self->look->pause_when_busy,
           .data_limit = self->look->status->data_limit,
           .data_used = self->look->status->data_used,
           .is_metered = self->monitor != NULL
                         && g_network_monitor_get_network_metered (self->monitor),
           .is_late = self->look->is_late,
           .is_asked = self->is_asked,
  };
}

/* Offline is who was never answered: not who fetches a shop for the first
 * time, although no run has ended yet. */
static gboolean
is_first_answered (BpSyncScheduler *self)
{
  const BpSyncStatus *status = self->look->status;
  gint64 done, total;

  return self->run != NULL && status->state == BP_SYNC_STATE_OFFLINE && status->paired
         && status->error == NULL && bp_sync_shared_get_rows (&self->shared, &done, &total);
}

/**
 * bp_sync_scheduler_show_status:
 * @self: a scheduler
 *
 * Tells who listens, where the status has changed. It is that of the folder as
 * this scheduler knows better: its own run, and the user's wish to work
 * offline.
 */
void
bp_sync_scheduler_show_status (BpSyncScheduler *self)
{
  BpSyncStatus *status = bp_sync_status_copy (self->look->status);
  gboolean differs;

  if (is_first_answered (self))
    status->state = BP_SYNC_STATE_SYNCING;
  if (status->state == BP_SYNC_STATE_SYNCED && self->run != NULL)
    status->state = BP_SYNC_STATE_SYNCING;
  if (self->is_offline && status->state > BP_SYNC_STATE_OFFLINE)
    status->state = BP_SYNC_STATE_OFFLINE;

  differs = !bp_sync_status_equal (self->status, status);
  bp_sync_status_free (self->status);
  self->status = status;
  if (differs)
    g_signal_emit (self, signals[SIGNAL_STATUS_CHANGED], 0);
}

static gboolean
on_timer (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  g_clear_pointer (&self->timer, g_source_unref);
  bp_sync_scheduler_start_run (self);
  return G_SOURCE_REMOVE;
}

/**
 * bp_sync_scheduler_plan:
 * @self: a scheduler
 * @wait: in thousandths of its seconds
 *
 * A run then, or sooner where one is planned sooner.
 */
void
bp_sync_scheduler_plan (BpSyncScheduler *self,
                        gint64           wait)
{
  gint64 due = get_time (self) + MAX (wait, 0);

  if (self->cancellable == NULL || self->is_offline || self->due <= due)
    return;

  self->due = due;
  bp_sync_scheduler_clear_source (&self->timer);
  self->timer = bp_sync_scheduler_add_timeout (self, wait, on_timer);
}

/**
 * bp_sync_scheduler_trigger:
 * @self: a scheduler
 * @wait: in thousandths of its seconds
 *
 * As bp_sync_scheduler_plan(), but not before the wait after a failure is
 * over, and not while somebody must settle something. A run under way has seen
 * the reason, or looks again at its end.
 */
void
bp_sync_scheduler_trigger (BpSyncScheduler *self,
                           gint64           wait)
{
  gint64 left = MAX (self->not_before, self->server_wait) - get_time (self);

  if (self->is_paused || self->run != NULL || !self->look->status->paired)
    return;

  bp_sync_scheduler_plan (self, MAX (wait, left));
}

static void
on_moved (GObject *receiver)
{
  bp_sync_scheduler_show_status (BP_SYNC_SCHEDULER (receiver));
  g_signal_emit (receiver, signals[SIGNAL_PROGRESS], 0);
}

/**
 * bp_sync_scheduler_start:
 * @self: a scheduler
 *
 * From now on it syncs when there is a reason to; without effect where it has
 * started.
 */
void
bp_sync_scheduler_start (BpSyncScheduler *self)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  if (self->cancellable != NULL)
    return;

  self->cancellable = g_cancellable_new ();
  bp_sync_scheduler_listen (self);
}

/**
 * bp_sync_scheduler_stop:
 * @self: a scheduler
 *
 * No run begins any more, and one under way is cancelled. Waits for nothing:
 * its thread may go on for a moment.
 */
void
bp_sync_scheduler_stop (BpSyncScheduler *self)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  if (self->cancellable == NULL)
    return;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->run != NULL)
    g_cancellable_cancel (self->run);
  bp_sync_scheduler_ignore (self);
  bp_sync_scheduler_stop_live (self);
  bp_sync_scheduler_clear_source (&self->timer);
  bp_sync_scheduler_clear_source (&self->rest);
  bp_sync_scheduler_clear_source (&self->watching);
  self->due = NEVER;
}

/**
 * bp_sync_scheduler_sync_now:
 * @self: a scheduler
 *
 * The user wants to sync: at once, whatever wait is left, everything, whatever
 * the line costs. During a run, another one follows it.
 */
void
bp_sync_scheduler_sync_now (BpSyncScheduler *self)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  self->is_paused = FALSE;
  self->is_asked = TRUE;
  self->not_before = 0;
  self->server_wait = 0;
  self->run_again = self->run != NULL;
  if (self->run == NULL)
    bp_sync_scheduler_plan (self, 0);
}

/**
 * bp_sync_scheduler_set_offline:
 * @self: a scheduler
 * @offline: whether the user wants no syncing for now
 *
 * A run under way is cancelled; going back syncs at once.
 */
void
bp_sync_scheduler_set_offline (BpSyncScheduler *self,
                               gboolean         offline)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  if (self->is_offline == offline)
    return;

  self->is_offline = offline;
  bp_sync_scheduler_clear_source (&self->timer);
  self->due = NEVER;
  if (offline && self->run != NULL)
    g_cancellable_cancel (self->run);
  if (!offline)
    bp_sync_scheduler_sync_now (self);
  bp_sync_scheduler_follow_live (self);
  bp_sync_scheduler_show_status (self);
}

/**
 * bp_sync_scheduler_get_offline:
 * @self: a scheduler
 *
 * Returns: whether the user wants no syncing for now
 */
gboolean
bp_sync_scheduler_get_offline (BpSyncScheduler *self)
{
  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), FALSE);

  return self->is_offline;
}

/**
 * bp_sync_scheduler_get_status:
 * @self: a scheduler
 *
 * Waits for nothing.
 *
 * Returns: (transfer none): the status of the whole as last seen; valid until
 *   the next “status-changed”
 */
const BpSyncStatus *
bp_sync_scheduler_get_status (BpSyncScheduler *self)
{
  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), NULL);

  return self->status;
}

/**
 * bp_sync_scheduler_get_progress:
 * @self: a scheduler
 *
 * Returns: how much of the download is done, from 0 to 1; −1 where no run is
 *   under way, or it is not known
 */
double
bp_sync_scheduler_get_progress (BpSyncScheduler *self)
{
  gint64 done, total;

  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), -1);

  if (self->run == NULL || !bp_sync_shared_get_rows (&self->shared, &done, &total))
    return -1;
  return (double)done / total;
}

/**
 * bp_sync_scheduler_get_rows:
 * @self: a scheduler
 * @done: (out): rows that were fetched
 * @total: (out): rows to fetch in all, as far as known, at least @done
 *
 * Of the download under way, over all the runs it takes.
 *
 * Returns: whether there is one, and something is known of it
 */
gboolean
bp_sync_scheduler_get_rows (BpSyncScheduler *self,
                            gint64          *done,
                            gint64          *total)
{
  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), FALSE);

  return bp_sync_shared_get_rows (&self->shared, done, total) && self->run != NULL;
}

/**
 * bp_sync_scheduler_get_hold:
 * @self: a scheduler
 *
 * Returns: why something is left that does not go now
 */
BpSyncHold
bp_sync_scheduler_get_hold (BpSyncScheduler *self)
{
  BpSyncHold hold = BP_SYNC_HOLD_NONE;

  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), BP_SYNC_HOLD_NONE);

  if (self->is_held && self->look->status->paired && !self->is_paused)
    bp_sync_shared_decide (&self->shared, NULL, &hold);
  return hold;
}

/**
 * bp_sync_scheduler_note_activity:
 * @self: a scheduler
 *
 * The user types, scans or scrolls: work in the background waits for a moment,
 * what is saved goes out all the same. Cheap; in the scheduler's thread.
 */
void
bp_sync_scheduler_note_activity (BpSyncScheduler *self)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  bp_sync_shared_note_activity (&self->shared);
}

/**
 * bp_sync_scheduler_set_runner:
 * @self: a scheduler that has not started
 * @runner: what a run is; called in a thread
 *
 * For tests.
 */
void
bp_sync_scheduler_set_runner (BpSyncScheduler *self,
                              BpSyncRunner     runner)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self) && self->cancellable == NULL);

  self->runner = runner;
}

/**
 * bp_sync_scheduler_set_second:
 * @self: a scheduler that has not started
 * @milliseconds: how long its seconds last; 1000 unless set
 *
 * For tests.
 */
void
bp_sync_scheduler_set_second (BpSyncScheduler *self,
                              guint            milliseconds)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self) && self->cancellable == NULL);

  self->second = milliseconds;
  bp_sync_shared_set_second (&self->shared, milliseconds);
}

/**
 * bp_sync_scheduler_set_boot_time:
 * @self: a scheduler that has not started
 * @boot_time: tells the time since boot, sleep included, in milliseconds
 *
 * For tests.
 */
void
bp_sync_scheduler_set_boot_time (BpSyncScheduler  *self,
                                 gint64         ( *boot_time ) (void))
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self) && self->cancellable == NULL);

  self->get_boot_time = boot_time;
}

/**
 * bp_sync_scheduler_new:
 * @store: what is synced
 * @monitor: (nullable): a hint that a connection is back; never a gate
 *
 * Returns: (transfer full): a scheduler of the thread's default main context,
 *   not started
 */
BpSyncScheduler *
bp_sync_scheduler_new (BpStore         *store,
                       GNetworkMonitor *monitor)
{
  BpSyncScheduler *self;

  g_return_val_if_fail (BP_IS_STORE (store), NULL);

  self = g_object_new (BP_TYPE_SYNC_SCHEDULER, NULL);
  self->store = g_object_ref (store);
  self->monitor = monitor != NULL ? g_object_ref (monitor) : NULL;
  return self;
}

static void
bp_sync_scheduler_dispose (GObject *object)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (object);

  bp_sync_scheduler_stop (self);
  if (self->saved != NULL)
    bp_sync_mailbox_close (self->saved);
  if (self->moved != NULL)
    bp_sync_mailbox_close (self->moved);
  if (self->heard != NULL)
    bp_sync_mailbox_close (self->heard);
  g_clear_pointer (&self->saved, bp_sync_mailbox_unref);
  g_clear_pointer (&self->moved, bp_sync_mailbox_unref);
  g_clear_pointer (&self->heard, bp_sync_mailbox_unref);
  g_clear_object (&self->run);
  g_clear_object (&self->store);
  g_clear_object (&self->monitor);

  G_OBJECT_CLASS (bp_sync_scheduler_parent_class)->dispose (object);
}

static void
bp_sync_scheduler_finalize (GObject *object)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (object);

  bp_sync_look_free (self->look);
  bp_sync_status_free (self->status);
  g_main_context_unref (self->context);
  bp_sync_shared_clear (&self->shared);

  G_OBJECT_CLASS (bp_sync_scheduler_parent_class)->finalize (object);
}

static void
bp_sync_scheduler_class_init (BpSyncSchedulerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_sync_scheduler_dispose;
  object_class->finalize = bp_sync_scheduler_finalize;

  /**
   * BpSyncScheduler::status-changed:
   *
   * bp_sync_scheduler_get_status() tells something new.
   */
  signals[SIGNAL_STATUS_CHANGED] = g_signal_new ("status-changed", BP_TYPE_SYNC_SCHEDULER,
                                                 G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                 G_TYPE_NONE, 0);

  /**
   * BpSyncScheduler::progress:
   *
   * A run has got further, or something is held or goes on.
   */
  signals[SIGNAL_PROGRESS] = g_signal_new ("progress", BP_TYPE_SYNC_SCHEDULER,
                                           G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

static void
bp_sync_scheduler_init (BpSyncScheduler *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->saved = bp_sync_mailbox_new (self->context, G_OBJECT (self), bp_sync_scheduler_note_saved);
  self->moved = bp_sync_mailbox_new (self->context, G_OBJECT (self), on_moved);
  self->heard = bp_sync_mailbox_new (self->context, G_OBJECT (self), bp_sync_scheduler_note_heard);
  bp_sync_shared_init (&self->shared);
  self->get_boot_time = get_boot_time;
  self->runner = bp_sync_run;
  self->listener = bp_sync_listen;
  self->second = 1000;
  self->due = NEVER;
  self->scheduled = -1;
  self->look = bp_sync_look_new_blank ();
  self->status = bp_sync_status_copy (self->look->status);
}
