#pragma once

#include "bp-store-activity.h"

G_BEGIN_DECLS

#define BP_TYPE_ACTIVITY_ITEM (bp_activity_item_get_type ())

/**
 * BpActivityItem:
 *
 * A row of a #BpActivityList. What it says is filled in when it has been read;
 * signal "changed" says so. Main thread only.
 */
G_DECLARE_FINAL_TYPE (BpActivityItem, bp_activity_item, BP, ACTIVITY_ITEM, GObject)

BpActivityItem *bp_activity_item_new (gint64 key);
gint64 bp_activity_item_get_key (BpActivityItem *self);
const BpActivityRow *bp_activity_item_get_row (BpActivityItem *self);
void bp_activity_item_fill (BpActivityItem *self,
                            BpActivityRow  *row);

G_END_DECLS
