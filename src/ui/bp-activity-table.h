#pragma once

#include <adwaita.h>

#include "bp-activity-list.h"
#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_ACTIVITY_TABLE (bp_activity_table_get_type ())

/**
 * BpActivityTable:
 *
 * One of the lists of what syncing does, as a table. Signals "selected" when
 * another row is, or what it says has changed; "activated" when it is opened;
 * "counted" when there are more rows or less.
 */
G_DECLARE_FINAL_TYPE (BpActivityTable, bp_activity_table, BP, ACTIVITY_TABLE, AdwBin)

GtkWidget *bp_activity_table_new (BpFormat      *format,
                                  BpActivityKind kind);
BpActivityKind bp_activity_table_get_kind (BpActivityTable *self);
guint bp_activity_table_get_count (BpActivityTable *self);
const BpActivityRow *bp_activity_table_get_selected (BpActivityTable *self);
void bp_activity_table_focus (BpActivityTable *self);

G_END_DECLS
