/* When a run takes place. Seconds last a few milliseconds here, and a run is
 * whatever the test says. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bp-sync-private.h"
#include "bp-sync-scheduler-private.h"
#include "bp-test-clock.h"
#include "bp-transport.h"

#define START G_GINT64_CONSTANT (1763800000000)
#define SECOND_MS 20

/* What the runs of a test do; written before a run, read after it. */
static struct
{
  int n_runs;
  int error;          /* of BpSyncError; −1 for none */
  gint64 retry_after;
  gboolean unfinished;
  gboolean hang;      /* until cancelled */
  gboolean save_last_sync;
} plan;

typedef struct
{
  char *folder;
  BpTestClock *clock;
  BpStore *store;
  BpSyncScheduler *scheduler;
} Fixture;

static gboolean
run (BpStore             *store,
     const BpSyncOptions *options,
     BpSyncReport        *report,
     GCancellable        *cancellable,
     GError             **error)
{
  *report = (BpSyncReport){ .finished = !plan.unfinished, .retry_after = plan.retry_after };
  while (plan.hang && !g_cancellable_is_cancelled (cancellable))
    g_thread_yield ();
  if (plan.save_last_sync)
    bp_store_set_number (store, BP_VALUE_LAST_SYNC, START, NULL);

  g_atomic_int_inc (&plan.n_runs);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (plan.error < 0)
    return TRUE;
  g_set_error (error, BP_SYNC_ERROR, plan.error, "As planned");
  return FALSE;
}

static void
remove_folder (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      g_remove (inner);
    }
  g_dir_close (dir);
  g_rmdir (path);
}

static void
put_value (Fixture    *fixture,
           const char *name,
           const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_value (fixture->store, name, value, &error);
  g_assert_no_error (error);
}

static void
put_setting (Fixture    *fixture,
             const char *name,
             const char *value)
{
  g_autoptr (GError) error = NULL;

  bp_store_set_device_setting (fixture->store, name, value, &error);
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
  g_autoptr (GError) error = NULL;

  memset (&plan, 0, sizeof plan);
  plan.error = -1;
  fixture->folder = g_dir_make_tmp ("bizpulse-scheduler-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->clock = bp_test_clock_new (START, 1);
  fixture->store = bp_store_open (fixture->folder, BP_CLOCK (fixture->clock), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    put_value (fixture, names[i], "x");

  fixture->scheduler = bp_sync_scheduler_new (fixture->store, g_network_monitor_get_default ());
  bp_sync_scheduler_set_runner (fixture->scheduler, run);
  bp_sync_scheduler_set_second (fixture->scheduler, SECOND_MS);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  GWeakRef alive;

  plan.hang = FALSE;
  bp_sync_scheduler_stop (fixture->scheduler);
  g_weak_ref_init (&alive, fixture->scheduler);
  g_object_unref (fixture->scheduler);
  for (;;)
    {
      g_autoptr (GObject) left = g_weak_ref_get (&alive);

      if (left == NULL)
        break;
      g_clear_object (&left);
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_weak_ref_clear (&alive);
  g_object_unref (fixture->store);
  g_object_unref (fixture->clock);
  remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Lets so many of the scheduler's seconds pass. */
static void
pass (guint seconds)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add (seconds * SECOND_MS, on_timeout, &is_over);

  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* Until so many runs have ended; the test's own time limit is meson's. */
static void
wait_for_runs (int wanted)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add (1, on_timeout, &is_over);

  while (g_atomic_int_get (&plan.n_runs) < wanted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static void
save_product (Fixture    *fixture,
              const char *id)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  BpChange *change = bp_change_new (bp_table_find ("products"));
  g_autoptr (GError) error = NULL;

  bp_change_set_text (change, "name", "Rice");
  g_ptr_array_add (writes, bp_write_new (bp_table_find ("products"), id, BP_OPERATION_INSERT,
                                         change));
  bp_store_save (fixture->store, writes, NULL, &error);
  g_assert_no_error (error);
}

static gpointer
save_in_thread (gpointer data)
{
  save_product (data, "from-a-thread");
  return NULL;
}

static void
test_start_syncs (Fixture      *fixture,
                  gconstpointer data)
{
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 1);
}

static void
test_start_may_be_switched_off (Fixture      *fixture,
                                gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 0);
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (1);
}

static void
test_unpaired_does_not_try (Fixture      *fixture,
                            gconstpointer data)
{
  put_value (fixture, BP_VALUE_TOKEN_PLACE, NULL);
  bp_sync_scheduler_start (fixture->scheduler);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 0);
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                   BP_SYNC_STATE_OFFLINE);
}

