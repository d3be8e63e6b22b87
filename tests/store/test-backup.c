#include "config.h"

#include "bp-database.h"
#include "bp-device.h"

#include <glib/gstdio.h>
#include <string.h>

#define SALE \
  "{\"number\":\"A/26/1\",\"kind\":\"sale\",\"status\":\"posted\",\"currency\":\"INR\"," \
  "\"sale_date\":1763000000000,\"business_date\":\"2026-11-13\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":1000,\"total\":5000}]}"

static char *
back_up (BpDevice *device)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (device->folder, "backup.db", NULL);

  bp_store_backup (device->store, path, &error);
  g_assert_no_error (error);
  return path;
}

static void
restore (BpDevice   *device,
         const char *path)
{
  g_autoptr (GError) error = NULL;

  bp_store_restore (device->store, path, &error);
  g_assert_no_error (error);
}

static guint
count_kept (BpDevice *device)
{
  g_autoptr (GDir) dir = g_dir_open (device->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    n += strstr (name, ".before-restore-") != NULL;
  return n;
}

static void
note_changes (BpStore *store,
              guint    tables,
              guint   *changed)
{
  *changed |= tables;
}

static void
test_way_back (BpDevice     *device,
               gconstpointer data)
{
  g_autofree char *path = NULL;
  guint changed = 0;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5, "{\"name\":\"Soap\",\"price\":1}"),
                  NULL);
  path = back_up (device);
  bp_device_pull (device, "products", 20, FALSE,
                  bp_device_state ("products", "p1", 4, 15, "{\"name\":\"Soap\",\"price\":2}"),
                  bp_device_state ("products", "p2", 1, 16, "{\"name\":\"Rice\"}"), NULL);

  g_signal_connect (device->store, "changed", G_CALLBACK (note_changes), &changed);
  restore (device, path);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=1");
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"), "none");
  g_assert_cmpint (bp_store_get_cursor (device->store, bp_table_find ("products")), ==, 9);
  g_assert_cmpuint (changed, ==, (1u << BP_N_TABLES) - 1);
  g_assert_cmpuint (count_kept (device), ==, 1);

  /* The store goes on, and what it writes lasts. */
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_reopen (device);
  bp_assert_text (bp_device_describe (device, "products", "p1", "price"), "synced v3 price=1");
  bp_assert_text (bp_device_describe (device, "products", "p3", "name"), "pending v0 name=Tea");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM products_search"
                                  " WHERE products_search MATCH 'tea'"), ==, 1);
}

/* What waits, failed or is in conflict in the replaced books, and what it
 * adds to figures. */
static void
test_carries_over (BpDevice     *device,
                   gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  bp_device_pull (device, "products", 9, TRUE,
                  bp_device_state ("products", "p1", 3, 5,
                                   "{\"name\":\"Soap\",\"price\":1,\"stock\":9000}"),
                  bp_device_state ("products", "p2", 3, 6, "{\"name\":\"Rice\"}"),
                  bp_device_state ("products", "p4", 3, 7, "{\"name\":\"Salt\"}"), NULL);
  path = back_up (device);
  bp_store_raise_attempt (device->store, 40, &error);
  g_assert_no_error (error);
  g_free (bp_store_take_number (device->store, "KQX", "26-27", &error));
  bp_device_save (device, "products", "p2", "=", "{\"price\":7}", NULL);
  bp_device_pull (device, "products", 20, FALSE,
                  bp_device_state ("products", "p2", 4, 15, NULL), NULL);
  bp_device_save (device, "products", "p3", "+", "{\"name\":\"Tea\"}", NULL);
  bp_device_answer (device, bp_device_claim (device, BP_CLAIM_ALL), "rejected:too_large", NULL);
  bp_device_save (device, "products", "p4", "=", "{\"price\":8}", NULL);
  bp_device_push_all (device, 30);
  bp_device_save (device, "sales", "s1", "+", SALE, "payments", "y1", "+",
                  "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}", NULL);

  restore (device, path);
  bp_assert_text (bp_device_describe_queue (device),
                  "INSERT sales s1 pending\nINSERT payments y1 pending\n"
                  "UPDATE products p2 pending {\"price\":7}\nINSERT products p3 failed");
  bp_assert_text (bp_device_describe (device, "products", "p1", "stock"), "synced v3 stock=8000");
  bp_assert_text (bp_device_describe (device, "products", "p2", "price"), "conflict v3 price=7");
  bp_assert_text (bp_device_describe (device, "products", "p3", "name"), "failed v0 name=Tea");
  bp_assert_text (bp_device_describe (device, "products", "p4", "price"), "synced v3 price=0");
  bp_assert_text (bp_device_describe (device, "sales", "s1", "paid"), "pending v0 paid=5000");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts WHERE"
                                  " decision IS NULL AND record_id = 'p2'"), ==, 1);

  /* Nothing is given out twice. */
  g_assert_cmpint (bp_store_get_number (device->store, "attempt", 0), >=, 41);
  bp_assert_text (bp_store_take_number (device->store, "KQX", "26-27", &error),
                  "KQX/26-27/000002");
}

