/* Snapshots as the contract describes them, without what the server does. */
#pragma once

#include <sqlite3.h>

#include "bp-state.h"

G_BEGIN_DECLS

sqlite3 *bp_snapshot_maker_begin (guint tables);
void bp_snapshot_maker_add (sqlite3       *file,
                            const BpState *state);
GBytes *bp_snapshot_maker_end (sqlite3    *file,
                               const char *epoch,
                               gint64      seq);

G_END_DECLS
