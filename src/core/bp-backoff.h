#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

#define BP_BACKOFF_FIRST_MS 1000
#define BP_BACKOFF_MAX_MS (5 * 60 * 1000)

gint64 bp_backoff_get_ceiling (guint step);
gint64 bp_backoff_get_wait (guint    step,
                            BpClock *clock);

G_END_DECLS
