/* Every window and page comes up, wide and narrow, light and dark, without a
 * word of complaint: warnings are fatal here. */
#include "bp-dialogs.h"
#include "bp-list-page.h"
#include "bp-section.h"
#include "bp-sync-scheduler.h"
#include "bp-window.h"
#include "ui-fixture.h"

typedef struct
{
  UiShop shop;
  BpSyncScheduler *scheduler; /* (owned) */
  BpWindow *window;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  ui_shop_open (&fixture->shop);
  fixture->scheduler = bp_sync_scheduler_new (bp_shop_get_store (fixture->shop.shop),
                                              g_network_monitor_get_default ());
  fixture->window = bp_window_new (NULL, NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&fixture->scheduler);
  ui_shop_close (&fixture->shop);
}

static void
draw (Fixture *fixture,
      int      width,
      gboolean dark)
{
  GtkWindow *window = GTK_WINDOW (fixture->window);

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      dark ? ADW_COLOR_SCHEME_FORCE_DARK
                                           : ADW_COLOR_SCHEME_FORCE_LIGHT);
  gtk_window_set_default_size (window, width, 500);
  gtk_window_present (window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (window));
}

static void
draw_all (Fixture *fixture)
{
  static const int widths[] = { 1200, 820, 360 };

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      draw (fixture, widths[i], FALSE);
      draw (fixture, widths[i], TRUE);
    }
}

static void
test_sections (Fixture      *fixture,
               gconstpointer data)
{
  bp_window_set_shop (fixture->window, fixture->shop.format, fixture->scheduler);
  for (guint i = 0; i < bp_section_get_count (); i++)
    {
      gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.section", "s",
                                  bp_section_get (i)->name);
      draw_all (fixture);
      gtk_widget_activate_action (GTK_WIDGET (fixture->window), "win.show-detail", NULL);
      draw_all (fixture);
    }
}

static void
test_sale (Fixture      *fixture,
           gconstpointer data)
{
  bp_window_set_shop (fixture->window, fixture->shop.format, fixture->scheduler);
  bp_window_new_sale (fixture->window);
  draw_all (fixture);
}

static void
test_failed (Fixture      *fixture,
             gconstpointer data)
{
  bp_window_set_failed (fixture->window, "/a <folder>", "It is <not> & cannot be read");
  draw_all (fixture);
}

static void
test_dialogs (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const windows[]
    = { "win.receive-payment", "win.receive-goods", "win.adjust-stock", "win.count-stock",
        "win.search-all" };

  bp_window_set_shop (fixture->window, fixture->shop.format, fixture->scheduler);
  draw (fixture, 1000, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (windows); i++)
    gtk_widget_activate_action (GTK_WIDGET (fixture->window), windows[i], NULL);
  bp_dialogs_show_shortcuts (GTK_WINDOW (fixture->window));
  bp_dialogs_show_about (GTK_WINDOW (fixture->window));
  draw (fixture, 1000, TRUE);
}

/* The rows of libadwaita 1.2 for text may ask for their size anew while they
 * are drawn in a window that changes its own; what else is said is fatal. */
static GLogWriterOutput
write_log (GLogLevelFlags   level,
           const GLogField *fields,
           gsize            n_fields,
           gpointer         user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "MESSAGE")
          && g_str_has_prefix (fields[i].value, "Trying to snapshot AdwGizmo "))
        return G_LOG_WRITER_HANDLED;
    }

  return g_log_writer_default (level, fields, n_fields, user_data);
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
  g_log_set_writer_func (write_log, NULL, NULL);
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  add ("/ui/templates/sections", test_sections);
  add ("/ui/templates/new-sale", test_sale);
  add ("/ui/templates/books-that-cannot-be-opened", test_failed);
  add ("/ui/templates/dialogs", test_dialogs);
  return g_test_run ();
}
