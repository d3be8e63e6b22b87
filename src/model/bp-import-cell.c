/* A cell of a CSV file: amounts in major units, quantities in units, rates in
 * percent, times in the shop's zone. */
#include "config.h"

#include <string.h>

#include "bp-date.h"
#include "bp-error.h"
#include "bp-import-private.h"
#include "bp-json.h"
#include "bp-line.h"
#include "bp-money.h"

#define QUANTITY_DECIMALS 3
#define PERCENT_DECIMALS 2

static gboolean
parse_flag (const char *text,
            BpValue    *value,
            GError    **error)
{
  static const char *const words[2][5] = {
    { "0", "false", "no", "n", NULL },
    { "1", "true", "yes", "y", NULL },
  };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  for (int i = 0; i < 2; i++)
    {
      if (g_strv_contains (words[i], lower))
        {
          bp_value_set_integer (value, i);
          return TRUE;
        }
    }

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%.64s” is neither 0 nor 1",
               text);
  return FALSE;
}

static gboolean
parse_number (const char *text,
              int         decimals,
              BpValue    *value,
              GError    **error)
{
  gint64 number;

  if (!bp_money_parse (text, decimals, &number, error))
    return FALSE;

  bp_value_set_integer (value, number);
  return TRUE;
}

static gboolean
parse_time (const char *text,
            GTimeZone  *zone,
            BpValue    *value,
            GError    **error)
{
  gint64 time;

  if (!bp_date_parse_time (text, zone, &time, error))
    return FALSE;

  bp_value_set_integer (value, time);
  return TRUE;
}

static gboolean
parse_lines (const char *text,
             BpValue    *value,
             GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse (text, -1, error);
  char *lines = node != NULL ? bp_lines_canonicalize (node, error) : NULL;

  bp_value_take_text (value, lines);
  return lines != NULL;
}

static gboolean
parse (const BpField *field,
       const char    *text,
       int            decimals,
       GTimeZone     *zone,
       BpValue       *value,
       GError       **error)
{
  switch (field->type)
    {
    case BP_FIELD_INTEGER:
      return parse_number (text, 0, value, error);
    case BP_FIELD_MONEY:
      return parse_number (text, decimals, value, error);
    case BP_FIELD_QUANTITY:
      return parse_number (text, QUANTITY_DECIMALS, value, error);
    case BP_FIELD_RATE:
      return parse_number (text, PERCENT_DECIMALS, value, error);
    case BP_FIELD_FLAG:
      return parse_flag (text, value, error);
    case BP_FIELD_TIME:
      return parse_time (text, zone, value, error);
    case BP_FIELD_LINES:
      return parse_lines (text, value, error);
    case BP_FIELD_TEXT:
    case BP_FIELD_NOTE:
    case BP_FIELD_DATE:
    case BP_FIELD_CHOICE:
    case BP_FIELD_REFERENCE:
    case BP_FIELD_JSON:
      break;
    }

  bp_value_set_text (value, text);
  return TRUE;
}

/**
 * bp_import_parse_cell:
 * @field: what the cell is
 * @text: the cell
 * @decimals: of the shop's currency
 * @zone: the shop's
 * @value: (out caller-allocates): its value; null for an empty cell
 * @error: #BpDataError, with the field's name
 *
 * Spaces on both ends do not count.
 *
 * Returns: whether @text is a value of @field
 */
gboolean
bp_import_parse_cell (const BpField *field,
                      const char    *text,
                      int            decimals,
                      GTimeZone     *zone,
                      BpValue       *value,
                      GError       **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  bp_value_clear (value);
  if (trimmed[0] == '\0')
    return TRUE;
  if (parse (field, trimmed, decimals, zone, value, error))
    return bp_field_check (field, value, error);

  g_prefix_error (error, "“%s”: ", field->name);
  return FALSE;
}
