/* The first download in bulk: when it is asked for, what becomes of it, and
 * what is pulled all the same. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bp-sync-engine-private.h"
#include "bp-sync-part.h"
#include "bp-sync.h"
#include "sync-fixture.h"

#define N_MANY 2300
#define FROM 50
#define SALE \
  "{\"number\":\"%s\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763800000000,\"business_date\":\"2025-11-22\",\"total_amount\":100," \
  "\"customer_name\":\"Asha\",\"lines\":[{\"product_id\":\"many-00001\",\"name\":\"Rice\"," \
  "\"quantity\":1000,\"unit_price\":100,\"total\":100}]}"

static void
add_many (Device *device,
          guint   first,
          guint   n)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;

  for (guint i = first; i < first + n; i++)
    {
      g_autofree char *id = g_strdup_printf ("many-%05u", i);
      g_autofree char *name = g_strdup_printf ("Rice “%u”", i);
      BpChange *change = bp_change_new (bp_table_find ("products"));

      bp_change_set_text (change, "name", name);
      bp_change_set_integer (change, "price", i);
      g_ptr_array_add (writes, bp_write_new (bp_table_find ("products"), id, BP_OPERATION_INSERT,
                                             change));
      if (writes->len < 100 && i + 1 < first + n)
        continue;
      bp_store_save (device->store, writes, NULL, &error);
      g_assert_no_error (error);
      g_ptr_array_set_size (writes, 0);
    }
}

static void
sell (Device     *device,
      const char *id,
      const char *number)
{
  g_autofree char *json = g_strdup_printf (SALE, number);

  device_add (device, "sales", id, json);
}

static Device *
add_new_device (Shop *shop)
{
  Device *device = shop_add_device (shop);

  bp_sync_engine_set_snapshot_from (device->engine, FROM);
  return device;
}

/* A shop with enough in it, but for the last few rows. */
static Device *
fill (Shop *shop)
{
  Device *device = shop_add_device (shop);

  add_many (device, 0, N_MANY);
  sell (device, "s1", "K/1");
  sell (device, "s2", "K/2");
  device_add (device, "customers", "c1", "{\"name\":\"Asha\"}");
  device_sync (device);
  return device;
}

static gboolean
note_text (const BpRow *row,
           gpointer     user_data)
{
  g_autofree char *text = bp_state_to_text (row->state);

  g_string_append_printf (user_data, "%s %s %s\n", row->state->id,
                          bp_record_status_to_string (row->status), text);
  return TRUE;
}

static char *
describe (Device     *device,
          const char *table,
          const char *search)
{
  g_autoptr (GError) error = NULL;
  GString *text = g_string_new (NULL);

  bp_store_list (device->store, &(BpListFilter){ bp_table_find (table), search, FALSE, -1 },
                 note_text, text, &error);
  g_assert_no_error (error);
  return g_string_free (text, FALSE);
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static char *
sort_lines (char *text)
{
  g_autofree char *own = text;
  g_auto (GStrv) lines = g_strsplit (own, "\n", -1);

  qsort (lines, g_strv_length (lines), sizeof (char *), compare_lines);
  return g_strjoinv ("\n", lines);
}

static void
expect_same (Device *a,
             Device *b)
{
  static const char *const tables[] = { "products", "customers", "sales", "payments" };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *of_a = sort_lines (describe (a, tables[i], NULL));
      g_autofree char *of_b = sort_lines (describe (b, tables[i], NULL));

      g_assert_cmpstr (of_a, ==, of_b);
    }
  device_check (a);
  device_check (b);
}

static guint
count_snapshots (Device *device)
{
  return device_count_requests (device, "/v1/snapshot");
}

static char *
get_path (Device *device)
{
  return g_build_filename (device->folder, "bizpulse_local.snapshot", NULL);
}

