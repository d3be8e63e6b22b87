#include "config.h"

#include "store-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bp-error.h"

#define SALE(number, status, more) \
  "{\"number\":" number ",\"kind\":\"sale\",\"status\":\"" status "\",\"currency\":\"INR\"," \
  "\"sale_date\":1000,\"business_date\":\"2026-01-02\",\"total_amount\":5000," \
  "\"lines\":[{\"product_id\":\"p1\",\"quantity\":2000,\"total\":5000}]" more "}"

static void
expect (StoreFixture   *fixture,
        BpOperationKind kind,
        const char     *table,
        const char     *id,
        const char     *json,
        BpStoreError    code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = describe_queue (fixture);

  g_assert_false (try_save (fixture, kind, table, id, json, &error));
  g_assert_error (error, BP_STORE_ERROR, (int)code);
  assert_queue (fixture, before);
}

static void
expect_data (StoreFixture   *fixture,
             BpOperationKind kind,
             const char     *table,
             const char     *id,
             const char     *json,
             BpDataError     code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (try_save (fixture, kind, table, id, json, &error));
  g_assert_error (error, BP_DATA_ERROR, (int)code);
}

static void
test_new_record (StoreFixture *fixture,
                 gconstpointer data)
{
  g_autoptr (BpRow) row = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;

  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\",\"sku\":\" T-1 \"}");
  row = bp_store_get (fixture->store, bp_table_find ("products"), "p1", &error);
  g_assert_no_error (error);
  json = bp_change_to_text (row->state->data);
  g_assert_cmpstr (json, ==,
                   "{\"name\":\"Tea\",\"sku\":\"T-1\",\"barcode\":null,\"category\":null,"
                   "\"unit\":null,\"price\":0,\"cost\":0,\"tax_rate\":0,\"tax_inclusive\":0,"
                   "\"tax_code\":null,\"reorder_level\":0,\"note\":null,\"stock\":0}");
  g_assert_cmpint (row->state->version, ==, 0);
  g_assert_cmpint (row->state->modified_at, ==, 1000);
  g_assert_cmpint (row->status, ==, BP_RECORD_PENDING);
  g_assert_cmpstr (row->state->user, ==, "Asha");
  g_assert_cmpint (ask (fixture, "SELECT timestamp FROM sync_queue"), ==, 1000);
  g_assert_cmpint (ask (fixture, "SELECT priority FROM sync_queue"), ==, BP_PRIORITY_MEDIUM);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"
                        " WHERE base_version IS NULL AND user = 'Asha'"
                        "  AND data ->> 'stock' IS NULL AND data ->> 'sku' = 'T-1'"), ==, 1);
}

static void
test_refusals (StoreFixture *fixture,
               gconstpointer data)
{
  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}");
  expect (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}",
          BP_STORE_ERROR_DUPLICATE);
  expect (fixture, BP_OPERATION_UPDATE, "products", "p2", "{\"name\":\"Tea\"}",
          BP_STORE_ERROR_NOT_FOUND);
  expect (fixture, BP_OPERATION_DELETE, "products", "p2", NULL, BP_STORE_ERROR_NOT_FOUND);
  expect_data (fixture, BP_OPERATION_INSERT, "products", "p2", "{\"sku\":\"1\"}",
               BP_DATA_ERROR_MISSING_FIELD);
  expect_data (fixture, BP_OPERATION_UPDATE, "products", "p1", "{\"name\":null}",
               BP_DATA_ERROR_MISSING_FIELD);
  expect_data (fixture, BP_OPERATION_INSERT, "products", "with blank", "{\"name\":\"Tea\"}",
               BP_DATA_ERROR_INVALID_VALUE);
  expect_data (fixture, BP_OPERATION_INSERT, "products", "", "{\"name\":\"Tea\"}",
               BP_DATA_ERROR_INVALID_VALUE);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM products_local"), ==, 1);
}

static void
test_all_or_nothing (StoreFixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) writes = writes_new ();
  g_autoptr (GError) error = NULL;

  writes_add (writes, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"A\"}");
  writes_add (writes, BP_OPERATION_UPDATE, "customers", "c2", "{\"name\":\"B\"}");
  g_assert_false (bp_store_save (fixture->store, writes, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND);
  assert_status (fixture, "customers", "c1", NULL);
  assert_queue (fixture, "");
}

