/* What the scheduler's runs may do, and how it deals with those that hang. */
#include "config.h"

#include "scheduler-fixture.h"

#include <string.h>

#define SALES BP_SYNC_WORK_HIGH
#define SAVES (BP_SYNC_WORK_HIGH | BP_SYNC_WORK_MEDIUM)

/* A folder that did everything a moment ago. */
static void
start_quietly (Fixture *fixture)
{
  put_setting (fixture, "sync.on_start", "0");
  put_setting (fixture, "sync.schedule", "0");
  bp_store_set_number (fixture->store, BP_VALUE_COMPLETED_AT, START, NULL);
  bp_store_set_number (fixture->store, BP_VALUE_LAST_SYNC, START, NULL);
  bp_sync_scheduler_start (fixture->scheduler);
  pass (3);
  g_assert_cmpint (plan.n_runs, ==, 0);
}

static void
set_metered (Fixture *fixture,
             gboolean metered)
{
  test_monitor_set (fixture->monitor, metered, G_NETWORK_CONNECTIVITY_LIMITED);
}

/* Until a run may do just that. */
static void
wait_for_work (int work)
{
  while (g_atomic_int_get (&plan.work) != work)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_a_metered_line (Fixture      *fixture,
                     gconstpointer data)
{
  set_metered (fixture, TRUE);
  start_quietly (fixture);
  save_product (fixture, "p1");
  pass (5);
  g_assert_cmpint (plan.n_runs, ==, 0);
  g_assert_cmpint (bp_sync_scheduler_get_hold (fixture->scheduler), ==, BP_SYNC_HOLD_METERED);

  save (fixture, "payments", "y1");
  wait_for_runs (1);
  g_assert_cmpint (plan.work, ==, SALES);

  /* What was held goes without another reason. */
  put_setting (fixture, "sync.after_save", "0");
  pass (3);
  set_metered (fixture, FALSE);
  wait_for_work (BP_SYNC_WORK_ALL);
  pass (3);
  g_assert_cmpint (bp_sync_scheduler_get_hold (fixture->scheduler), ==, BP_SYNC_HOLD_NONE);
}

static void
test_the_user_asks (Fixture      *fixture,
                    gconstpointer data)
{
  put_setting (fixture, "sync.metered", "pause");
  set_metered (fixture, TRUE);
  start_quietly (fixture);
  save (fixture, "payments", "y1");
  pass (5);
  g_assert_cmpint (plan.n_runs, ==, 0);
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (1);
  g_assert_cmpint (plan.work, ==, BP_SYNC_WORK_ALL);
}

/* Also where it takes several runs. */
static void
test_asked_until_done (Fixture      *fixture,
                       gconstpointer data)
{
  set_metered (fixture, TRUE);
  start_quietly (fixture);
  plan.unfinished = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (3);
  g_assert_cmpint (plan.work, ==, BP_SYNC_WORK_ALL);
  plan.unfinished = FALSE;
  wait_for_runs (4);
  pass (3);
  plan.work = 0;
  save (fixture, "payments", "y1");
  wait_for_runs (5);
  g_assert_cmpint (plan.work, ==, SALES);
}

/* On a line that is always metered nothing waits for ever. */
static void
test_a_day_late (Fixture      *fixture,
                 gconstpointer data)
{
  set_metered (fixture, TRUE);
  start_quietly (fixture);
  save (fixture, "analytics", "a1");
  pass (5);
  g_assert_cmpint (plan.n_runs, ==, 0);
  bp_test_clock_advance (fixture->clock, 24 * 60 * 60 * 1000);
  wait_for_runs (1);
  g_assert_cmpint (plan.work, ==, BP_SYNC_WORK_ALL);
}

static void
test_busy (Fixture      *fixture,
           gconstpointer data)
{
  bp_sync_scheduler_set_second (fixture->scheduler, 100);
  start_quietly (fixture);
  save_product (fixture, "p1");
  while (g_atomic_int_get (&plan.n_runs) == 0)
    {
      bp_sync_scheduler_note_activity (fixture->scheduler);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (plan.work, ==, SAVES);

  /* A moment after the last key the rest goes by itself. */
  put_setting (fixture, "sync.after_save", "0");
  wait_for_work (BP_SYNC_WORK_ALL);
  pass (3);
  g_assert_cmpint (bp_sync_scheduler_get_hold (fixture->scheduler), ==, BP_SYNC_HOLD_NONE);
}

static void
test_busy_may_be_ignored (Fixture      *fixture,
                          gconstpointer data)
{
  put_setting (fixture, "sync.pause_when_busy", "0");
  start_quietly (fixture);
  save_product (fixture, "p1");
  while (g_atomic_int_get (&plan.n_runs) == 0)
    {
      bp_sync_scheduler_note_activity (fixture->scheduler);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (plan.work, ==, BP_SYNC_WORK_ALL);
}

/* A run under way learns of it at its next request. */
static void
test_busy_during_a_run (Fixture      *fixture,
                        gconstpointer data)
{
  bp_sync_scheduler_set_second (fixture->scheduler, 1000);
  start_quietly (fixture);
  g_assert_cmpint (bp_sync_shared_decide (&fixture->scheduler->shared, NULL, NULL), ==,
                   BP_SYNC_WORK_ALL);
  bp_sync_scheduler_note_activity (fixture->scheduler);
  g_assert_cmpint (bp_sync_shared_decide (&fixture->scheduler->shared, NULL, NULL), ==, SAVES);
}

static void
test_the_data_limit (Fixture      *fixture,
                     gconstpointer data)
{
  BpSyncReport report = { .bytes_sent = 60000000 };
  g_autoptr (GError) error = NULL;

  put_setting (fixture, "sync.data_limit", "100");
  bp_sync_add_data (fixture->store, 40000000, &error);
  g_assert_no_error (error);
  start_quietly (fixture);
  /* In the middle of a run, too. */
  g_assert_cmpint (bp_sync_shared_decide (&fixture->scheduler->shared, NULL, NULL), ==,
                   BP_SYNC_WORK_ALL);
  g_assert_cmpint (bp_sync_shared_decide (&fixture->scheduler->shared, &report, NULL), ==, SALES);

  bp_sync_add_data (fixture->store, 55000000, &error);
  g_assert_no_error (error);
  save_product (fixture, "p1");
  pass (5);
  g_assert_cmpint (plan.n_runs, ==, 0);
  g_assert_cmpint (bp_sync_scheduler_get_hold (fixture->scheduler), ==, BP_SYNC_HOLD_DATA);
  save (fixture, "payments", "y1");
  wait_for_runs (1);
  g_assert_cmpint (plan.work, ==, SALES);

  /* A new month, of a clock that goes on by 20 days. */
  bp_store_set_number (fixture->store, BP_VALUE_COMPLETED_AT, START + 20 * 86400000LL, NULL);
  bp_test_clock_advance (fixture->clock, 20 * 86400000LL);
  wait_for_work (BP_SYNC_WORK_ALL);
}

static void
test_a_metered_schedule (Fixture      *fixture,
                         gconstpointer data)
{
  put_setting (fixture, "sync.metered", "all");
  set_metered (fixture, TRUE);
  start_quietly (fixture);
  put_setting (fixture, "sync.schedule", "10");
  pass (35);
  bp_test_clock_advance (fixture->clock, 11 * 60 * 1000);
  pass (35);
  g_assert_cmpint (plan.n_runs, ==, 0);
  bp_test_clock_advance (fixture->clock, 2 * 60 * 60 * 1000);
  wait_for_runs (1);
}

/* A clock put back a year after the next run was worked out. */
static void
test_a_clock_put_back (Fixture      *fixture,
                       gconstpointer data)
{
  start_quietly (fixture);
  put_setting (fixture, "sync.schedule", "10");
  pass (35);
  bp_test_clock_set_now (fixture->clock, START - 365 * 86400000LL);
  pass (35);
  bp_test_clock_advance (fixture->clock, 10 * 60 * 1000);
  wait_for_runs (1);
}

static void
test_a_network_obeys_the_server (Fixture      *fixture,
                                 gconstpointer data)
{
  plan.error = BP_SYNC_ERROR_RETRY_LATER;
  plan.retry_after = 3600;
  start_quietly (fixture);
  save_product (fixture, "p1");
  wait_for_runs (1);
  pass (2);
  for (int i = 0; i < 5; i++)
    {
      g_signal_emit_by_name (fixture->monitor, "network-changed", TRUE);
      pass (3);
    }
  g_assert_cmpint (plan.n_runs, ==, 1);
}

/* The wait after many failures ends when the network comes back, also where
 * that happens during one that tries the old one. */
static void
test_back_during_a_run (Fixture      *fixture,
                        gconstpointer data)
{
  bp_store_set_number (fixture->store, BP_VALUE_BACKOFF_STEP, 16, NULL);
  start_quietly (fixture);
  plan.hang = TRUE;
  plan.error = BP_SYNC_ERROR_NO_CONNECTION;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (1);
  g_signal_emit_by_name (fixture->monitor, "network-changed", TRUE);
  pass (4);
  plan.hang = FALSE;
  wait_for_runs (1);
  pass (20);
  g_assert_cmpint (plan.n_runs, >=, 2);
}

static void
test_connectivity (Fixture      *fixture,
                   gconstpointer data)
{
  start_quietly (fixture);
  test_monitor_set (fixture->monitor, FALSE, G_NETWORK_CONNECTIVITY_PORTAL);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 0);
  test_monitor_set (fixture->monitor, FALSE, G_NETWORK_CONNECTIVITY_FULL);
  wait_for_runs (1);
}

static void
test_connection_may_be_no_reason (Fixture      *fixture,
                                  gconstpointer data)
{
  put_setting (fixture, "sync.on_connection", "0");
  start_quietly (fixture);
  g_signal_emit_by_name (fixture->monitor, "network-changed", TRUE);
  pass (10);
  g_assert_cmpint (plan.n_runs, ==, 0);
}

static gboolean
has_logged (Fixture    *fixture,
            const char *word)
{
  g_autoptr (GPtrArray) log = bp_store_list_log (fixture->store, 100, NULL);

  for (guint i = 0; log != NULL && i < log->len; i++)
    {
      const BpLogEntry *entry = log->pdata[i];

      if (entry->error != NULL && strstr (entry->error, word) != NULL)
        return TRUE;
    }

  return FALSE;
}

static void
wait_for_log (Fixture    *fixture,
              const char *word)
{
  while (!has_logged (fixture, word))
    g_main_context_iteration (NULL, FALSE);
}

static void
test_a_stuck_run (Fixture      *fixture,
                  gconstpointer data)
{
  bp_sync_scheduler_set_second (fixture->scheduler, 2);
  start_quietly (fixture);
  plan.hang = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (2);
  plan.hang = FALSE;
  wait_for_runs (2);
  wait_for_log (fixture, "begun anew");
}

/* One that hears of nothing any more is left behind; the application goes on,
 * and so does syncing. */
static void
test_a_hung_thread (Fixture      *fixture,
                    gconstpointer data)
{
  bp_sync_scheduler_set_second (fixture->scheduler, 2);
  start_quietly (fixture);
  plan.hang_hard = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (2);
  g_assert_cmpint (plan.n_runs, ==, 0);
  plan.hang_hard = FALSE;
  wait_for_runs (2);
  pass (10);
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (3);
}

static void
test_a_slow_run (Fixture      *fixture,
                 gconstpointer data)
{
  bp_sync_scheduler_set_second (fixture->scheduler, 2);
  start_quietly (fixture);
  plan.hang = TRUE;
  plan.beat = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (1);
  /* 5 of its minutes. */
  pass (300 * 2 / SECOND_MS);
  g_assert_cmpint (plan.n_begun, ==, 1);
  g_assert_cmpint (plan.n_runs, ==, 0);
}

static int slept_ms;

static gint64
get_boot_time (void)
{
  return g_get_monotonic_time () / 1000 + g_atomic_int_get (&slept_ms);
}

static void
test_sleep (Fixture      *fixture,
            gconstpointer data)
{
  slept_ms = 0;
  bp_sync_scheduler_set_second (fixture->scheduler, 100);
  bp_sync_scheduler_set_boot_time (fixture->scheduler, get_boot_time);
  start_quietly (fixture);
  plan.hang = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (1);
  pass (12);
  g_assert_cmpint (plan.n_begun, ==, 1);
  g_atomic_int_set (&slept_ms, 3600 * 1000);
  wait_for_begun (2);
  wait_for_log (fixture, "slept");
  pass (12);
  g_assert_cmpint (plan.n_begun, ==, 2);
}

static void
test_a_token_that_holds_again (Fixture      *fixture,
                               gconstpointer data)
{
  start_quietly (fixture);
  plan.error = BP_SYNC_ERROR_UNAUTHORIZED;
  put_value (fixture, BP_VALUE_MUST_PAIR, "1");
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_runs (1);
  pass (3);
  save_product (fixture, "p1");
  pass (5);
  g_assert_cmpint (plan.n_runs, ==, 1);
  g_assert_true (bp_sync_scheduler_get_status (fixture->scheduler)->must_pair);
  plan.error = -1;
  put_value (fixture, BP_VALUE_MUST_PAIR, NULL);
  save_product (fixture, "p2");
  wait_for_runs (2);
  g_assert_cmpint (plan.work, ==, BP_SYNC_WORK_ALL);
}

static void
count_call (BpSyncScheduler *scheduler,
            gpointer         user_data)
{
  ++*(int *)user_data;
}

static void
test_rows (Fixture      *fixture,
           gconstpointer data)
{
  int n_calls = 0;
  gint64 done, total;

  g_signal_connect (fixture->scheduler, "progress", G_CALLBACK (count_call), &n_calls);
  start_quietly (fixture);
  g_assert_false (bp_sync_scheduler_get_rows (fixture->scheduler, &done, &total));
  g_assert_cmpfloat (bp_sync_scheduler_get_progress (fixture->scheduler), ==, -1);

  /* Two runs of 1000 rows each, then one that has 7000 to go. */
  plan.rows_left = 9000;
  plan.unfinished = TRUE;
  plan.hang = TRUE;
  bp_sync_scheduler_sync_now (fixture->scheduler);
  wait_for_begun (1);
  g_assert_true (bp_sync_scheduler_get_rows (fixture->scheduler, &done, &total));
  g_assert_cmpint (done, ==, 1000);
  g_assert_cmpint (total, ==, 10000);
  plan.rows_left = 8000;
  plan.hang = FALSE;
  wait_for_runs (1);
  plan.hang = TRUE;
  wait_for_begun (2);
  while (!bp_sync_scheduler_get_rows (fixture->scheduler, &done, &total) || n_calls < 2)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (done, >=, 2000);
  g_assert_cmpint (total, >=, 10000);
  plan.unfinished = FALSE;
}

static void
spin (void)
{
  for (gint64 end = g_get_monotonic_time () + 30000; g_get_monotonic_time () < end;)
    g_thread_yield ();
}

/* A look that begins while a run goes on, and is there after its end: what it
 * saw is past. */
static void
test_no_look_outlives_a_run (Fixture      *fixture,
                             gconstpointer data)
{
  start_quietly (fixture);
  for (int i = 1; i <= 5; i++)
    {
      int lock;

      plan.hang = TRUE;
      bp_sync_scheduler_sync_now (fixture->scheduler);
      wait_for_begun (i);
      plan.hang = FALSE;
      spin ();
      lock = bp_sync_lock (fixture->store, FALSE, NULL, NULL);
      g_assert_cmpint (lock, >=, 0);
      bp_sync_scheduler_look (fixture->scheduler);
      spin ();
      bp_sync_unlock (lock);
      wait_for_runs (i);
      pass (3);
      g_assert_cmpint (bp_sync_scheduler_get_status (fixture->scheduler)->state, ==,
                       BP_SYNC_STATE_SYNCED);
    }
}

#define ADD(path, func) \
  g_test_add ("/sync/scheduler-terms/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-metered-line-carries-what-is-urgent", test_a_metered_line);
  ADD ("the-user-gets-everything", test_the_user_asks);
  ADD ("asked-for-until-done", test_asked_until_done);
  ADD ("nothing-waits-for-more-than-a-day", test_a_day_late);
  ADD ("a-busy-user-is-not-disturbed", test_busy);
  ADD ("a-busy-user-may-be-ignored", test_busy_may_be_ignored);
  ADD ("activity-is-known-in-a-run", test_busy_during_a_run);
  ADD ("the-data-limit-leaves-sales", test_the_data_limit);
  ADD ("a-metered-schedule-is-stretched", test_a_metered_schedule);
  ADD ("a-clock-put-back-puts-nothing-off", test_a_clock_put_back);
  ADD ("a-network-does-not-lift-the-servers-wait", test_a_network_obeys_the_server);
  ADD ("a-network-back-during-a-run-is-used", test_back_during_a_run);
  ADD ("connectivity-is-a-hint", test_connectivity);
  ADD ("a-connection-may-be-no-reason", test_connection_may_be_no_reason);
  ADD ("a-stuck-run-is-begun-anew", test_a_stuck_run);
  ADD ("a-hung-thread-is-left-behind", test_a_hung_thread);
  ADD ("a-slow-run-is-left-alone", test_a_slow_run);
  ADD ("sleep-begins-a-run-anew", test_sleep);
  ADD ("a-token-that-holds-again-is-used", test_a_token_that_holds_again);
  ADD ("rows-are-counted-over-runs", test_rows);
  ADD ("no-look-outlives-a-run", test_no_look_outlives_a_run);

  return g_test_run ();
}
