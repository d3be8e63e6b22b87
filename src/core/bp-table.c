/* What the tables hold. The order of fields is the order of columns. */
#include "config.h"

#include "bp-table.h"

#include <string.h>

#include "bp-change.h"
#include "bp-date.h"
#include "bp-error.h"
#include "bp-id.h"

#define N_(text) text

#define TEXT_MAX (4 * 1024)
#define NOTE_MAX (64 * 1024)
#define LINES_MAX (512 * 1024)
#define RATE_MAX 1000000
#define TIME_MAX G_GINT64_CONSTANT (253402300799999)

#define TEXT(name, flags, label) { name, BP_FIELD_TEXT, flags, label, NULL, 0, 0 }
#define NOTE(name, flags, label) { name, BP_FIELD_NOTE, flags, label, NULL, 0, 0 }
#define MONEY(name, flags, label) { name, BP_FIELD_MONEY, flags, label, NULL, 0, 0 }
#define PRICE(name, flags, label) { name, BP_FIELD_MONEY, flags, label, NULL, 0, BP_INTEGER_MAX }
#define QUANTITY(name, flags, label) { name, BP_FIELD_QUANTITY, flags, label, NULL, 0, 0 }
#define RATE(name, flags, label) { name, BP_FIELD_RATE, flags, label, NULL, 0, RATE_MAX }
#define FLAG(name, flags, label) { name, BP_FIELD_FLAG, flags, label, NULL, 0, 1 }
#define TIME(name, flags, label) { name, BP_FIELD_TIME, flags, label, NULL, -TIME_MAX, TIME_MAX }
#define DATE(name, flags, label) { name, BP_FIELD_DATE, flags, label, NULL, 0, 0 }
#define CHOICE(name, flags, label, words) { name, BP_FIELD_CHOICE, flags, label, words, 0, 0 }
#define REFERENCE(name, flags, label, table) \
  { name, BP_FIELD_REFERENCE, flags, label, table, 0, 0 }
#define LINES(name, flags, label) { name, BP_FIELD_LINES, flags, label, NULL, 0, 0 }
#define JSON(name, flags, label) { name, BP_FIELD_JSON, flags, label, NULL, 0, 0 }

static const BpField product_fields[] = {
  TEXT ("name", BP_FIELD_NEEDED | BP_FIELD_SEARCHED, N_("Name")),
  TEXT ("sku", BP_FIELD_KEY | BP_FIELD_SEARCHED, N_("SKU")),
  TEXT ("barcode", BP_FIELD_KEY | BP_FIELD_SEARCHED, N_("Barcode")),
  TEXT ("category", BP_FIELD_SEARCHED, N_("Category")),
  TEXT ("unit", BP_FIELD_PLAIN, N_("Unit")),
  PRICE ("price", BP_FIELD_PLAIN, N_("Price")),
  PRICE ("cost", BP_FIELD_PLAIN, N_("Cost")),
  RATE ("tax_rate", BP_FIELD_PLAIN, N_("Tax Rate")),
  FLAG ("tax_inclusive", BP_FIELD_PLAIN, N_("Price Includes Tax")),
  TEXT ("tax_code", BP_FIELD_PLAIN, N_("Tax Code")),
  QUANTITY ("reorder_level", BP_FIELD_PLAIN, N_("Reorder Level")),
  NOTE ("note", BP_FIELD_PLAIN, N_("Note")),
  QUANTITY ("stock", BP_FIELD_PROJECTION, N_("Stock")),
};

static const BpField customer_fields[] = {
  TEXT ("name", BP_FIELD_NEEDED | BP_FIELD_SEARCHED, N_("Name")),
  TEXT ("phone", BP_FIELD_SEARCHED, N_("Phone")),
  TEXT ("email", BP_FIELD_PLAIN, N_("Email")),
  NOTE ("address", BP_FIELD_PLAIN, N_("Address")),
  TEXT ("tax_id", BP_FIELD_PLAIN, N_("Tax ID")),
  PRICE ("credit_limit", BP_FIELD_PLAIN, N_("Credit Limit")),
  NOTE ("note", BP_FIELD_PLAIN, N_("Note")),
  MONEY ("balance", BP_FIELD_PROJECTION, N_("Balance")),
};

