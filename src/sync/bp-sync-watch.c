#include "config.h"

#include "bp-sync-watch.h"

#define STUCK_MS (2 * 60 * 1000)
#define SLEPT_MS 5000

/**
 * bp_sync_watch_begin:
 * @self: (out): a watch over a run that begins
 * @monotonic: now, in milliseconds
 * @boot: now, sleep included, in milliseconds
 * @pulse: what counts up whenever something moves
 */
void
bp_sync_watch_begin (BpSyncWatch *self,
                     gint64       monotonic,
                     gint64       boot,
                     int          pulse)
{
  *self = (BpSyncWatch){ monotonic, boot, pulse, 0 };
}

/**
 * bp_sync_watch_look:
 * @self: a watch
 * @monotonic: now, in milliseconds
 * @boot: now, sleep included, in milliseconds
 * @pulse: what counts up whenever something moves
 *
 * Called every %BP_SYNC_WATCH_INTERVAL_MS. Where it could not be, because the
 * whole process stood still, that time does not count against the run. After
 * anything but %BP_SYNC_VERDICT_FINE the watch begins anew.
 *
 * Returns: how the run is
 */
BpSyncVerdict
bp_sync_watch_look (BpSyncWatch *self,
                    gint64       monotonic,
                    gint64       boot,
                    int          pulse)
{
  gint64 passed = monotonic - self->monotonic;
  gint64 slept = boot - self->boot - passed;
  gint64 still = pulse == self->pulse
                 ? self->still + CLAMP (passed, 0, 2 * BP_SYNC_WATCH_INTERVAL_MS)
                 : 0;

  bp_sync_watch_begin (self, monotonic, boot, pulse);
  if (slept >= SLEPT_MS)
    return BP_SYNC_VERDICT_RESUMED;
  if (still >= STUCK_MS)
    return BP_SYNC_VERDICT_STUCK;

  self->still = still;
  return BP_SYNC_VERDICT_FINE;
}