static void
note_change (BpStore *store,
             guint    tables,
             guint   *seen)
{
  *seen |= tables;
}

static void
test_no_change (StoreFixture *fixture,
                gconstpointer data)
{
  guint seen = 0;

  save (fixture, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"A\"}");
  bp_test_clock_advance (fixture->clock, 10);
  g_signal_connect (fixture->store, "changed", G_CALLBACK (note_change), &seen);
  save (fixture, BP_OPERATION_UPDATE, "customers", "c1", "{\"name\":\"A\",\"note\":null}");
  g_assert_cmpuint (seen, ==, 0);
  assert_field (fixture, "customers", "c1", "last_modified", "1000");

  save (fixture, BP_OPERATION_UPDATE, "customers", "c1", "{\"name\":\"B\"}");
  g_assert_cmpuint (seen, ==, 1u << bp_table_get_index (bp_table_find ("customers")));
  assert_field (fixture, "customers", "c1", "last_modified", "1010");
}

static void
test_keys (StoreFixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  save (fixture, BP_OPERATION_INSERT, "products", "p1",
        "{\"name\":\"Tea\",\"sku\":\"T\",\"barcode\":\"890\"}");
  save (fixture, BP_OPERATION_INSERT, "products", "p2", "{\"name\":\"Salt\",\"sku\":\"  \"}");
  save (fixture, BP_OPERATION_INSERT, "products", "p3", "{\"name\":\"Rice\",\"sku\":\"t\"}");
  assert_field (fixture, "products", "p2", "sku", NULL);

  g_assert_false (try_save (fixture, BP_OPERATION_UPDATE, "products", "p2", "{\"sku\":\" T\"}",
                            &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE);
  g_assert_nonnull (strstr (error->message, "Tea"));
  g_assert_nonnull (strstr (error->message, "p1"));
  expect (fixture, BP_OPERATION_INSERT, "products", "p4", "{\"name\":\"X\",\"barcode\":\"890\"}",
          BP_STORE_ERROR_DUPLICATE);

  id = bp_store_find_by_key (fixture->store, bp_table_find ("products"), "barcode", "890", NULL);
  g_assert_cmpstr (id, ==, "p1");

  /* A deleted record holds no key; brought back, it needs one of its own. */
  save (fixture, BP_OPERATION_UPDATE, "products", "p1", "{\"note\":\"sent\"}");
  run_sql (fixture, "UPDATE sync_queue SET status = 'syncing'");
  save (fixture, BP_OPERATION_DELETE, "products", "p1", NULL);
  save (fixture, BP_OPERATION_UPDATE, "products", "p2", "{\"sku\":\"T\"}");
  expect (fixture, BP_OPERATION_UPDATE, "products", "p1", "{}", BP_STORE_ERROR_DUPLICATE);
  save (fixture, BP_OPERATION_UPDATE, "products", "p1", "{\"sku\":\"T2\"}");
  assert_field (fixture, "products", "p1", "name", "Tea");
  g_clear_pointer (&id, g_free);
  id = bp_store_find_by_key (fixture->store, bp_table_find ("products"), "sku", "none", NULL);
  g_assert_null (id);
}

static void
test_facts (StoreFixture *fixture,
            gconstpointer data)
{
  save (fixture, BP_OPERATION_INSERT, "sales", "s1", SALE ("\"1\"", "posted", ""));
  save (fixture, BP_OPERATION_INSERT, "payments", "y1",
        "{\"sale_id\":\"s1\",\"amount\":5000,\"method\":\"cash\"}");

  expect (fixture, BP_OPERATION_DELETE, "sales", "s1", NULL, BP_STORE_ERROR_POSTED);
  expect (fixture, BP_OPERATION_DELETE, "payments", "y1", NULL, BP_STORE_ERROR_POSTED);
  expect (fixture, BP_OPERATION_UPDATE, "payments", "y1", "{\"note\":\"x\"}",
          BP_STORE_ERROR_POSTED);
  expect (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"total_amount\":1}",
          BP_STORE_ERROR_POSTED);
  expect (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"draft\"}",
          BP_STORE_ERROR_POSTED);
  expect (fixture, BP_OPERATION_INSERT, "sales", "s2", SALE ("\"1\"", "posted", ""),
          BP_STORE_ERROR_DUPLICATE);

  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"note\":\"why\"}");
  run_sql (fixture, "UPDATE sync_queue SET status = 'syncing'");
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"void\",\"note\":\"wrong\"}");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue WHERE operation = 'UPDATE' AND"
                        " data = '{\"status\":\"void\",\"note\":\"wrong\"}'"), ==, 1);
  expect (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"posted\"}",
          BP_STORE_ERROR_POSTED);
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"void\"}");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 3);
}

