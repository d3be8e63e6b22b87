#include "config.h"

#include <string.h>

#include "bp-change.h"
#include "bp-error.h"

static BpChange *
read_change (const char   *table,
             const char   *text,
             BpChangeFlags flags)
{
  g_autoptr (GError) error = NULL;
  BpChange *change = bp_change_new_from_text (bp_table_find (table), text, flags, &error);

  g_assert_no_error (error);
  return change;
}

static void
assert_refused (const char   *table,
                const char   *text,
                BpChangeFlags flags,
                int           code)
{
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", text);
  g_assert_null (bp_change_new_from_text (bp_table_find (table), text, flags, &error));
  g_assert_error (error, BP_DATA_ERROR, code);
}

static void
append_sample (GString       *json,
               const BpField *field)
{
  g_auto (GStrv) words = NULL;

  switch (field->type)
    {
    case BP_FIELD_CHOICE:
      words = g_strsplit (field->detail, " ", -1);
      g_string_append_printf (json, "\"%s\"", words[0]);
      break;
    case BP_FIELD_DATE:
      g_string_append (json, "\"2026-02-28\"");
      break;
    case BP_FIELD_LINES:
      g_string_append (json, "[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":50}]");
      break;
    case BP_FIELD_FLAG:
      g_string_append (json, "1");
      break;
    case BP_FIELD_INTEGER:
    case BP_FIELD_MONEY:
    case BP_FIELD_QUANTITY:
    case BP_FIELD_RATE:
    case BP_FIELD_TIME:
      g_string_append (json, "1250");
      break;
    case BP_FIELD_TEXT:
    case BP_FIELD_NOTE:
    case BP_FIELD_REFERENCE:
    case BP_FIELD_JSON:
      g_string_append (json, "\"x-1\"");
      break;
    default:
      g_assert_not_reached ();
    }
}

/* A record of every writable field of @table, in the table's order. */
static char *
make_sample (const BpTable *table)
{
  g_autoptr (GString) json = g_string_new ("{");

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        continue;
      g_string_append_printf (json, "%s\"%s\":", json->len > 1 ? "," : "", table->fields[i].name);
      append_sample (json, &table->fields[i]);
    }
  g_string_append_c (json, '}');
  return g_strdup (json->str);
}

static void
test_every_table (void)
{
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);
      g_autofree char *sample = make_sample (table);
      g_autoptr (BpChange) change = read_change (table->name, sample, BP_CHANGE_STRICT);
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      text = bp_change_to_text (change);
      g_assert_cmpstr (text, ==, sample);
      g_assert_true (bp_change_normalize (change, TRUE, &error));
      g_assert_no_error (error);
    }
}

static void
test_every_field_wants_its_type (void)
{
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);

      for (guint i = 0; i < table->n_fields; i++)
        {
          const BpField *field = &table->fields[i];
          static const char *const values[] = { "true", "1.0", "1e2", "[]", "{}", "\"1\"", "1" };

          for (guint v = 0; v < G_N_ELEMENTS (values); v++)
            {
              g_autofree char *text = g_strdup_printf ("{\"%s\":%s}", field->name, values[v]);
              g_autoptr (BpChange) change = NULL;
              g_autoptr (GError) error = NULL;
              gboolean good;

              change = bp_change_new_from_text (table, text, BP_CHANGE_STRICT, &error);
              good = bp_field_is_text (field)
                       ? v == (field->type == BP_FIELD_LINES ? 3 : 5)
                       : v == 6;
              good = good && !(field->flags & BP_FIELD_PROJECTION)
                     && field->type != BP_FIELD_DATE && field->type != BP_FIELD_CHOICE;
              g_test_message ("%s %s", table->name, text);
              g_assert_true ((change != NULL) == good);
            }
        }
    }
}

