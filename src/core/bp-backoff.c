#include "config.h"

#include "bp-backoff.h"

/**
 * bp_backoff_get_ceiling:
 * @step: how many tries have failed in a row; 0 where none
 *
 * Returns: the longest wait before the next try, in milliseconds: 0, then
 *   1 s, 2 s, 4 s … to 5 minutes
 */
gint64
bp_backoff_get_ceiling (guint step)
{
  gint64 wait = BP_BACKOFF_FIRST_MS;

  if (step == 0)
    return 0;
  while (--step > 0 && wait < BP_BACKOFF_MAX_MS)
    wait *= 2;

  return MIN (wait, BP_BACKOFF_MAX_MS);
}

/**
 * bp_backoff_get_wait:
 * @step: how many tries have failed in a row
 * @clock: for randomness
 *
 * Returns: how long to wait, in milliseconds: the ceiling with full jitter
 *   (uniform from 0 to it), so that devices cut off together do not come back
 *   together
 */
gint64
bp_backoff_get_wait (guint    step,
                     BpClock *clock)
{
  gint64 ceiling = bp_backoff_get_ceiling (step);

  return ceiling > 0 ? bp_clock_random_range (clock, ceiling + 1) : 0;
}
