/* The figures of a shop by business dates. */
#pragma once

#include "bp-shop.h"
#include "bp-store-report.h"

G_BEGIN_DECLS

char *bp_report_get_today (BpShop  *shop,
                           GError **error);
/**
 * BpReportColumn:
 * @member: of a row, and header in CSV
 * @title: to be translated
 * @unit: %BP_FIELD_TEXT, %BP_FIELD_DATE, %BP_FIELD_INTEGER (a count),
 *   %BP_FIELD_MONEY or %BP_FIELD_QUANTITY
 * @adds_up: whether the sum over all rows means something
 */
typedef struct
{
  const char *member;
  const char *title;
  BpFieldType unit;
  gboolean adds_up;
} BpReportColumn;

/**
 * BpReportQuery:
 * @kind: which figures
 * @from: (nullable): the first business date; the last one where %NULL
 * @to: (nullable): the last one, inclusive; today where %NULL
 */
typedef struct
{
  BpReportKind kind;
  const char *from;
  const char *to;
} BpReportQuery;

const BpReportColumn *bp_report_get_columns (BpReportKind kind,
                                             guint       *n_columns);
GPtrArray *bp_report_run (BpShop      *shop,
                          BpReportKind kind,
                          const char  *from,
                          const char  *to,
                          GError     **error);
void bp_report_run_async (BpShop              *shop,
                          const BpReportQuery *query,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data);
GPtrArray *bp_report_run_finish (BpShop       *shop,
                                 GAsyncResult *result,
                                 GError      **error);
void bp_report_export_async (BpShop              *shop,
                             const BpReportQuery *query,
                             const char          *path,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);
gboolean bp_report_export_finish (BpShop       *shop,
                                  GAsyncResult *result,
                                  GError      **error);

G_END_DECLS
