/* The scheduler's reasons to sync: the folder, the schedule and the network. */
#include "config.h"

#include "bp-schedule.h"
#include "bp-sync-scheduler-private.h"

#define AFTER_SAVE_MS 1000
#define DEBOUNCE_MS 2000
#define TICK_MS 30000

static gint64
get_now (BpSyncScheduler *self)
{
  return bp_clock_get_now (bp_store_get_clock (self->store));
}

/* During a run it counts what it uses itself. */
static void
update_situation (BpSyncScheduler *self)
{
  BpSyncSituation situation = bp_sync_scheduler_get_situation (self);

  if (self->run == NULL)
    bp_sync_shared_set_situation (&self->shared, &situation);
}

/* Also by another program, and again: a device of another name to the server,
 * or a token that holds. */
static gboolean
was_paired_since (const BpSyncLook *before,
                  const BpSyncLook *found)
{
  return found->status->paired
         && (!before->status->paired || g_strcmp0 (before->device_id, found->device_id) != 0
             || (before->status->must_pair && !found->status->must_pair));
}

static void
reschedule (BpSyncScheduler *self)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();

  self->scheduled_at = get_now (self);
  self->scheduled = bp_schedule_get_next (self->look->schedule, self->scheduled_at, zone);
}

/**
 * bp_sync_scheduler_take_look:
 * @self: a scheduler
 * @found: (transfer full): how the folder is now
 *
 * Goes by it from now on.
 */
void
bp_sync_scheduler_take_look (BpSyncScheduler *self,
                             BpSyncLook      *found)
{
  gboolean is_rescheduled = g_strcmp0 (self->look->schedule, found->schedule) != 0;

  if (was_paired_since (self->look, found))
    self->is_paused = FALSE;
  bp_sync_look_free (self->look);
  self->look = found;
  if (is_rescheduled)
    reschedule (self);
  update_situation (self);
  bp_sync_scheduler_show_status (self);
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
  self->not_before = bp_sync_shared_get_time (&self->shared)
                     + bp_backoff_get_wait (self->look->step, clock);
  if (self->look->on_start)
    bp_sync_scheduler_trigger (self, 0);
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
  if (found == NULL || self->cancellable == NULL)
    {
      bp_sync_look_free (found);
      return;
    }
  /* What was seen while a run went on is older than what it left behind. */
  if (GPOINTER_TO_UINT (user_data) != self->n_ended)
    {
      bp_sync_look_free (found);
      bp_sync_scheduler_look (self);
      return;
    }

  is_new = was_paired_since (self->look, found);
  bp_sync_scheduler_take_look (self, found);
  if (!self->has_looked)
    trigger_start (self);
  else if (is_new)
    {
      self->is_asked = TRUE;
      bp_sync_scheduler_trigger (self, 0);
    }
  if (self->look->n_ready > 0 && self->look->after_save
      && self->look->n_ready != self->n_unsent)
    bp_sync_scheduler_trigger (self, AFTER_SAVE_MS);
  bp_sync_scheduler_follow_live (self);
  if (self->look_again)
    bp_sync_scheduler_look (self);
}

/**
 * bp_sync_scheduler_look:
 * @self: a scheduler
 *
 * Looks at the folder, in a thread.
 */
void
bp_sync_scheduler_look (BpSyncScheduler *self)
{
  g_autoptr (GTask) task = NULL;

  self->look_again = self->is_looking;
  if (self->is_looking)
    return;

  self->is_looking = TRUE;
  task = g_task_new (self, NULL, on_look, GUINT_TO_POINTER (self->n_ended));
  g_task_set_source_tag (task, bp_sync_scheduler_look);
  g_task_run_in_thread (task, look_in_thread);
}

/* A clock that was put back must not put a run off for a year. */
static void
look_at_schedule (BpSyncScheduler *self)
{
  BpSyncSituation situation = bp_sync_scheduler_get_situation (self);
  gint64 now = get_now (self);
  gboolean is_due = self->scheduled >= 0 && now >= self->scheduled;

  if (is_due || now < self->scheduled_at)
    reschedule (self);
  if (is_due && !bp_sync_terms_may_skip (&situation, now - self->look->status->last_sync))
    bp_sync_scheduler_trigger (self, 0);
}

