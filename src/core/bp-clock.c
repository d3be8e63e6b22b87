#include "config.h"

#include "bp-clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct _BpSystemClock
{
  BpClock parent_instance;
};

G_DEFINE_ABSTRACT_TYPE (BpClock, bp_clock, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE (BpSystemClock, bp_system_clock, BP_TYPE_CLOCK)

static void
bp_clock_class_init (BpClockClass *klass)
{
}

static void
bp_clock_init (BpClock *self)
{
}

static gint64
bp_system_clock_get_now (BpClock *self)
{
  return g_get_real_time () / 1000;
}

static gint64
bp_system_clock_get_monotonic (BpClock *self)
{
  return g_get_monotonic_time () / 1000;
}

static void
bp_system_clock_fill_random (BpClock *self,
                             guint8  *bytes,
                             gsize    length)
{
  while (length > 0)
    {
      ssize_t got = getrandom (bytes, length, 0);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        g_error ("No randomness from the system: %s", g_strerror (errno));
      bytes += got;
      length -= (gsize)got;
    }
}

static void
bp_system_clock_class_init (BpSystemClockClass *klass)
{
  BpClockClass *clock_class = BP_CLOCK_CLASS (klass);

  clock_class->get_now = bp_system_clock_get_now;
  clock_class->get_monotonic = bp_system_clock_get_monotonic;
  clock_class->fill_random = bp_system_clock_fill_random;
}

static void
bp_system_clock_init (BpSystemClock *self)
{
}

/**
 * bp_system_clock_new:
 *
 * Returns: (transfer full): the machine's clock and its random source, fit
 *   for secrets
 */
BpClock *
bp_system_clock_new (void)
{
  return g_object_new (BP_TYPE_SYSTEM_CLOCK, NULL);
}

/**
 * bp_clock_get_now:
 * @self: a clock
 *
 * Returns: wall time in milliseconds since 1970 UTC; may jump either way
 */
gint64
bp_clock_get_now (BpClock *self)
{
  return BP_CLOCK_GET_CLASS (self)->get_now (self);
}

/**
 * bp_clock_get_monotonic:
 * @self: a clock
 *
 * Returns: time in milliseconds since an unknown moment; never goes back
 */
gint64
bp_clock_get_monotonic (BpClock *self)
{
  return BP_CLOCK_GET_CLASS (self)->get_monotonic (self);
}

/**
 * bp_clock_fill_random:
 * @self: a clock
 * @bytes: (array length=length): filled
 * @length: how many
 */
void
bp_clock_fill_random (BpClock *self,
                      guint8  *bytes,
                      gsize    length)
{
  BP_CLOCK_GET_CLASS (self)->fill_random (self, bytes, length);
}

/**
 * bp_clock_random_range:
 * @self: a clock
 * @bound: above 0
 *
 * Returns: a random number from 0 to @bound − 1
 */
gint64
bp_clock_random_range (BpClock *self,
                       gint64   bound)
{
  guint64 random;

  g_return_val_if_fail (bound > 0, 0);

  bp_clock_fill_random (self, (guint8 *)&random, sizeof random);
  return (gint64)(random % (guint64)bound);
}