static void
test_a_save_syncs_a_moment_later (Fixture      *fixture,
                                  gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (3);
  g_assert_cmpint (plan.n_runs, ==, 0);
  save_product (fixture, "p1");
  save_product (fixture, "p2");
  wait_for_runs (1);
  g_thread_join (g_thread_new ("saves", save_in_thread, fixture));
  wait_for_runs (2);
}

static void
test_saves_may_wait (Fixture      *fixture,
                     gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  put_setting (fixture, "sync.after_save", "0");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (2);
  save_product (fixture, "p1");
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 0);
}

/* Ten changes a second make one run, after things are quiet. */
static void
test_a_flapping_network_syncs_once (Fixture      *fixture,
                                    gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (3);
  for (int i = 0; i < 20; i++)
    {
      g_signal_emit_by_name (g_network_monitor_get_default (), "network-changed", i % 2 == 0);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (plan.n_runs, ==, 0);
  wait_for_runs (1);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 1);
}

static void
test_a_network_gone_is_no_gate (Fixture      *fixture,
                                gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (3);
  g_signal_emit_by_name (g_network_monitor_get_default (), "network-changed", FALSE);
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (1);
}

static void
test_failures_are_tried_again (Fixture      *fixture,
                               gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_NO_CONNECTION;
  g_assert_true (bp_store_set_number (fixture->store, BP_VALUE_BACKOFF_STEP, 1, NULL));
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (3);
  plan.error = -1;
  wait_for_runs (4);
}

static void
test_the_servers_wait_is_obeyed (Fixture      *fixture,
                                 gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_RETRY_LATER;
  plan.retry_after = 3600;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  save_product (fixture, "p1");
  pass (20);
  g_assert_cmpint (plan.n_runs, ==, 1);

  /* The user may ask all the same. */
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (2);
}

static void
test_a_refused_device_waits_for_a_person (Fixture      *fixture,
                                          gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_UNAUTHORIZED;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (2);
  save_product (fixture, "p1");
  g_signal_emit_by_name (g_network_monitor_get_default (), "network-changed", TRUE);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 1);
  plan.error = -1;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (2);
}

static void
test_pairing_again_ends_the_pause (Fixture      *fixture,
                                   gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_REVOKED;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (2);
  plan.error = -1;
  put_value (fixture, BP_VALUE_DEVICE_ID, "another");
  save_product (fixture, "p1");
  wait_for_runs (2);
}

static void
test_a_run_cut_by_time_goes_on (Fixture      *fixture,
                                gconstpointer data)
{
  plan.unfinished = TRUE;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (3);
  plan.unfinished = FALSE;
}

static void
test_busy_is_tried_again (Fixture      *fixture,
                          gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_BUSY;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (2);
}

static void
test_stopping_cancels_at_once (Fixture      *fixture,
                               gconstpointer data)
{
  plan.hang = TRUE;
  bp_sync_scheduler_start (fixture->scheduler);
  pass (5);
  bp_sync_scheduler_stop (fixture->scheduler);
  wait_for_runs (1);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 1);
}

static void
test_working_offline (Fixture      *fixture,
                      gconstpointer data)
{
  plan.save_last_sync = TRUE;
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (2);
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                   BP_SYNC_STATE_SYNCED);
  bp_sync_scheduler_set_offline (fixture->scheduler, TRUE);
  g_assert_true (bp_sync_scheduler_get_offline (fixture->scheduler));
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                   BP_SYNC_STATE_OFFLINE);
  save_product (fixture, "p1");
  bp_sync_scheduler_sync_now (fixture->scheduler);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 1);
  bp_sync_scheduler_set_offline (fixture->scheduler, FALSE);
  wait_for_runs (2);
}

static void
count_call (BpSyncScheduler *scheduler,
            gpointer         user_data)
{
  ++*(int *)user_data;
}

static void
test_status_changes_are_told (Fixture      *fixture,
                              gconstpointer data)
{
  int n_calls = 0;

  plan.save_last_sync = TRUE;
  g_signal_connect (fixture->scheduler, "status-changed", G_CALLBACK (count_call), &n_calls);
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (3);
  g_assert_cmpint (n_calls, >, 0);
  g_assert_true (bp_sync_scheduler_get_status (fixture->scheduler)->paired);

  n_calls = 0;
  pass (3);
  g_assert_cmpint (n_calls, ==, 0);
  put_setting (fixture, "sync.after_save", "0");
  save_product (fixture, "p1");
  pass (3);
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->n_pending, ==, 1);
  g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                   BP_SYNC_STATE_SYNCING);
}

