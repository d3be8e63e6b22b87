/* The page of reports, over real books. */
#include "config.h"

#include "bp-demo.h"
#include "bp-report-table.h"
#include "bp-reports-page.h"
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
  g_autoptr (GError) error = NULL;

  ui_shop_open (&fixture->shop);
  g_assert_true (bp_demo_fill (fixture->shop.shop, &error));
  g_assert_no_error (error);
  fixture->page = bp_reports_page_new (fixture->shop.format, NULL);
  fixture->window = adw_window_new ();
  adw_window_set_content (ADW_WINDOW (fixture->window), fixture->page);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 1200, 700);
  gtk_window_present (GTK_WINDOW (fixture->window));
  ui_wait_for_text (fixture->page, "30 rows");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_shop_close (&fixture->shop);
}

static GtkDropDown *
find_drop_down (Fixture    *fixture,
                const char *tooltip)
{
  return GTK_DROP_DOWN (ui_find (fixture->page, GTK_TYPE_DROP_DOWN, "tooltip-text", tooltip));
}

static GtkEditable *
find_date (Fixture    *fixture,
           const char *tooltip)
{
  return GTK_EDITABLE (ui_find (fixture->page, GTK_TYPE_ENTRY, "tooltip-text", tooltip));
}

static void
test_kinds (Fixture      *fixture,
            gconstpointer data)
{
  GtkDropDown *kind = find_drop_down (fixture, "Report");

  gtk_drop_down_set_selected (kind, BP_REPORT_STOCK);
  ui_wait_for_text (fixture->page, "40 rows");
  gtk_test_widget_wait_for_draw (fixture->window);
  g_assert_nonnull (ui_find (fixture->page, GTK_TYPE_INSCRIPTION, "text", "Apple"));
  gtk_drop_down_set_selected (kind, BP_REPORT_CUSTOMERS);
  ui_wait_for_text (fixture->page, "Balance Now");
  gtk_drop_down_set_selected (kind, BP_REPORT_PRODUCTS);
  ui_wait_for_text (fixture->page, "Taxable");
  gtk_drop_down_set_selected (kind, BP_REPORT_DAY);
  ui_wait_for_text (fixture->page, "30 rows");
}

static void
test_other_days (Fixture      *fixture,
                 gconstpointer data)
{
  GtkDropDown *range = find_drop_down (fixture, "Days");
  GListModel *ranges = gtk_drop_down_get_model (range);
  GtkEditable *from = find_date (fixture, "First Day");
  GtkEditable *to = find_date (fixture, "Last Day");

  gtk_drop_down_set_selected (range, g_list_model_get_n_items (ranges) - 1);
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (from)));
  gtk_editable_set_text (from, "2020-02-30");
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (from), "error"));
  gtk_editable_set_text (from, "2020-02-28");
  gtk_editable_set_text (to, "2020-03-01");
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (from), "error"));
  ui_wait_for_text (fixture->page, "3 rows");
  gtk_editable_set_text (to, "2020-01-01");
  ui_wait_for_text (fixture->page, "The first day is after the last");
  gtk_drop_down_set_selected (find_drop_down (fixture, "Report"), BP_REPORT_PRODUCTS);
  gtk_editable_set_text (to, "2020-03-01");
  ui_wait_for_text (fixture->page, "Nothing to Report");
}

static void
test_follows_what_is_sold (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr (BpSaleDraft) draft = bp_sale_draft_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  BpLineDraft *line = bp_line_draft_new ();

  gtk_drop_down_set_selected (find_drop_down (fixture, "Report"), BP_REPORT_PRODUCTS);
  gtk_drop_down_set_selected (find_drop_down (fixture, "Days"), 0);
  ui_wait_for_text (fixture->page, "Nothing to Report");
  line->name = g_strdup ("Very & <special>");
  line->quantity = 1000;
  line->unit_price = 123456;
  line->has_unit_price = TRUE;
  g_ptr_array_add (draft->lines, line);
  id = bp_shop_record_sale (fixture->shop.shop, draft, &error);
  g_assert_no_error (error);
  ui_wait_for_text (fixture->page, "1 row");
  ui_wait_for_text (fixture->page, "₹1,234.56");
}

static void
on_exported (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  GAsyncResult **taken = user_data;

  *taken = g_object_ref (result);
}

static void
test_export (Fixture      *fixture,
             gconstpointer data)
{
  const BpReportQuery query = { BP_REPORT_STOCK, "2020-01-01", NULL };
  g_autofree char *path = g_build_filename (fixture->shop.folder, "stock.csv", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *csv = NULL;
  g_auto (GStrv) lines = NULL;

  bp_report_export_async (fixture->shop.shop, &query, path, NULL, on_exported, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (bp_report_export_finish (fixture->shop.shop, result, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &csv, NULL, NULL));
  lines = g_strsplit (csv, "\r\n", -1);
  g_assert_true (g_str_has_suffix (lines[0], "name,sku,category,received,removed,sold,returned,"
                                   "stock,reorder_level"));
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + 40 + 1);
  g_assert_true (g_str_has_prefix (lines[1], "Apple,APPLE,Fruit,35.000,"));
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add ("/ui/reports/kinds", Fixture, NULL, set_up, test_kinds, tear_down);
  g_test_add ("/ui/reports/other-days", Fixture, NULL, set_up, test_other_days, tear_down);
  g_test_add ("/ui/reports/follows-what-is-sold", Fixture, NULL, set_up,
              test_follows_what_is_sold, tear_down);
  g_test_add ("/ui/reports/export", Fixture, NULL, set_up, test_export, tear_down);
  return g_test_run ();
}
