/* A clock that stands still until told, and randomness that repeats. */
#include "config.h"

#include "bp-test-clock.h"

struct _BpTestClock
{
  BpClock parent_instance;

  GMutex mutex;
  gint64 now;
  gint64 monotonic;
  guint64 random;
};

G_DEFINE_FINAL_TYPE (BpTestClock, bp_test_clock, BP_TYPE_CLOCK)

static gint64
bp_test_clock_get_now (BpClock *clock)
{
  BpTestClock *self = BP_TEST_CLOCK (clock);
  gint64 now;

  g_mutex_lock (&self->mutex);
  now = self->now;
  g_mutex_unlock (&self->mutex);
  return now;
}

static gint64
bp_test_clock_get_monotonic (BpClock *clock)
{
  BpTestClock *self = BP_TEST_CLOCK (clock);
  gint64 monotonic;

  g_mutex_lock (&self->mutex);
  monotonic = self->monotonic;
  g_mutex_unlock (&self->mutex);
  return monotonic;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static void
bp_test_clock_fill_random (BpClock *clock,
                           guint8  *bytes,
                           gsize    length)
{
  BpTestClock *self = BP_TEST_CLOCK (clock);

  g_mutex_lock (&self->mutex);
  for (gsize i = 0; i < length; i++)
    {
      guint64 mixed = self->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

      mixed = (mixed ^ (mixed >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      mixed = (mixed ^ (mixed >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      bytes[i] = (guint8)(mixed ^ (mixed >> 31));
    }
  g_mutex_unlock (&self->mutex);
}

static void
bp_test_clock_finalize (GObject *object)
{
  BpTestClock *self = BP_TEST_CLOCK (object);

  g_mutex_clear (&self->mutex);
  G_OBJECT_CLASS (bp_test_clock_parent_class)->finalize (object);
}

static void
bp_test_clock_class_init (BpTestClockClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  BpClockClass *clock_class = BP_CLOCK_CLASS (klass);

  object_class->finalize = bp_test_clock_finalize;
  clock_class->get_now = bp_test_clock_get_now;
  clock_class->get_monotonic = bp_test_clock_get_monotonic;
  clock_class->fill_random = bp_test_clock_fill_random;
}

static void
bp_test_clock_init (BpTestClock *self)
{
  g_mutex_init (&self->mutex);
}

/**
 * bp_test_clock_new:
 * @now: wall time in milliseconds since 1970 UTC
 * @seed: the same seed, the same randomness
 *
 * Returns: (transfer full): a clock that stands at @now, its monotonic time
 *   at 0
 */
BpTestClock *
bp_test_clock_new (gint64  now,
                   guint64 seed)
{
  BpTestClock *self = g_object_new (BP_TYPE_TEST_CLOCK, NULL);

  self->now = now;
  self->random = seed;
  return self;
}

/**
 * bp_test_clock_set_now:
 * @self: a clock
 * @now: wall time in milliseconds since 1970 UTC; monotonic time stays
 */
void
bp_test_clock_set_now (BpTestClock *self,
                       gint64       now)
{
  g_mutex_lock (&self->mutex);
  self->now = now;
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_test_clock_reset:
 * @self: a clock
 * @now: wall time in milliseconds since 1970 UTC
 * @seed: the same seed, the same randomness
 *
 * It is as bp_test_clock_new() would make it.
 */
void
bp_test_clock_reset (BpTestClock *self,
                     gint64       now,
                     guint64      seed)
{
  g_mutex_lock (&self->mutex);
  self->now = now;
  self->monotonic = 0;
  self->random = seed;
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_test_clock_advance:
 * @self: a clock
 * @milliseconds: by how much both times go on, at least 0
 */
void
bp_test_clock_advance (BpTestClock *self,
                       gint64       milliseconds)
{
  g_mutex_lock (&self->mutex);
  self->now += milliseconds;
  self->monotonic += milliseconds;
  g_mutex_unlock (&self->mutex);
}