static void
test_drafts (StoreFixture *fixture,
             gconstpointer data)
{
  save (fixture, BP_OPERATION_INSERT, "sales", "s1", "{\"status\":\"draft\",\"kind\":\"sale\"}");
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"customer_name\":\"Ravi\"}");
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"lines\":null}");
  assert_queue (fixture, "");
  assert_status (fixture, "sales", "s1", "synced");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_base"), ==, 0);

  expect_data (fixture, BP_OPERATION_UPDATE, "sales", "s1", "{\"status\":\"posted\"}",
               BP_DATA_ERROR_MISSING_FIELD);
  save (fixture, BP_OPERATION_UPDATE, "sales", "s1", SALE ("\"7\"", "posted", ""));
  assert_status (fixture, "sales", "s1", "pending");
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue WHERE operation = 'INSERT'"
                        " AND data ->> 'customer_name' = 'Ravi'"), ==, 1);

  save (fixture, BP_OPERATION_INSERT, "sales", "s2", SALE ("null", "draft", ""));
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sale_lines"), ==, 2);
  save (fixture, BP_OPERATION_DELETE, "sales", "s2", NULL);
  assert_status (fixture, "sales", "s2", NULL);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sale_lines"), ==, 1);
  g_assert_cmpint (ask (fixture, "SELECT quantity FROM sale_lines WHERE product_id = 'p1'"), ==,
                   2000);
}

static void
test_limits (StoreFixture *fixture,
             gconstpointer data)
{
  g_autofree char *note = g_strnfill (60 * 1024, 'x');
  g_autoptr (GPtrArray) writes = writes_new ();
  g_autoptr (GString) lines = g_string_new ("[");
  g_autofree char *sale = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 20; i++)
    {
      g_autofree char *id = g_strdup_printf ("c%d", i);
      g_autofree char *json = g_strdup_printf ("{\"name\":\"A\",\"note\":\"%s\"}", note);

      writes_add (writes, BP_OPERATION_INSERT, "customers", id, json);
    }
  g_assert_false (bp_store_save (fixture->store, writes, NULL, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT);
  g_clear_error (&error);
  g_ptr_array_set_size (writes, 15);
  save_writes (fixture, writes);

  for (int i = 0; lines->len < 511 * 1024; i++)
    g_string_append_printf (lines, "%s{\"name\":\"%d%.3000s\",\"quantity\":1000,\"total\":0}",
                            i > 0 ? "," : "", i, note);
  g_string_append_c (lines, ']');
  sale = g_strdup_printf ("{\"number\":\"1\",\"kind\":\"sale\",\"status\":\"posted\","
                          "\"currency\":\"INR\",\"sale_date\":1,\"business_date\":\"2026-01-02\","
                          "\"total_amount\":0,\"lines\":%s}", lines->str);
  {
    const BpTable *table = bp_table_find ("sales");
    g_autoptr (BpChange) change = bp_change_new_from_text (table, sale, BP_CHANGE_LENIENT, &error);
    g_autoptr (GPtrArray) one = writes_new ();

    g_assert_no_error (error);
    g_ptr_array_add (one, bp_write_new (table, "s1", BP_OPERATION_INSERT,
                                        g_steal_pointer (&change)));
    g_assert_false (bp_store_save (fixture->store, one, NULL, &error));
    g_assert_nonnull (error);
  }
  assert_status (fixture, "sales", "s1", NULL);
}

