#include "config.h"

#include <string.h>

#include "bp-change.h"
#include "bp-error.h"
#include "bp-table.h"

static void
test_names (void)
{
  static const char *const names[BP_N_TABLES]
    = { "products", "customers", "sales", "payments", "stock_movements", "settings", "reports",
        "analytics" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      g_assert_cmpstr (table->name, ==, names[i]);
      g_assert_true (bp_table_find (names[i]) == table);
      g_assert_true (bp_table_require (names[i], NULL) == table);
      g_assert_cmpuint (bp_table_get_index (table), ==, i);
    }
  g_assert_null (bp_table_find ("Products"));
  g_assert_null (bp_table_find (""));
  g_assert_null (bp_table_find (NULL));
  g_assert_null (bp_table_require ("users", &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_TABLE);
}

/* The data must hold together: everything generic relies on it. */
static void
test_data_is_sound (void)
{
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);

      g_assert_cmpuint (table->n_fields, <=, BP_MAX_FIELDS);
      if (table->date_field != NULL)
        g_assert_cmpint (bp_table_find_field (table, table->date_field), >=, 0);
      for (guint i = 0; i < table->n_fields; i++)
        {
          const BpField *field = &table->fields[i];

          g_assert_cmpint (bp_table_find_field (table, field->name), ==, (int)i);
          g_assert_cmpint (field->min, <=, field->max);
          if (field->type == BP_FIELD_REFERENCE)
            g_assert_nonnull (bp_table_find (field->detail));
          g_assert_true ((field->type == BP_FIELD_CHOICE || field->type == BP_FIELD_REFERENCE)
                         == (field->detail != NULL));
          if (field->flags & BP_FIELD_PROJECTION)
            g_assert_false (bp_field_is_text (field));
          if (field->flags & BP_FIELD_SERIES)
            g_assert_true (field->flags & BP_FIELD_KEY);
          if (field->flags & BP_FIELD_CHANGEABLE)
            g_assert_true (table->fact);
        }
      g_assert_cmpint (bp_table_find_field (table, "no_such_field"), ==, -1);
    }
}

static void
test_facts (void)
{
  static const char *const facts[]
    = { "sales", "payments", "stock_movements", "reports", "analytics", NULL };
  static const char *const high[] = { "sales", "payments", "stock_movements", NULL };
  static const char *const low[] = { "reports", "analytics", NULL };

  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);

      g_assert_true (table->fact == g_strv_contains (facts, table->name));
      g_assert_true ((table->priority == BP_PRIORITY_HIGH) == g_strv_contains (high, table->name));
      g_assert_true ((table->priority == BP_PRIORITY_LOW) == g_strv_contains (low, table->name));
      g_assert_true (table->keyed == g_str_equal (table->name, "settings"));
    }
}

static void
test_check (void)
{
  const BpTable *products = bp_table_find ("products");
  const BpField *price = &products->fields[bp_table_find_field (products, "price")];
  const BpField *reorder = &products->fields[bp_table_find_field (products, "reorder_level")];
  const BpField *flag = &products->fields[bp_table_find_field (products, "tax_inclusive")];
  g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

  g_assert_true (bp_field_check (price, &value, NULL));
  bp_value_set_integer (&value, BP_INTEGER_MAX);
  g_assert_true (bp_field_check (price, &value, NULL));
  g_assert_false (bp_field_check (flag, &value, NULL));
  bp_value_set_integer (&value, BP_INTEGER_MAX + 1);
  g_assert_false (bp_field_check (price, &value, NULL));
  g_assert_false (bp_field_check (reorder, &value, NULL));
  bp_value_set_integer (&value, -BP_INTEGER_MAX);
  g_assert_true (bp_field_check (reorder, &value, NULL));
  bp_value_set_integer (&value, -BP_INTEGER_MAX - 1);
  g_assert_false (bp_field_check (reorder, &value, NULL));
  bp_value_set_text (&value, "1");
  g_assert_false (bp_field_check (price, &value, NULL));
}

static void
test_dates (void)
{
  static const char *const good[] = { "2026-01-01", "2024-02-29", "0001-01-01", "9999-12-31" };
  static const char *const bad[] = {
    "", "2026-1-1", "2026-13-01", "2026-00-10", "2026-01-00", "2026-02-30", "2026-01-32",
    "2026/01/01", "20260101", "2026-01-01 ", "0000-01-01", "+026-01-01", "२०२६-०१-०१",
  };
  const BpTable *sales = bp_table_find ("sales");
  const BpField *date = &sales->fields[bp_table_find_field (sales, "business_date")];
  g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      bp_value_set_text (&value, good[i]);
      g_assert_true (bp_field_check (date, &value, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      bp_value_set_text (&value, bad[i]);
      g_assert_false (bp_field_check (date, &value, NULL));
    }
}

static void
test_priorities (void)
{
  BpPriority priority = BP_PRIORITY_HIGH;

  for (int i = BP_PRIORITY_HIGH; i <= BP_PRIORITY_LOW; i++)
    {
      g_assert_true (bp_priority_from_string (bp_priority_to_string ((BpPriority)i), &priority));
      g_assert_cmpint (priority, ==, i);
    }
  g_assert_false (bp_priority_from_string ("urgent", &priority));
  g_assert_false (bp_priority_from_string (NULL, &priority));
  g_assert_cmpint (priority, ==, BP_PRIORITY_LOW);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/table/has-the-names-of-the-contract", test_names);
  g_test_add_func ("/core/table/data-is-sound", test_data_is_sound);
  g_test_add_func ("/core/table/knows-facts-and-priorities", test_facts);
  g_test_add_func ("/core/table/checks-ranges", test_check);
  g_test_add_func ("/core/table/checks-dates", test_dates);
  g_test_add_func ("/core/table/names-priorities", test_priorities);
  return g_test_run ();
}
