#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define BP_TYPE_CLOCK (bp_clock_get_type ())

G_DECLARE_DERIVABLE_TYPE (BpClock, bp_clock, BP, CLOCK, GObject)

/**
 * BpClockClass:
 * @get_now: wall time, in milliseconds since 1970 UTC
 * @get_monotonic: in milliseconds, never goes back
 * @fill_random: fills @bytes with @length random bytes
 *
 * Time and randomness, handed to whatever needs them, so that tests can give
 * their own. All functions may be called from any thread.
 */
struct _BpClockClass
{
  GObjectClass parent_class;

  gint64 (*get_now)       (BpClock *self);
  gint64 (*get_monotonic) (BpClock *self);
  void   (*fill_random)   (BpClock *self,
                           guint8  *bytes,
                           gsize    length);
};

#define BP_TYPE_SYSTEM_CLOCK (bp_system_clock_get_type ())

G_DECLARE_FINAL_TYPE (BpSystemClock, bp_system_clock, BP, SYSTEM_CLOCK, BpClock)

BpClock *bp_system_clock_new (void);

gint64 bp_clock_get_now (BpClock *self);
gint64 bp_clock_get_monotonic (BpClock *self);
void bp_clock_fill_random (BpClock *self,
                           guint8  *bytes,
                           gsize    length);
gint64 bp_clock_random_range (BpClock *self,
                              gint64   bound);

G_END_DECLS