typedef struct
{
  StoreFixture *fixture;
  guint *seen;
} Nested;

static gboolean
save_nested (BpStore *store,
             gpointer user_data,
             GError **error)
{
  Nested *nested = user_data;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *number = bp_store_take_number (store, "KQX", "25-26", error);

  g_assert_cmpstr (number, ==, "KQX/25-26/000001");
  save (nested->fixture, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"A\"}");
  g_assert_false (try_save (nested->fixture, BP_OPERATION_INSERT, "customers", "c2", "{}",
                            &local_error));
  g_assert_error (local_error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD);
  save (nested->fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"P\"}");
  g_assert_cmpuint (*nested->seen, ==, 0);
  return TRUE;
}

static gboolean
save_and_fail (BpStore *store,
               gpointer user_data,
               GError **error)
{
  save (user_data, BP_OPERATION_INSERT, "customers", "c9", "{\"name\":\"A\"}");
  g_free (bp_store_take_number (store, "KQX", "25-26", NULL));
  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, "no");
  return FALSE;
}

static void
test_nesting (StoreFixture *fixture,
              gconstpointer data)
{
  guint seen = 0;
  Nested nested = { fixture, &seen };
  g_autoptr (GError) error = NULL;
  g_autofree char *number = NULL;

  g_signal_connect (fixture->store, "changed", G_CALLBACK (note_change), &seen);
  g_assert_true (bp_store_transact (fixture->store, save_nested, &nested, &error));
  g_assert_cmpuint (seen, ==, 1u << bp_table_get_index (bp_table_find ("customers"))
                    | 1u << bp_table_get_index (bp_table_find ("products")));
  assert_status (fixture, "customers", "c1", "pending");
  assert_status (fixture, "customers", "c2", NULL);

  seen = 0;
  g_assert_false (bp_store_transact (fixture->store, save_and_fail, fixture, &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED);
  g_assert_cmpuint (seen, ==, 0);
  assert_status (fixture, "customers", "c9", NULL);
  number = bp_store_take_number (fixture->store, "KQX", "25-26", NULL);
  g_assert_cmpstr (number, ==, "KQX/25-26/000002");
}

static void
test_numbers (StoreFixture *fixture,
              gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *other = NULL;
  g_autoptr (GError) error = NULL;

  save (fixture, BP_OPERATION_INSERT, "sales", "s1", SALE ("\"KQX/25-26/000001\"", "posted", ""));
  run_sql (fixture, "INSERT INTO sync_aliases VALUES ('sales', 'KQX/25-26/000003', 's1')");
  first = bp_store_take_number (fixture->store, "KQX", "25-26", NULL);
  g_assert_cmpstr (first, ==, "KQX/25-26/000002");
  second = bp_store_take_number (fixture->store, "KQX", "25-26", NULL);
  g_assert_cmpstr (second, ==, "KQX/25-26/000004");
  other = bp_store_take_number (fixture->store, "KQX", "26-27", NULL);
  g_assert_cmpstr (other, ==, "KQX/26-27/000001");

  run_sql (fixture, "UPDATE number_series SET last = 99999999 WHERE financial_year = '26-27'");
  g_assert_null (bp_store_take_number (fixture->store, "KQX", "26-27", &error));
  g_assert_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT);
}

static void
test_values (StoreFixture *fixture,
             gconstpointer data)
{
  g_autofree char *value = NULL, *setting = NULL;

  g_assert_cmpint (bp_store_get_number (fixture->store, "n", 7), ==, 7);
  g_assert_true (bp_store_set_number (fixture->store, "n", -3, NULL));
  g_assert_true (bp_store_set_device_setting (fixture->store, "n", "x", NULL));
  store_fixture_reopen (fixture);
  g_assert_cmpint (bp_store_get_number (fixture->store, "n", 7), ==, -3);
  setting = bp_store_get_device_setting (fixture->store, "n");
  g_assert_cmpstr (setting, ==, "x");
  g_assert_true (bp_store_set_value (fixture->store, "n", NULL, NULL));
  value = bp_store_get_value (fixture->store, "n");
  g_assert_null (value);
}