static gboolean
has_file (Device *device)
{
  g_autofree char *path = get_path (device);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static BpRulesFiles *
files_of (Device *device)
{
  return bp_rules_transport_get_files (device->transport);
}

static void
test_a_new_device_takes_one (Shop         *shop,
                             gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  BpSyncReport report;
  g_autofree char *found = NULL;

  device_sync (a);
  report = device_sync (b);
  g_assert_cmpint (report.requests, ==, 3);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  g_assert_cmpint (report.pulled, ==, N_MANY + 3);
  g_assert_cmpint (report.bytes_received, >, N_MANY * 50);
  g_assert_false (has_file (b));
  expect_same (a, b);

  /* What is searched, and what is exploded from sales, is there. */
  found = describe (b, "products", "777");
  g_assert_nonnull (strstr (found, "many-00777"));
  g_assert_cmpint (device_sync (b).requests, ==, 1);
}

static void
test_a_small_shop_is_pulled (Shop         *shop,
                             gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = shop_add_device (shop);

  g_assert_cmpint (device_sync (b).requests, ==, 3);
  g_assert_cmpuint (count_snapshots (b), ==, 0);
  expect_same (a, b);
}

static void
test_a_packed_one_is_unpacked (Shop         *shop,
                               gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  g_autofree char *unpacked = g_strconcat (b->folder, "/bizpulse_local.snapshot.unpacked", NULL);

  files_of (b)->is_packed = TRUE;
  device_sync (b);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  g_assert_false (g_file_test (unpacked, G_FILE_TEST_EXISTS));
  expect_same (a, b);
}

static void
test_without_one_it_pulls (Shop         *shop,
                           gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  BpSyncReport report;
  BpSyncOptions full = { .full = TRUE };
  g_autoptr (GError) error = NULL;

  files_of (b)->is_missing = TRUE;
  report = device_sync (b);
  g_assert_cmpint (report.requests, ==, 4);
  g_assert_cmpint (report.pulled, ==, N_MANY + 3);
  expect_same (a, b);

  /* Nor does it ask again so soon. */
  g_assert_true (device_run (b, &full, &report, &error));
  g_assert_cmpuint (count_snapshots (b), ==, 0);
  bp_test_clock_advance (b->clock, 25 * 3600 * 1000);
  g_assert_true (device_run (b, &full, &report, &error));
  g_assert_cmpuint (count_snapshots (b), ==, 1);
}

/* Wherever a byte is wrong, either it is seen or it did not matter. */
static void
test_a_damaged_one_is_given_up (Shop         *shop,
                                gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);

  files_of (b)->is_packed = GPOINTER_TO_INT (data);
  files_of (b)->damage_at = GPOINTER_TO_INT (data) ? 20000 : 20;
  device_sync (b);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  g_assert_cmpuint (device_count_requests (b, "/v1/pull"), ==, 3);
  g_assert_false (has_file (b));
  expect_same (a, b);
}

static void
test_a_broken_one_goes_on (Shop         *shop,
                           gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  g_autofree char *path = get_path (b);
  GPtrArray *requests = bp_rules_transport_get_requests (b->transport);
  struct stat about;

  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_cmpint (g_stat (path, &about), ==, 0);
  g_assert_cmpint (about.st_size, ==, 40000);
  g_assert_cmpint (about.st_mode & 0777, ==, 0600);

  /* After the program was opened again, too. */
  g_clear_object (&b->engine);
  device_open_engine (b);
  bp_sync_engine_set_snapshot_from (b->engine, FROM);
  files_of (b)->cut_after = 0;
  g_ptr_array_set_size (requests, 0);
  device_sync (b);
  g_assert_true (g_str_has_suffix (requests->pdata[0], " 40000"));
  g_assert_cmpuint (requests->len, ==, 2);
  g_assert_false (has_file (b));
  expect_same (a, b);
}

static void
test_another_version_begins_anew (Shop         *shop,
                                  gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);

  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  files_of (b)->cut_after = 0;
  device_change (a, "products", "many-00001", "{\"price\":999}");
  device_delete (a, "products", "many-00002");
  device_sync (a);
  device_sync (b);
  device_expect (b, "products", "many-00001", "{\"price\":999}", BP_RECORD_SYNCED);
  device_expect_none (b, "products", "many-00002");
  expect_same (a, b);
}

/* A file that is never the same, on a line that never carries all of it. */
static void
test_one_that_never_comes_is_given_up (Shop         *shop,
                                       gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);

  files_of (b)->cut_after = 40000;
  files_of (b)->is_other = TRUE;
  for (guint i = 0; i < 3; i++)
    device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  device_sync (b);
  g_assert_false (has_file (b));
  expect_same (a, b);
}

static void
test_an_old_part_is_dropped (Shop         *shop,
                             gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  GPtrArray *requests = bp_rules_transport_get_requests (b->transport);

  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  files_of (b)->cut_after = 0;
  bp_test_clock_advance (b->clock, 25 * 3600 * 1000);
  g_ptr_array_set_size (requests, 0);
  device_sync (b);
  g_assert_true (g_str_has_suffix (requests->pdata[0], " 0"));
  expect_same (a, b);
}

