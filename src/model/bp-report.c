#include "config.h"

#include "bp-report.h"

#include "bp-date.h"
#include "bp-error.h"
#include "bp-shop-private.h"

#define DAYS_MAX 36600

static gboolean
parse_date (const char *text,
            GDate      *date,
            GError    **error)
{
  if (bp_date_parse_date (text, date))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "“%.64s” is no date such as 2026-04-30", text);
  return FALSE;
}

/* A business date begins at the hour until which the night belongs to the day
 * before. */
static gint64
get_start (const GDate     *date,
           GTimeZone       *zone,
           const BpProfile *profile)
{
  g_autoptr (GDateTime) start
    = g_date_time_new (zone, g_date_get_year (date), g_date_get_month (date),
                       g_date_get_day (date), profile->day_cutoff, 0, 0);

  return start != NULL ? g_date_time_to_unix (start) * 1000 : 0;
}

static gboolean
check_range (const GDate *first,
             const GDate *last,
             GError     **error)
{
  int days = g_date_days_between (first, last);

  if (days >= 0 && days <= DAYS_MAX)
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               days < 0 ? "The first day is after the last" : "So many days are too many");
  return FALSE;
}

static char *
get_today (BpShop          *shop,
           const BpProfile *profile,
           GTimeZone       *zone)
{
  gint64 now = bp_clock_get_now (bp_shop_get_clock (shop));

  return bp_date_get_business_date (now, zone, profile->day_cutoff);
}

/**
 * bp_report_get_today:
 * @shop: a shop
 * @error: %BP_DATA_ERROR_INVALID_VALUE where the shop's zone is unknown here
 *
 * Waits for the disk.
 *
 * Returns: (transfer full): the business date it is in the shop
 */
char *
bp_report_get_today (BpShop  *shop,
                     GError **error)
{
  g_autoptr (BpProfile) profile = bp_profile_read (bp_shop_get_store (shop));
  g_autoptr (GTimeZone) zone = bp_date_find_zone (profile->time_zone, error);

  return zone != NULL ? get_today (shop, profile, zone) : NULL;
}

/**
 * bp_report_run:
 * @shop: a shop
 * @kind: which figures
 * @from: (nullable): the first business date; the last one where %NULL
 * @to: (nullable): the last one, inclusive; today where %NULL
 * @error: %BP_DATA_ERROR_INVALID_VALUE, #BpDatabaseError
 *
 * Reads one state of the books. Waits for the disk.
 *
 * Returns: (transfer full) (element-type JsonObject): the rows: see
 *   bp_store_reader_report()
 */
GPtrArray *
bp_report_run (BpShop      *shop,
               BpReportKind kind,
               const char  *from,
               const char  *to,
               GError     **error)
{
  g_autoptr (BpProfile) profile = bp_profile_read (bp_shop_get_store (shop));
  g_autoptr (GTimeZone) zone = bp_date_find_zone (profile->time_zone, error);
  g_autoptr (BpStoreReader) reader = NULL;
  g_autofree char *today = NULL;
  BpReportRange range = { 0 };
  GDate first, last, next;

  if (zone == NULL)
    return NULL;

  today = get_today (shop, profile, zone);
  range.to = to != NULL ? to : today;
  range.from = from != NULL ? from : range.to;
  if (!parse_date (range.from, &first, error) || !parse_date (range.to, &last, error)
      || !check_range (&first, &last, error))
    return NULL;

  next = last;
  g_date_add_days (&next, 1);
  range.from_time = get_start (&first, zone, profile);
  range.to_time = get_start (&next, zone, profile);
  reader = bp_store_reader_new (bp_shop_get_folder (shop), error);
  return reader != NULL ? bp_store_reader_report (reader, kind, &range, error) : NULL;
}