static void
test_imports (StoreFixture *fixture,
              gconstpointer data)
{
  const BpTable *table = bp_table_find ("customers");
  g_autoptr (BpRow) row = NULL;

  save (fixture, BP_OPERATION_INSERT, "customers", "c1", "{\"name\":\"A\"}");
  row = bp_store_get (fixture->store, table, "c1", NULL);
  g_assert_true (bp_store_note_import (fixture->store, "i", table, "list.csv", NULL));
  g_assert_true (bp_store_note_import_record (fixture->store, "i", table, "c1", row->state, NULL));
  g_assert_true (bp_store_note_import_record (fixture->store, "i", table, "c2", NULL, NULL));
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM import_records WHERE import_id = 'i'"
                        " AND ((position = 1 AND before -> 'data' ->> 'name' = 'A')"
                        "  OR (position = 2 AND before IS NULL))"), ==, 2);
}

/* Saves without end and says after each save how many hold. */
static void
save_for_ever (const char *folder,
               const char *prefix,
               int         n,
               int         told)
{
  g_autoptr (BpTestClock) clock = bp_test_clock_new (1000, (guint64)prefix[0]);
  g_autoptr (BpStore) store = bp_store_open (folder, BP_CLOCK (clock), NULL);

  for (int i = 0; store != NULL && (n == 0 || i < n); i++)
    {
      g_autoptr (GPtrArray) writes = writes_new ();
      g_autofree char *id = g_strdup_printf ("%s%d", prefix, i);

      writes_add (writes, BP_OPERATION_INSERT, "customers", id, "{\"name\":\"A\"}");
      if (!bp_store_save (store, writes, NULL, NULL) || write (told, "x", 1) != 1)
        _exit (1);
    }

  _exit (store == NULL);
}

static int
read_all (int fd)
{
  char bytes[256];
  int n = 0;
  gssize got;

  while ((got = read (fd, bytes, sizeof bytes)) > 0)
    n += (int)got;
  return n;
}

static void
test_killed (StoreFixture *fixture,
             gconstpointer data)
{
  int told[2], status, n = 0;
  char byte;
  pid_t child;
  g_autofree char *count = NULL;

  g_assert_cmpint (pipe (told), ==, 0);
  child = fork ();
  if (child == 0)
    save_for_ever (fixture->folder, "k", 0, told[1]);
  close (told[1]);
  for (; n < 40; n++)
    g_assert_cmpint (read (told[0], &byte, 1), ==, 1);
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  n += read_all (told[0]);
  close (told[0]);

  store_fixture_reopen (fixture);
  count = g_strdup_printf ("SELECT count (*) BETWEEN %d AND %d FROM customers_local", n, n + 1);
  g_assert_cmpint (ask (fixture, count), ==, 1);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM customers_local c LEFT JOIN sync_queue q"
                        " ON q.record_id = c.id LEFT JOIN sync_base b ON b.record_id = c.id"
                        " WHERE q.id IS NULL OR b.record_id IS NULL"), ==, 0);
  g_assert_cmpint (ask (fixture, "SELECT (SELECT count (*) FROM sync_queue)"
                        " = (SELECT count (*) FROM customers_local)"), ==, 1);
}

static void
test_two_processes (StoreFixture *fixture,
                    gconstpointer data)
{
  static const char *const prefixes[] = { "a", "b", "c" };
  pid_t children[3];
  int told[2];

  g_assert_cmpint (pipe (told), ==, 0);
  for (int i = 0; i < 3; i++)
    {
      children[i] = fork ();
      if (children[i] == 0)
        save_for_ever (fixture->folder, prefixes[i], 60, told[1]);
    }
  close (told[1]);
  g_assert_cmpint (read_all (told[0]), ==, 180);
  close (told[0]);
  for (int i = 0; i < 3; i++)
    {
      int status;

      g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
      g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    }
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM customers_local"), ==, 180);
  g_assert_cmpint (ask (fixture, "SELECT count (DISTINCT op_id) FROM sync_queue"), ==, 180);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM pragma_integrity_check"
                        " WHERE integrity_check <> 'ok'"), ==, 0);
}