static void
test_refuses (void)
{
  assert_refused ("products", "[]", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("products", "{", BP_CHANGE_STRICT, BP_DATA_ERROR_MALFORMED);
  assert_refused ("products", "{\"price\":1,\"price\":2}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_MALFORMED);
  assert_refused ("products", "{\"colour\":1}", BP_CHANGE_STRICT, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_refused ("products", "{\"id\":\"x\"}", BP_CHANGE_STRICT, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_refused ("products", "{\"version\":1}", BP_CHANGE_STRICT, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_refused ("products", "{\"price\":-1}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("products", "{\"tax_rate\":-1}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("products", "{\"tax_inclusive\":2}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"kind\":\"gift\"}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"kind\":\"sale return\"}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"kind\":\"\"}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"business_date\":\"2026-02-29\"}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"business_date\":\"26-02-28\"}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"customer_id\":\"a b\"}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"lines\":[1]}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"lines\":\"[]\"}", BP_CHANGE_STRICT, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("sales", "{\"lines\":[{\"x\":1}]}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_UNKNOWN_FIELD);
}

static void
test_projections (void)
{
  g_autoptr (BpChange) change = NULL;

  assert_refused ("products", "{\"stock\":1}", BP_CHANGE_STRICT, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_refused ("sales", "{\"paid\":1}", BP_CHANGE_STRICT, BP_DATA_ERROR_UNKNOWN_FIELD);
  assert_refused ("customers", "{\"balance\":0}", BP_CHANGE_BOOLEANS, BP_DATA_ERROR_UNKNOWN_FIELD);

  change = read_change ("products", "{\"stock\":5,\"name\":\"Salt\",\"later\":{\"x\":[]}}",
                        BP_CHANGE_LENIENT);
  g_assert_cmpint (bp_change_get_integer (change, "stock"), ==, 5);
  bp_change_drop_projections (change);
  g_assert_false (bp_change_has (change, (guint)bp_table_find_field (change->table, "stock")));
  g_assert_cmpstr (bp_change_get_text (change, "name"), ==, "Salt");
}

static void
test_booleans (void)
{
  g_autoptr (BpChange) yes
    = read_change ("products", "{\"tax_inclusive\":true}", BP_CHANGE_BOOLEANS);
  g_autoptr (BpChange) no
    = read_change ("products", "{\"tax_inclusive\":false}", BP_CHANGE_BOOLEANS);
  g_autoptr (BpChange) one = read_change ("products", "{\"tax_inclusive\":1}", BP_CHANGE_BOOLEANS);

  g_assert_cmpint (bp_change_get_integer (yes, "tax_inclusive"), ==, 1);
  g_assert_cmpint (bp_change_get_integer (no, "tax_inclusive"), ==, 0);
  g_assert_true (bp_change_equal (yes, one));
  assert_refused ("products", "{\"tax_inclusive\":true}", BP_CHANGE_STRICT,
                  BP_DATA_ERROR_INVALID_VALUE);
  assert_refused ("products", "{\"price\":true}", BP_CHANGE_BOOLEANS, BP_DATA_ERROR_INVALID_VALUE);
}

static void
test_lengths (void)
{
  g_autofree char *text = g_strnfill (4096, 'x');
  g_autofree char *note = g_strnfill (65536, 'x');
  g_autofree char *fits
    = g_strdup_printf ("{\"name\":\"%s\",\"note\":\"%s\"}", text, note);
  g_autofree char *long_text = g_strdup_printf ("{\"name\":\"%sx\"}", text);
  g_autofree char *long_note = g_strdup_printf ("{\"note\":\"%sx\"}", note);
  g_autoptr (BpChange) change = read_change ("products", fits, BP_CHANGE_STRICT);

  g_assert_cmpuint (strlen (bp_change_get_text (change, "note")), ==, 65536);
  assert_refused ("products", long_text, BP_CHANGE_STRICT, BP_DATA_ERROR_TOO_LARGE);
  assert_refused ("products", long_note, BP_CHANGE_STRICT, BP_DATA_ERROR_TOO_LARGE);
}

static void
test_canonical (void)
{
  g_autoptr (BpChange) a
    = read_change ("products", " { \"price\" : 5 , \"name\" : \"\\u0041\" , \"sku\":null } ", 0);
  g_autoptr (BpChange) b = read_change ("products", "{\"sku\":null,\"name\":\"A\",\"price\":5}", 0);
  g_autoptr (BpChange) c = read_change ("products", "{\"name\":\"A\",\"price\":5}", 0);
  g_autofree char *text_a = bp_change_to_text (a);
  g_autofree char *text_b = bp_change_to_text (b);

  g_assert_cmpstr (text_a, ==, "{\"name\":\"A\",\"sku\":null,\"price\":5}");
  g_assert_cmpstr (text_a, ==, text_b);
  g_assert_true (bp_change_equal (a, b));
  g_assert_false (bp_change_equal (a, c));
  g_assert_false (bp_change_equal (c, a));
}

static void
assert_normalized (const char *table,
                   const char *text,
                   gboolean    insert,
                   const char *expected,
                   int         code)
{
  g_autoptr (BpChange) change = read_change (table, text, BP_CHANGE_STRICT);
  g_autoptr (GError) error = NULL;
  gboolean good = bp_change_normalize (change, insert, &error);
  g_autofree char *result = good ? bp_change_to_text (change) : NULL;

  g_test_message ("%s", text);
  g_assert_cmpstr (result, ==, expected);
  if (expected == NULL)
    g_assert_error (error, BP_DATA_ERROR, code);
}

static void
test_normalize (void)
{
  assert_normalized ("products", "{\"name\":\"Salt\",\"sku\":\" A1 \",\"barcode\":\"  \"}", TRUE,
                     "{\"name\":\"Salt\",\"sku\":\"A1\",\"barcode\":null}", 0);
  assert_normalized ("products", "{\"name\":\" Salt \",\"price\":null}", TRUE,
                     "{\"name\":\" Salt \",\"price\":0}", 0);
  assert_normalized ("products", "{\"price\":5}", FALSE, "{\"price\":5}", 0);
  assert_normalized ("products", "{\"price\":5}", TRUE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("products", "{\"name\":null}", FALSE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("products", "{\"name\":\"\"}", FALSE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("customers", "{}", TRUE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("payments", "{\"amount\":5}", TRUE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("payments", "{\"amount\":-5,\"method\":\"upi\"}", TRUE,
                     "{\"amount\":-5,\"method\":\"upi\"}", 0);
  assert_normalized ("stock_movements", "{\"product_id\":\"p\",\"quantity\":-1}", TRUE, NULL,
                     BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("settings", "{}", TRUE, NULL, BP_DATA_ERROR_MISSING_FIELD);
  assert_normalized ("analytics", "{}", TRUE, "{}", 0);
  assert_normalized ("sales", "{\"number\":\"  \"}", FALSE, NULL, BP_DATA_ERROR_MISSING_FIELD);
}

/* Exactly the fields that the contract says an INSERT needs. */
static void
test_needed_fields (void)
{
  static const char *const needed[BP_N_TABLES] = {
    "name", "name",
    "number sale_date business_date status kind lines total_amount currency", "amount method",
    "product_id quantity reason", "value", "", "",
  };

  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);
      g_auto (GStrv) names = g_strsplit (needed[t], " ", -1);

      for (guint i = 0; i < table->n_fields; i++)
        {
          g_autofree char *sample = make_sample (table);
          g_autoptr (BpChange) change = read_change (table->name, sample, BP_CHANGE_STRICT);
          gboolean is_needed = g_strv_contains ((const char *const *)names, table->fields[i].name);

          bp_change_unset (change, i);
          g_assert_true (bp_change_normalize (change, TRUE, NULL) == !is_needed);
          g_assert_true (bp_change_normalize (change, FALSE, NULL));
        }
    }
}

static void
test_complete (void)
{
  g_autoptr (BpChange) change = read_change ("customers", "{\"name\":\"Asha\"}", BP_CHANGE_STRICT);
  g_autofree char *text = NULL;

  bp_change_complete (change);
  text = bp_change_to_text (change);
  g_assert_cmpstr (text, ==,
                   "{\"name\":\"Asha\",\"phone\":null,\"email\":null,\"address\":null,"
                   "\"tax_id\":null,\"credit_limit\":0,\"note\":null,\"balance\":0}");
}

static BpChange *
make_random (GRand   *random,
             gboolean complete)
{
  static const char *const words[] = { NULL, "", "a", "b" };
  BpChange *change = bp_change_new (bp_table_find ("products"));

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      const BpField *field = &change->table->fields[i];

      if ((field->flags & BP_FIELD_PROJECTION) || (!complete && g_rand_boolean (random)))
        continue;
      if (bp_field_is_text (field))
        bp_change_set_text (change, field->name,
                            words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))]);
      else
        bp_change_set_integer (change, field->name, g_rand_int_range (random, 0, 2));
    }
  return change;
}

/* diff and apply are each other's inverse. */
static void
test_laws (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (int i = 0; i < 2000; i++)
    {
      g_autoptr (BpChange) from = make_random (random, TRUE);
      g_autoptr (BpChange) to = make_random (random, TRUE);
      g_autoptr (BpChange) delta = make_random (random, FALSE);
      g_autoptr (BpChange) diff = bp_change_diff (from, to);
      g_autoptr (BpChange) none = bp_change_diff (from, from);
      g_autoptr (BpChange) all = bp_change_diff (NULL, to);
      g_autoptr (BpChange) copy = bp_change_copy (from);
      g_autofree char *text = NULL;
      g_autoptr (BpChange) again = NULL;

      g_assert_true (bp_change_is_empty (none));
      g_assert_true (bp_change_equal (all, to));
      g_assert_true (bp_change_is_empty (diff) == bp_change_equal (from, to));
      bp_change_apply (copy, diff);
      g_assert_true (bp_change_equal (copy, to));
      bp_change_apply (copy, delta);
      bp_change_apply (copy, delta);
      for (guint f = 0; f < copy->table->n_fields; f++)
        {
          const BpChange *winner = bp_change_has (delta, f) ? delta : to;

          g_assert_true (bp_value_equal (&copy->values[f], &winner->values[f]));
        }
      text = bp_change_to_text (delta);
      again = read_change ("products", text, BP_CHANGE_STRICT);
      g_assert_true (bp_change_equal (again, delta));
    }
}

static void
test_values (void)
{
  g_auto (BpValue) a = { BP_VALUE_NULL, 0, NULL };
  g_auto (BpValue) b = { BP_VALUE_NULL, 0, NULL };

  g_assert_true (bp_value_equal (&a, &b));
  bp_value_set_integer (&a, 0);
  g_assert_false (bp_value_equal (&a, &b));
  bp_value_set_text (&b, "");
  g_assert_false (bp_value_equal (&a, &b));
  bp_value_copy (&a, &b);
  g_assert_true (bp_value_equal (&a, &b));
  bp_value_set_text (&a, NULL);
  g_assert_cmpint (a.kind, ==, BP_VALUE_NULL);
}

static void
test_set_and_unset (void)
{
  g_autoptr (BpChange) change = bp_change_new (bp_table_find ("products"));

  g_assert_true (bp_change_is_empty (change));
  bp_change_set_text (change, "name", "Salt");
  bp_change_set_null (change, "price");
  g_assert_true (bp_change_has (change, (guint)bp_table_find_field (change->table, "price")));
  g_assert_cmpint (bp_change_get (change, "price")->kind, ==, BP_VALUE_NULL);
  g_assert_cmpint (bp_change_get_integer (change, "price"), ==, 0);
  bp_change_unset (change, (guint)bp_table_find_field (change->table, "price"));
  bp_change_unset (change, (guint)bp_table_find_field (change->table, "name"));
  g_assert_true (bp_change_is_empty (change));
  g_assert_null (bp_change_get_text (change, "name"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/change/reads-and-writes-every-table", test_every_table);
  g_test_add_func ("/core/change/wants-each-field-in-its-type", test_every_field_wants_its_type);
  g_test_add_func ("/core/change/refuses-what-is-not-allowed", test_refuses);
  g_test_add_func ("/core/change/does-not-take-projections", test_projections);
  g_test_add_func ("/core/change/takes-booleans-only-where-asked", test_booleans);
  g_test_add_func ("/core/change/limits-lengths", test_lengths);
  g_test_add_func ("/core/change/is-canonical", test_canonical);
  g_test_add_func ("/core/change/normalizes", test_normalize);
  g_test_add_func ("/core/change/needs-what-the-contract-says", test_needed_fields);
  g_test_add_func ("/core/change/completes", test_complete);
  g_test_add_func ("/core/change/diff-and-apply-are-inverse", test_laws);
  g_test_add_func ("/core/change/compares-values", test_values);
  g_test_add_func ("/core/change/sets-and-unsets", test_set_and_unset);
  return g_test_run ();
}
