/* The scheduler's ear: one live socket while it is wanted, in a thread of its
 * own. Nothing depends on it: it is only a reason to sync sooner. */
#include "config.h"

#include "bp-sync-scheduler-private.h"

#include "bp-live-line.h"
#include "bp-transport.h"

/* All devices of a shop hear at once; they need not ask at once. */
#define AFTER_HINT_MS 100
#define SPREAD_MS 300

/* Who was heard for so long was no mistake. */
#define STEADY_MS (60 * 1000)
#define MAX_STEP 16

typedef struct
{
  gint64 retry_after;
  GError *error; /* (owned) */
} Ending;

static void
ending_free (gpointer data)
{
  Ending *ending = data;

  g_clear_error (&ending->error);
  g_free (ending);
}

static gboolean
wants_to_listen (BpSyncScheduler *self)
{
  BpSyncSituation situation = bp_sync_scheduler_get_situation (self);

  return self->cancellable != NULL && self->has_looked && self->look->live
         && self->look->status->paired && !self->look->status->must_pair && !self->is_paused
         && !self->is_offline && bp_sync_terms_may_listen (&situation);
}

/* In the thread that listens. */
static void
hear (gint64   seq,
      gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  bp_sync_shared_hear (&self->shared, seq);
  bp_sync_mailbox_post (self->heard);
}

static gboolean
forget_task (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* The last reference is given up in the scheduler's context. */
static void
give_back (GMainContext *context,
           GTask        *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, forget_task, task, g_object_unref);
  g_source_attach (source, context);
}

static gpointer
listen_in_thread (gpointer data)
{
  GTask *task = data;
  BpSyncScheduler *self = g_task_get_source_object (task);
  g_autoptr (GMainContext) context = g_main_context_ref (self->context);
  Ending *ending = g_new0 (Ending, 1);

  self->listener (self->store, hear, self, &ending->retry_after, g_task_get_cancellable (task),
                  &ending->error);
  g_task_return_pointer (task, ending, ending_free);
  give_back (context, task);
  return NULL;
}

static gboolean
on_live_timer (gpointer user_data)
{
  BpSyncScheduler *self = user_data;

  bp_sync_scheduler_clear_source (&self->live_timer);
  bp_sync_scheduler_follow_live (self);
  return G_SOURCE_REMOVE;
}

/* A device that the server does not want learns that by a run, which tells the
 * user, too. */
static void
plan_next (BpSyncScheduler *self,
           const Ending    *ending)
{
  gint64 now = bp_sync_shared_get_time (&self->shared);
  gint64 wait;

  if (g_error_matches (ending->error, BP_SYNC_ERROR, BP_SYNC_ERROR_UNAUTHORIZED)
      || g_error_matches (ending->error, BP_SYNC_ERROR, BP_SYNC_ERROR_REVOKED))
    bp_sync_scheduler_trigger (self, 0);
  if (self->live_since > 0 && now - self->live_since >= STEADY_MS)
    self->live_step = 0;
  self->live_step = MIN (self->live_step + 1, MAX_STEP);
  self->live_since = 0;
  wait = bp_backoff_get_wait (self->live_step, bp_store_get_clock (self->store));
  self->live_timer = bp_sync_scheduler_add_timeout (self, ending->retry_after * 1000 + wait,
                                                    on_live_timer);
}

static void
on_live_ended (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (source);
  Ending *ending = g_task_propagate_pointer (G_TASK (result), NULL);

  if (self->live != NULL && g_task_get_cancellable (G_TASK (result)) == self->live)
    {
      g_clear_object (&self->live);
      if (wants_to_listen (self))
        plan_next (self, ending);
    }
  ending_free (ending);
}