static gpointer
save_many (gpointer data)
{
  StoreFixture *fixture = data;

  for (int i = 0; i < 50; i++)
    {
      g_autofree char *id = g_strdup_printf ("t%p-%d", (gpointer)g_thread_self (), i);

      save (fixture, BP_OPERATION_INSERT, "customers", id, "{\"name\":\"A\"}");
    }

  return NULL;
}

static void
test_threads (StoreFixture *fixture,
              gconstpointer data)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("saver", save_many, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (ask (fixture, "SELECT count (*) FROM sync_queue"), ==, 200);
}

static void
test_full_disk (StoreFixture *fixture,
                gconstpointer data)
{
  g_autofree char *note = g_strnfill (60 * 1024, 'x');
  g_autofree char *json = g_strdup_printf ("{\"name\":\"A\",\"note\":\"%s\"}", note);
  g_autofree char *limit = NULL;
  g_autoptr (GError) error = NULL;

  limit = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT,
                           ask (fixture, "PRAGMA page_count") + 3);
  ask (fixture, limit);
  g_assert_false (try_save (fixture, BP_OPERATION_INSERT, "customers", "c1", json, &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FULL);
  assert_status (fixture, "customers", "c1", NULL);
  assert_queue (fixture, "");

  ask (fixture, "PRAGMA max_page_count = 100000");
  save (fixture, BP_OPERATION_INSERT, "customers", "c1", json);
  assert_status (fixture, "customers", "c1", "pending");
}

static void
test_private_folder (StoreFixture *fixture,
                     gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "a", "b", NULL);
  g_autofree char *above = g_path_get_dirname (folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStore) store = bp_store_open (folder, BP_CLOCK (fixture->clock), &error);
  struct stat info;

  g_assert_no_error (error);
  g_assert_cmpint (stat (folder, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
  g_clear_object (&store);
  {
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name (dir)) != NULL)
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_assert_cmpint (g_unlink (path), ==, 0);
      }
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_cmpint (g_rmdir (above), ==, 0);
}

static void
note_tables (BpStore *store,
             guint    tables,
             gpointer user_data)
{
  *(guint *)user_data = tables;
}

static void
test_tells_of_another_writer (StoreFixture *fixture,
                              gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStore) other = bp_store_open (fixture->folder, bp_store_get_clock (fixture->store),
                                             &error);
  guint tables = 0;

  g_assert_no_error (error);
  g_signal_connect (other, "changed", G_CALLBACK (note_tables), &tables);
  g_assert_false (bp_store_look_around (other));
  save (fixture, BP_OPERATION_INSERT, "products", "p1", "{\"name\":\"Tea\"}");
  g_assert_true (bp_store_look_around (other));
  g_assert_cmpuint (tables, ==, (1u << BP_N_TABLES) - 1);
  g_assert_false (bp_store_look_around (other));
  g_assert_false (bp_store_look_around (fixture->store));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/save/" path, StoreFixture, NULL, store_fixture_init, func, \
              store_fixture_clear)
  ADD ("new-record-is-complete-and-queued", test_new_record);
  ADD ("what-cannot-be-is-refused", test_refusals);
  ADD ("action-is-all-or-nothing", test_all_or_nothing);
  ADD ("no-change-writes-nothing", test_no_change);
  ADD ("keys-are-of-one-living-record", test_keys);
  ADD ("facts-do-not-change", test_facts);
  ADD ("drafts-stay-here", test_drafts);
  ADD ("limits-are-checked", test_limits);
  ADD ("transactions-nest", test_nesting);
  ADD ("numbers-are-given-once", test_numbers);
  ADD ("values-are-kept", test_values);
  ADD ("imports-are-kept", test_imports);
  ADD ("saved-holds-after-kill", test_killed);
  ADD ("processes-save-at-once", test_two_processes);
  ADD ("another-process-writing-is-told", test_tells_of_another_writer);
  ADD ("threads-save-at-once", test_threads);
  ADD ("full-disk-changes-nothing", test_full_disk);
  ADD ("folder-is-private", test_private_folder);
#undef ADD

  return g_test_run ();
}
