/* The download: pages, selection, time, and what changes under it. */
#include "config.h"

#include <string.h>

#include "sync-fixture.h"

#define RICE "{\"name\":\"Rice\",\"price\":5000}"
#define N_MANY 2300

static void
add_many (Device *device,
          guint   n)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *id = g_strdup_printf ("many-%05u", i);
      BpChange *change = bp_change_new (bp_table_find ("products"));

      bp_change_set_text (change, "name", id);
      bp_change_set_integer (change, "price", i);
      g_ptr_array_set_size (writes, 0);
      g_ptr_array_add (writes, bp_write_new (bp_table_find ("products"), id, BP_OPERATION_INSERT,
                                             change));
      bp_store_save (device->store, writes, NULL, &error);
      g_assert_no_error (error);
    }
}

/* What stands between: requests take time, and some are lost. */
typedef struct
{
  Device *device;
  gint64 advance;
  int lose_from; /* the first request that is lost; 0 for none */
  int n_pulls;
  gboolean edit;
  BpProblemCode problem;
  gboolean has_problem;
} Between;

static BpAnswer *
stand_between (const BpEndpoint *endpoint,
               const BpAnswer   *answer,
               gpointer          user_data,
               GError          **error)
{
  Between *between = user_data;

  if (answer != NULL || endpoint->id != BP_ENDPOINT_PULL)
    return NULL;

  bp_test_clock_advance (between->device->clock, between->advance);
  between->n_pulls++;
  if (between->lose_from > 0 && between->n_pulls >= between->lose_from)
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, "Cut");
      return NULL;
    }
  if (between->edit && between->n_pulls == 2)
    device_change (between->device, "products", "many-00001", "{\"price\":999}");
  if (between->has_problem)
    {
      between->has_problem = FALSE;
      return bp_rules_make_problem (between->problem, NULL);
    }

  return NULL;
}

static void
put_between (Between *between,
             Device  *device)
{
  between->device = device;
  bp_rules_transport_set_hook (device->transport, stand_between, between);
}

static guint
count_products (Device *device)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *id = g_strdup_printf ("many-%05u", i);
      g_autoptr (BpRow) row = device_get (device, "products", id);

      n += row != NULL && bp_change_get_integer (row->state->data, "price") == i;
    }
  return n;
}

typedef struct
{
  guint n_calls;
  gint64 last_left;
  gboolean has_seen_rows;
} Progress;

static void
note_progress (const BpSyncReport *report,
               gint64              rows_left,
               gpointer            user_data)
{
  Progress *progress = user_data;

  progress->n_calls++;
  progress->last_left = rows_left;
  progress->has_seen_rows |= rows_left > 0;
}

static void
test_first_sync_comes_in_pages (Shop         *shop,
                                gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Progress progress = { 0 };
  BpSyncOptions options = { .progress = note_progress, .user_data = &progress };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  add_many (a, N_MANY);
  device_sync (a);
  g_assert_true (device_run (b, &options, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpint (report.requests, ==, 3);
  g_assert_cmpint (report.pulled, ==, N_MANY);
  g_assert_cmpuint (count_products (b), ==, N_MANY);
  g_assert_cmpuint (progress.n_calls, ==, 3);
  g_assert_true (progress.has_seen_rows);
  g_assert_cmpint (device_sync (b).requests, ==, 1);
  device_check (b);
}

/* What every commit of a download left behind. */
typedef struct
{
  Device *device;
  gint64 takes; /* ms a transaction takes */
  guint n_commits;
  guint n_rows;
  guint most_rows;
  gint64 last_seq;
} Commits;

static gboolean
note_row (const BpRow *row,
          gpointer     user_data)
{
  Commits *commits = user_data;

  commits->n_rows++;
  commits->last_seq = MAX (commits->last_seq, row->state->seq);
  return TRUE;
}

/* No row is behind the cursor that is not there, and none before it: seqs have
 * no gap here. */
static void
on_commit (BpStore *store,
           guint    tables,
           gpointer user_data)
{
  Commits *commits = user_data;
  guint before = commits->n_rows;
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GError) error = NULL;

  commits->n_rows = 0;
  bp_store_list (store, &(BpListFilter){ products, NULL, FALSE, -1 }, note_row, commits, &error);
  g_assert_no_error (error);
  g_assert_cmpint (commits->last_seq, ==, bp_store_get_cursor (store, products));
  g_assert_cmpint (commits->n_rows, ==, commits->last_seq);
  commits->most_rows = MAX (commits->most_rows, commits->n_rows - before);
  commits->n_commits++;
  bp_test_clock_advance (commits->device->clock, commits->takes);
}

static void
test_transactions_take_the_time_they_may (Shop         *shop,
                                          gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *quick = shop_add_device (shop);
  Device *slow = shop_add_device (shop);
  Commits many = { .device = slow, .takes = 1000 };
  Commits few = { .device = quick, .takes = 1 };

  add_many (a, N_MANY);
  device_sync (a);
  g_signal_connect (quick->store, "changed", G_CALLBACK (on_commit), &few);
  g_assert_cmpint (device_sync (quick).pulled, ==, N_MANY);
  g_assert_cmpuint (few.n_commits, ==, 3);
  g_signal_connect (slow->store, "changed", G_CALLBACK (on_commit), &many);
  g_assert_cmpint (device_sync (slow).pulled, ==, N_MANY);
  g_assert_cmpuint (many.n_rows, ==, N_MANY);

  /* 1000; 500, 250, 125, 100, and the rest of the page; three times 100. */
  g_assert_cmpuint (many.most_rows, ==, 1000);
  g_assert_cmpuint (many.n_commits, ==, 1 + 5 + 3);
}

static void
test_a_cut_download_goes_on_where_it_was (Shop         *shop,
                                          gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .lose_from = 3 };
  BpSyncReport report;

  add_many (a, N_MANY);
  device_sync (a);
  put_between (&between, b);
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  between.lose_from = 0;
  report = device_sync (b);
  g_assert_cmpint (report.requests, ==, 1);
  g_assert_cmpint (report.pulled, ==, N_MANY - 2000);
  g_assert_cmpuint (count_products (b), ==, N_MANY);
}

