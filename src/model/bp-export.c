#include "config.h"

#include "bp-export.h"

#include <string.h>

#include "bp-csv.h"
#include "bp-date.h"
#include "bp-money.h"

#define QUANTITY_DECIMALS 3
#define PERCENT_DECIMALS 2

typedef struct
{
  GString *csv;              /* (owned) */
  GTimeZone *zone;           /* (owned) */
  GCancellable *cancellable; /* (unowned) (nullable) */
  int decimals;
} Export;

static void
export_clear (Export *export)
{
  g_string_free (export->csv, TRUE);
  g_clear_pointer (&export->zone, g_time_zone_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Export, export_clear)

/* 1250 thousandths are 1.25, 5000 are 5. */
static char *
format_short (gint64 number,
              int    decimals)
{
  char *text = bp_money_to_plain (number, decimals);
  gsize length = strlen (text);

  while (length > 0 && text[length - 1] == '0')
    length--;
  if (length > 0 && text[length - 1] == '.')
    length--;
  text[length] = '\0';
  return text;
}

/* With the offset, so that the file means the same in any shop. */
static char *
format_time (gint64     time,
             GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *text = NULL;
  g_autofree char *offset = NULL;
  int milliseconds = (int)((time % 1000 + 1000) % 1000);

  utc = g_date_time_new_from_unix_utc ((time - milliseconds) / 1000);
  local = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;
  if (local == NULL)
    return NULL;

  text = g_date_time_format (local, "%Y-%m-%d %H:%M:%S");
  offset = g_date_time_format (local, "%:z");
  if (milliseconds == 0)
    return g_strconcat (text, offset, NULL);
  return g_strdup_printf ("%s.%03d%s", text, milliseconds, offset);
}

static char *
format_integer (const Export  *export,
                const BpField *field,
                gint64         integer)
{
  switch (field->type)
    {
    case BP_FIELD_MONEY:
      return bp_money_to_plain (integer, export->decimals);
    case BP_FIELD_QUANTITY:
      return format_short (integer, QUANTITY_DECIMALS);
    case BP_FIELD_RATE:
      return format_short (integer, PERCENT_DECIMALS);
    case BP_FIELD_TIME:
      return integer != 0 ? format_time (integer, export->zone) : NULL;
    case BP_FIELD_INTEGER:
    case BP_FIELD_FLAG:
    case BP_FIELD_TEXT:
    case BP_FIELD_NOTE:
    case BP_FIELD_DATE:
    case BP_FIELD_CHOICE:
    case BP_FIELD_REFERENCE:
    case BP_FIELD_LINES:
    case BP_FIELD_JSON:
      break;
    }

  return g_strdup_printf ("%" G_GINT64_FORMAT, integer);
}

static void
append_value (const Export  *export,
              const BpField *field,
              const BpValue *value)
{
  g_autofree char *text = NULL;
  gboolean is_text = bp_field_is_text (field) && field->type != BP_FIELD_DATE;

  if (value->kind == BP_VALUE_INTEGER)
    text = format_integer (export, field, value->integer);
  bp_csv_append_cell (export->csv, value->kind == BP_VALUE_TEXT ? value->text : text, is_text);
}

static void
append_header (const Export  *export,
               const BpTable *table)
{
  bp_csv_append_start (export->csv);
  bp_csv_append_cell (export->csv, "id", TRUE);
  for (guint i = 0; i < table->n_fields; i++)
    bp_csv_append_cell (export->csv, table->fields[i].name, TRUE);
  bp_csv_append_end_of_row (export->csv);
}

static gboolean
append_row (const BpRow *row,
            gpointer     user_data)
{
  const Export *export = user_data;
  const BpChange *data = row->state->data;

  bp_csv_append_cell (export->csv, row->state->id, TRUE);
  for (guint i = 0; i < data->table->n_fields; i++)
    append_value (export, &data->table->fields[i], &data->values[i]);
  bp_csv_append_end_of_row (export->csv);
  return !g_cancellable_is_cancelled (export->cancellable);
}

/**
 * bp_export_table:
 * @shop: a shop
 * @table: a table
 * @path: the file, replaced as a whole when all is written
 * @cancellable: (nullable): stops it; @path is then as it was
 * @error: #GFileError, #BpDatabaseError, %G_IO_ERROR_CANCELLED,
 *   %BP_DATA_ERROR_INVALID_VALUE where the shop's time zone is unknown
 *
 * Writes the living records of @table as CSV: a header of field names, amounts
 * in major units, quantities in units, rates in percent. Waits for the disk.
 *
 * Returns: whether @path is written
 */
gboolean
bp_export_table (BpShop        *shop,
                 const BpTable *table,
                 const char    *path,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_autoptr (BpProfile) profile = bp_shop_dup_profile (shop);
  g_auto (Export) export = { .csv = g_string_new (NULL), .cancellable = cancellable };

  export.decimals = bp_money_get_decimals (profile->currency);
  export.zone = bp_date_find_zone (profile->time_zone, error);
  if (export.zone == NULL)
    return FALSE;

  append_header (&export, table);
  return bp_store_list (bp_shop_get_store (shop),
                        &(BpListFilter){ table, NULL, FALSE, -1, .selected = TRUE }, append_row,
                        &export, error)
         && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && g_file_set_contents_full (path, export.csv->str, (gssize)export.csv->len,
                                      G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
}
