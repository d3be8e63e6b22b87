/* When a hint of the server leads to a run, and when nobody listens. The
 * server is whatever the test says. */
#include "config.h"

#include "scheduler-fixture.h"

static void
test_a_hint_syncs_once (Fixture      *fixture,
                        gconstpointer data)
{
  listen_live (fixture);
  pass (3);
  g_assert_cmpint (plan.n_runs, ==, 0);
  g_atomic_int_set (&plan.live_seq, 7);
  wait_for_runs (1);
  pass (3);
  g_assert_cmpint (plan.n_runs, ==, 1);

  /* What was heard of is no news. */
  g_atomic_int_set (&plan.live_seq, 7);
  pass (3);
  g_assert_cmpint (plan.n_runs, ==, 1);
  g_atomic_int_set (&plan.live_seq, 8);
  wait_for_runs (2);
}

static void
test_a_hint_during_a_run_is_not_lost (Fixture      *fixture,
                                      gconstpointer data)
{
  listen_live (fixture);
  plan.hang = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (1);
  g_atomic_int_set (&plan.live_seq, 7);
  pass (3);
  plan.hang = FALSE;
  wait_for_runs (2);
}

static void
test_a_cut_connection_comes_back_and_syncs (Fixture      *fixture,
                                            gconstpointer data)
{
  listen_live (fixture);
  g_atomic_int_set (&plan.live_cut, 1);
  wait_for (&plan.n_connected, 2);
  wait_for_runs (1);
}

static void
test_without_live_the_rest_goes_on (Fixture      *fixture,
                                    gconstpointer data)
{
  plan.live_error = BP_SYNC_ERROR_NO_CONNECTION;
  put_setting (fixture, "sync.live", "1");
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  save_product (fixture, "p1");
  wait_for_runs (2);
  wait_for (&plan.n_listening, 3);
}

/* Switched off, the user works offline, a line that is to be spared. */
static void
test_nobody_listens_who_should_not (Fixture      *fixture,
                                    gconstpointer data)
{
  put_setting (fixture, "sync.metered", "pause");
  listen_live (fixture);
  bp_sync_scheduler_set_offline (fixture->scheduler, TRUE);
  while (g_atomic_int_get (&plan.is_listening))
    g_main_context_iteration (NULL, FALSE);
  bp_sync_scheduler_set_offline (fixture->scheduler, FALSE);
  wait_for (&plan.n_connected, 2);

  test_monitor_set (fixture->monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  while (g_atomic_int_get (&plan.is_listening))
    g_main_context_iteration (NULL, FALSE);
  test_monitor_set (fixture->monitor, FALSE, G_NETWORK_CONNECTIVITY_FULL);
  wait_for (&plan.n_connected, 3);

  bp_sync_scheduler_stop (fixture->scheduler);
  while (g_atomic_int_get (&plan.is_listening))
    g_main_context_iteration (NULL, FALSE);
}

static void
test_switched_off_nobody_listens (Fixture      *fixture,
                                  gconstpointer data)
{
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (5);
  g_assert_cmpint (plan.n_listening, ==, 0);
}

static void
test_who_is_shut_out_learns_it_by_a_run (Fixture      *fixture,
                                         gconstpointer data)
{
  plan.live_error = BP_SYNC_ERROR_REVOKED;
  plan.error = BP_SYNC_ERROR_REVOKED;
  put_setting (fixture, "sync.on_start", "0");
  put_setting (fixture, "sync.live", "1");
  bp_sync_scheduler_start (fixture->scheduler);
  wait_for_runs (1);
  pass (20);
  g_assert_cmpint (plan.n_runs, ==, 1);
  g_assert_cmpint (plan.n_listening, <=, 2);
}

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/sync/scheduler-live/a-hint-syncs-once", test_a_hint_syncs_once);
  add ("/sync/scheduler-live/a-hint-during-a-run-is-not-lost",
       test_a_hint_during_a_run_is_not_lost);
  add ("/sync/scheduler-live/a-cut-connection-comes-back-and-syncs",
       test_a_cut_connection_comes_back_and_syncs);
  add ("/sync/scheduler-live/without-live-the-rest-goes-on", test_without_live_the_rest_goes_on);
  add ("/sync/scheduler-live/nobody-listens-who-should-not", test_nobody_listens_who_should_not);
  add ("/sync/scheduler-live/switched-off-nobody-listens", test_switched_off_nobody_listens);
  add ("/sync/scheduler-live/who-is-shut-out-learns-it-by-a-run",
       test_who_is_shut_out_learns_it_by_a_run);
  return g_test_run ();
}
