#pragma once

#include <adwaita.h>

#include "bp-activity-list.h"
#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_ACTIVITY_DETAIL (bp_activity_detail_get_type ())

/**
 * BpActivityDetail:
 *
 * One row of what syncing does, in full, and what can be done about it. Signal
 * "failed" (text) when that did not go.
 */
G_DECLARE_FINAL_TYPE (BpActivityDetail, bp_activity_detail, BP, ACTIVITY_DETAIL, AdwBin)

void bp_activity_detail_set_format (BpActivityDetail *self,
                                    BpFormat         *format);
void bp_activity_detail_show (BpActivityDetail    *self,
                              const BpActivityRow *row);

G_END_DECLS
