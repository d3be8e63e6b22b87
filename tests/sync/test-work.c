/* Runs that may not do everything, and what they use of the line. */
#include "config.h"

#include "bp-sync-private.h"
#include "sync-fixture.h"

#define RICE "{\"name\":\"Rice\",\"price\":5000}"
#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

/* The terms of a run: @first, from request @n_first on @then. */
typedef struct
{
  BpSyncWork first;
  BpSyncWork then;
  gint64 n_first;
} Terms;

static BpSyncWork
get_terms (const BpSyncReport *report,
           gpointer            user_data)
{
  const Terms *terms = user_data;

  return report->requests < terms->n_first ? terms->first : terms->then;
}

static BpSyncReport
run (Device *device,
     Terms   terms)
{
  g_autoptr (GError) error = NULL;
  BpSyncOptions options = { .terms = get_terms, .user_data = &terms };
  BpSyncReport report;

  device_run (device, &options, &report, &error);
  g_assert_no_error (error);
  return report;
}

static BpSyncReport
run_with (Device    *device,
          BpSyncWork work)
{
  return run (device, (Terms){ work, work, 0 });
}

static void
save_one_of_each (Device *device)
{
  device_add (device, "analytics", "a1", "{\"metric\":\"m\"}");
  device_add (device, "products", "p9", RICE);
  device_sell (device, "s1", "A-1", "p1", 1000);
}

static void
set_up (Shop    *shop,
        Device **a,
        Device **b)
{
  *a = shop_add_device (shop);
  *b = shop_add_device (shop);
  device_add (*b, "products", "p1", RICE);
  device_sync (*b);
}

static void
test_only_urgent (Shop         *shop,
                  gconstpointer data)
{
  Device *a, *b;
  BpSyncReport report;

  set_up (shop, &a, &b);
  save_one_of_each (a);
  report = run_with (a, BP_SYNC_WORK_HIGH);
  g_assert_cmpint (report.pushed, ==, 2);
  g_assert_cmpint (report.requests, ==, 1);
  g_assert_cmpint (report.pulled, ==, 0);
  g_assert_true (report.held);
  g_assert_false (report.finished);
  device_expect_none (a, "products", "p1");
  device_expect (a, "products", "p9", RICE, BP_RECORD_PENDING);

  report = run_with (a, BP_SYNC_WORK_ALL);
  g_assert_true (report.finished);
  g_assert_false (report.held);
  g_assert_cmpint (report.pushed, ==, 2);
  device_expect (a, "products", "p1", "{\"stock\":-1000}", BP_RECORD_SYNCED);
  device_check (a);
}

/* A sale of a product that waits draws the product forward. */
static void
test_urgent_draws_forward (Shop         *shop,
                           gconstpointer data)
{
  Device *a, *b;

  set_up (shop, &a, &b);
  device_add (a, "products", "p8", RICE);
  device_add (a, "products", "p9", RICE);
  device_sell (a, "s1", "A-1", "p9", 1000);
  g_assert_cmpint (run_with (a, BP_SYNC_WORK_HIGH).pushed, ==, 3);
  device_expect (a, "products", "p8", RICE, BP_RECORD_PENDING);
  device_expect (a, "sales", "s1", "{}", BP_RECORD_SYNCED);
}

static void
test_saves_without_background (Shop         *shop,
                               gconstpointer data)
{
  Device *a, *b;
  BpSyncReport report;

  set_up (shop, &a, &b);
  save_one_of_each (a);
  report = run_with (a, BP_SYNC_WORK_HIGH | BP_SYNC_WORK_MEDIUM);
  g_assert_cmpint (report.pushed, ==, 3);
  g_assert_cmpint (device_count_requests (a, "/v1/pull"), ==, 0);
  g_assert_true (report.held);
  g_assert_cmpint (device_count_queue (a).n_ready_by[BP_PRIORITY_LOW], ==, 1);
}

static void
test_nothing_allowed (Shop         *shop,
                      gconstpointer data)
{
  Device *a, *b;
  BpSyncReport report;

  set_up (shop, &a, &b);
  save_one_of_each (a);
  report = run_with (a, 0);
  g_assert_cmpint (report.requests, ==, 0);
  g_assert_true (report.held);
  g_assert_cmpint (device_count_queue (a).n_ready, ==, 4);
}

/* A user begins to type, or a limit is reached, while much is downloaded: what
 * has come stays, the rest comes later. */
