/* The day at a glance, over real books. */
#include "config.h"

#include "bp-chart.h"
#include "bp-demo.h"
#include "bp-today-page.h"
#include "ui-fixture.h"

typedef struct
{
  UiShop shop;
  GtkWidget *window;
  GtkWidget *page;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  ui_shop_open (&fixture->shop);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_shop_close (&fixture->shop);
}

static void
show_page (Fixture *fixture)
{
  fixture->page = bp_today_page_new (fixture->shop.format, NULL);
  fixture->window = adw_window_new ();
  adw_window_set_content (ADW_WINDOW (fixture->window), fixture->page);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 1000, 900);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static char *
sell (Fixture    *fixture,
      const char *name,
      gint64      price,
      const char *method)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  g_autoptr (GError) error = NULL;
  BpLineDraft *line = bp_line_draft_new ();
  char *id;

  line->name = g_strdup (name);
  line->quantity = 1000;
  line->unit_price = price;
  line->has_unit_price = TRUE;
  g_ptr_array_add (draft->lines, line);
  g_ptr_array_add (draft->payments, bp_payment_draft_new (method));
  id = bp_shop_record_sale (fixture->shop.shop, draft, &error);
  g_assert_no_error (error);
  return id;
}

static void
test_nothing_yet (Fixture      *fixture,
                  gconstpointer data)
{
  show_page (fixture);
  ui_wait_for_text (fixture->page, "Nothing was sold in these days.");
  ui_wait_for_text (fixture->page, "Nothing runs low");
  ui_wait_for_text (fixture->page, "₹0.00");
  gtk_test_widget_wait_for_draw (fixture->window);
}

static void
test_follows_what_is_sold (Fixture      *fixture,
                           gconstpointer data)
{
  g_autofree char *first = sell (fixture, "Tea & <Biscuits>", 25000, "cash");
  g_autofree char *second = NULL;

  show_page (fixture);
  ui_wait_for_text (fixture->page, "₹250.00");
  ui_wait_for_text (fixture->page, "1 bill");
  ui_wait_for_text (fixture->page, "Cash");
  second = sell (fixture, "Coffee", 15000, "upi");
  ui_wait_for_text (fixture->page, "₹400.00");
  ui_wait_for_text (fixture->page, "2 bills");
  ui_wait_for_text (fixture->page, "Cash, UPI");
  ui_wait_for_text (fixture->page, "₹200.00");
}

static void
test_as_a_table (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *sale = sell (fixture, "Tea", 25000, "cash");
  GtkWidget *button;

  show_page (fixture);
  ui_wait_for_text (fixture->page, "₹250.00");
  button = ui_find (fixture->page, GTK_TYPE_TOGGLE_BUTTON, "icon-name", "view-list-symbolic");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
  gtk_test_widget_wait_for_draw (fixture->window);
  g_assert_nonnull (ui_find (fixture->page, ADW_TYPE_ACTION_ROW, "subtitle", "1 bill"));
  g_assert_nonnull (ui_find (fixture->page, ADW_TYPE_ACTION_ROW, "subtitle", "0 bills"));
}

static void
test_a_month (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  static const int widths[] = { 1200, 600, 360 };

  g_assert_true (bp_demo_fill (fixture->shop.shop, &error));
  g_assert_no_error (error);
  show_page (fixture);
  ui_wait_for_text (fixture->page, "Green Chilli");
  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      gtk_window_set_default_size (GTK_WINDOW (fixture->window), widths[i], 700);
      gtk_test_widget_wait_for_draw (fixture->window);
    }
  gtk_widget_set_direction (ui_find (fixture->page, BP_TYPE_CHART, NULL, NULL), GTK_TEXT_DIR_RTL);
  gtk_test_widget_wait_for_draw (fixture->window);
}

static char *
format_plain (gint64   value,
              gpointer user_data)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

static void
test_scale (Fixture      *fixture,
            gconstpointer data)
{
  static const struct
  {
    gint64 values[3];
    const char *lines;
  } cases[] = {
    { { 0, 0, 0 }, "0 1" },
    { { 1, 2, 3 }, "0 1 2 3" },
    { { 10, 97, 45 }, "0 20 40 60 80 100" },
    { { -120, 45, 300 }, "-200 -100 0 100 200 300" },
    { { -5, -3, -1 }, "-6 -4 -2 0" },
    { { 0, 0, G_GINT64_CONSTANT (9007199254740991) },
      "0 2000000000000000 4000000000000000 6000000000000000 8000000000000000 10000000000000000" },
  };
  GtkWidget *chart = g_object_new (BP_TYPE_CHART, NULL);

  fixture->window = adw_window_new ();
  adw_window_set_content (ADW_WINDOW (fixture->window), chart);
  gtk_window_present (GTK_WINDOW (fixture->window));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GArray *bars = bp_chart_bars_new ();
      g_auto (GStrv) lines = g_strsplit (cases[i].lines, " ", -1);

      for (guint j = 0; j < G_N_ELEMENTS (cases[i].values); j++)
        {
          BpChartBar bar = { cases[i].values[j], g_strdup ("day"), g_strdup ("a day") };

          g_array_append_val (bars, bar);
        }
      bp_chart_set_bars (BP_CHART (chart), bars, format_plain, NULL);
      for (guint j = 0; lines[j] != NULL; j++)
        g_assert_nonnull (ui_find (chart, GTK_TYPE_LABEL, "label", lines[j]));
      gtk_test_widget_wait_for_draw (fixture->window);
    }
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add ("/ui/today/nothing-yet", Fixture, NULL, set_up, test_nothing_yet, tear_down);
  g_test_add ("/ui/today/follows-what-is-sold", Fixture, NULL, set_up, test_follows_what_is_sold,
              tear_down);
  g_test_add ("/ui/today/as-a-table", Fixture, NULL, set_up, test_as_a_table, tear_down);
  g_test_add ("/ui/today/a-month", Fixture, NULL, set_up, test_a_month, tear_down);
  g_test_add ("/ui/today/the-scale-is-of-round-numbers", Fixture, NULL, set_up, test_scale,
              tear_down);
  return g_test_run ();
}
