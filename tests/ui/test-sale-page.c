/* The page on which a sale is made, with real books below it. */
#include "bp-record-list.h"
#include "bp-sale-detail.h"
#include "bp-sale-line-row.h"
#include "bp-sale-page.h"
#include "ui-fixture.h"

#define PATIENCE (20 * G_TIME_SPAN_SECOND)

typedef struct
{
  UiShop shop;
  GtkWidget *window;
  GtkWidget *page;
  guint n_saved;
  char *id;      /* (owned) (nullable): the last sale that was saved */
  char *message; /* (owned) (nullable): what was said of it */
  guint n_closed;
} Fixture;

static void
add_product (Fixture    *fixture,
             const char *name,
             const char *sku,
             gint64      price)
{
  g_autoptr (BpChange) change = bp_change_new (bp_table_find ("products"));
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  bp_change_set_text (change, "name", name);
  bp_change_set_text (change, "sku", sku);
  bp_change_set_integer (change, "price", price);
  id = bp_shop_add (fixture->shop.shop, change->table, NULL, change, &error);
  g_assert_no_error (error);
  g_assert_nonnull (id);
}

static void
on_saved (Fixture    *fixture,
          const char *id,
          const char *message)
{
  g_assert_nonnull (id);
  fixture->n_saved++;
  g_free (fixture->id);
  g_free (fixture->message);
  fixture->id = g_strdup (id);
  fixture->message = g_strdup (message);
}

static void
on_closed (Fixture *fixture)
{
  fixture->n_closed++;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GtkWidget *overlay = adw_toast_overlay_new ();

  ui_shop_open (&fixture->shop);
  g_assert_true (bp_shop_set_config (fixture->shop.shop, "shop.currency", "INR", &error));
  g_assert_no_error (error);
  add_product (fixture, "Basmati Rice 5 kg", "RICE", 47500);
  add_product (fixture, "Soap & <Water> 125 g", "SOAP", 4800);
  fixture->page = bp_sale_page_new (fixture->shop.format);
  g_signal_connect_swapped (fixture->page, "saved", G_CALLBACK (on_saved), fixture);
  g_signal_connect_swapped (fixture->page, "closed", G_CALLBACK (on_closed), fixture);
  fixture->window = adw_window_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), fixture->page);
  adw_window_set_content (ADW_WINDOW (fixture->window), overlay);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 1000, 600);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_shop_close (&fixture->shop);
  g_clear_pointer (&fixture->id, g_free);
  g_clear_pointer (&fixture->message, g_free);
}

static GtkWidget *
find_entry (Fixture    *fixture,
            const char *hint)
{
  GtkWidget *entry = ui_find (fixture->page, GTK_TYPE_ENTRY, "placeholder-text", hint);

  g_assert_nonnull (entry);
  return entry;
}

static void
scan (Fixture    *fixture,
      const char *text)
{
  GtkWidget *entry = find_entry (fixture, "Scan or type an item");

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  g_signal_emit_by_name (entry, "activate");
}

static BpSaleLineRow *
get_row (Fixture *fixture,
         int      index)
{
  GtkWidget *list = ui_find (fixture->page, GTK_TYPE_LIST_BOX, NULL, NULL);
  GtkListBoxRow *row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), index);

  return row != NULL ? BP_SALE_LINE_ROW (row) : NULL;
}

static BpSaleLine *
get_line (Fixture *fixture,
          int      index)
{
  BpSaleLineRow *row = get_row (fixture, index);

  return row != NULL ? bp_sale_line_row_get_line (row) : NULL;
}

typedef gboolean (*Condition) (Fixture *fixture);

static void
wait_for (Fixture    *fixture,
          Condition   condition,
          const char *what)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!condition (fixture))
    {
      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain for %s", what);
      g_main_context_iteration (NULL, FALSE);
    }
}

static gboolean
has_label (Fixture    *fixture,
           const char *text)
{
  GtkWidget *label = ui_find (fixture->page, GTK_TYPE_LABEL, "label", text);

  return label != NULL && gtk_widget_get_visible (label);
}

static gboolean
has_two_lines (Fixture *fixture)
{
  return get_line (fixture, 1) != NULL && bp_sale_line_get_amount (get_line (fixture, 1)) != 0;
}