/* What other tables want to be whole for; here a table limited to later days. */
static void
test_limited_tables_come_by_pages (Shop         *shop,
                                   gconstpointer data)
{
  g_autoptr (BpRow) row = NULL;
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  GPtrArray *requests = bp_rules_transport_get_requests (b->transport);
  g_autoptr (GError) error = NULL;
  gboolean is_seen = FALSE;

  sell (a, "s3", "K/3");
  device_sync (a);
  bp_store_set_device_setting (b->store, "sync.from", "2025-12-01", &error);
  g_assert_no_error (error);
  device_sync (b);
  for (guint i = 0; i < requests->len; i++)
    {
      if (!g_str_has_prefix (requests->pdata[i], "/v1/snapshot"))
        continue;
      is_seen = TRUE;
      g_assert_nonnull (strstr (requests->pdata[i], "products"));
      g_assert_null (strstr (requests->pdata[i], "sales"));
    }
  g_assert_true (is_seen);
  device_expect_none (b, "sales", "s1");
  row = device_get (b, "products", "many-00999");
  g_assert_nonnull (row);
  device_check (b);
}

/* What was made here, before anything came, stays and is sent. */
static void
test_what_waits_stays (Shop         *shop,
                       gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);

  device_add (b, "products", "own", "{\"name\":\"Salt\",\"sku\":\"S\"}");
  device_add (b, "products", "many-00005", "{\"name\":\"Mine\"}");
  sell (b, "own-sale", "Z/1");
  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  files_of (b)->cut_after = 0;
  device_change (b, "products", "own", "{\"name\":\"Rock Salt\"}");
  device_sync (b);
  device_sync (a);
  device_sync (b);
  device_expect (a, "products", "own", "{\"name\":\"Rock Salt\"}", BP_RECORD_SYNCED);
  expect_same (a, b);
}

