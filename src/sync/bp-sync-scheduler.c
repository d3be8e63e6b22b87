#include "config.h"

#include "bp-sync-scheduler-private.h"

#include "bp-backoff.h"
#include "bp-transport.h"

#define AFTER_SAVE_S 1
#define AFTER_CONNECTION_S 2
#define AFTER_BUSY_S 5
#define TICK_S 30
#define NEVER G_MAXINT64

/* What connects the store's signal, which any thread may emit, with the
 * scheduler, which one thread may take away. */
typedef struct
{
  GMutex mutex;
  GMainContext *context;     /* (owned) */
  BpSyncScheduler *receiver; /* (unowned) (nullable) */
  gboolean is_noted;
} Mailbox;

typedef struct
{
  BpSyncReport report;
  BpSyncLook *look; /* (owned) */
  GError *error; /* (owned) (nullable) */
} Run;

struct _BpSyncScheduler
{
  GObject parent_instance;

  BpStore *store;           /* (owned) */
  GNetworkMonitor *monitor; /* (owned) (nullable) */
  Mailbox *mailbox;         /* (owned) */
  GMainContext *context;    /* (owned) */
  BpSyncRunner runner;
  guint second;             /* what a second lasts, in ms */

  GCancellable *cancellable; /* (owned) (nullable): while started */
  GCancellable *run;         /* (owned) (nullable): of the run under way */
  gulong store_handler;
  gulong monitor_handler;
  GSource *timer;            /* (owned) (nullable): of the next run */
  GSource *tick;             /* (owned) (nullable) */
  gint64 due;                /* monotonic ms; NEVER where none is planned */
  gint64 not_before;         /* monotonic ms: the wait after a failure */
  gint64 scheduled;          /* wall ms; −1 never */
  gint64 n_unsent;           /* ready operations that the last run left */
  gboolean is_looking;
  gboolean look_again;
  gboolean has_looked;
  gboolean is_paused;
  gboolean is_offline;
  gboolean run_again;

  BpSyncLook *look;     /* (owned): never null */
  BpSyncStatus *status; /* (owned): never null */
  int progress_millis;  /* written by the run's thread, atomically */
};

G_DEFINE_FINAL_TYPE (BpSyncScheduler, bp_sync_scheduler, G_TYPE_OBJECT)

enum
{
  SIGNAL_STATUS_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void look (BpSyncScheduler *self);

static void
run_free (Run *run)
{
  bp_sync_look_free (run->look);
  g_clear_error (&run->error);
  g_free (run);
}

static void
mailbox_free (gpointer data)
{
  Mailbox *mailbox = data;

  g_mutex_clear (&mailbox->mutex);
  g_main_context_unref (mailbox->context);
}

static void
mailbox_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, mailbox_free);
}

static gint64
get_now (BpSyncScheduler *self)
{
  return g_get_monotonic_time () / 1000;
}

/* The status as this scheduler knows better: its own run, and the user's wish
 * to work offline. */
static void
show_status (BpSyncScheduler *self)
{
  BpSyncStatus *status = bp_sync_status_copy (self->look->status);
  gboolean differs;

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

/* Also by another program, and again: a device of another name to the server. */
static gboolean
was_paired_since (const BpSyncLook *before,
                  const BpSyncLook *found)
{
  return found->status->paired
         && (!before->status->paired || g_strcmp0 (before->device_id, found->device_id) != 0);
}

static void
take_look (BpSyncScheduler *self,
           BpSyncLook      *found)
{
  gboolean is_rescheduled;

  is_rescheduled = g_strcmp0 (self->look->schedule, found->schedule) != 0;
  if (was_paired_since (self->look, found))
    self->is_paused = FALSE;
  bp_sync_look_free (self->look);
  self->look = found;
  if (is_rescheduled)
    {
      g_autoptr (GTimeZone) zone = g_time_zone_new_local ();

      self->scheduled = bp_schedule_get_next (found->schedule,
                                              bp_clock_get_now (bp_store_get_clock (self->store)),
                                              zone);
    }
  show_status (self);
}

static void
report_progress (const BpSyncReport *report,
                 gint64              rows_left,
                 gpointer            user_data)
{
  BpSyncScheduler *self = user_data;
  int millis = -1;

  if (rows_left >= 0 && report->pulled + rows_left > 0)
    millis = (int)(1000 * report->pulled / (report->pulled + rows_left));
  g_atomic_int_set (&self->progress_millis, millis);
}

static void
run_in_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  BpSyncScheduler *self = source;
  BpSyncOptions options = { .progress = report_progress, .user_data = self };
  Run *run = g_new0 (Run, 1);

  self->runner (self->store, &options, &run->report, cancellable, &run->error);
  run->look = bp_sync_look (self->store);
  g_task_return_pointer (task, run, (GDestroyNotify)run_free);
}

