#pragma once

#include <glib.h>

G_BEGIN_DECLS

GTimeZone *bp_date_find_zone (const char *name,
                              GError    **error);
char *bp_date_get_business_date (gint64     time,
                                 GTimeZone *zone,
                                 int        cutoff_hour);
gboolean bp_date_parse_date (const char *text,
                             GDate      *date);
char *bp_date_add_days (const char *date,
                        int         days);
char *bp_date_format_time (gint64     time,
                           GTimeZone *zone);
gboolean bp_date_parse_time (const char *text,
                             GTimeZone  *zone,
                             gint64     *time,
                             GError    **error);
char *bp_date_get_financial_year (const char *business_date,
                                  const char *year_start);

G_END_DECLS
