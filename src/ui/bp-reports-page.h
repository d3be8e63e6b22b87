#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

#define BP_TYPE_REPORTS_PAGE (bp_reports_page_get_type ())

/**
 * BpReportsPage:
 *
 * The shop's figures of some days: by day, product and customer, and its
 * stock.
 */
G_DECLARE_FINAL_TYPE (BpReportsPage, bp_reports_page, BP, REPORTS_PAGE, AdwBin)

GtkWidget *bp_reports_page_new (BpFormat        *format,
                                BpSyncScheduler *scheduler);

G_END_DECLS