static void
test_a_download_is_paused (Shop         *shop,
                           gconstpointer data)
{
  Device *a, *b;
  BpSyncReport report;
  Terms terms = { BP_SYNC_WORK_ALL, BP_SYNC_WORK_HIGH | BP_SYNC_WORK_MEDIUM, 2 };

  set_up (shop, &a, &b);
  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *id = g_strdup_printf ("many-%u", i);

      device_add (b, "customers", id, "{\"name\":\"Ravi\"}");
    }
  device_sync (b);

  device_sell (a, "s1", "A-1", "p1", 1000);
  report = run (a, terms);
  g_assert_cmpint (device_count_requests (a, "/v1/pull"), ==, 1);
  g_assert_cmpint (report.pulled, ==, 1000);
  g_assert_cmpint (report.fetched, ==, 1000);
  g_assert_true (report.held);
  g_assert_false (report.finished);
  report = device_sync (a);
  g_assert_cmpint (report.pulled, <, 2000);
  device_expect (a, "products", "p1", "{\"stock\":-1000}", BP_RECORD_SYNCED);
  device_expect (a, "customers", "many-2499", "{\"name\":\"Ravi\"}", BP_RECORD_SYNCED);
  device_check (a);
}

/* What was sent and lost its answer goes first, under any terms. */
static void
test_unanswered_goes (Shop         *shop,
                      gconstpointer data)
{
  Device *a, *b;
  BpClaim *claim;

  set_up (shop, &a, &b);
  device_add (a, "products", "p9", RICE);
  claim = bp_store_claim (a->store, BP_CLAIM_ALL, 100, 100, NULL);
  g_assert_nonnull (claim);
  bp_claim_free (claim);
  g_assert_cmpint (run_with (a, BP_SYNC_WORK_HIGH).pushed, ==, 1);
}

/* Before a new epoch's rows are there nothing can be sent: sales go all the
 * same. */
static void
test_a_new_epoch_is_fetched (Shop         *shop,
                             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Device *a, *b;

  set_up (shop, &a, &b);
  device_sync (a);
  g_assert_true (bp_store_set_value (a->store, "epoch", "another", &error));
  g_assert_no_error (error);
  device_sell (a, "s1", "A-1", "p1", 1000);
  run_with (a, BP_SYNC_WORK_HIGH);
  device_expect (a, "sales", "s1", "{}", BP_RECORD_SYNCED);
}

static void
test_a_pulse (Shop         *shop,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Device *a = shop_add_device (shop);
  int pulse = 0;
  BpSyncOptions options = { .pulse = &pulse };
  BpSyncReport report;

  device_run (a, &options, &report, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pulse, >=, report.requests);
}

static BpSyncStatus *
get_status (Device *device)
{
  g_autoptr (GError) error = NULL;
  BpSyncStatus *status = bp_sync_get_status (device->store, &error);

  g_assert_no_error (error);
  return status;
}

static gint64
get_used (Device *device)
{
  g_autoptr (BpSyncStatus) status = get_status (device);

  return status->data_used;
}

static gint64
run_over (Device              *device,
          const BpSyncOptions *options)
{
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  bp_sync_run_over (device->store, device->engine, options, &report, NULL, &error);
  g_assert_no_error (error);
  return report.bytes_sent + report.bytes_received;
}

/* Per calendar month of the shop: 22 November, 30 November 18:29:59 UTC, which
 * is a second before December in Kolkata. */
static void
test_data_is_counted (Shop         *shop,
                      gconstpointer data)
{
  const gint64 december = G_GINT64_CONSTANT (1764527400000);
  Device *a, *b;
  gint64 used, more;

  set_up (shop, &a, &b);
  g_assert_cmpint (get_used (a), ==, 0);
  used = run_over (a, NULL);
  g_assert_cmpint (used, >, 0);
  g_assert_cmpint (get_used (a), ==, used);
  bp_test_clock_set_now (a->clock, december - 1);
  used += run_over (a, NULL);
  g_assert_cmpint (get_used (a), ==, used);

  bp_test_clock_set_now (a->clock, december);
  g_assert_cmpint (get_used (a), ==, 0);
  more = run_over (a, NULL);
  g_assert_cmpint (get_used (a), ==, more);
  /* A clock put back finds what it counted. */
  bp_test_clock_set_now (a->clock, december - DAY_MS);
  g_assert_cmpint (get_used (a), ==, used);
}

