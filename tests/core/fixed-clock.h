/* A clock that stands still, with a random source that is the same each time. */
#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

#define FIXED_TYPE_CLOCK (fixed_clock_get_type ())

G_DECLARE_FINAL_TYPE (FixedClock, fixed_clock, FIXED, CLOCK, BpClock)

FixedClock *fixed_clock_new (gint64  now,
                             guint32 seed);
void fixed_clock_set_now (FixedClock *self,
                          gint64      now);

G_END_DECLS