static gboolean
is_saved (Fixture *fixture)
{
  return fixture->n_saved > 0;
}

static gboolean
is_refused (Fixture *fixture)
{
  return has_label (fixture, "Who owes the rest? Enter the customer first (Ctrl+U).");
}

static gboolean
is_unknown (Fixture *fixture)
{
  return has_label (fixture, "“2*nothing” is not among the products.");
}

static gboolean
shows_total (Fixture *fixture)
{
  return has_label (fixture, "₹1,473.00");
}

static guint
count_sales (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  BpRecordList *list = bp_record_list_new (fixture->shop.shop, bp_table_find ("sales"));
  guint n_sales;

  while (bp_record_list_is_loading (list))
    g_main_context_iteration (NULL, TRUE);
  n_sales = g_list_model_get_n_items (G_LIST_MODEL (list));
  g_object_unref (list);
  return n_sales;
}

/* 3 × 475.00 + 48.00, asked for twice, recorded once. */
static void
test_sells (Fixture      *fixture,
            gconstpointer data)
{
  scan (fixture, "3*RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, has_two_lines, "two lines");
  wait_for (fixture, shows_total, "the total");
  g_assert_cmpint (bp_sale_line_get_quantity (get_line (fixture, 0)), ==, 3000);
  g_assert_cmpint (bp_sale_line_get_amount (get_line (fixture, 0)), ==, 142500);

  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  wait_for (fixture, is_saved, "the sale to be saved");
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  g_assert_cmpuint (count_sales (fixture), ==, 1);
  g_assert_cmpuint (fixture->n_saved, ==, 1);
  g_assert_true (g_str_has_suffix (fixture->message, "₹1,473.00"));
  g_assert_null (get_line (fixture, 0));
}

/* Saving waits for what was scanned before it. */
static void
test_saves_what_is_still_looked_up (Fixture      *fixture,
                                    gconstpointer data)
{
  scan (fixture, "3*RICE");
  scan (fixture, "SOAP");
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  wait_for (fixture, is_saved, "the sale to be saved");
  g_assert_true (g_str_has_suffix (fixture->message, "₹1,473.00"));
}

static void
test_more_of_the_same_is_one_line (Fixture      *fixture,
                                   gconstpointer data)
{
  scan (fixture, "RICE");
  scan (fixture, "2*RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, has_two_lines, "two lines");
  g_assert_cmpint (bp_sale_line_get_quantity (get_line (fixture, 0)), ==, 3000);
  g_assert_null (get_line (fixture, 2));
}

static void
test_keeps_what_is_unknown (Fixture      *fixture,
                            gconstpointer data)
{
  GtkWidget *entry = find_entry (fixture, "Scan or type an item");

  scan (fixture, "2*nothing");
  wait_for (fixture, is_unknown, "the words");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "2*nothing");
  g_assert_null (get_line (fixture, 0));
}

static void
test_account_needs_a_customer (Fixture      *fixture,
                               gconstpointer data)
{
  scan (fixture, "3*RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, shows_total, "the total");
  gtk_widget_activate_action (fixture->page, "sale.method", "s", "account");
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  wait_for (fixture, is_refused, "the words");
  g_assert_nonnull (get_line (fixture, 1));

  gtk_editable_set_text (GTK_EDITABLE (find_entry (fixture, "Walk-in customer")), "Asha");
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  wait_for (fixture, is_saved, "the sale to be saved");
}

static void
test_warns_of_stock (Fixture      *fixture,
                     gconstpointer data)
{
  scan (fixture, "3*RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, has_two_lines, "two lines");
  g_assert_true (has_label (fixture, "⚠ Stock will go to −3"));
  g_assert_true (has_label (fixture, "⚠ Stock will go to −1"));
}

static void
test_discards (Fixture      *fixture,
               gconstpointer data)
{
  GtkWidget *undo;

  scan (fixture, "RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, has_two_lines, "two lines");
  gtk_widget_activate_action (fixture->page, "sale.discard", NULL);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
  g_assert_null (get_line (fixture, 0));

  undo = ui_find (fixture->window, GTK_TYPE_BUTTON, "label", "_Undo");
  g_assert_nonnull (undo);
  g_signal_emit_by_name (undo, "clicked");
  wait_for (fixture, has_two_lines, "the lines to be back");
  g_assert_cmpuint (count_sales (fixture), ==, 0);
}

static BpRow *
read_sale (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  BpRow *row = bp_store_get (bp_shop_get_store (fixture->shop.shop), bp_table_find ("sales"),
                             fixture->id, &error);

  g_assert_no_error (error);
  return row;
}

static gboolean
is_void (Fixture *fixture)
{
  g_autoptr (BpRow) row = read_sale (fixture);

  return g_strcmp0 (bp_change_get_text (row->state->data, "status"), "void") == 0;
}

/* Only with a reason, which is kept. */
static void
test_voids_in_the_detail (Fixture      *fixture,
                          gconstpointer data)
{
  GtkWidget *detail = bp_sale_detail_new (fixture->shop.format);
  g_autoptr (BpRecord) record = bp_record_new (bp_table_find ("sales"));
  g_autoptr (BpRow) row = NULL;
  g_autoptr (BpRow) voided = NULL;
  GtkWidget *reason;

  scan (fixture, "3*RICE");
  scan (fixture, "SOAP");
  gtk_widget_activate_action (fixture->page, "sale.save", NULL);
  wait_for (fixture, is_saved, "the sale to be saved");
  row = read_sale (fixture);
  row->row = 0;
  bp_record_fill (record, row);
  adw_window_set_content (ADW_WINDOW (fixture->window), detail);
  fixture->page = detail;
  bp_sale_detail_set_record (BP_SALE_DETAIL (detail), record);
  g_assert_true (has_label (fixture, "₹1,473.00"));
  reason = ui_find (detail, GTK_TYPE_ENTRY, "placeholder-text", "Reason");
  g_assert_nonnull (reason);
  g_signal_emit_by_name (reason, "activate");
  gtk_editable_set_text (GTK_EDITABLE (reason), "Wrong customer");
  g_signal_emit_by_name (reason, "activate");
  wait_for (fixture, is_void, "the sale to be void");
  voided = read_sale (fixture);
  g_assert_cmpstr (bp_change_get_text (voided->state->data, "note"), ==, "Wrong customer");
}

/* What is controlled has a name, from its text or by itself. */
static void
check_names (GtkWidget *widget)
{
  gboolean is_control = GTK_IS_BUTTON (widget) || GTK_IS_ENTRY (widget) || GTK_IS_LIST_BOX (widget)
                        || GTK_IS_LIST_BOX_ROW (widget) || GTK_IS_LIST_VIEW (widget);
  GtkWidget *label = ui_find (widget, GTK_TYPE_LABEL, NULL, NULL);

  if (is_control && (label == NULL || gtk_label_get_text (GTK_LABEL (label))[0] == '\0')
      && !gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget),
                                            GTK_ACCESSIBLE_PROPERTY_LABEL))
    g_error ("A %s has no name", G_OBJECT_TYPE_NAME (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_names (child);
}

static void
test_names_its_controls (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr (GtkWidget) detail = g_object_ref_sink (bp_sale_detail_new (fixture->shop.format));

  scan (fixture, "RICE");
  scan (fixture, "SOAP");
  wait_for (fixture, has_two_lines, "two lines");
  for (BpSaleCell cell = 0; cell < BP_N_SALE_CELLS; cell++)
    bp_sale_line_row_edit (get_row (fixture, 0), cell);
  check_names (fixture->page);
  check_names (detail);
}

typedef void (*TestFunc) (Fixture      *fixture,
                          gconstpointer data);

static void
add (const char *path,
     TestFunc    test)
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  add ("/ui/sale-page/sells-once", test_sells);
  add ("/ui/sale-page/saves-what-is-still-looked-up", test_saves_what_is_still_looked_up);
  add ("/ui/sale-page/more-of-the-same-is-one-line", test_more_of_the_same_is_one_line);
  add ("/ui/sale-page/keeps-what-is-unknown", test_keeps_what_is_unknown);
  add ("/ui/sale-page/account-needs-a-customer", test_account_needs_a_customer);
  add ("/ui/sale-page/warns-of-stock", test_warns_of_stock);
  add ("/ui/sale-page/discards-with-a-way-back", test_discards);
  add ("/ui/sale-detail/voids-with-a-reason", test_voids_in_the_detail);
  add ("/ui/sale-page/names-its-controls", test_names_its_controls);
  return g_test_run ();
}
