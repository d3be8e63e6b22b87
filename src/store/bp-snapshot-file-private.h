#pragma once

#include <sqlite3.h>

#include "bp-snapshot-file.h"

G_BEGIN_DECLS

gboolean bp_snapshot_next (BpSnapshot *self,
                           gboolean   *has_row,
                           GError    **error);
const BpTable *bp_snapshot_get_table (const BpSnapshot *self);
sqlite3_stmt *bp_snapshot_get_row (const BpSnapshot *self);
BpState *bp_snapshot_dup_state (const BpSnapshot *self);
guint bp_snapshot_get_tables (const BpSnapshot *self);
void bp_snapshot_set_done (BpSnapshot *self);

G_END_DECLS
