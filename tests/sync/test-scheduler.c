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

  return g_test_run ();
}
