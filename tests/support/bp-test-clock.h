#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

#define BP_TYPE_TEST_CLOCK (bp_test_clock_get_type ())

G_DECLARE_FINAL_TYPE (BpTestClock, bp_test_clock, BP, TEST_CLOCK, BpClock)

BpTestClock *bp_test_clock_new (gint64  now,
                                guint64 seed);
void bp_test_clock_set_now (BpTestClock *self,
                            gint64       now);
void bp_test_clock_reset (BpTestClock *self,
                          gint64       now,
                          guint64      seed);
void bp_test_clock_advance (BpTestClock *self,
                            gint64       milliseconds);

G_END_DECLS
