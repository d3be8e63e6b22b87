#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-report.h"

G_BEGIN_DECLS

#define BP_TYPE_REPORT_TABLE (bp_report_table_get_type ())

/**
 * BpReportTable:
 *
 * The rows of a report, sorted by any column, and what they add up to.
 */
G_DECLARE_FINAL_TYPE (BpReportTable, bp_report_table, BP, REPORT_TABLE, AdwBin)

void bp_report_table_set_rows (BpReportTable *self,
                               BpFormat      *format,
                               BpReportKind   kind,
                               GPtrArray     *rows);

G_END_DECLS
