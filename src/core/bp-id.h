#pragma once

#include "bp-clock.h"

G_BEGIN_DECLS

#define BP_ID_MAX_LENGTH 64

char *bp_id_new (BpClock *clock);
char *bp_id_new_from_name (const char *space,
                           const char *name);
gboolean bp_id_is_valid (const char *id);
gboolean bp_id_is_uuid (const char *id);

G_END_DECLS
