#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

#define BP_NUMBER_MAX_LENGTH 16

char *bp_number_format (const char *prefix,
                        const char *financial_year,
                        gint64      count);
char *bp_number_make_prefix (BpClock *clock);
gboolean bp_number_is_prefix (const char *prefix);

G_END_DECLS