static void plan (BpSyncScheduler *self,
                  gint64           wait);

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
  BpClock *clock = bp_store_get_clock (self->store);
  gint64 wait;

  if (g_error_matches (run->error, BP_SYNC_ERROR, BP_SYNC_ERROR_BUSY))
    {
      plan (self, AFTER_BUSY_S * self->second);
      return;
    }
  self->is_paused = pauses (run->error);
  if (self->is_paused || run->error->domain != BP_SYNC_ERROR)
    return;

  wait = MAX (bp_backoff_get_wait (self->look->step, clock), run->report.retry_after * 1000);
  wait = wait * self->second / 1000;
  self->not_before = get_now (self) + wait;
  plan (self, wait);
}

static void
plan_after_success (BpSyncScheduler *self,
                    const Run       *run)
{
  gboolean has_left = self->look->n_ready > 0
                      && (run->report.pushed > 0 || self->look->n_ready != self->n_unsent);

  self->is_paused = FALSE;
  self->not_before = 0;
  self->n_unsent = self->look->n_ready;
  if (!run->report.finished || self->run_again)
    plan (self, 0);
  else if (has_left && self->look->after_save)
    plan (self, AFTER_SAVE_S * self->second);
}

static void
on_run (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (source);
  Run *run = g_task_propagate_pointer (G_TASK (result), NULL);

  g_clear_object (&self->run);
  g_atomic_int_set (&self->progress_millis, -1);
  if (self->cancellable == NULL)
    {
      run_free (run);
      return;
    }

  if (run->look != NULL)
    take_look (self, g_steal_pointer (&run->look));
  if (run->error == NULL)
    plan_after_success (self, run);
  else if (!g_error_matches (run->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    plan_after_failure (self, run);
  else if (self->run_again)
    plan (self, 0);
  self->run_again = FALSE;
  show_status (self);
  run_free (run);
}

static void
start_run (BpSyncScheduler *self)
{
  g_autoptr (GTask) task = NULL;

  self->due = NEVER;
  if (self->run != NULL || self->is_offline || self->cancellable == NULL)
    return;

  self->run = g_cancellable_new ();
  g_atomic_int_set (&self->progress_millis, -1);
  task = g_task_new (self, self->run, on_run, NULL);
  g_task_set_source_tag (task, start_run);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, run_in_thread);
  show_status (self);
}

static gboolean
on_timer (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  g_clear_pointer (&self->timer, g_source_unref);
  start_run (self);
  return G_SOURCE_REMOVE;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
add_timeout (BpSyncScheduler *self,
             gint64           wait,
             GSourceFunc      func)
{
  GSource *source = g_timeout_source_new ((guint)CLAMP (wait, 0, G_MAXINT32));

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

/* A run in @wait milliseconds, or sooner where one is planned sooner. */
static void
plan (BpSyncScheduler *self,
      gint64           wait)
{
  gint64 due = get_now (self) + MAX (wait, 0);

  if (self->cancellable == NULL || self->is_offline || self->due <= due)
    return;

  self->due = due;
  clear_source (&self->timer);
  self->timer = add_timeout (self, wait, on_timer);
}

/* As plan(), but not before the wait after a failure is over, and not while
 * somebody must settle something. A run under way has seen the reason, or
 * looks again at its end. */
static void
trigger (BpSyncScheduler *self,
         gint64           wait)
{
  gint64 left = self->not_before - get_now (self);

  if (self->is_paused || self->run != NULL || !self->look->status->paired)
    return;

  plan (self, MAX (wait, left));
}

static void
look_in_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpSyncScheduler *self = source;

  g_task_return_pointer (task, bp_sync_look (self->store), (GDestroyNotify)bp_sync_look_free);
}

static void
trigger_start (BpSyncScheduler *self)
{
  BpClock *clock = bp_store_get_clock (self->store);

  self->has_looked = TRUE;
  self->not_before = get_now (self)
                     + bp_backoff_get_wait (self->look->step, clock) * self->second / 1000;
  if (self->look->on_start)
    trigger (self, 0);
}

static void
on_look (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (source);
  BpSyncLook *found = g_task_propagate_pointer (G_TASK (result), NULL);
  gboolean is_new;

  self->is_looking = FALSE;
  if (found == NULL)
    return;
  if (self->cancellable == NULL)
    {
      bp_sync_look_free (found);
      return;
    }

  is_new = was_paired_since (self->look, found);
  take_look (self, found);
  if (!self->has_looked)
    trigger_start (self);
  else if (is_new)
    trigger (self, 0);
  if (self->look->n_ready > 0 && self->look->after_save
      && self->look->n_ready != self->n_unsent)
    trigger (self, AFTER_SAVE_S * self->second);
  if (self->look_again)
    look (self);
}

static void
look (BpSyncScheduler *self)
{
  g_autoptr (GTask) task = NULL;

  self->look_again = self->is_looking;
  if (self->is_looking)
    return;

  self->is_looking = TRUE;
  task = g_task_new (self, NULL, on_look, NULL);
  g_task_set_source_tag (task, look);
  g_task_run_in_thread (task, look_in_thread);
}

static gboolean
on_tick (gpointer user_data)
{
  BpSyncScheduler *self = user_data;
  gint64 now = bp_clock_get_now (bp_store_get_clock (self->store));

  if (self->scheduled >= 0 && now >= self->scheduled)
    {
      g_autoptr (GTimeZone) zone = g_time_zone_new_local ();

      self->scheduled = bp_schedule_get_next (self->look->schedule, now, zone);
      trigger (self, 0);
    }

  /* What another program saved, and what may go again by now. */
  self->n_unsent = 0;
  look (self);
  return G_SOURCE_CONTINUE;
}

static void
on_network_changed (GNetworkMonitor *monitor,
                    gboolean         available,
                    gpointer         user_data)
{
  BpSyncScheduler *self = user_data;

  if (!available || !self->look->on_connection || self->run != NULL)
    return;

  /* Put off by every further change, so that a flapping link causes one run. */
  self->not_before = 0;
  self->due = NEVER;
  trigger (self, AFTER_CONNECTION_S * self->second);
}

static gboolean
on_mail (gpointer user_data)
{
  Mailbox *mailbox = user_data;
  g_autoptr (BpSyncScheduler) receiver = NULL;

  g_mutex_lock (&mailbox->mutex);
  mailbox->is_noted = FALSE;
  if (mailbox->receiver != NULL)
    receiver = g_object_ref (mailbox->receiver);
  g_mutex_unlock (&mailbox->mutex);

  if (receiver != NULL && receiver->cancellable != NULL)
    look (receiver);
  return G_SOURCE_REMOVE;
}

/* In any thread. */
static void
on_store_changed (BpStore *store,
                  guint    tables,
                  gpointer user_data)
{
  Mailbox *mailbox = user_data;
  g_autoptr (GSource) source = NULL;
  gboolean is_noted;

  g_mutex_lock (&mailbox->mutex);
  is_noted = mailbox->is_noted;
  mailbox->is_noted = TRUE;
  g_mutex_unlock (&mailbox->mutex);
  if (is_noted)
    return;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_mail, g_atomic_rc_box_acquire (mailbox), mailbox_unref);
  g_source_attach (source, mailbox->context);
}

static void
closure_notify (gpointer  data,
                GClosure *closure)
{
  mailbox_unref (data);
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
  self->store_handler = g_signal_connect_data (self->store, "changed",
                                               G_CALLBACK (on_store_changed),
                                               g_atomic_rc_box_acquire (self->mailbox),
                                               closure_notify, 0);
  if (self->monitor != NULL)
    self->monitor_handler = g_signal_connect (self->monitor, "network-changed",
                                              G_CALLBACK (on_network_changed), self);
  self->tick = add_timeout (self, TICK_S * self->second, on_tick);
  self->has_looked = FALSE;
  look (self);
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
  g_clear_signal_handler (&self->store_handler, self->store);
  if (self->monitor_handler != 0)
    g_clear_signal_handler (&self->monitor_handler, self->monitor);
  clear_source (&self->timer);
  clear_source (&self->tick);
  self->due = NEVER;
}

/**
 * bp_sync_scheduler_sync_now:
 * @self: a scheduler
 *
 * The user wants to sync: at once, whatever wait is left. During a run,
 * another one follows it.
 */
void
bp_sync_scheduler_sync_now (BpSyncScheduler *self)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self));

  self->is_paused = FALSE;
  self->not_before = 0;
  self->run_again = self->run != NULL;
  if (self->run == NULL)
    plan (self, 0);
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
  clear_source (&self->timer);
  self->due = NEVER;
  if (offline && self->run != NULL)
    g_cancellable_cancel (self->run);
  if (!offline)
    bp_sync_scheduler_sync_now (self);
  show_status (self);
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
  int millis;

  g_return_val_if_fail (BP_IS_SYNC_SCHEDULER (self), -1);

  millis = g_atomic_int_get (&self->progress_millis);
  return millis < 0 ? -1 : millis / 1000.0;
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
  if (self->mailbox != NULL)
    {
      g_mutex_lock (&self->mailbox->mutex);
      self->mailbox->receiver = NULL;
      g_mutex_unlock (&self->mailbox->mutex);
    }
  g_clear_pointer (&self->mailbox, mailbox_unref);
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
}

static void
bp_sync_scheduler_init (BpSyncScheduler *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->mailbox = g_atomic_rc_box_new0 (Mailbox);
  g_mutex_init (&self->mailbox->mutex);
  self->mailbox->context = g_main_context_ref (self->context);
  self->mailbox->receiver = self;
  self->runner = bp_sync_run;
  self->second = 1000;
  self->due = NEVER;
  self->scheduled = -1;
  self->progress_millis = -1;
  self->look = bp_sync_look_new_blank ();
  self->status = bp_sync_status_copy (self->look->status);
}