static void
test_a_run_ends_when_its_time_is_up (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .advance = 20 * 1000 };
  BpSyncOptions whole = { .to_the_end = TRUE };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  add_many (a, N_MANY);
  device_sync (a);
  put_between (&between, b);
  g_assert_true (device_run (b, NULL, &report, &error));
  g_assert_no_error (error);
  g_assert_false (report.finished);
  g_assert_cmpint (report.requests, ==, 2);
  g_assert_cmpint (report.pulled, ==, 2000);
  g_assert_cmpint (report.milliseconds, ==, 40 * 1000);

  g_assert_true (device_run (b, NULL, &report, &error));
  g_assert_true (report.finished);
  g_assert_cmpuint (count_products (b), ==, N_MANY);

  /* A run always sends something, and may go on to the end. */
  between.advance = 3600 * 1000;
  whole.full = TRUE;
  g_assert_true (device_run (b, &whole, &report, &error));
  g_assert_no_error (error);
  g_assert_true (report.finished);
  g_assert_cmpint (report.requests, ==, 3);
}

static void
test_an_edit_during_download_stays (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .edit = TRUE };
  BpSyncOptions full = { .full = TRUE };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  add_many (a, N_MANY);
  device_sync (a);
  device_sync (b);
  put_between (&between, b);
  g_assert_true (device_run (b, &full, &report, &error));
  g_assert_no_error (error);
  device_expect (b, "products", "many-00001", "{\"price\":999}", BP_RECORD_SYNCED);
  device_sync (a);
  device_expect (a, "products", "many-00001", "{\"price\":999}", BP_RECORD_SYNCED);
  device_check (b);
}

static void
test_a_whole_pull_drops_what_is_gone (Shop         *shop,
                                      gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  BpSyncOptions full = { .full = TRUE };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_add (a, "products", "p2", RICE);
  device_sync (a);
  device_sync (b);
  device_delete (a, "products", "p1");
  device_sync (a);
  device_add (b, "products", "p3", RICE);
  g_assert_true (device_run (b, &full, &report, &error));
  g_assert_no_error (error);
  device_expect_none (b, "products", "p1");
  device_expect (b, "products", "p2", RICE, BP_RECORD_SYNCED);
  device_expect (b, "products", "p3", RICE, BP_RECORD_SYNCED);
  device_check (b);
}

static void
test_deletions_arrive (Shop         *shop,
                       gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_sync (b);
  device_delete (a, "products", "p1");
  device_sync (a);
  device_sync (b);
  device_expect_none (b, "products", "p1");
}

static void
test_horizon_pulls_anew (Shop         *shop,
                         gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  Between between = { .problem = BP_PROBLEM_HORIZON, .has_problem = TRUE };

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_sync (b);
  device_add (b, "products", "p2", RICE);
  put_between (&between, b);
  device_sync (b);
  g_assert_nonnull (strstr (bp_rules_transport_get_requests (b->transport)->pdata[1],
                            "\"products\":0"));
  device_expect (b, "products", "p1", RICE, BP_RECORD_SYNCED);
  device_expect (b, "products", "p2", RICE, BP_RECORD_SYNCED);
}