static void
test_the_schedule_syncs (Fixture      *fixture,
                         gconstpointer data)
{
  put_setting (fixture, "sync.on_start", "0");
  put_setting (fixture, "sync.schedule", "10");
  bp_sync_scheduler_start (fixture->scheduler);
  pass (35);
  g_assert_cmpint (plan.n_runs, ==, 0);
  bp_test_clock_advance (fixture->clock, 10 * 60 * 1000);
  wait_for_runs (1);
}

static void
test_next_times (void)
{
  static const struct
  {
    const char *schedule;
    const char *after;
    const char *next;
  } cases[] = {
    { "30", "2025-11-22T10:17:30Z", "2025-11-22T10:47:30Z" },
    { "0", "2025-11-22T10:17:30Z", NULL },
    { "*/30 * * * *", "2025-11-22T10:17:30Z", "2025-11-22T10:30:00Z" },
    { "*/30 * * * *", "2025-11-22T10:30:00Z", "2025-11-22T11:00:00Z" },
    { "*/20 * * * *", "2025-11-22T23:50:00Z", "2025-11-23T00:00:00Z" },
    { "15 9,17 * * *", "2025-11-22T09:15:00Z", "2025-11-22T17:15:00Z" },
    { "0 9-17/4 * * *", "2025-11-22T13:00:00Z", "2025-11-22T17:00:00Z" },
    { "0 0 1 * *", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 29 2 *", "2025-11-22T00:00:00Z", "2028-02-29T00:00:00Z" },
    { "0 0 * * 0", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 * * 7", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 13 * 5", "2025-11-22T00:00:00Z", "2025-11-28T00:00:00Z" },
    { "  5   4 * * 1-5 ", "2025-11-22T00:00:00Z", "2025-11-24T04:05:00Z" },
    { "0 0 31 2 *", "2025-11-22T00:00:00Z", NULL },
    { "60 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "* * * *", "2025-11-22T00:00:00Z", NULL },
    { "*/0 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "5-2 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "soon", "2025-11-22T00:00:00Z", NULL },
    { "", "2025-11-22T00:00:00Z", NULL },
    { "-5", "2025-11-22T00:00:00Z", NULL },
  };
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GDateTime) after = g_date_time_new_from_iso8601 (cases[i].after, NULL);
      g_autoptr (GDateTime) next = NULL;
      gint64 expected = -1;

      if (cases[i].next != NULL)
        {
          next = g_date_time_new_from_iso8601 (cases[i].next, NULL);
          expected = g_date_time_to_unix (next) * 1000;
        }
      g_test_message ("%s", cases[i].schedule);
      g_assert_cmpint (bp_schedule_get_next (cases[i].schedule, g_date_time_to_unix (after) * 1000,
                                             utc), ==, expected);
    }
}

#define ADD(path, func) \
  g_test_add ("/sync/scheduler/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("start-syncs", test_start_syncs);
  ADD ("start-may-be-switched-off", test_start_may_be_switched_off);
  ADD ("unpaired-does-not-try", test_unpaired_does_not_try);
  ADD ("a-save-syncs-a-moment-later", test_a_save_syncs_a_moment_later);
  ADD ("saves-may-wait", test_saves_may_wait);
  ADD ("a-flapping-network-syncs-once", test_a_flapping_network_syncs_once);
  ADD ("a-network-gone-is-no-gate", test_a_network_gone_is_no_gate);
  ADD ("failures-are-tried-again", test_failures_are_tried_again);
  ADD ("the-servers-wait-is-obeyed", test_the_servers_wait_is_obeyed);
  ADD ("a-refused-device-waits-for-a-person", test_a_refused_device_waits_for_a_person);
  ADD ("pairing-again-ends-the-pause", test_pairing_again_ends_the_pause);
  ADD ("a-run-cut-by-time-goes-on", test_a_run_cut_by_time_goes_on);
  ADD ("busy-is-tried-again", test_busy_is_tried_again);
  ADD ("stopping-cancels-at-once", test_stopping_cancels_at_once);
  ADD ("working-offline", test_working_offline);
  ADD ("status-changes-are-told", test_status_changes_are_told);
  ADD ("the-schedule-syncs", test_the_schedule_syncs);
  g_test_add_func ("/sync/scheduler/next-times", test_next_times);

  return g_test_run ();
}
