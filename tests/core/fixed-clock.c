#include "config.h"

#include "fixed-clock.h"

struct _FixedClock
{
  BpClock parent_instance;
  gint64 now;
  GRand *random; /* (owned) */
};

G_DEFINE_FINAL_TYPE (FixedClock, fixed_clock, BP_TYPE_CLOCK)

static gint64
fixed_clock_get_now (BpClock *clock)
{
  return FIXED_CLOCK (clock)->now;
}

static void
fixed_clock_fill_random (BpClock *clock,
                         guint8  *bytes,
                         gsize    length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8)g_rand_int (FIXED_CLOCK (clock)->random);
}

static void
fixed_clock_finalize (GObject *object)
{
  g_rand_free (FIXED_CLOCK (object)->random);
  G_OBJECT_CLASS (fixed_clock_parent_class)->finalize (object);
}

static void
fixed_clock_class_init (FixedClockClass *klass)
{
  BP_CLOCK_CLASS (klass)->get_now = fixed_clock_get_now;
  BP_CLOCK_CLASS (klass)->get_monotonic = fixed_clock_get_now;
  BP_CLOCK_CLASS (klass)->fill_random = fixed_clock_fill_random;
  G_OBJECT_CLASS (klass)->finalize = fixed_clock_finalize;
}

static void
fixed_clock_init (FixedClock *self)
{
}

/**
 * fixed_clock_new:
 * @now: in milliseconds
 * @seed: of its random source
 *
 * Returns: (transfer full): a clock
 */
FixedClock *
fixed_clock_new (gint64  now,
                 guint32 seed)
{
  FixedClock *self = g_object_new (FIXED_TYPE_CLOCK, NULL);

  self->now = now;
  self->random = g_rand_new_with_seed (seed);
  return self;
}

/**
 * fixed_clock_set_now:
 * @self: a clock
 * @now: in milliseconds
 */
void
fixed_clock_set_now (FixedClock *self,
                     gint64      now)
{
  self->now = now;
}
