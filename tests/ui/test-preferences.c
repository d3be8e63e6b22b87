/* The preferences come up, and go, without a word of complaint; what is set
 * elsewhere shows. */
#include "bp-preferences-window.h"

#include "ui-fixture.h"

static void
test_come_and_go (UiShop       *shop,
                  gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      BpPreferencesWindow *window = bp_preferences_window_new (NULL, shop->format);

      bp_preferences_window_show (window, "sync");
      ui_wait_for_text (GTK_WIDGET (window), "Every 30 minutes");
      gtk_window_destroy (GTK_WINDOW (window));
    }
}

static void
test_set_elsewhere (UiShop       *shop,
                    gconstpointer data)
{
  BpPreferencesWindow *window = bp_preferences_window_new (NULL, shop->format);
  g_autoptr (GError) error = NULL;

  bp_preferences_window_show (window, "selling");
  ui_wait_for_text (GTK_WIDGET (window), "Warn, and sell it");
  bp_shop_set_config (shop->shop, "shop.stock_policy", "block", &error);
  g_assert_no_error (error);
  ui_wait_for_text (GTK_WIDGET (window), "Do not sell it");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Although somebody still holds it. */
static void
test_goes_with_its_parent (UiShop       *shop,
                           gconstpointer data)
{
  GtkWidget *parent = gtk_window_new ();
  g_autoptr (BpPreferencesWindow) window = NULL;

  gtk_window_present (GTK_WINDOW (parent));
  window = g_object_ref (bp_preferences_window_new (GTK_WINDOW (parent), shop->format));
  bp_preferences_window_show (window, NULL);
  gtk_window_destroy (GTK_WINDOW (parent));
  g_assert_null (gtk_window_get_transient_for (GTK_WINDOW (window)));
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (window)));
}

static void
set_up (UiShop       *shop,
        gconstpointer data)
{
  ui_shop_open (shop);
}

static void
tear_down (UiShop       *shop,
           gconstpointer data)
{
  ui_shop_close (shop);
}

#define ADD(path, func) \
  g_test_add ("/ui/preferences/" path, UiShop, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  ADD ("come-and-go", test_come_and_go);
  ADD ("what-is-set-elsewhere-shows", test_set_elsewhere);

  ADD ("goes-with-its-parent", test_goes_with_its_parent);

  return g_test_run ();
}
