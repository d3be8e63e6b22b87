#include "config.h"

#include "bp-sync-terms.h"

#define MB G_GINT64_CONSTANT (1000000)
#define MIN_RESERVE MB
#define MAX_RESERVE (50 * MB)

#define QUIET_MS 3000
#define BUSY_MS (2 * 60 * 1000)
#define BREATH_MS (30 * 1000)
#define METERED_INTERVAL_MS (2 * 60 * 60 * G_GINT64_CONSTANT (1000))

/* What is kept of a month's data for what is urgent: a tenth. */
static gint64
get_reserve (gint64 limit)
{
  return MIN (CLAMP (limit / 10, MIN_RESERVE, MAX_RESERVE), limit / 2);
}

/**
 * bp_sync_terms_decide:
 * @situation: how things are
 * @hold: (out) (optional): why not everything
 *
 * A user who asks gets everything. What is of high priority goes, however
 * much of the month's data is used; only `pause` on a metered line stops it.
 * On a metered line with `priority`, everything goes once a day all the same,
 * so that nothing waits for ever.
 *
 * Returns: what a run may do; 0 for nothing
 */
BpSyncWork
bp_sync_terms_decide (const BpSyncSituation *situation,
                      BpSyncHold            *hold)
{
  gboolean is_spent = situation->data_limit > 0
                      && situation->data_used >= situation->data_limit
                      - get_reserve (situation->data_limit);
  gboolean pauses = situation->is_busy && situation->pause_when_busy;
  BpSyncHold reason = BP_SYNC_HOLD_NONE;
  BpSyncWork work = BP_SYNC_WORK_ALL;

  if (situation->is_asked)
    reason = BP_SYNC_HOLD_NONE;
  else if (situation->is_metered && situation->metered == BP_SYNC_METERED_PAUSE)
    {
      reason = BP_SYNC_HOLD_METERED;
      work = 0;
    }
  else if (is_spent)
    {
      reason = BP_SYNC_HOLD_DATA;
      work = BP_SYNC_WORK_HIGH;
    }
  else if (situation->is_metered && situation->metered == BP_SYNC_METERED_PRIORITY
           && !situation->is_late)
    {
      reason = BP_SYNC_HOLD_METERED;
      work = BP_SYNC_WORK_HIGH;
    }
  else if (pauses)
    {
      reason = BP_SYNC_HOLD_BUSY;
      work = BP_SYNC_WORK_HIGH | BP_SYNC_WORK_MEDIUM;
    }
  else if (situation->is_metered && situation->is_busy)
    {
      reason = BP_SYNC_HOLD_BUSY;
      work = BP_SYNC_WORK_ALL & ~BP_SYNC_WORK_LOW;
    }

  if (hold != NULL)
    *hold = reason;
  return work;
}

/**
 * bp_sync_terms_may_listen:
 * @situation: how things are
 *
 * Returns: whether the line may be kept open all the time: not where it holds
 *   back what there is to fetch, however long ago that was done
 */
gboolean
bp_sync_terms_may_listen (const BpSyncSituation *situation)
{
  BpSyncSituation idle = *situation;
  BpSyncHold hold;

  idle.is_asked = FALSE;
  idle.is_late = FALSE;
  idle.is_busy = FALSE;
  bp_sync_terms_decide (&idle, &hold);
  return hold == BP_SYNC_HOLD_NONE;
}

/**
 * bp_sync_terms_may_skip:
 * @situation: how things are
 * @elapsed: milliseconds since a run ended well
 *
 * Returns: whether the schedule's next run is left out: on a metered line they
 *   come every two hours at most
 */
gboolean
bp_sync_terms_may_skip (const BpSyncSituation *situation,
                        gint64                 elapsed)
{
  return situation->is_metered && !situation->is_asked && elapsed >= 0
         && elapsed < METERED_INTERVAL_MS;
}

/**
 * bp_sync_metered_from_string:
 * @text: (nullable): a value of `sync.metered`
 *
 * Returns: what it means; `priority` for anything unknown
 */
BpSyncMetered
bp_sync_metered_from_string (const char *text)
{
  if (g_strcmp0 (text, "pause") == 0)
    return BP_SYNC_METERED_PAUSE;
  if (g_strcmp0 (text, "all") == 0)
    return BP_SYNC_METERED_ALL;
  return BP_SYNC_METERED_PRIORITY;
}

/**
 * bp_sync_activity_note:
 * @self: what the user does
 * @now: monotonic, in milliseconds
 *
 * The user typed, scanned or scrolled.
 */
void
bp_sync_activity_note (BpSyncActivity *self,
                       gint64          now)
{
  if (!self->is_any || now - self->last >= QUIET_MS)
    self->since = now;
  self->last = now;
  self->is_any = TRUE;
}

/**
 * bp_sync_activity_get_rest:
 * @self: what the user does
 * @now: monotonic, in milliseconds
 *
 * Work in the background waits until 3 s after the last activity. Where that
 * never ends, it gets 30 s after each 2 minutes.
 *
 * Returns: how long it waits still at least, in milliseconds; 0 where the user
 *   is not busy
 */
gint64
bp_sync_activity_get_rest (const BpSyncActivity *self,
                           gint64                now)
{
  gint64 phase;

  if (!self->is_any || now - self->last >= QUIET_MS)
    return 0;

  phase = (now - self->since) % (BUSY_MS + BREATH_MS);
  return phase < BUSY_MS ? MIN (self->last + QUIET_MS - now, BUSY_MS - phase) : 0;
}