static void
listen_again (BpSyncScheduler *self)
{
  GTask *task;

  self->live = g_cancellable_new ();
  self->live_since = 0;
  task = g_task_new (self, self->live, on_live_ended, NULL);
  g_task_set_source_tag (task, listen_again);
  g_task_set_check_cancellable (task, FALSE);
  g_thread_unref (g_thread_new ("bp-live", listen_in_thread, task));
}

/**
 * bp_sync_scheduler_stop_live:
 * @self: a scheduler
 *
 * Listens no more; waits for nothing.
 */
void
bp_sync_scheduler_stop_live (BpSyncScheduler *self)
{
  if (self->live != NULL)
    g_cancellable_cancel (self->live);
  g_clear_object (&self->live);
  bp_sync_scheduler_clear_source (&self->live_timer);
}

/**
 * bp_sync_scheduler_follow_live:
 * @self: a scheduler
 *
 * Listens where that is wanted by now, and not where it is not.
 */
void
bp_sync_scheduler_follow_live (BpSyncScheduler *self)
{
  if (!wants_to_listen (self))
    bp_sync_scheduler_stop_live (self);
  else if (self->live == NULL && self->live_timer == NULL)
    listen_again (self);
}

/**
 * bp_sync_scheduler_renew_live:
 * @self: a scheduler
 *
 * The network has changed: what goes over the old one may be dead without a
 * word.
 */
void
bp_sync_scheduler_renew_live (BpSyncScheduler *self)
{
  bp_sync_scheduler_stop_live (self);
  self->live_step = 0;
  bp_sync_scheduler_follow_live (self);
}

/**
 * bp_sync_scheduler_look_at_hint:
 * @self: a scheduler
 *
 * A run soon, where there is more on the server than was pulled or tried for,
 * or something may have been missed. During a run it is looked at again at its
 * end.
 */
void
bp_sync_scheduler_look_at_hint (BpSyncScheduler *self)
{
  gint64 seq = bp_sync_shared_get_heard (&self->shared, NULL);

  if (self->run != NULL || self->live == NULL
      || (!self->is_unsure && seq <= MAX (self->look->seq, self->live_tried)))
    return;

  bp_sync_scheduler_trigger (self, AFTER_HINT_MS
                             + bp_clock_random_range (bp_store_get_clock (self->store),
                                                      SPREAD_MS));
}

/**
 * bp_sync_scheduler_note_hint_tried:
 * @self: a scheduler whose run begins
 *
 * What was heard until now is no reason for another one.
 */
void
bp_sync_scheduler_note_hint_tried (BpSyncScheduler *self)
{
  self->live_tried = bp_sync_shared_get_heard (&self->shared, NULL);
  self->is_unsure = FALSE;
}

/**
 * bp_sync_scheduler_note_heard:
 * @receiver: a scheduler
 *
 * Something was heard. Who is connected again may have missed something
 * meanwhile, and the server is there, so that a wait after a failure is over.
 * At the start it is for the setting to say whether to sync.
 */
void
bp_sync_scheduler_note_heard (GObject *receiver)
{
  BpSyncScheduler *self = BP_SYNC_SCHEDULER (receiver);
  guint n_connected;

  bp_sync_shared_get_heard (&self->shared, &n_connected);
  if (self->live == NULL)
    return;
  if (n_connected != self->n_connected)
    {
      self->is_unsure = self->n_connected > 0 || self->look->on_start;
      if (self->n_connected > 0)
        self->not_before = 0;
      self->n_connected = n_connected;
      self->live_since = bp_sync_shared_get_time (&self->shared);
    }
  bp_sync_scheduler_look_at_hint (self);
}

/**
 * bp_sync_scheduler_set_listener:
 * @self: a scheduler that has not started
 * @listener: what listening is; called in a thread
 *
 * For tests.
 */
void
bp_sync_scheduler_set_listener (BpSyncScheduler *self,
                                BpSyncListener   listener)
{
  g_return_if_fail (BP_IS_SYNC_SCHEDULER (self) && self->cancellable == NULL);

  self->listener = listener;
}