/* The server's past changed: what was answered goes again, nothing is lost, and
 * nothing counts twice. */
static void
test_a_new_epoch_loses_nothing (Shop         *shop,
                                gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  device_add (a, "products", "p1", RICE);
  device_add (a, "stock_movements", "m1",
              "{\"product_id\":\"p1\",\"quantity\":5000,\"reason\":\"opening\"}");
  device_sync (a);
  device_sync (b);
  before = bp_store_get_value (a->store, "epoch");
  bp_rules_server_begin_epoch (shop->server, shop->store_id);
  device_change (a, "products", "p1", "{\"price\":1}");
  device_sell (b, "s1", "N-1", "p1", 1000);

  device_sync (a);
  device_sync (b);
  device_sync (a);
  after = bp_store_get_value (a->store, "epoch");
  g_assert_cmpstr (before, !=, after);
  device_expect (a, "products", "p1", "{\"price\":1,\"stock\":4000}", BP_RECORD_SYNCED);
  device_expect (b, "products", "p1", "{\"price\":1,\"stock\":4000}", BP_RECORD_SYNCED);
  device_expect (a, "sales", "s1", "{\"paid\":1000}", BP_RECORD_SYNCED);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
  g_assert_cmpint (device_count_queue (b).n_pending, ==, 0);
  g_assert_cmpint (device_sync (a).requests, ==, 1);
  device_check (a);
  device_check (b);
}

/* The server has done it, but what comes is what it says to the second copy. */
static BpAnswer *
answer_second_copy (const BpEndpoint *endpoint,
                    const BpAnswer   *answer,
                    gpointer          user_data,
                    GError          **error)
{
  Device *device = user_data;
  BpAnswer *stale;

  if (endpoint->id != BP_ENDPOINT_PUSH || answer == NULL)
    return NULL;

  bp_rules_transport_set_hook (device->transport, NULL, NULL);
  stale = bp_rules_make_problem (BP_PROBLEM_STALE, NULL);
  stale->problem->attempt = bp_store_get_number (device->store, "attempt", 0);
  return stale;
}

/* A request that arrived twice, the answer to its first copy being lost. */
static void
test_a_stale_attempt_goes_on_above (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);

  for (int i = 0; i < 3; i++)
    {
      device_save (a, "products", "p1", i == 0 ? BP_OPERATION_INSERT : BP_OPERATION_UPDATE,
                   i == 0 ? RICE : i == 1 ? "{\"price\":1}" : "{\"price\":2}");
      if (i == 2)
        bp_rules_transport_set_hook (a->transport, answer_second_copy, a);
      device_sync (a);
    }
  device_expect (a, "products", "p1", "{\"price\":2}", BP_RECORD_SYNCED);
  g_assert_cmpint (bp_store_get_number (a->store, "attempt", 0), ==, 4);
  device_change (a, "products", "p1", "{\"price\":7}");
  device_sync (a);
  device_expect (a, "products", "p1", "{\"price\":7}", BP_RECORD_SYNCED);
}

static void
test_selection_limits_the_download_only (Shop         *shop,
                                         gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);

  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", "customers,settings", NULL));
  device_add (a, "products", "p1", RICE);
  device_add (a, "customers", "c1", "{\"name\":\"Ravi\"}");
  device_sync (a);
  device_add (b, "products", "p2", RICE);
  device_sync (b);
  device_expect (b, "customers", "c1", "{\"name\":\"Ravi\"}", BP_RECORD_SYNCED);
  device_expect_none (b, "products", "p1");
  device_expect (b, "products", "p2", RICE, BP_RECORD_SYNCED);
  g_assert_null (strstr (bp_rules_transport_get_requests (b->transport)->pdata[0], "sales"));
  device_sync (a);
  device_expect (a, "products", "p2", RICE, BP_RECORD_SYNCED);

  /* Chosen again, it goes on from where it was: at 0. */
  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", NULL, NULL));
  device_sync (b);
  device_expect (b, "products", "p1", RICE, BP_RECORD_SYNCED);
  device_check (b);
}