/* What waited when the backup was made, and was answered since. */
static void
test_answered_since (BpDevice     *device,
                     gconstpointer data)
{
  g_autofree char *path = NULL;

  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  bp_device_save (device, "products", "p2", "+", "{\"name\":\"Rice\"}", NULL);
  path = back_up (device);
  bp_device_save (device, "products", "p1", "=", "{\"name\":\"Bar\"}", NULL);
  bp_device_push_all (device, 5);

  restore (device, path);
  bp_assert_text (bp_device_describe_queue (device), "");
  bp_assert_text (bp_device_describe (device, "products", "p1", "name"), "synced v1 name=Bar");
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_queue"
                                  " WHERE status = 'synced'"), ==, 2);
}

static void
test_into_an_empty_folder (BpDevice     *device,
                           gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  BpDevice other;

  bp_store_set_value (device->store, "store.id", "st1", &error);
  bp_store_set_value (device->store, "device.id", "d1", &error);
  g_assert_no_error (error);
  bp_device_save (device, "products", "p1", "+", "{\"name\":\"Soap\"}", NULL);
  path = back_up (device);

  bp_device_set_up (&other, NULL);
  restore (&other, path);
  bp_assert_text (bp_device_describe (&other, "products", "p1", "name"), "pending v0 name=Soap");
  bp_assert_text (bp_store_get_value (other.store, "device.id"), "d1");
  bp_device_tear_down (&other, NULL);
}

static void
assert_refused (BpDevice   *device,
                const char *path,
                GQuark      domain,
                int         code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bp_store_restore (device->store, path, &error));
  g_assert_error (error, domain, code);
  bp_assert_text (bp_device_describe (device, "products", "mine", "name"), "pending v0 name=Mine");
  g_assert_cmpuint (count_kept (device), ==, 0);
}

static void
test_refuses (BpDevice     *device,
              gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *text = g_build_filename (device->folder, "note.txt", NULL);
  g_autofree char *missing = g_build_filename (device->folder, "missing.db", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  bp_store_set_value (device->store, "store.id", "theirs", &error);
  path = back_up (device);
  bp_store_set_value (device->store, "store.id", "ours", &error);
  bp_device_save (device, "products", "mine", "+", "{\"name\":\"Mine\"}", NULL);
  assert_refused (device, path, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  bp_store_set_value (device->store, "store.id", "theirs", &error);

  g_file_set_contents (text, "no database at all, but some text of a length", -1, &error);
  assert_refused (device, text, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT);
  assert_refused (device, missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  g_file_get_contents (path, &contents, &length, &error);
  memset (contents + length / 2, 'x', 4096);
  g_file_set_contents (path, contents, (gssize)length, &error);
  g_assert_no_error (error);
  assert_refused (device, path, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT);
}

static void
test_too_new (BpDevice     *device,
              gconstpointer data)
{
  g_autofree char *path = NULL;

  bp_device_run (device, "PRAGMA user_version = 99");
  path = back_up (device);
  bp_device_run (device, "PRAGMA user_version = 1");
  bp_device_save (device, "products", "mine", "+", "{\"name\":\"Mine\"}", NULL);
  assert_refused (device, path, BP_DATABASE_ERROR, BP_DATABASE_ERROR_TOO_NEW);
}

#define ADD(name, function) \
  g_test_add ("/store/backup/" name, BpDevice, NULL, bp_device_set_up, function, \
              bp_device_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("there-and-back", test_way_back);
  ADD ("carries-over-what-waits", test_carries_over);
  ADD ("knows-what-was-answered-since", test_answered_since);
  ADD ("into-an-empty-folder", test_into_an_empty_folder);
  ADD ("refuses-what-is-not-ours-or-broken", test_refuses);
  ADD ("refuses-what-is-too-new", test_too_new);

  return g_test_run ();
}