static const BpField sale_fields[] = {
  TEXT ("number",
        BP_FIELD_NEEDED | BP_FIELD_KEY | BP_FIELD_SERIES | BP_FIELD_SEARCHED,
        N_("Number")),
  REFERENCE ("customer_id", BP_FIELD_PLAIN, N_("Customer"), "customers"),
  TEXT ("customer_name", BP_FIELD_SEARCHED, N_("Customer Name")),
  TIME ("sale_date", BP_FIELD_NEEDED, N_("Time")),
  DATE ("business_date", BP_FIELD_NEEDED, N_("Date")),
  CHOICE ("status", BP_FIELD_NEEDED | BP_FIELD_CHANGEABLE, N_("Status"),
          "draft posted void"),
  CHOICE ("kind", BP_FIELD_NEEDED, N_("Kind"), "sale return"),
  REFERENCE ("refers_to", BP_FIELD_PLAIN, N_("Refers To"), "sales"),
  LINES ("lines", BP_FIELD_NEEDED | BP_FIELD_AMOUNTS, N_("Lines")),
  MONEY ("subtotal", BP_FIELD_AMOUNTS, N_("Subtotal")),
  MONEY ("discount", BP_FIELD_AMOUNTS, N_("Discount")),
  MONEY ("tax_total", BP_FIELD_AMOUNTS, N_("Tax")),
  MONEY ("round_off", BP_FIELD_AMOUNTS, N_("Round Off")),
  MONEY ("total_amount", BP_FIELD_NEEDED | BP_FIELD_AMOUNTS, N_("Total")),
  TEXT ("currency", BP_FIELD_NEEDED, N_("Currency")),
  NOTE ("note", BP_FIELD_CHANGEABLE, N_("Note")),
  MONEY ("paid", BP_FIELD_PROJECTION, N_("Paid")),
};

static const BpField payment_fields[] = {
  REFERENCE ("sale_id", BP_FIELD_PLAIN, N_("Sale"), "sales"),
  REFERENCE ("customer_id", BP_FIELD_PLAIN, N_("Customer"), "customers"),
  MONEY ("amount", BP_FIELD_NEEDED, N_("Amount")),
  CHOICE ("method", BP_FIELD_NEEDED, N_("Method"), "cash card upi bank account"),
  TIME ("paid_at", BP_FIELD_PLAIN, N_("Time")),
  DATE ("business_date", BP_FIELD_PLAIN, N_("Date")),
  NOTE ("note", BP_FIELD_PLAIN, N_("Note")),
};

static const BpField stock_movement_fields[] = {
  REFERENCE ("product_id", BP_FIELD_NEEDED, N_("Product"), "products"),
  QUANTITY ("quantity", BP_FIELD_NEEDED, N_("Quantity")),
  CHOICE ("reason", BP_FIELD_NEEDED, N_("Reason"),
          "opening purchase adjustment transfer stocktake"),
  TEXT ("refers_to", BP_FIELD_PLAIN, N_("Refers To")),
  QUANTITY ("counted", BP_FIELD_PLAIN, N_("Counted")),
  TIME ("moved_at", BP_FIELD_PLAIN, N_("Time")),
  NOTE ("note", BP_FIELD_PLAIN, N_("Note")),
};

static const BpField setting_fields[] = {
  JSON ("value", BP_FIELD_NEEDED, N_("Value")),
};

static const BpField report_fields[] = {
  CHOICE ("kind", BP_FIELD_PLAIN, N_("Kind"), "day_close"),
  DATE ("business_date", BP_FIELD_PLAIN, N_("Date")),
  JSON ("data", BP_FIELD_PLAIN, N_("Data")),
};

static const BpField analytics_fields[] = {
  DATE ("business_date", BP_FIELD_PLAIN, N_("Date")),
  TEXT ("metric", BP_FIELD_PLAIN, N_("Metric")),
  TEXT ("key", BP_FIELD_PLAIN, N_("Key")),
  { "value", BP_FIELD_INTEGER, BP_FIELD_PLAIN, N_("Value"), NULL, 0, 0 },
};

static const BpField line_fields[] = {
  REFERENCE ("product_id", BP_FIELD_PLAIN, N_("Product"), "products"),
  TEXT ("name", BP_FIELD_PLAIN, N_("Name")),
  TEXT ("sku", BP_FIELD_PLAIN, N_("SKU")),
  TEXT ("unit", BP_FIELD_PLAIN, N_("Unit")),
  QUANTITY ("quantity", BP_FIELD_PLAIN, N_("Quantity")),
  MONEY ("unit_price", BP_FIELD_PLAIN, N_("Price")),
  MONEY ("cost", BP_FIELD_PLAIN, N_("Cost")),
  MONEY ("discount", BP_FIELD_PLAIN, N_("Discount")),
  RATE ("tax_rate", BP_FIELD_PLAIN, N_("Tax Rate")),
  FLAG ("tax_inclusive", BP_FIELD_PLAIN, N_("Price Includes Tax")),
  TEXT ("tax_code", BP_FIELD_PLAIN, N_("Tax Code")),
  MONEY ("taxable", BP_FIELD_PLAIN, N_("Taxable")),
  MONEY ("tax", BP_FIELD_PLAIN, N_("Tax")),
  MONEY ("total", BP_FIELD_PLAIN, N_("Total")),
};

