/* How much of a line was used: bytes of bodies, both ways, a calendar month of
 * the shop's zone. A number a month, so that a clock put wrong and right again
 * loses none. */
#include "config.h"

#include "bp-date.h"
#include "bp-setting.h"
#include "bp-sync-private.h"

#define MB G_GINT64_CONSTANT (1000000)
#define MONTH_LENGTH 7

static char *
get_name (BpStore *store)
{
  g_autofree char *zone_name = bp_store_get_value (store, BP_VALUE_TIME_ZONE);
  g_autoptr (GTimeZone) zone = NULL;
  g_autofree char *date = NULL;

  if (zone_name != NULL)
    zone = bp_date_find_zone (zone_name, NULL);
  if (zone == NULL)
    zone = bp_date_find_zone (bp_setting_get_default ("shop.time_zone", NULL), NULL);
  if (zone == NULL)
    zone = g_time_zone_new_utc ();

  date = bp_date_get_business_date (bp_clock_get_now (bp_store_get_clock (store)), zone, 0);
  return g_strdup_printf (BP_VALUE_DATA "%.*s", MONTH_LENGTH, date);
}

/**
 * bp_sync_get_data_used:
 * @store: of a folder
 *
 * Returns: bytes sent and received in this calendar month, by whatever program
 */
gint64
bp_sync_get_data_used (BpStore *store)
{
  g_autofree char *name = get_name (store);

  return bp_store_get_number (store, name, 0);
}

/**
 * bp_sync_get_data_limit:
 * @store: of a folder
 *
 * Returns: bytes that may be used a calendar month; 0 for no limit
 */
gint64
bp_sync_get_data_limit (BpStore *store)
{
  g_autofree char *value = bp_store_get_device_setting (store, "sync.data_limit");

  return bp_setting_get_integer ("sync.data_limit", value) * MB;
}

/**
 * bp_sync_add_data:
 * @store: of a folder
 * @bytes: sent and received
 * @error: #BpDatabaseError
 *
 * Returns: whether they are counted
 */
gboolean
bp_sync_add_data (BpStore *store,
                  gint64   bytes,
                  GError **error)
{
  g_autofree char *name = NULL;

  if (bytes <= 0)
    return TRUE;

  name = get_name (store);
  return bp_store_set_number (store, name, bp_store_get_number (store, name, 0) + bytes, error);
}