static void
test_rows_that_are_gone_are_dropped (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  BpSyncOptions full = { .full = TRUE };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  device_sync (b);
  device_delete (a, "products", "many-00003");
  device_change (a, "products", "many-00004", "{\"price\":1}");
  device_sync (a);
  g_assert_true (device_run (b, &full, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  device_expect_none (b, "products", "many-00003");
  expect_same (a, b);
}

typedef struct
{
  Device *device;
  gint64 advance;
  guint n_calls;
} Meanwhile;

static void
act_meanwhile (const BpSyncReport *report,
               gint64              rows_left,
               gpointer            user_data)
{
  Meanwhile *meanwhile = user_data;

  meanwhile->n_calls++;
  bp_test_clock_advance (meanwhile->device->clock, meanwhile->advance);
}

/* A long file does not keep a sale from being sent. */
static void
test_what_waits_goes_before_the_rest (Shop         *shop,
                                      gconstpointer data)
{
  Device *a = fill (shop);
  Device *b;
  Meanwhile meanwhile = { .advance = 20 * 1000 };
  BpSyncOptions options = { .progress = act_meanwhile, .user_data = &meanwhile };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  add_many (a, N_MANY, 4000);
  device_sync (a);
  b = add_new_device (shop);
  meanwhile.device = b;
  device_sync (b);
  bp_sync_engine_forget_cursors (b->engine, ~0u, &error);
  g_assert_no_error (error);
  g_assert_true (device_run (b, &options, &report, &error));
  g_assert_cmpint (report.milliseconds, >, 40 * 1000);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  g_assert_false (has_file (b));

  bp_sync_engine_forget_cursors (b->engine, ~0u, &error);
  device_add (b, "customers", "mine", "{\"name\":\"Ravi\"}");
  g_assert_true (device_run (b, &options, &report, &error));
  g_assert_no_error (error);
  g_assert_false (report.finished);
  g_assert_true (has_file (b));
  g_assert_true (device_run (b, NULL, &report, &error));
  g_assert_true (report.finished);
  g_assert_false (has_file (b));
  device_sync (a);
  expect_same (a, b);
}

static BpSyncWork
allow_some (const BpSyncReport *report,
            gpointer            user_data)
{
  return report->bytes_received < 300 * 1024 ? BP_SYNC_WORK_ALL : BP_SYNC_WORK_HIGH;
}

static void
test_the_terms_hold_in_the_middle (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = fill (shop);
  Device *b;
  BpSyncOptions options = { .terms = allow_some };
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  add_many (a, N_MANY, 4000);
  device_sync (a);
  b = add_new_device (shop);
  g_assert_true (device_run (b, &options, &report, &error));
  g_assert_no_error (error);
  g_assert_true (report.held);
  g_assert_true (has_file (b));
  g_assert_cmpint (report.bytes_received, <, 900 * 1024);
  device_sync (b);
  expect_same (a, b);
}

static void
test_unpairing_removes_it (Shop         *shop,
                           gconstpointer data)
{
  Device *b;
  g_autoptr (GError) error = NULL;

  fill (shop);
  b = add_new_device (shop);
  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  g_assert_true (has_file (b));
  bp_sync_unpair (b->store, TRUE, &error);
  g_assert_no_error (error);
  g_assert_false (has_file (b));
  g_assert_false (bp_part_is_there (b->store));
}

/* Its past is another one by the time the rest is fetched. */
static void
test_a_new_epoch_ends_it (Shop         *shop,
                          gconstpointer data)
{
  Device *a = fill (shop);
  Device *b = add_new_device (shop);

  files_of (b)->cut_after = 40000;
  device_fail_to_sync (b, BP_SYNC_ERROR_NO_CONNECTION);
  files_of (b)->cut_after = 0;
  bp_rules_server_begin_epoch (shop->server, shop->store_id);
  device_sync (b);
  device_sync (a);
  g_assert_false (has_file (b));
  expect_same (a, b);
}

static BpAnswer *
refuse_snapshots (const BpEndpoint *endpoint,
                  const BpAnswer   *answer,
                  gpointer          user_data,
                  GError          **error)
{
  return endpoint->id == BP_ENDPOINT_SNAPSHOT && answer == NULL
         ? bp_rules_make_problem (*(BpProblemCode *)user_data, NULL) : NULL;
}

static void
test_a_server_that_cannot_is_pulled_from (Shop         *shop,
                                          gconstpointer data)
{
  BpProblemCode codes[] = { BP_PROBLEM_INTERNAL, BP_PROBLEM_TOO_MANY_REQUESTS,
                            BP_PROBLEM_METHOD_NOT_ALLOWED, BP_PROBLEM_INVALID };
  Device *a = fill (shop);
  Device *b = add_new_device (shop);
  BpSyncOptions full = { .full = TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = NULL;
      BpSyncReport report;

      bp_rules_transport_set_hook (b->transport, refuse_snapshots, &codes[i]);
      bp_test_clock_advance (b->clock, 25 * 3600 * 1000);
      g_assert_true (device_run (b, &full, &report, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (count_snapshots (b), ==, 1);
    }
  expect_same (a, b);
}

#define ADD(path, func) g_test_add ("/sync/snapshot/" path, Shop, NULL, shop_set_up, func, \
                                    shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-new-device-takes-one", test_a_new_device_takes_one);
  ADD ("a-small-shop-is-pulled", test_a_small_shop_is_pulled);
  ADD ("a-packed-one-is-unpacked", test_a_packed_one_is_unpacked);
  ADD ("without-one-it-pulls", test_without_one_it_pulls);
  g_test_add ("/sync/snapshot/a-damaged-one-is-given-up", Shop, NULL, shop_set_up,
              test_a_damaged_one_is_given_up, shop_tear_down);
  g_test_add ("/sync/snapshot/a-damaged-packed-one-is-given-up", Shop, GINT_TO_POINTER (1),
              shop_set_up, test_a_damaged_one_is_given_up, shop_tear_down);
  ADD ("a-broken-one-goes-on", test_a_broken_one_goes_on);
  ADD ("another-version-begins-anew", test_another_version_begins_anew);
  ADD ("one-that-never-comes-is-given-up", test_one_that_never_comes_is_given_up);
  ADD ("an-old-part-is-dropped", test_an_old_part_is_dropped);
  ADD ("limited-tables-come-by-pages", test_limited_tables_come_by_pages);
  ADD ("what-waits-stays", test_what_waits_stays);
  ADD ("rows-that-are-gone-are-dropped", test_rows_that_are_gone_are_dropped);
  ADD ("what-waits-goes-before-the-rest", test_what_waits_goes_before_the_rest);
  ADD ("the-terms-hold-in-the-middle", test_the_terms_hold_in_the_middle);
  ADD ("unpairing-removes-it", test_unpairing_removes_it);
  ADD ("a-new-epoch-ends-it", test_a_new_epoch_ends_it);
  ADD ("a-server-that-cannot-is-pulled-from", test_a_server_that_cannot_is_pulled_from);

  return g_test_run ();
}
