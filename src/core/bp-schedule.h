/* When something is to be done again and again: every so many minutes, or by
 * five fields as in cron (minute, hour, day, month, weekday; each a list of
 * `*`, `7`, `7-9`, with `/2` behind it or not). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean bp_schedule_is_valid (const char *schedule);
gint64 bp_schedule_get_next (const char *schedule,
                             gint64      after,
                             GTimeZone  *zone);

G_END_DECLS
