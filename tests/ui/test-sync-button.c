/* What the sync button tells: why something waits, what to do, how much of the
 * line was used; and that the window tells who is busy. */
#include "bp-activity.h"
#include "bp-format.h"
#include "bp-sync-button.h"
#include "bp-sync-private.h"
#include "bp-sync-scheduler-private.h"

#include <adwaita.h>
#include <glib/gstdio.h>

typedef struct
{
  char *folder;               /* (owned) */
  BpShop *shop;               /* (owned) */
  BpFormat *format;           /* (owned) */
  BpSyncScheduler *scheduler; /* (owned) */
  GtkWidget *window;
  GtkWidget *button;
} Fixture;

static gboolean
run (BpStore             *store,
     const BpSyncOptions *options,
     BpSyncReport        *report,
     GCancellable        *cancellable,
     GError             **error)
{
  *report = (BpSyncReport){ .fetched = 12000 };
  options->progress (report, 88000, options->user_data);
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_thread_yield ();
  return FALSE;
}

static void
put (Fixture    *fixture,
     const char *name,
     const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_value (bp_shop_get_store (fixture->shop), name, value, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static const char *const names[] = {
    BP_VALUE_URL, BP_VALUE_STORE_ID, BP_VALUE_STORE_NAME, BP_VALUE_CURRENCY, BP_VALUE_TIME_ZONE,
    BP_VALUE_DEVICE_ID, BP_VALUE_DEVICE_NAME, BP_VALUE_PREFIX, BP_VALUE_TOKEN_PLACE,
  };
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bizpulse-ui-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->shop = bp_shop_open (fixture->folder, clock, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    put (fixture, names[i], "x");
  put (fixture, BP_VALUE_LAST_SYNC, "1763800000000");
  bp_store_set_device_setting (bp_shop_get_store (fixture->shop), "sync.on_start", "0", &error);
  g_assert_no_error (error);

  fixture->format = bp_format_new (fixture->shop);
  fixture->scheduler = bp_sync_scheduler_new (bp_shop_get_store (fixture->shop), NULL);
  bp_sync_scheduler_set_runner (fixture->scheduler, run);
  bp_sync_scheduler_set_second (fixture->scheduler, 20);
  fixture->window = gtk_window_new ();
  fixture->button = g_object_new (BP_TYPE_SYNC_BUTTON, NULL);
  gtk_window_set_child (GTK_WINDOW (fixture->window), fixture->button);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;
  GWeakRef alive;
  gboolean is_alive = TRUE;

  bp_sync_scheduler_stop (fixture->scheduler);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  g_weak_ref_init (&alive, fixture->scheduler);
  g_clear_object (&fixture->scheduler);
  while (is_alive)
    {
      g_autoptr (GObject) left = g_weak_ref_get (&alive);

      is_alive = left != NULL;
      g_clear_object (&left);
      g_main_context_iteration (NULL, FALSE);
    }
  g_weak_ref_clear (&alive);
  g_clear_object (&fixture->format);
  g_clear_object (&fixture->shop);
  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (fixture->folder);
  g_clear_pointer (&fixture->folder, g_free);
}

static void
start (Fixture *fixture)
{
  bp_sync_button_set_scheduler (BP_SYNC_BUTTON (fixture->button), fixture->scheduler,
                                fixture->format);
  bp_sync_scheduler_start (fixture->scheduler);
}

/* A label that is shown, in @widget or below. */
static gboolean
shows (GtkWidget  *widget,
       const char *text)
{
  if (!gtk_widget_get_visible (widget) && !GTK_IS_POPOVER (widget))
    return FALSE;
  if (GTK_IS_LABEL (widget) && strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL)
    return TRUE;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      if (shows (child, text))
        return TRUE;
    }

  return FALSE;
}

static void
wait_until_shown (Fixture    *fixture,
                  const char *text)
{
  g_test_message ("waits for “%s”", text);
  while (!shows (fixture->button, text))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_data (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  bp_sync_add_data (bp_shop_get_store (fixture->shop), 12500000, &error);
  g_assert_no_error (error);
  start (fixture);
  wait_until_shown (fixture, "12.5");
  g_assert_false (shows (fixture->button, "used up"));
  bp_store_set_device_setting (bp_shop_get_store (fixture->shop), "sync.data_limit", "250",
                               &error);
  g_assert_no_error (error);
  wait_until_shown (fixture, " of 250.0");
}

static void
test_shut_out (Fixture      *fixture,
               gconstpointer data)
{
  put (fixture, BP_VALUE_MUST_PAIR, "1");
  put (fixture, BP_VALUE_LAST_ERROR, "The server says: no");
  start (fixture);
  wait_until_shown (fixture, "Pair it again");
  g_assert_false (shows (fixture->button, "The server says"));
}

static void
test_skew (Fixture      *fixture,
           gconstpointer data)
{
  start (fixture);
  wait_until_shown (fixture, "Last synced");
  g_assert_false (shows (fixture->button, "The clock of this device"));
  put (fixture, "skew", "300000");
  wait_until_shown (fixture, "5 minutes slow");
  put (fixture, "skew", "-3600000");
  wait_until_shown (fixture, "60 minutes fast");
}

static void
test_rows (Fixture      *fixture,
           gconstpointer data)
{
  start (fixture);
  wait_until_shown (fixture, "Last synced");
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_until_shown (fixture, "rows");
  g_assert_true (shows (fixture->button, "12000 of 100000 rows")
                 || shows (fixture->button, "12,000 of 100,000 rows"));
  wait_until_shown (fixture, "12 %");
}

/* Of the first sync, too, which has not ended well yet. */
static void
test_first_rows (Fixture      *fixture,
                 gconstpointer data)
{
  put (fixture, BP_VALUE_LAST_SYNC, NULL);
  start (fixture);
  wait_until_shown (fixture, "Never synced");
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_until_shown (fixture, "of 100");
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                   BP_SYNC_STATE_SYNCING);
}

static void
test_data_used_up (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpStore *store = bp_shop_get_store (fixture->shop);

  bp_sync_add_data (store, 12500000, &error);
  g_assert_no_error (error);
  bp_store_set_device_setting (store, "sync.data_limit", "10", &error);
  g_assert_no_error (error);
  bp_store_set_device_setting (store, "sync.on_start", "1", &error);
  g_assert_no_error (error);
  start (fixture);
  wait_until_shown (fixture, "used up");
}

static void
test_activity (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GListModel) controllers = NULL;
  guint n_heard = 0;

  bp_activity_watch (fixture->window, fixture->scheduler);
  controllers = gtk_widget_observe_controllers (fixture->window);
  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);
      gboolean is_taken = TRUE;

      if (gtk_event_controller_get_propagation_phase (controller) != GTK_PHASE_CAPTURE)
        continue;
      fixture->scheduler->shared.activity.is_any = FALSE;
      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", 'a', 38, 0, &is_taken);
      else if (GTK_IS_EVENT_CONTROLLER_SCROLL (controller))
        g_signal_emit_by_name (controller, "scroll", 0.0, 1.0, &is_taken);
      else
        continue;
      g_assert_false (is_taken);
      n_heard += fixture->scheduler->shared.activity.is_any;
    }

  g_assert_cmpuint (n_heard, ==, 2);
}

#define ADD(path, func) \
  g_test_add ("/ui/sync-button/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  ADD ("data-of-the-month", test_data);
  ADD ("pair-again-when-shut-out", test_shut_out);
  ADD ("a-wrong-clock", test_skew);
  ADD ("rows-of-how-many", test_rows);
  ADD ("rows-of-the-first-sync", test_first_rows);
  ADD ("data-used-up", test_data_used_up);
  ADD ("keys-and-wheel-are-told-and-go-on", test_activity);

  return g_test_run ();
}
