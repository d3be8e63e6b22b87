/* Pairing a folder, a run and what is kept of it, and the status. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bp-sync-private.h"
#include "sync-fixture.h"

#define RICE "{\"name\":\"Rice\",\"price\":5000}"

static gboolean
pair (Shop       *shop,
      Device     *device,
      const char *code,
      GError    **error)
{
  BpPairTerms terms = { "https://shop.example", code, "Counter", TRUE };

  return bp_sync_pair_over (device->store, BP_TRANSPORT (device->transport), &terms, NULL, NULL,
                            error);
}

static gboolean
is_paired (Device *device)
{
  g_autoptr (BpPairing) pairing = bp_sync_get_pairing (device->store);

  return pairing != NULL;
}

static void
expect_state (Device     *device,
              const char *state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (device->store, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (bp_sync_state_to_string (status->state), ==, state);
}

static gboolean
run (Device  *device,
     GError **error)
{
  BpSyncReport report;

  return bp_sync_run_over (device->store, device->engine, NULL, &report, NULL, error);
}

static void
run_well (Device *device)
{
  g_autoptr (GError) error = NULL;

  run (device, &error);
  g_assert_no_error (error);
}

static BpAnswer *
refuse (const BpEndpoint *endpoint,
        const BpAnswer   *answer,
        gpointer          user_data,
        GError          **error)
{
  if (answer != NULL)
    return NULL;
  return bp_rules_make_problem ((BpProblemCode)GPOINTER_TO_INT (user_data), "No");
}

static BpAnswer *
cut (const BpEndpoint *endpoint,
     const BpAnswer   *answer,
     gpointer          user_data,
     GError          **error)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION, "Cut");
  return NULL;
}

static BpAnswer *
cut_pair_answer (const BpEndpoint *endpoint,
                 const BpAnswer   *answer,
                 gpointer          user_data,
                 GError          **error)
{
  return answer != NULL && endpoint->id == BP_ENDPOINT_PAIR ? cut (endpoint, answer, NULL, error)
                                                            : NULL;
}

static void
test_pairing_tells_who_we_are (Shop         *shop,
                               gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autofree char *path = g_build_filename (a->folder, "token", NULL);
  g_autofree char *token = NULL;
  g_autoptr (BpPairing) pairing = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  g_assert_false (is_paired (a));
  pair (shop, a, code, &error);
  g_assert_no_error (error);
  pairing = bp_sync_get_pairing (a->store);
  g_assert_cmpstr (pairing->store_id, ==, shop->store_id);
  g_assert_cmpstr (pairing->store_name, ==, "Corner Shop");
  g_assert_cmpstr (pairing->currency, ==, "INR");
  g_assert_cmpstr (pairing->time_zone, ==, "Asia/Kolkata");
  g_assert_cmpstr (pairing->device_name, ==, "Counter");
  g_assert_cmpstr (pairing->url, ==, "https://shop.example");
  g_assert_nonnull (pairing->prefix);

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  token = bp_sync_token_load (a->store, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (token, "bp_"));

  /* The server was looked at before it was told anything. */
  g_assert_cmpstr (bp_rules_transport_get_requests (a->transport)->pdata[0], ==, "/v1/info ");
}

