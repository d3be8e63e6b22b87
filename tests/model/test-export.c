#include "config.h"

#include "bp-export.h"
#include "model-fixture.h"

static char *
export (Fixture    *fixture,
        const char *table)
{
  g_autofree char *path = g_build_filename (fixture->folder, "out.csv", NULL);
  g_autoptr (GError) error = NULL;
  char *text;

  g_assert_true (bp_export_table (fixture->shop, bp_table_find (table), path, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
writes_amounts_as_people_read_them (Fixture      *fixture,
                                    gconstpointer data)
{
  g_autofree char *text = NULL;

  g_free (fixture_add (fixture, "products",
                       "{\"id\":\"p\",\"name\":\"=Rice, \\\"raw\\\"\",\"price\":5000,"
                       "\"tax_rate\":1250,\"reorder_level\":1250,\"note\":\"a\\nb\"}"));
  text = export (fixture, "products");
  g_assert_cmpstr (text, ==,
                   "\357\273\277id,name,sku,barcode,category,unit,price,cost,tax_rate,"
                   "tax_inclusive,tax_code,reorder_level,note,stock\r\n"
                   "p,\"'=Rice, \"\"raw\"\"\",,,,,50.00,0.00,12.5,1,,1.25,\"a\nb\",0\r\n");
}

static void
writes_times_with_their_offset (Fixture      *fixture,
                                gconstpointer data)
{
  g_autofree char *text = NULL;

  g_free (fixture_add (fixture, "payments",
                       "{\"id\":\"p\",\"amount\":-5,\"method\":\"cash\","
                       "\"paid_at\":1748752200001}"));
  text = export (fixture, "payments");
  g_assert_cmpstr (text, ==,
                   "\357\273\277id,sale_id,customer_id,amount,method,paid_at,business_date,note\r\n"
                   "p,,,-0.05,cash,2025-06-01 10:00:00.001+05:30,2025-06-01,\r\n");
}

static void
follows_the_currency (Fixture      *fixture,
                      gconstpointer data)
{
  g_autofree char *text = NULL;

  g_assert_true (bp_shop_set_config (fixture->shop, "shop.currency", "JPY", NULL));
  g_free (fixture_add (fixture, "customers",
                       "{\"id\":\"c\",\"name\":\"A\",\"credit_limit\":5000}"));
  text = export (fixture, "customers");
  g_assert_true (g_str_has_suffix (text, "c,A,,,,,5000,,0\r\n"));
}

static void
a_cancelled_export_leaves_the_file (Fixture      *fixture,
                                    gconstpointer data)
{
  g_autofree char *path = fixture_write (fixture, "out.csv", "as it was");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (bp_export_table (fixture->shop, bp_table_find ("products"), path, cancellable,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "as it was");
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture      *fixture,
                  gconstpointer data);
  } tests[] = {
    { "/model/export/writes-amounts-as-people-read-them", writes_amounts_as_people_read_them },
    { "/model/export/writes-times-with-their-offset", writes_times_with_their_offset },
    { "/model/export/follows-the-currency", follows_the_currency },
    { "/model/export/a-cancelled-export-leaves-the-file", a_cancelled_export_leaves_the_file },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, fixture_set_up, tests[i].test, fixture_tear_down);
  return g_test_run ();
}
