#include "config.h"

#include "bp-overview.h"
#include "model-fixture.h"

static BpOverview *
read_overview (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  BpOverview *overview = bp_overview_read (fixture->shop, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (overview->days->len, ==, BP_OVERVIEW_DAYS);
  return overview;
}

static const BpDay *
get_day (BpOverview *overview,
         guint       days_ago)
{
  return overview->days->pdata[overview->days->len - 1 - days_ago];
}

static gint64
get_method (BpOverview  *overview,
            const BpDay *day,
            const char  *method)
{
  for (guint i = 0; overview->methods[i] != NULL; i++)
    {
      if (g_str_equal (overview->methods[i], method))
        return day->by_method[i];
    }

  g_error ("No method %s", method);
}

static void
adds_up_each_day (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *yesterday = g_strdup_printf (
    "{\"sale_date\":%" G_GINT64_FORMAT ",\"lines\":[{\"product_id\":\"tea\",\"quantity\":1000}],"
    "\"payments\":[{\"method\":\"upi\"}]}",
    FIXTURE_NOW - FIXTURE_DAY);
  g_autofree char *tea
    = fixture_add (fixture, "products", "{\"id\":\"tea\",\"name\":\"Tea\",\"price\":1000}");
  g_autofree char *first = fixture_add (fixture, "sales", yesterday);
  g_autofree char *second = fixture_add (
    fixture, "sales",
    "{\"lines\":[{\"product_id\":\"tea\",\"quantity\":3000}],"
    "\"payments\":[{\"method\":\"cash\",\"amount\":2500},{\"method\":\"card\"}]}");
  g_autofree char *due = fixture_add (
    fixture, "sales",
    "{\"lines\":[{\"product_id\":\"tea\",\"quantity\":2000}],\"payments\":[]}");
  g_autofree char *back = fixture_add (
    fixture, "sales",
    "{\"kind\":\"return\",\"lines\":[{\"product_id\":\"tea\",\"quantity\":1000}],\"payments\":[]}");
  g_autoptr (BpOverview) overview = read_overview (fixture);

  g_assert_cmpstr (get_day (overview, 0)->date, ==, "2025-06-01");
  g_assert_cmpint (get_day (overview, 0)->n_sales, ==, 2);
  g_assert_cmpint (get_day (overview, 0)->n_returns, ==, 1);
  g_assert_cmpint (get_day (overview, 0)->total, ==, 3000 + 2000 - 1000);
  g_assert_cmpint (get_day (overview, 0)->paid, ==, 3000);
  g_assert_cmpint (get_method (overview, get_day (overview, 0), "cash"), ==, 2500);
  g_assert_cmpint (get_method (overview, get_day (overview, 0), "card"), ==, 500);
  g_assert_cmpstr (get_day (overview, 1)->date, ==, "2025-05-31");
  g_assert_cmpint (get_day (overview, 1)->total, ==, 1000);
  g_assert_cmpint (get_method (overview, get_day (overview, 1), "upi"), ==, 1000);
  g_assert_cmpint (get_day (overview, BP_OVERVIEW_DAYS - 1)->total, ==, 0);
}

static void
lists_the_emptiest_first (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr (BpOverview) overview = NULL;

  for (int i = 0; i < BP_OVERVIEW_LOW + 3; i++)
    {
      g_autofree char *json = g_strdup_printf (
        "{\"id\":\"p%d\",\"name\":\"Product %d\",\"reorder_level\":20000}", i, i);
      g_autofree char *moved = g_strdup_printf (
        "{\"product_id\":\"p%d\",\"quantity\":%d,\"reason\":\"opening\"}", i, 9000 - i * 1000);
      g_autofree char *product = fixture_add (fixture, "products", json);
      g_autofree char *movement = fixture_add (fixture, "stock_movements", moved);
    }
  g_free (fixture_add (fixture, "products", "{\"id\":\"none\",\"name\":\"Without a level\"}"));

  overview = read_overview (fixture);
  g_assert_cmpuint (overview->n_low_stock, ==, BP_OVERVIEW_LOW + 3);
  g_assert_cmpuint (overview->low_stock->len, ==, BP_OVERVIEW_LOW);
  for (guint i = 0; i < overview->low_stock->len; i++)
    {
      const BpRow *row = overview->low_stock->pdata[i];
      g_autofree char *id = g_strdup_printf ("p%u", BP_OVERVIEW_LOW + 2 - i);

      g_assert_cmpstr (row->state->id, ==, id);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/model/overview/adds-up-each-day", Fixture, NULL, fixture_set_up,
              adds_up_each_day, fixture_tear_down);
  g_test_add ("/model/overview/lists-the-emptiest-first", Fixture, NULL, fixture_set_up,
              lists_the_emptiest_first, fixture_tear_down);
  return g_test_run ();
}