static void
test_a_wrong_code_changes_nothing (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autoptr (GError) error = NULL;

  g_assert_false (pair (shop, a, "ABCD-EFGH", &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED);
  g_assert_false (is_paired (a));
  expect_state (a, "offline");
}

static void
test_a_lost_answer_can_be_asked_for_again (Shop         *shop,
                                           gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autoptr (GError) error = NULL;

  bp_rules_transport_set_hook (a->transport, cut_pair_answer, NULL);
  g_assert_false (pair (shop, a, code, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
  g_clear_error (&error);
  g_assert_false (is_paired (a));

  bp_rules_transport_set_hook (a->transport, NULL, NULL);
  pair (shop, a, code, &error);
  g_assert_no_error (error);
  device_open_engine (a);
  device_sync (a);
}

static void
test_other_currency_is_refused (Shop         *shop,
                                gconstpointer data)
{
  g_autofree char *euro = bp_rules_server_add_store (shop->server, "Euro", "EUR");
  static const char *const amounts[] = { "{\"name\":\"A\",\"price\":5}", "{\"name\":\"A\"}" };
  gboolean expected[] = { FALSE, TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (amounts); i++)
    {
      Device *device = shop_open_folder (shop);
      g_autofree char *code = bp_rules_server_make_code (shop->server, euro);
      g_autoptr (GError) error = NULL;

      device_add (device, "products", "p1", amounts[i]);
      g_assert_true (pair (shop, device, code, &error) == expected[i]);
      if (!expected[i])
        g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED);
      g_assert_true (is_paired (device) == expected[i]);
    }
}

static void
test_the_folders_currency_counts (Shop         *shop,
                                  gconstpointer data)
{
  g_autofree char *euro = bp_rules_server_add_store (shop->server, "Euro", "EUR");
  g_autofree char *code = bp_rules_server_make_code (shop->server, euro);
  Device *a = shop_open_folder (shop);
  g_autoptr (GError) error = NULL;

  device_add (a, "settings", "shop.currency", "{\"value\":\"\\\"EUR\\\"\"}");
  device_add (a, "products", "p1", RICE);
  pair (shop, a, code, &error);
  g_assert_no_error (error);
}

static void
test_the_stores_currency_stays (Shop         *shop,
                                gconstpointer data)
{
  g_autofree char *euro = bp_rules_server_add_store (shop->server, "Euro", "EUR");
  g_autofree char *code = bp_rules_server_make_code (shop->server, euro);
  Device *a = shop_open_folder (shop);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) row = NULL;

  device_add (a, "settings", "shop.currency", "{\"value\":\"\\\"USD\\\"\"}");
  device_add (a, "products", "p1", "{\"name\":\"A\"}");
  pair (shop, a, code, &error);
  g_assert_no_error (error);

  row = bp_store_get (a->store, bp_table_find ("settings"), "shop.currency", NULL);
  g_assert_null (row);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 1);
}