static void
test_from_limits_old_facts (Shop         *shop,
                            gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);

  device_add (a, "products", "p1", RICE);
  device_sell (a, "s1", "N-1", "p1", 1000);
  device_sync (a);
  g_assert_true (bp_store_set_device_setting (b->store, "sync.from", "2025-11-23", NULL));
  device_sync (b);
  device_expect_none (b, "sales", "s1");
  device_expect (b, "products", "p1", "{\"stock\":-1000}", BP_RECORD_SYNCED);

  g_assert_true (bp_store_set_device_setting (b->store, "sync.from", "sales=2025-11-22", NULL));
  device_sync (b);
  device_expect (b, "sales", "s1", "{\"paid\":1000}", BP_RECORD_SYNCED);
}

/* Until the next pull the facts left out are missing from no sum. */
static void
test_a_first_day_taken_back_is_no_fault (Shop         *shop,
                                         gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);

  device_add (a, "products", "p1", RICE);
  device_sell (a, "s1", "N-1", "p1", 1000);
  device_sync (a);
  g_assert_true (bp_store_set_device_setting (b->store, "sync.from", "2025-11-23", NULL));
  device_sync (b);
  device_check (b);
  g_assert_true (bp_store_set_device_setting (b->store, "sync.from", NULL, NULL));
  device_check (b);
  device_sync (b);
  device_expect (b, "sales", "s1", "{\"paid\":1000}", BP_RECORD_SYNCED);
  device_check (b);
}

static gboolean
has_asked (Device     *device,
           guint       request,
           const char *text)
{
  return strstr (bp_rules_transport_get_requests (device->transport)->pdata[request], text) != NULL;
}

static void
choose_from (Device     *device,
             const char *from)
{
  g_assert_true (bp_store_set_device_setting (device->store, "sync.from", from, NULL));
}

/* An earlier first day brings what is missing of the tables it is for, and
 * only of those; a later one costs nothing and takes nothing away. */
static void
test_another_first_day (Shop         *shop,
                        gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  g_autoptr (BpRow) row = NULL;

  device_add (a, "products", "p1", RICE);
  device_sell (a, "s1", "N-1", "p1", 1000);
  device_sync (a);
  choose_from (b, "sales=2025-11-23");
  device_sync (b);
  device_expect_none (b, "sales", "s1");

  choose_from (b, "sales=2025-11-22");
  g_assert_cmpint (device_sync (b).pulled, ==, 1);
  g_assert_true (has_asked (b, 0, "\"sales\":0"));
  g_assert_false (has_asked (b, 0, "\"payments\":0"));
  device_expect (b, "sales", "s1", "{\"paid\":1000}", BP_RECORD_SYNCED);

  choose_from (b, "2026-01-01");
  g_assert_cmpint (device_sync (b).pulled, ==, 0);
  g_assert_false (has_asked (b, 0, ":0"));
  device_expect (b, "sales", "s1", "{\"paid\":1000}", BP_RECORD_SYNCED);
  device_check (b);

  /* It was not renewed meanwhile: what happened is brought when it is wanted
   * again. */
  device_change (a, "sales", "s1", "{\"status\":\"void\",\"note\":\"Wrong\"}");
  device_sync (a);
  device_sync (b);
  device_expect (b, "sales", "s1", "{\"status\":\"posted\"}", BP_RECORD_SYNCED);
  device_expect (b, "products", "p1", "{\"stock\":0}", BP_RECORD_SYNCED);
  device_check (b);
  choose_from (b, "");
  device_sync (b);
  device_expect (b, "sales", "s1", "{\"status\":\"void\"}", BP_RECORD_SYNCED);
  device_check (b);
}

/* A whole pull takes away what the first day leaves out, but nothing that
 * waits. */
static void
test_a_whole_pull_from_a_day_on (Shop         *shop,
                                 gconstpointer data)
{
  Device *a = shop_add_device (shop);
  BpSyncOptions full = { .full = TRUE };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  device_sell (a, "s1", "N-1", "p1", 1000);
  device_sync (a);
  device_sell (a, "s2", "N-2", "p1", 1000);
  choose_from (a, "2026-01-01");
  g_assert_true (device_run (a, &full, &report, &error));
  g_assert_no_error (error);
  device_expect_none (a, "sales", "s1");
  device_expect (a, "products", "p1", "{\"stock\":-2000}", BP_RECORD_SYNCED);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
  device_check (a);
}

/* A table no longer chosen keeps what it has and where it was; what is changed
 * in it is sent. */