#define FIELDS(array) array, G_N_ELEMENTS (array)

static const BpTable tables[BP_N_TABLES] = {
  { "products", N_("Products"), BP_PRIORITY_MEDIUM, FALSE, FALSE, NULL,
    "category", "sync.categories", FIELDS (product_fields) },
  { "customers", N_("Customers"), BP_PRIORITY_MEDIUM, FALSE, FALSE, NULL, NULL, NULL,
    FIELDS (customer_fields) },
  { "sales", N_("Sales"), BP_PRIORITY_HIGH, TRUE, FALSE, "business_date", NULL, NULL,
    FIELDS (sale_fields) },
  { "payments", N_("Payments"), BP_PRIORITY_HIGH, TRUE, FALSE, "business_date", NULL, NULL,
    FIELDS (payment_fields) },
  { "stock_movements", N_("Stock Movements"), BP_PRIORITY_HIGH, TRUE, FALSE,
    "moved_at", NULL, NULL, FIELDS (stock_movement_fields) },
  { "settings", N_("Settings"), BP_PRIORITY_MEDIUM, FALSE, TRUE, NULL, NULL, NULL,
    FIELDS (setting_fields) },
  { "reports", N_("Reports"), BP_PRIORITY_LOW, TRUE, FALSE, "business_date", NULL, NULL,
    FIELDS (report_fields) },
  { "analytics", N_("Analytics"), BP_PRIORITY_LOW, TRUE, FALSE, "business_date", NULL, NULL,
    FIELDS (analytics_fields) },
};

static const char *const priorities[] = { "high", "medium", "low" };

static gboolean
check_text (const BpField *field,
            const char    *text)
{
  GDate date;

  switch (field->type)
    {
    case BP_FIELD_DATE:
      return bp_date_parse_date (text, &date);
    case BP_FIELD_CHOICE:
      return bp_field_has_choice (field, text);
    case BP_FIELD_REFERENCE:
      return bp_id_is_valid (text);
    case BP_FIELD_TEXT:
    case BP_FIELD_NOTE:
    case BP_FIELD_LINES:
    case BP_FIELD_JSON:
    case BP_FIELD_INTEGER:
    case BP_FIELD_MONEY:
    case BP_FIELD_QUANTITY:
    case BP_FIELD_RATE:
    case BP_FIELD_FLAG:
    case BP_FIELD_TIME:
      break;
    }

  return TRUE;
}

static gboolean
check_integer (const BpField *field,
               gint64         integer)
{
  gint64 min = field->min;
  gint64 max = field->max;

  if (min == 0 && max == 0)
    {
      min = -BP_INTEGER_MAX;
      max = BP_INTEGER_MAX;
    }

  return integer >= min && integer <= max;
}

/**
 * bp_table_get:
 * @index: 0 to %BP_N_TABLES − 1
 *
 * Returns: (transfer none): the table at @index, in the contract's order
 */
const BpTable *
bp_table_get (guint index)
{
  g_return_val_if_fail (index < BP_N_TABLES, NULL);

  return &tables[index];
}

/**
 * bp_table_find:
 * @name: (nullable): any text
 *
 * Returns: (transfer none) (nullable): the table of that name
 */
const BpTable *
bp_table_find (const char *name)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (g_strcmp0 (tables[i].name, name) == 0)
        return &tables[i];
    }

  return NULL;
}

/**
 * bp_table_require:
 * @name: any text
 * @error: %BP_DATA_ERROR_UNKNOWN_TABLE
 *
 * Returns: (transfer none): the table of that name; %NULL with @error set
 *   where there is none
 */
const BpTable *
bp_table_require (const char *name,
                  GError    **error)
{
  const BpTable *table = bp_table_find (name);

  if (table == NULL)
    g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_TABLE,
                 "There is no table “%.64s”", name != NULL ? name : "");

  return table;
}

/**
 * bp_table_get_index:
 * @table: one of the tables
 *
 * Returns: its place, 0 to %BP_N_TABLES − 1
 */
guint
bp_table_get_index (const BpTable *table)
{
  return (guint)(table - tables);
}

/**
 * bp_table_find_field:
 * @table: a table
 * @name: any text
 *
 * Returns: the index of the field, −1 where there is none of that name
 */
int
bp_table_find_field (const BpTable *table,
                     const char    *name)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (g_str_equal (table->fields[i].name, name))
        return (int)i;
    }

  return -1;
}

/**
 * bp_table_has_projection:
 * @table: a table
 *
 * Returns: whether it has a figure that nobody writes
 */
