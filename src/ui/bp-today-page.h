#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

#define BP_TYPE_TODAY_PAGE (bp_today_page_get_type ())

/**
 * BpTodayPage:
 *
 * The day so far: what was sold and received, the days before, what runs low
 * and what waits to be synced.
 */
G_DECLARE_FINAL_TYPE (BpTodayPage, bp_today_page, BP, TODAY_PAGE, AdwBin)

GtkWidget *bp_today_page_new (BpFormat        *format,
                              BpSyncScheduler *scheduler);

G_END_DECLS