static gboolean
on_tick (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  look_at_schedule (self);
  update_situation (self);
  if (self->is_held && self->run == NULL)
    bp_sync_scheduler_hold (self);

  /* What another program saved, and what may go again by now. */
  self->n_unsent = 0;
  bp_sync_scheduler_look (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_debounce (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  bp_sync_scheduler_clear_source (&self->debounce);
  self->not_before = 0;
  self->is_back = self->run != NULL;
  bp_sync_scheduler_trigger (self, 0);
  bp_sync_scheduler_renew_live (self);
  return G_SOURCE_REMOVE;
}

/* Put off by every further change, so that a flapping link causes one run. */
static void
on_network_changed (GNetworkMonitor *monitor,
                    gboolean         available,
                    gpointer         user_data)
{
  BpSyncScheduler *self = user_data;

  if (!available || !self->look->on_connection)
    return;

  bp_sync_scheduler_clear_source (&self->debounce);
  self->debounce = bp_sync_scheduler_add_timeout (self, DEBOUNCE_MS, on_debounce);
}

static void
on_connectivity_changed (GNetworkMonitor *monitor,
                         GParamSpec      *pspec,
                         gpointer         user_data)
{
  if (g_network_monitor_get_connectivity (monitor) == G_NETWORK_CONNECTIVITY_FULL)
    on_network_changed (monitor, TRUE, user_data);
}

/* A run under way stops at the next request where it goes over a line that has
 * become dear. */
static void
on_metered_changed (GNetworkMonitor *monitor,
                    GParamSpec      *pspec,
                    gpointer         user_data)
{
  BpSyncScheduler *self = user_data;
  BpSyncSituation situation = bp_sync_scheduler_get_situation (self);

  bp_sync_shared_set_situation (&self->shared, &situation);
  if (self->is_held && self->run == NULL)
    bp_sync_scheduler_hold (self);
  bp_sync_scheduler_follow_live (self);
  bp_sync_mailbox_post (self->moved);
}

/**
 * bp_sync_scheduler_note_saved:
 * @receiver: a scheduler
 *
 * The store has changed.
 */
void
bp_sync_scheduler_note_saved (GObject *receiver)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (receiver);

  if (self->cancellable != NULL)
    bp_sync_scheduler_look (self);
}

/* In any thread. */
static void
on_store_changed (BpStore *store,
                  guint    tables,
                  gpointer user_data)
{
  bp_sync_mailbox_post (user_data);
}

static void
closure_notify (gpointer  data,
                GClosure *closure)
{
  bp_sync_mailbox_unref (data);
}

static void
watch_network (BpSyncScheduler *self)
{
  if (self->monitor == NULL)
    return;

  self->monitor_handlers[0] = g_signal_connect (self->monitor, "network-changed",
                                                G_CALLBACK (on_network_changed), self);
  self->monitor_handlers[1] = g_signal_connect (self->monitor, "notify::connectivity",
                                                G_CALLBACK (on_connectivity_changed), self);
  self->monitor_handlers[2] = g_signal_connect (self->monitor, "notify::network-metered",
                                                G_CALLBACK (on_metered_changed), self);
}

/**
 * bp_sync_scheduler_listen:
 * @self: a scheduler that starts
 *
 * Listens to whatever may be a reason to sync, and looks at the folder.
 */
void
bp_sync_scheduler_listen (BpSyncScheduler *self)
{
  self->store_handler = g_signal_connect_data (self->store, "changed",
                                               G_CALLBACK (on_store_changed),
                                               bp_sync_mailbox_ref (self->saved),
                                               closure_notify, 0);
  watch_network (self);
  self->tick = bp_sync_scheduler_add_timeout (self, TICK_MS, on_tick);
  self->has_looked = FALSE;
  bp_sync_scheduler_look (self);
}

/**
 * bp_sync_scheduler_ignore:
 * @self: a scheduler that stops
 *
 * Listens to nothing any more.
 */
void
bp_sync_scheduler_ignore (BpSyncScheduler *self)
{
  g_clear_signal_handler (&self->store_handler, self->store);
  for (guint i = 0; self->monitor != NULL && i < G_N_ELEMENTS (self->monitor_handlers); i++)
    g_clear_signal_handler (&self->monitor_handlers[i], self->monitor);
  bp_sync_scheduler_clear_source (&self->tick);
  bp_sync_scheduler_clear_source (&self->debounce);
}
