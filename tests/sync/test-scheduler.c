/* When a run takes place. Seconds last a few milliseconds here, and a run is
 * whatever the test says. */
#include "config.h"

#include "scheduler-fixture.h"

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
      g_signal_emit_by_name (fixture->monitor, "network-changed", i % 2 == 0);
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
  g_signal_emit_by_name (fixture->monitor, "network-changed", FALSE);
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
  g_signal_emit_by_name (fixture->monitor, "network-changed", TRUE);
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
    { "0 0 1,15 * 1", "2025-11-22T00:00:00Z", "2025-11-24T00:00:00Z" },
    { "0 0 1,15 * *", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 */2 * 1", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 * * 5-7", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 * * 0-7/7", "2025-11-23T00:00:00Z", "2025-11-30T00:00:00Z" },
    { "0 0 1 1-12/6 *", "2025-11-22T00:00:00Z", "2026-01-01T00:00:00Z" },
    { "0 0 1 */5 *", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z" },
    { "0 0 30 4,6,9,11 *", "2025-11-30T00:00:00Z", "2026-04-30T00:00:00Z" },
    { "0 0 31 * *", "2025-08-31T00:00:00Z", "2025-10-31T00:00:00Z" },
    { "0 0 29 2 1", "2025-11-22T00:00:00Z", "2026-02-02T00:00:00Z" },
    { "59 23 31 12 *", "2025-12-31T23:59:00Z", "2026-12-31T23:59:00Z" },
    { "10-20/5,50 6 * * *", "2025-11-22T06:15:00Z", "2025-11-22T06:20:00Z" },
    { "10-20/5,50 6 * * *", "2025-11-22T06:20:00Z", "2025-11-22T06:50:00Z" },
    { "5/20 * * * *", "2025-11-22T06:05:00Z", "2025-11-22T06:25:00Z" },
    { "5/20 * * * *", "2025-11-22T06:45:00Z", "2025-11-22T07:05:00Z" },
    { "*/59 * * * *", "2025-11-22T06:00:00Z", "2025-11-22T06:59:00Z" },
    { "* * * * *", "2025-11-22T06:00:59Z", "2025-11-22T06:01:00Z" },
    { "0 0 0 * *", "2025-11-22T00:00:00Z", NULL },
    { "0 0 * 13 *", "2025-11-22T00:00:00Z", NULL },
    { "0 0 * * 8", "2025-11-22T00:00:00Z", NULL },
    { "1, * * * *", "2025-11-22T00:00:00Z", NULL },
    { "1- * * * *", "2025-11-22T00:00:00Z", NULL },
    { "*/ * * * *", "2025-11-22T00:00:00Z", NULL },
    { "*-5 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "* * * * * *", "2025-11-22T00:00:00Z", NULL },
    { "@daily", "2025-11-22T00:00:00Z", NULL },
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

/* Where clocks are put forward on 29 March 2026 at 2:00 and back on 25 October
 * at 3:00. */
static void
test_summer_time (void)
{
  static const struct
  {
    const char *schedule;
    const char *after;
    const char *next;
  } cases[] = {
    { "30 2 * * *", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00" },
    { "30 2 * * *", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00" },
    { "0 */6 * * *", "2026-03-29T00:00:00+01:00", "2026-03-29T06:00:00+02:00" },
    { "*/30 * * * *", "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00" },
    { "0 4 * * *", "2026-10-25T00:00:00+02:00", "2026-10-25T04:00:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00" },
    { "*/30 * * * *", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00" },
    { "60", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00" },
  };
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GDateTime) start = g_date_time_new (zone, 2026, 10, 24, 12, 0, 0);
  gint64 end, n_runs = 0;

  g_assert_nonnull (zone);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GDateTime) after = g_date_time_new_from_iso8601 (cases[i].after, NULL);
      g_autoptr (GDateTime) next = g_date_time_new_from_iso8601 (cases[i].next, NULL);

      g_test_message ("case %u: %s", i, cases[i].schedule);
      g_assert_cmpint (bp_schedule_get_next (cases[i].schedule, g_date_time_to_unix (after) * 1000,
                                             zone), ==, g_date_time_to_unix (next) * 1000);
    }

  /* A time that comes twice is one run. */
  end = (g_date_time_to_unix (start) + 24 * 60 * 60) * 1000;
  for (gint64 time = g_date_time_to_unix (start) * 1000;; n_runs++)
    {
      gint64 next = bp_schedule_get_next ("30 2 * * *", time, zone);

      g_assert_cmpint (next, >, time);
      if (next > end)
        break;
      time = next;
    }
  g_assert_cmpint (n_runs, ==, 1);
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
  g_test_add_func ("/sync/scheduler/summer-time-begins-and-ends", test_summer_time);

  return g_test_run ();
}