static BpAnswer *
cancel (const BpEndpoint *endpoint,
        const BpAnswer   *answer,
        gpointer          user_data,
        GError          **error)
{
  if (answer != NULL && endpoint->id == BP_ENDPOINT_PUSH)
    g_cancellable_cancel (user_data);
  return NULL;
}

static void
test_a_cancelled_run_is_counted (Shop         *shop,
                                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Device *a, *b;
  BpSyncReport report;

  set_up (shop, &a, &b);
  device_sell (a, "s1", "A-1", "p1", 1000);
  bp_rules_transport_set_hook (a->transport, cancel, cancellable);
  g_assert_false (bp_sync_run_over (a->store, a->engine, NULL, &report, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (report.bytes_sent, >, 0);
  g_assert_cmpint (get_used (a), ==, report.bytes_sent + report.bytes_received);
}

static void
test_the_limit_is_in_megabytes (Shop         *shop,
                                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Device *a = shop_add_device (shop);
  g_autoptr (BpSyncStatus) before = get_status (a);
  g_autoptr (BpSyncStatus) after = NULL;

  g_assert_cmpint (before->data_limit, ==, 0);
  bp_store_set_device_setting (a->store, "sync.data_limit", "250", &error);
  g_assert_no_error (error);
  after = get_status (a);
  g_assert_cmpint (after->data_limit, ==, 250000000);
}

/* A run that was not allowed to ask anything knows nothing of the server. */
static void
test_no_request_tells_nothing (Shop         *shop,
                               gconstpointer data)
{
  Terms terms = { 0 };
  BpSyncOptions options = { .terms = get_terms, .user_data = &terms };
  Device *a = shop_add_device (shop);
  g_autoptr (BpSyncStatus) status = NULL;

  run_over (a, &options);
  status = get_status (a);
  g_assert_cmpint (status->last_sync, ==, 0);
  g_assert_cmpint (bp_store_get_number (a->store, BP_VALUE_COMPLETED_AT, -1), ==, -1);
  run_over (a, NULL);
  g_assert_cmpint (bp_store_get_number (a->store, BP_VALUE_COMPLETED_AT, -1), ==, SHOP_START);
}

static BpAnswer *
refuse (const BpEndpoint *endpoint,
        const BpAnswer   *answer,
        gpointer          user_data,
        GError          **error)
{
  return answer == NULL ? bp_rules_make_problem (BP_PROBLEM_REVOKED, "No") : NULL;
}

static void
test_shut_out_until_paired (Shop         *shop,
                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  BpPairTerms terms = { "https://shop.example", code, "Counter", TRUE };
  Device *a = shop_add_device (shop);
  g_autoptr (BpSyncStatus) before = NULL;
  g_autoptr (BpSyncStatus) after = NULL;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  bp_rules_transport_set_hook (a->transport, refuse, NULL);
  g_assert_false (bp_sync_run_over (a->store, a->engine, NULL, &report, NULL, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REVOKED);
  g_clear_error (&error);
  before = get_status (a);
  g_assert_true (before->must_pair);
  g_assert_cmpint (before->n_pending, ==, 1);

  bp_rules_transport_set_hook (a->transport, NULL, NULL);
  bp_sync_pair_over (a->store, BP_TRANSPORT (a->transport), &terms, NULL, NULL, &error);
  g_assert_no_error (error);
  after = get_status (a);
  g_assert_false (after->must_pair);
}

#define ADD(path, func) \
  g_test_add ("/sync/work/" path, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("only-what-is-urgent-goes", test_only_urgent);
  ADD ("what-is-urgent-draws-forward", test_urgent_draws_forward);
  ADD ("saves-go-without-the-background", test_saves_without_background);
  ADD ("nothing-allowed-asks-nothing", test_nothing_allowed);
  ADD ("a-download-is-paused-between-pages", test_a_download_is_paused);
  ADD ("what-is-unanswered-goes", test_unanswered_goes);
  ADD ("a-new-epoch-is-fetched", test_a_new_epoch_is_fetched);
  ADD ("each-request-is-a-pulse", test_a_pulse);
  ADD ("data-is-counted-by-the-shops-month", test_data_is_counted);
  ADD ("a-cancelled-run-is-counted", test_a_cancelled_run_is_counted);
  ADD ("the-limit-is-in-megabytes", test_the_limit_is_in_megabytes);
  ADD ("no-request-tells-nothing", test_no_request_tells_nothing);
  ADD ("shut-out-until-paired", test_shut_out_until_paired);

  return g_test_run ();
}