static void
test_other_store_is_refused (Shop         *shop,
                             gconstpointer data)
{
  g_autofree char *other = bp_rules_server_add_store (shop->server, "Other", "INR");
  g_autofree char *code = bp_rules_server_make_code (shop->server, other);
  Device *a = shop_add_device (shop);
  g_autoptr (BpPairing) pairing = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (pair (shop, a, code, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_OTHER_STORE);
  pairing = bp_sync_get_pairing (a->store);
  g_assert_cmpstr (pairing->store_id, ==, shop->store_id);
  device_sync (a);
}

static void
test_the_same_store_renews_the_token (Shop         *shop,
                                      gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autofree char *first = bp_sync_token_load (a->store, NULL, NULL);
  g_autofree char *prefix = bp_store_get_value (a->store, "device.prefix");
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;

  device_add (a, "products", "p1", RICE);
  pair (shop, a, code, &error);
  g_assert_no_error (error);
  second = bp_sync_token_load (a->store, NULL, NULL);
  g_assert_cmpstr (first, !=, second);
  device_open_engine (a);
  device_sync (a);
  device_expect (a, "products", "p1", RICE, BP_RECORD_SYNCED);
}

static void
test_the_prefix_in_use_is_offered (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  Device *b = shop_open_folder (shop);
  g_autofree char *code_a = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autofree char *code_b = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autoptr (BpPairing) first = NULL;
  g_autoptr (BpPairing) second = NULL;

  g_assert_true (bp_store_set_value (a->store, "device.prefix", "KQX", NULL));
  g_assert_true (bp_store_set_value (b->store, "device.prefix", "KQX", NULL));
  g_assert_true (pair (shop, a, code_a, NULL));
  g_assert_true (pair (shop, b, code_b, NULL));
  first = bp_sync_get_pairing (a->store);
  second = bp_sync_get_pairing (b->store);
  g_assert_cmpstr (first->prefix, ==, "KQX");
  g_assert_cmpstr (second->prefix, !=, "KQX");
}

static void
test_a_demonstration_cannot_be_paired (Shop         *shop,
                                       gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_store_set_number (a->store, "demo", 1, NULL));
  g_assert_false (pair (shop, a, code, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED);
  g_assert_cmpuint (bp_rules_transport_get_requests (a->transport)->len, ==, 0);
}

/* No session bus, no keyring: said, and no file made. */
static void
test_without_keyring_nothing_is_written (Shop         *shop,
                                         gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autofree char *path = g_build_filename (a->folder, "token", NULL);
  BpPairTerms terms = { "https://shop.example", code, "Counter", FALSE };
  g_autoptr (GError) error = NULL;

  g_assert_false (bp_sync_pair_over (a->store, BP_TRANSPORT (a->transport), &terms, NULL, NULL,
                                     &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_KEYRING);
  g_assert_nonnull (strstr (error->message, "--token-file"));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (is_paired (a));

  /* The code is still good. */
  g_clear_error (&error);
  pair (shop, a, code, &error);
  g_assert_no_error (error);
}

static void
test_unpairing (Shop         *shop,
                gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autofree char *path = g_build_filename (a->folder, "token", NULL);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;

  device_add (a, "products", "p1", RICE);
  g_assert_false (bp_sync_unpair (a->store, FALSE, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_true (is_paired (a));

  bp_sync_unpair (a->store, TRUE, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (is_paired (a));
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 0);
  token = bp_sync_token_load (a->store, NULL, &error);
  g_assert_null (token);
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED);
  g_clear_error (&error);

  g_assert_false (bp_sync_unpair (a->store, FALSE, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED);
  g_clear_error (&error);
  pair (shop, a, code, &error);
  g_assert_no_error (error);
}

static void
test_states (Shop         *shop,
             gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autofree char *code = bp_rules_server_make_code (shop->server, shop->store_id);
  g_autoptr (GError) error = NULL;

  expect_state (a, "offline");
  g_assert_true (pair (shop, a, code, NULL));
  device_open_engine (a);
  expect_state (a, "offline");
  run_well (a);
  expect_state (a, "synced");
  device_add (a, "products", "p1", RICE);
  expect_state (a, "syncing");

  bp_rules_transport_set_hook (a->transport, cut, NULL);
  g_assert_false (run (a, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION);
  expect_state (a, "offline");
  bp_rules_transport_set_hook (a->transport, NULL, NULL);
  run_well (a);
  expect_state (a, "synced");
}

static void
test_failures_come_before_conflicts (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);

  device_add (a, "products", "p1", "{\"name\":\"Rice\"}");
  device_add (a, "products", "p2", "{\"name\":\"Oil\"}");
  device_sync (a);
  run_well (b);
  device_delete (a, "products", "p1");
  device_add (a, "products", "p3", "{\"name\":\"Salt\",\"sku\":\"S\"}");
  device_sync (a);
  g_assert_true (bp_store_set_device_setting (b->store, "sync.tables", "settings", NULL));
  device_change (b, "products", "p1", "{\"price\":1}");
  run_well (b);
  expect_state (b, "conflicts");
  device_change (b, "products", "p2", "{\"sku\":\"S\"}");
  run_well (b);
  expect_state (b, "failed");
}

static void
test_a_run_under_way_shows (Shop         *shop,
                            gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GError) error = NULL;
  int lock;

  run_well (a);
  expect_state (a, "synced");
  g_assert_false (bp_sync_is_running (a->store));
  lock = bp_sync_lock (a->store, FALSE, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (bp_sync_is_running (a->store));
  expect_state (a, "syncing");

  g_assert_cmpint (bp_sync_lock (a->store, FALSE, NULL, &error), ==, -1);
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_BUSY);
  bp_sync_unlock (lock);
  g_assert_false (bp_sync_is_running (a->store));
  expect_state (a, "synced");
}

static gpointer
unlock_later (gpointer data)
{
  bp_sync_unlock (GPOINTER_TO_INT (data));
  return NULL;
}

static void
test_who_waits_gets_the_lock (Shop         *shop,
                              gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;
  int lock = bp_sync_lock (a->store, FALSE, NULL, NULL);

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (bp_sync_lock (a->store, TRUE, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  thread = g_thread_new ("unlocks", unlock_later, GINT_TO_POINTER (lock));
  lock = bp_sync_lock (a->store, TRUE, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  bp_sync_unlock (lock);
}

static void
test_unpaired_folder_does_not_sync (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_open_folder (shop);
  g_autoptr (GError) error = NULL;
  BpSyncReport report;

  g_assert_false (bp_sync_run (a->store, NULL, &report, NULL, &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED);
  g_assert_false (bp_sync_is_running (a->store));
}

static void
test_the_wait_doubles_and_is_kept (Shop         *shop,
                                   gconstpointer data)
{
  Device *a = shop_add_device (shop);

  bp_rules_transport_set_hook (a->transport, cut, NULL);
  for (int i = 1; i <= 3; i++)
    {
      run (a, NULL);
      g_assert_cmpint (bp_store_get_number (a->store, "backoff.step", 0), ==, i);
    }

  /* What a person must settle is no reason to wait longer. */
  bp_rules_transport_set_hook (a->transport, refuse, GINT_TO_POINTER (BP_PROBLEM_UNAUTHORIZED));
  run (a, NULL);
  g_assert_cmpint (bp_store_get_number (a->store, "backoff.step", 0), ==, 3);
  bp_rules_transport_set_hook (a->transport, refuse, GINT_TO_POINTER (BP_PROBLEM_UNAVAILABLE));
  run (a, NULL);
  g_assert_cmpint (bp_store_get_number (a->store, "backoff.step", 0), ==, 4);

  bp_rules_transport_set_hook (a->transport, NULL, NULL);
  run_well (a);
  g_assert_cmpint (bp_store_get_number (a->store, "backoff.step", 0), ==, 0);
}

/* The folder was copied, or put back, while the device went on elsewhere. */
static void
test_a_copy_becomes_a_new_device (Shop         *shop,
                                  gconstpointer data)
{
  Device *a = shop_add_device (shop);
  Device *b = shop_add_device (shop);
  g_autofree char *old_id = bp_store_get_value (a->store, "device.id");
  g_autofree char *old_token = bp_sync_token_load (a->store, NULL, NULL);
  g_autofree char *new_id = NULL;
  g_autofree char *new_token = NULL;

  for (int i = 0; i < 3; i++)
    {
      device_save (a, "products", "p1", i == 0 ? BP_OPERATION_INSERT : BP_OPERATION_UPDATE,
                   i == 0 ? RICE : i == 1 ? "{\"price\":1}" : "{\"price\":2}");
      run_well (a);
    }
  g_assert_true (bp_store_set_number (a->store, "attempt", 1, NULL));
  device_change (a, "products", "p1", "{\"price\":7}");
  run_well (a);
  device_expect (a, "products", "p1", "{\"price\":7}", BP_RECORD_SYNCED);
  new_id = bp_store_get_value (a->store, "device.id");
  new_token = bp_sync_token_load (a->store, NULL, NULL);
  g_assert_cmpstr (old_id, !=, new_id);
  g_assert_cmpstr (old_token, !=, new_token);
  expect_state (a, "synced");

  run_well (a);
  run_well (b);
  device_expect (b, "products", "p1", "{\"price\":7}", BP_RECORD_SYNCED);
}

/* Each folder has sent as often as the other: no attempt is above what was
 * ever made here, but what this one sent is not in the server's log. */
static void
test_a_copy_with_as_many_attempts_becomes_one (Shop         *shop,
                                               gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autofree char *old_id = bp_store_get_value (a->store, "device.id");
  g_autofree char *new_id = NULL;

  device_add (a, "products", "p1", RICE);
  run_well (a);
  device_change (a, "products", "p1", "{\"price\":1}");
  run_well (a);
  g_assert_true (bp_store_set_number (a->store, "attempt", 1, NULL));
  device_change (a, "products", "p1", "{\"price\":7}");
  run_well (a);
  new_id = bp_store_get_value (a->store, "device.id");
  g_assert_cmpstr (old_id, !=, new_id);
  device_expect (a, "products", "p1", "{\"price\":7}", BP_RECORD_SYNCED);
}

/* Stopped between the new token and all else: what is here is two devices'. */
static void
test_becoming_a_new_device_is_ended (Shop         *shop,
                                     gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autofree char *old_id = bp_store_get_value (a->store, "device.id");
  g_autofree char *code = g_strconcat ("https://shop.example ", old_id, NULL);
  const char *request = "0190c0de-0000-7000-8000-000000000001";
  g_autofree char *new_id = NULL;

  g_assert_true (bp_store_set_value (a->store, "pair.code", code, NULL));
  g_assert_true (bp_store_set_value (a->store, "pair.request", request, NULL));
  device_add (a, "products", "p1", RICE);
  run_well (a);
  new_id = bp_store_get_value (a->store, "device.id");
  g_assert_cmpstr (old_id, !=, new_id);
  device_expect (a, "products", "p1", RICE, BP_RECORD_SYNCED);

  g_free (old_id);
  run_well (a);
  old_id = bp_store_get_value (a->store, "device.id");
  g_assert_cmpstr (old_id, ==, new_id);
}

static void
test_a_copy_of_a_revoked_device_stops (Shop         *shop,
                                       gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GError) error = NULL;

  device_add (a, "products", "p1", RICE);
  bp_rules_server_revoke_all (shop->server, shop->store_id);
  g_assert_null (bp_sync_become_new_device (a->store, BP_TRANSPORT (a->transport), "bp_wrong", NULL,
                                            &error));
  g_assert_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_UNAUTHORIZED);
  g_assert_cmpint (device_count_queue (a).n_pending, ==, 1);
}

static void
test_every_run_is_logged (Shop         *shop,
                          gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;
  const BpLogEntry *failed, *good;

  device_add (a, "products", "p1", RICE);
  bp_rules_transport_set_hook (a->transport, cut, NULL);
  run (a, NULL);
  bp_rules_transport_set_hook (a->transport, NULL, NULL);
  bp_test_clock_advance (a->clock, 5000);
  run_well (a);

  log = bp_store_list_log (a->store, 10, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (log->len, ==, 2);
  failed = log->pdata[0];
  good = log->pdata[1];
  if (g_str_equal (failed->kind, "run"))
    {
      failed = log->pdata[1];
      good = log->pdata[0];
    }
  g_assert_cmpstr (failed->kind, ==, "attempt");
  g_assert_cmpstr (failed->state, ==, "offline");
  g_assert_cmpstr (failed->error, ==, "Cut");
  g_assert_cmpstr (failed->direction, ==, "down");
  g_assert_cmpint (failed->time, ==, SHOP_START);
  g_assert_cmpstr (good->kind, ==, "run");
  g_assert_cmpstr (good->state, ==, "synced");
  g_assert_cmpstr (good->direction, ==, "both");
  g_assert_cmpint (good->pushed, ==, 1);
  g_assert_cmpint (good->time, ==, SHOP_START + 5000);
  g_assert_cmpint (bp_store_get_number (a->store, "last_sync", 0), ==, SHOP_START + 5000);
}

static void
test_the_log_forgets_after_90_days (Shop         *shop,
                                    gconstpointer data)
{
  const gint64 day = 24 * 60 * 60 * G_GINT64_CONSTANT (1000);
  Device *a = shop_add_device (shop);
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;

  run_well (a);
  bp_test_clock_advance (a->clock, 90 * day);
  run_well (a);
  log = bp_store_list_log (a->store, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (log->len, ==, 2);
  g_clear_pointer (&log, g_ptr_array_unref);

  bp_test_clock_advance (a->clock, day);
  run_well (a);
  log = bp_store_list_log (a->store, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (log->len, ==, 2);
  g_assert_cmpint (((const BpLogEntry *)log->pdata[0])->time, ==, SHOP_START + 90 * day);
}

static BpAnswer *
end_run (const BpEndpoint *endpoint,
         const BpAnswer   *answer,
         gpointer          user_data,
         GError          **error)
{
  g_cancellable_cancel (user_data);
  g_cancellable_set_error_if_cancelled (user_data, error);
  return NULL;
}

/* It is no fault of the connection: nothing is tried again later for it. */
static void
test_a_run_that_is_ended_is_logged (Shop         *shop,
                                    gconstpointer data)
{
  Device *a = shop_add_device (shop);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *failure = NULL;
  const BpLogEntry *last;
  BpSyncReport report;

  device_add (a, "products", "p1", RICE);
  bp_rules_transport_set_hook (a->transport, end_run, cancellable);
  g_assert_false (bp_sync_run_over (a->store, a->engine, NULL, &report, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  failure = bp_store_get_value (a->store, "last_error");
  g_assert_null (failure);
  g_assert_cmpint (bp_store_get_number (a->store, "backoff.step", 0), ==, 0);

  log = bp_store_list_log (a->store, 1, &error);
  g_assert_no_error (error);
  last = log->pdata[0];
  g_assert_cmpstr (last->kind, ==, "attempt");
  g_assert_cmpint (last->requests, ==, 1);
  g_assert_nonnull (strstr (last->error, "ended"));
}

#define ADD(path, func) \
  g_test_add ("/sync/sync/" path, Shop, NULL, shop_set_up, func, shop_tear_down)

int
main (int    argc,
      char **argv)
{
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
  g_test_init (&argc, &argv, NULL);

  ADD ("pairing-tells-who-we-are", test_pairing_tells_who_we_are);
  ADD ("a-wrong-code-changes-nothing", test_a_wrong_code_changes_nothing);
  ADD ("a-lost-answer-can-be-asked-for-again", test_a_lost_answer_can_be_asked_for_again);
  ADD ("other-currency-is-refused", test_other_currency_is_refused);
  ADD ("the-folders-currency-counts", test_the_folders_currency_counts);
  ADD ("the-stores-currency-stays", test_the_stores_currency_stays);
  ADD ("other-store-is-refused", test_other_store_is_refused);
  ADD ("the-same-store-renews-the-token", test_the_same_store_renews_the_token);
  ADD ("the-prefix-in-use-is-offered", test_the_prefix_in_use_is_offered);
  ADD ("a-demonstration-cannot-be-paired", test_a_demonstration_cannot_be_paired);
  ADD ("without-keyring-nothing-is-written", test_without_keyring_nothing_is_written);
  ADD ("unpairing", test_unpairing);
  ADD ("states", test_states);
  ADD ("failures-come-before-conflicts", test_failures_come_before_conflicts);
  ADD ("a-run-under-way-shows", test_a_run_under_way_shows);
  ADD ("who-waits-gets-the-lock", test_who_waits_gets_the_lock);
  ADD ("unpaired-folder-does-not-sync", test_unpaired_folder_does_not_sync);
  ADD ("the-wait-doubles-and-is-kept", test_the_wait_doubles_and_is_kept);
  ADD ("a-copy-becomes-a-new-device", test_a_copy_becomes_a_new_device);
  ADD ("a-copy-with-as-many-attempts-becomes-one", test_a_copy_with_as_many_attempts_becomes_one);
  ADD ("becoming-a-new-device-is-ended", test_becoming_a_new_device_is_ended);
  ADD ("a-copy-of-a-revoked-device-stops", test_a_copy_of_a_revoked_device_stops);
  ADD ("every-run-is-logged", test_every_run_is_logged);
  ADD ("the-log-forgets-after-90-days", test_the_log_forgets_after_90_days);
  ADD ("a-run-that-is-ended-is-logged", test_a_run_that_is_ended_is_logged);

  return g_test_run ();
}