static void
test_a_table_left_and_chosen_again (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  gint64 cursor;

  device_add (a, "products", "p1", RICE);
  device_sync (a);
  device_add (b, "products", "p2", RICE);
  device_sync (b);
  cursor = bp_store_get_cursor (b->store, bp_table_find ("products"));
  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", "settings", NULL));
  choose_from (b, "2026-01-01");
  choose_from (b, NULL);
  device_add (a, "products", "p3", RICE);
  device_sync (a);
  device_change (b, "products", "p2", "{\"price\":7}");
  device_sync (b);
  g_assert_false (has_asked (b, 0, "products"));
  device_expect (b, "products", "p1", RICE, BP_RECORD_SYNCED);
  device_expect (b, "products", "p2", "{\"price\":7}", BP_RECORD_SYNCED);
  device_expect_none (b, "products", "p3");
  g_assert_cmpint (bp_store_get_cursor (b->store, bp_table_find ("products")), ==, cursor);
  device_check (b);

  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", NULL, NULL));
  g_assert_cmpint (device_sync (b).pulled, ==, 2);
  device_expect (b, "products", "p3", RICE, BP_RECORD_SYNCED);
  device_expect (b, "products", "p2", "{\"price\":7}", BP_RECORD_SYNCED);
  device_sync (a);
  device_expect (a, "products", "p2", "{\"price\":7}", BP_RECORD_SYNCED);
  device_check (b);
}

static void
test_cancelling_keeps_everything (Shop         *shop,
                                  gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  g_cancellable_cancel (cancellable);
  g_assert_false (bp_sync_engine_run (a->engine, NULL, &report, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  device_expect (a, "products", "p1", RICE, BP_RECORD_PENDING);
  device_sync (a);
}

typedef struct
{
  GCancellable *cancellable; /* (unowned) */
  guint n_requests;
} Quit;

static BpAnswer *
quit_at_the_third (const BpEndpoint *endpoint,
                   const BpAnswer   *answer,
                   gpointer          user_data,
                   GError          **error)
{
  Quit *quit = user_data;

  if (answer == NULL && ++quit->n_requests == 3)
    {
      g_cancellable_cancel (quit->cancellable);
      g_cancellable_set_error_if_cancelled (quit->cancellable, error);
    }
  return NULL;
}

static void
test_a_download_that_is_ended_goes_on (Shop         *shop,
                                       gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Quit quit = { cancellable, 0 };
  BpSyncReport report;

  add_many (a, N_MANY);
  device_sync (a);
  bp_rules_transport_set_hook (b->transport, quit_at_the_third, &quit);
  g_assert_false (bp_sync_engine_run (b->engine, NULL, &report, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (report.pulled, ==, 2000);
  bp_rules_transport_set_hook (b->transport, NULL, NULL);
  g_assert_cmpint (device_sync (b).pulled, ==, N_MANY - 2000);
  g_assert_cmpuint (count_products (b), ==, N_MANY);
  device_check (b);
}

#define ADD(path, func) \
  g_test_add ("/sync/pull/" path, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("first-sync-comes-in-pages", test_first_sync_comes_in_pages);
  ADD ("transactions-take-the-time-they-may", test_transactions_take_the_time_they_may);
  ADD ("a-cut-download-goes-on-where-it-was", test_a_cut_download_goes_on_where_it_was);
  ADD ("a-run-ends-when-its-time-is-up", test_a_run_ends_when_its_time_is_up);
  ADD ("an-edit-during-download-stays", test_an_edit_during_download_stays);
  ADD ("a-whole-pull-drops-what-is-gone", test_a_whole_pull_drops_what_is_gone);
  ADD ("deletions-arrive", test_deletions_arrive);
  ADD ("horizon-pulls-anew", test_horizon_pulls_anew);
  ADD ("a-new-epoch-loses-nothing", test_a_new_epoch_loses_nothing);
  ADD ("a-stale-attempt-goes-on-above", test_a_stale_attempt_goes_on_above);
  ADD ("selection-limits-the-download-only", test_selection_limits_the_download_only);
  ADD ("from-limits-old-facts", test_from_limits_old_facts);
  ADD ("a-first-day-taken-back-is-no-fault", test_a_first_day_taken_back_is_no_fault);
  ADD ("another-first-day-brings-what-is-missing", test_another_first_day);
  ADD ("a-whole-pull-from-a-day-on-keeps-figures", test_a_whole_pull_from_a_day_on);
  ADD ("a-table-left-and-chosen-again", test_a_table_left_and_chosen_again);
  ADD ("a-download-that-is-ended-goes-on", test_a_download_that_is_ended_goes_on);
  ADD ("cancelling-keeps-everything", test_cancelling_keeps_everything);

  return g_test_run ();
}
