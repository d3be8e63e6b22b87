/* The figures of a shop by business dates. */
#pragma once

#include "bp-shop.h"
#include "bp-store-report.h"

G_BEGIN_DECLS

char *bp_report_get_today (BpShop  *shop,
                           GError **error);
GPtrArray *bp_report_run (BpShop      *shop,
                          BpReportKind kind,
                          const char  *from,
                          const char  *to,
                          GError     **error);

G_END_DECLS
