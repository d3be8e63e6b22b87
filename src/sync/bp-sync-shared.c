#include "config.h"

#include "bp-sync-shared.h"

/**
 * bp_sync_shared_init:
 * @self: (out): what is shared; nothing is known
 */
void
bp_sync_shared_init (BpSyncShared *self)
{
  g_mutex_init (&self->mutex);
  self->second = 1000;
  self->rows_total = -1;
}

/**
 * bp_sync_shared_clear:
 * @self: what is shared, with no thread left that uses it
 */
void
bp_sync_shared_clear (BpSyncShared *self)
{
  g_mutex_clear (&self->mutex);
}

/**
 * bp_sync_shared_set_second:
 * @self: what is shared
 * @milliseconds: how long a second lasts, for tests
 */
void
bp_sync_shared_set_second (BpSyncShared *self,
                           guint         milliseconds)
{
  g_mutex_lock (&self->mutex);
  self->second = milliseconds;
  g_mutex_unlock (&self->mutex);
}

static gint64
get_time (const BpSyncShared *self)
{
  return g_get_monotonic_time () / self->second;
}

/**
 * bp_sync_shared_get_time:
 * @self: what is shared
 *
 * Returns: monotonic time, in thousandths of a second as long as it was set
 */
gint64
bp_sync_shared_get_time (BpSyncShared *self)
{
  gint64 now;

  g_mutex_lock (&self->mutex);
  now = get_time (self);
  g_mutex_unlock (&self->mutex);
  return now;
}

/**
 * bp_sync_shared_set_situation:
 * @self: what is shared
 * @situation: how things are; what the user does is known better here
 */
void
bp_sync_shared_set_situation (BpSyncShared          *self,
                              const BpSyncSituation *situation)
{
  g_mutex_lock (&self->mutex);
  self->situation = *situation;
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_sync_shared_decide:
 * @self: what is shared
 * @report: (nullable): of a run under way: its data counts, too
 * @hold: (out) (optional): why not everything
 *
 * Returns: what may go now
 */
BpSyncWork
bp_sync_shared_decide (BpSyncShared       *self,
                       const BpSyncReport *report,
                       BpSyncHold         *hold)
{
  BpSyncSituation situation;

  g_mutex_lock (&self->mutex);
  situation = self->situation;
  situation.is_busy = bp_sync_activity_get_rest (&self->activity, get_time (self)) > 0;
  g_mutex_unlock (&self->mutex);

  if (report != NULL)
    situation.data_used += report->bytes_sent + report->bytes_received;
  return bp_sync_terms_decide (&situation, hold);
}

/**
 * bp_sync_shared_note_activity:
 * @self: what is shared
 *
 * The user typed, scanned or scrolled.
 */
void
bp_sync_shared_note_activity (BpSyncShared *self)
{
  g_mutex_lock (&self->mutex);
  bp_sync_activity_note (&self->activity, get_time (self));
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_sync_shared_get_rest:
 * @self: what is shared
 *
 * Returns: as bp_sync_activity_get_rest(), in the units of
 *   bp_sync_shared_get_time()
 */
gint64
bp_sync_shared_get_rest (BpSyncShared *self)
{
  gint64 rest;

  g_mutex_lock (&self->mutex);
  rest = bp_sync_activity_get_rest (&self->activity, get_time (self));
  g_mutex_unlock (&self->mutex);
  return rest;
}

/**
 * bp_sync_shared_hear:
 * @self: what is shared
 * @seq: of a hint; below 0 for a new connection
 *
 * In the thread that listens.
 */
void
bp_sync_shared_hear (BpSyncShared *self,
                     gint64        seq)
{
  g_mutex_lock (&self->mutex);
  if (seq < 0)
    self->n_connected++;
  self->heard = seq < 0 ? 0 : MAX (self->heard, seq);
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_sync_shared_get_heard:
 * @self: what is shared
 * @n_connected: (out) (optional): how often a connection was made
 *
 * Returns: the greatest seq heard of since the last one was
 */
gint64
bp_sync_shared_get_heard (BpSyncShared *self,
                          guint        *n_connected)
{
  gint64 heard;

  g_mutex_lock (&self->mutex);
  heard = self->heard;
  if (n_connected != NULL)
    *n_connected = self->n_connected;
  g_mutex_unlock (&self->mutex);
  return heard;
}

/**
 * bp_sync_shared_begin_rows:
 * @self: what is shared
 * @goes_on: whether the run goes on where one was cut
 */
void
bp_sync_shared_begin_rows (BpSyncShared *self,
                           gboolean      goes_on)
{
  g_mutex_lock (&self->mutex);
  self->rows_before = goes_on ? self->rows_before + self->rows_done : 0;
  self->rows_done = 0;
  if (!goes_on)
    self->rows_total = -1;
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_sync_shared_set_rows:
 * @self: what is shared
 * @report: of the run so far
 * @rows_left: rows still to fetch; −1 where unknown
 *
 * In the run's thread.
 */
void
bp_sync_shared_set_rows (BpSyncShared       *self,
                         const BpSyncReport *report,
                         gint64              rows_left)
{
  g_mutex_lock (&self->mutex);
  self->rows_done = report->fetched;
  if (rows_left >= 0)
    self->rows_total = self->rows_before + report->fetched + rows_left;
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_sync_shared_get_rows:
 * @self: what is shared
 * @done: (out): rows that were fetched
 * @total: (out): rows to fetch in all, as far as known
 *
 * Returns: whether anything is known
 */
gboolean
bp_sync_shared_get_rows (BpSyncShared *self,
                         gint64       *done,
                         gint64       *total)
{
  g_mutex_lock (&self->mutex);
  *done = self->rows_before + self->rows_done;
  *total = MAX (self->rows_total, *done);
  g_mutex_unlock (&self->mutex);
  return *total > 0;
}
