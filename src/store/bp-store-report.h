/* Figures that add up what is stored, over a connection that only reads. */
#pragma once

#include <json-glib/json-glib.h>

#include "bp-store-reader.h"

G_BEGIN_DECLS

/**
 * BpReportKind:
 * @BP_REPORT_DAY: sales, returns and payments of each day
 * @BP_REPORT_PRODUCTS: what was sold of each product
 * @BP_REPORT_CUSTOMERS: what each customer bought, paid and owes
 * @BP_REPORT_STOCK: what there is of each product, and what moved
 */
typedef enum
{
  BP_REPORT_DAY,
  BP_REPORT_PRODUCTS,
  BP_REPORT_CUSTOMERS,
  BP_REPORT_STOCK,
} BpReportKind;

/**
 * BpReportRange:
 * @from: (unowned): the first business date
 * @to: (unowned): the last one, inclusive
 * @from_time: when the first begins, in milliseconds
 * @to_time: when the last has ended, in milliseconds
 */
typedef struct
{
  const char *from;
  const char *to;
  gint64 from_time;
  gint64 to_time;
} BpReportRange;

GPtrArray *bp_store_reader_report (BpStoreReader       *self,
                                   BpReportKind         kind,
                                   const BpReportRange *range,
                                   GError             **error);
gboolean bp_report_kind_from_string (const char   *text,
                                     BpReportKind *kind);

G_END_DECLS