gboolean
bp_table_has_projection (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_table_has_lines:
 * @table: a table
 *
 * Returns: whether its records have lines
 */
gboolean
bp_table_has_lines (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_LINES)
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_table_get_line_fields:
 * @n_fields: (out): how many
 *
 * Returns: (transfer none) (array length=n_fields): the members of a line of
 *   a sale
 */
const BpField *
bp_table_get_line_fields (guint *n_fields)
{
  *n_fields = G_N_ELEMENTS (line_fields);
  return line_fields;
}

/**
 * bp_field_is_text:
 * @field: a field
 *
 * Returns: whether its values are text; else they are integers
 */
gboolean
bp_field_is_text (const BpField *field)
{
  switch (field->type)
    {
    case BP_FIELD_INTEGER:
    case BP_FIELD_MONEY:
    case BP_FIELD_QUANTITY:
    case BP_FIELD_RATE:
    case BP_FIELD_FLAG:
    case BP_FIELD_TIME:
      return FALSE;
    case BP_FIELD_TEXT:
    case BP_FIELD_NOTE:
    case BP_FIELD_DATE:
    case BP_FIELD_CHOICE:
    case BP_FIELD_REFERENCE:
    case BP_FIELD_LINES:
    case BP_FIELD_JSON:
      break;
    }

  return TRUE;
}

/**
 * bp_field_get_max_length:
 * @field: a field of text
 *
 * Returns: how many bytes of UTF-8 it may hold
 */
gsize
bp_field_get_max_length (const BpField *field)
{
  switch (field->type)
    {
    case BP_FIELD_NOTE:
    case BP_FIELD_JSON:
      return NOTE_MAX;
    case BP_FIELD_LINES:
      return LINES_MAX;
    case BP_FIELD_REFERENCE:
      return BP_ID_MAX_LENGTH;
    case BP_FIELD_TEXT:
    case BP_FIELD_DATE:
    case BP_FIELD_CHOICE:
    case BP_FIELD_INTEGER:
    case BP_FIELD_MONEY:
    case BP_FIELD_QUANTITY:
    case BP_FIELD_RATE:
    case BP_FIELD_FLAG:
    case BP_FIELD_TIME:
      break;
    }

  return TEXT_MAX;
}

/**
 * bp_field_has_choice:
 * @field: a field of type %BP_FIELD_CHOICE
 * @word: any text
 *
 * Returns: whether @word is one of its words
 */
gboolean
bp_field_has_choice (const BpField *field,
                     const char    *word)
{
  g_auto (GStrv) words = g_strsplit (field->detail, " ", -1);

  return g_strv_contains ((const char *const *)words, word);
}

/**
 * bp_field_check:
 * @field: a field
 * @value: what is to be stored in it; null is always good here
 * @error: %BP_DATA_ERROR_INVALID_VALUE, %BP_DATA_ERROR_TOO_LARGE
 *
 * The same check on both ends: kind, range, length and choice.
 *
 * Returns: whether @value may be stored in @field
 */
gboolean
bp_field_check (const BpField *field,
                const BpValue *value,
                GError       **error)
{
  BpValueKind kind = bp_field_is_text (field) ? BP_VALUE_TEXT : BP_VALUE_INTEGER;

  if (value->kind == BP_VALUE_NULL)
    return TRUE;

  if (value->kind != kind)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   kind == BP_VALUE_TEXT ? "“%s” must be text" : "“%s” must be a whole number",
                   field->name);
      return FALSE;
    }

  if (kind == BP_VALUE_TEXT && strlen (value->text) > bp_field_get_max_length (field))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE,
                   "“%s” is longer than %" G_GSIZE_FORMAT " bytes", field->name,
                   bp_field_get_max_length (field));
      return FALSE;
    }

  if (kind == BP_VALUE_TEXT ? check_text (field, value->text)
                            : check_integer (field, value->integer))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "The value of “%s” is not allowed", field->name);
  return FALSE;
}

/**
 * bp_priority_to_string:
 * @priority: a priority
 *
 * Returns: (transfer none): `high`, `medium` or `low`
 */
const char *
bp_priority_to_string (BpPriority priority)
{
  g_return_val_if_fail (priority < G_N_ELEMENTS (priorities), NULL);

  return priorities[priority];
}

/**
 * bp_priority_from_string:
 * @text: any text
 * @priority: (out): the priority of that name
 *
 * Returns: whether @text names one; @priority is untouched where not
 */
gboolean
bp_priority_from_string (const char *text,
                         BpPriority *priority)
{
  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      if (g_strcmp0 (priorities[i], text) == 0)
        {
          *priority = (BpPriority)i;
          return TRUE;
        }
    }

  return FALSE;
}
