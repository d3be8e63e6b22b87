/* Files from outside: what is refused, and what is brought in. */
#include "config.h"

#include <string.h>

#include "bp-device.h"
#include "bp-snapshot-file.h"
#include "bp-snapshot-maker.h"

#define SEQ 100
#define N_DAMAGED 400
#define LINES \
  "[{\"product_id\":\"p1\",\"name\":\"Rice\",\"quantity\":1000,\"total\":100}]"

typedef struct
{
  BpDevice device;
  char *path;
  guint products;
  guint sales;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  bp_device_set_up (&fixture->device, NULL);
  fixture->path = g_build_filename (fixture->device.folder, "came", NULL);
  fixture->products = 1u << bp_table_get_index (bp_table_find ("products"));
  fixture->sales = 1u << bp_table_get_index (bp_table_find ("sales"));
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_free (fixture->path);
  bp_device_tear_down (&fixture->device, NULL);
}

static void
write_file (Fixture *fixture,
            GBytes  *file)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (fixture->path, g_bytes_get_data (file, NULL),
                       (gssize)g_bytes_get_size (file), &error);
  g_assert_no_error (error);
}

static void
add (sqlite3    *file,
     const char *table,
     const char *id,
     gint64      seq,
     const char *json)
{
  g_autoptr (BpState) state = bp_device_state (table, id, 1, seq, json);

  bp_snapshot_maker_add (file, state);
}

/* A file of a few rows, to which @sql does something. */
static GBytes *
make_file (Fixture    *fixture,
           const char *sql)
{
  sqlite3 *file = bp_snapshot_maker_begin (fixture->products | fixture->sales);

  add (file, "products", "p1", 5, "{\"name\":\"Rice\",\"price\":5000}");
  add (file, "products", "p2", 6, "{\"name\":\"Salt\",\"stock\":-3000}");
  add (file, "sales", "s1", 7, "{\"number\":\"K/1\",\"customer_name\":\"Asha\",\"lines\":" LINES
       ",\"total_amount\":100}");
  if (sql != NULL && sqlite3_exec (file, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (file));
  return bp_snapshot_maker_end (file, "e1", SEQ);
}

static void
put_file (Fixture    *fixture,
          const char *sql)
{
  g_autoptr (GBytes) file = make_file (fixture, sql);

  write_file (fixture, file);
}

static BpSnapshot *
open_good (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  BpSnapshot *snapshot;

  snapshot = bp_snapshot_open (fixture->path, fixture->products | fixture->sales, NULL, &error);
  g_assert_no_error (error);
  return snapshot;
}

static void
expect_refused (Fixture    *fixture,
                const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpSnapshot) snapshot = NULL;

  snapshot = bp_snapshot_open (fixture->path, fixture->products | fixture->sales, NULL, &error);
  if (snapshot != NULL)
    g_error ("taken: %s", what);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static guint
bring_in (Fixture    *fixture,
          BpSnapshot *snapshot,
          guint       max_rows)
{
  g_autoptr (GError) error = NULL;
  gint64 n_here;
  guint n_parts = 0;

  bp_store_begin_bring_in (fixture->device.store, snapshot, &n_here, &error);
  g_assert_no_error (error);
  while (!bp_snapshot_is_done (snapshot))
    {
      guint n_stored;

      bp_store_bring_in (fixture->device.store, snapshot, max_rows, &n_stored, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (n_stored, <=, max_rows);
      n_parts++;
    }

  return n_parts;
}

static void
check_books (Fixture *fixture)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_store_check (fixture->device.store, faults, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < faults->len; i++)
    g_test_message ("%s", (char *)faults->pdata[i]);
  g_assert_cmpuint (faults->len, ==, 0);
}

static void
test_brought_in (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (BpSnapshot) snapshot = NULL;
  BpDevice *device = &fixture->device;

  put_file (fixture, NULL);
  snapshot = open_good (fixture);
  g_assert_cmpstr (bp_snapshot_get_epoch (snapshot), ==, "e1");
  g_assert_cmpint (bp_snapshot_get_seq (snapshot), ==, SEQ);
  g_assert_cmpint (bp_snapshot_count_rows (snapshot), ==, 3);
  g_assert_cmpuint (bring_in (fixture, snapshot, 1000), ==, 1);
  g_assert_cmpint (bp_store_get_cursor (device->store, bp_table_find ("products")), ==, SEQ);
  g_assert_cmpint (bp_store_get_cursor (device->store, bp_table_find ("sales")), ==, SEQ);
  g_assert_cmpint (bp_store_get_cursor (device->store, bp_table_find ("customers")), ==, 0);
  g_assert_false (bp_store_is_from_zero (device->store, bp_table_find ("products")));
  check_books (fixture);
}

/* The cursors come with the last rows, not before. */
static void
test_by_short_transactions (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr (BpSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  BpStore *store = fixture->device.store;
  gint64 n_here;
  guint n_stored;

  put_file (fixture, NULL);
  snapshot = open_good (fixture);
  bp_store_begin_bring_in (store, snapshot, &n_here, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      bp_store_bring_in (store, snapshot, 1, &n_stored, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (n_stored, ==, 1);
      g_assert_false (bp_snapshot_is_done (snapshot));
      g_assert_cmpint (bp_store_get_cursor (store, bp_table_find ("products")), ==, 0);
    }
  bp_store_bring_in (store, snapshot, 1, &n_stored, &error);
  g_assert_no_error (error);
  g_assert_true (bp_snapshot_is_done (snapshot));
  g_assert_cmpint (bp_store_get_cursor (store, bp_table_find ("sales")), ==, SEQ);
  check_books (fixture);
}

static gboolean
note_id (const BpRow *row,
         gpointer     user_data)
{
  g_string_append_printf (user_data, "%s ", row->state->id);
  return TRUE;
}

/* As a pull would have brought them. */
static void
test_in_the_order_of_seq (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr (BpSnapshot) snapshot = NULL;
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  put_file (fixture, data);
  snapshot = open_good (fixture);
  bring_in (fixture, snapshot, 1);
  bp_store_list (fixture->device.store,
                 &(BpListFilter){ bp_table_find ("products"), NULL, FALSE, -1 }, note_id, ids,
                 &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ids->str, ==, "p2 p1 ");
  check_books (fixture);
}

static gboolean
count_row (const BpRow *row,
           gpointer     user_data)
{
  *(guint *)user_data += 1;
  return TRUE;
}

static guint
count (Fixture    *fixture,
       const char *search)
{
  g_autoptr (GError) error = NULL;
  guint n = 0;

  bp_store_list (fixture->device.store,
                 &(BpListFilter){ bp_table_find ("products"), search, FALSE, -1 }, count_row, &n,
                 &error);
  g_assert_no_error (error);
  return n;
}

/* What pages brought before, and the snapshot does not have, was deleted. */
static void
test_what_it_does_not_bring_goes (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autoptr (BpSnapshot) snapshot = NULL;
  BpDevice *device = &fixture->device;

  bp_device_pull (device, "products", 20, FALSE,
                  bp_device_state ("products", "gone", 1, 3, "{\"name\":\"Gone\"}"),
                  bp_device_state ("products", "p1", 1, 5, "{\"name\":\"Rice\",\"price\":5000}"),
                  NULL);
  g_assert_cmpuint (count (fixture, "gone"), ==, 1);
  put_file (fixture, NULL);
  snapshot = open_good (fixture);
  bring_in (fixture, snapshot, 2);
  g_assert_cmpuint (count (fixture, "gone"), ==, 0);
  g_assert_cmpuint (count (fixture, NULL), ==, 2);
  g_assert_cmpuint (count (fixture, "ri"), ==, 1);
  check_books (fixture);
}

/* Half of it came in, and the program ended. */
static void
test_brought_in_again (Fixture      *fixture,
                       gconstpointer data)
{
  BpSnapshot *half;
  g_autoptr (BpSnapshot) whole = NULL;
  g_autoptr (GError) error = NULL;
  gint64 n_here;
  guint n_stored;

  put_file (fixture, NULL);
  half = open_good (fixture);
  bp_store_begin_bring_in (fixture->device.store, half, &n_here, &error);
  bp_store_bring_in (fixture->device.store, half, 2, &n_stored, &error);
  g_assert_no_error (error);
  bp_snapshot_close (half);
  whole = open_good (fixture);
  bp_store_begin_bring_in (fixture->device.store, whole, &n_here, &error);
  g_assert_cmpint (n_here, ==, 2);
  bring_in (fixture, whole, 100);
  g_assert_cmpuint (count (fixture, NULL), ==, 2);
  check_books (fixture);
}

static void
test_other_columns (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (BpSnapshot) snapshot = NULL;

  put_file (fixture, "ALTER TABLE products ADD COLUMN colour TEXT DEFAULT 'red';"
            "ALTER TABLE products DROP COLUMN unit;"
            "CREATE TABLE more (a); INSERT INTO more VALUES (1)");
  snapshot = open_good (fixture);
  bring_in (fixture, snapshot, 100);
  g_assert_cmpuint (count (fixture, NULL), ==, 2);
  check_books (fixture);
}

static void
test_refused (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const changes[] = {
    "DROP TABLE sales",
    "ALTER TABLE sales RENAME TO others",
    "ALTER TABLE products DROP COLUMN version",
    "ALTER TABLE products DROP COLUMN op_id",
    "ALTER TABLE products RENAME COLUMN op_id TO op_ie",
    "DROP TABLE meta",
    "INSERT INTO meta VALUES ('e2', 5)",
    "DROP TABLE meta; CREATE VIEW meta AS SELECT 'e1' AS epoch, 100 AS seq",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TRIGGER t AFTER INSERT ON products BEGIN DELETE FROM sales; END",
    "CREATE VIRTUAL TABLE f USING fts5 (a)",
    "ALTER TABLE products RENAME TO old; CREATE VIEW products AS SELECT * FROM old",
    "ALTER TABLE products ADD COLUMN more TEXT AS (name || name) VIRTUAL",
    "UPDATE products SET id = '' WHERE id = 'p1'",
    "UPDATE products SET id = 'a b' WHERE id = 'p1'",
    "UPDATE products SET id = hex (zeroblob (40)) WHERE id = 'p1'",
    "UPDATE products SET version = 0",
    "UPDATE products SET version = NULL",
    "UPDATE products SET version = 'one'",
    "UPDATE products SET seq = 0",
    "UPDATE products SET seq = 101",
    "UPDATE products SET seq = -5",
    "UPDATE products SET is_deleted = 1",
    "UPDATE products SET modified_at = 1.5",
    "UPDATE products SET price = 1.5",
    "UPDATE products SET price = 'much'",
    "UPDATE products SET price = 9007199254740992",
    "UPDATE products SET price = x'00'",
    "UPDATE products SET name = x'524943'",
    "UPDATE products SET name = CAST (x'ff41' AS TEXT)",
    "UPDATE products SET name = CAST (x'410042' AS TEXT)",
    "UPDATE products SET name = hex (zeroblob (600000))",
    "UPDATE products SET op_id = hex (zeroblob (3000))",
    "UPDATE sales SET lines = '[{\"total\":100,\"quantity\":1000}]'",
    "UPDATE sales SET lines = '[ ]'",
    "UPDATE sales SET lines = '{}'",
    "UPDATE sales SET lines = '[{\"colour\":1}]'",
    "UPDATE sales SET lines = '[{'",
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      put_file (fixture, changes[i]);
      expect_refused (fixture, changes[i]);
    }
  g_assert_cmpuint (count (fixture, NULL), ==, 0);
}

static void
test_other_sizes_are_refused (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr (GBytes) file = make_file (fixture, NULL);
  gsize length = g_bytes_get_size (file);
  const gsize sizes[] = { 0, 1, 99, 512, 1024, length - 1024, length - 1 };
  g_autoptr (GByteArray) longer = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (file, 0, sizes[i]);

      write_file (fixture, part);
      expect_refused (fixture, "a part");
    }

  g_byte_array_append (longer, g_bytes_get_data (file, NULL), (guint)length);
  g_byte_array_set_size (longer, (guint)length + 1024);
  bytes = g_bytes_new (longer->data, longer->len);
  write_file (fixture, bytes);
  expect_refused (fixture, "more than it says");
}

/* Wherever bytes are wrong: refused, or brought in as sound rows. */
static void
test_damaged_files_do_no_harm (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr (GBytes) file = make_file (fixture, NULL);
  gsize length;
  const char *bytes = g_bytes_get_data (file, &length);
  guint n_refused = 0;

  for (guint i = 0; i < N_DAMAGED; i++)
    {
      g_autofree char *copy = g_memdup2 (bytes, length);
      g_autoptr (BpSnapshot) snapshot = NULL;
      g_autoptr (GBytes) damaged = NULL;

      for (guint n = 0; n < 3; n++)
        copy[(guint)g_test_rand_int () % length] = (char)g_test_rand_int_range (0, 256);
      damaged = g_bytes_new (copy, length);
      write_file (fixture, damaged);
      snapshot = bp_snapshot_open (fixture->path, fixture->products | fixture->sales, NULL, NULL);
      n_refused += snapshot == NULL;
      if (snapshot != NULL)
        bring_in (fixture, snapshot, 100);
    }

  g_test_message ("%u of %d refused", n_refused, N_DAMAGED);
  g_assert_cmpuint (n_refused, >, 0);
  check_books (fixture);
}

static void
test_the_check_can_be_ended (Fixture      *fixture,
                             gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  put_file (fixture, "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE"
            " i < 20000) INSERT INTO products (id, version, seq, is_deleted, modified_at)"
            " SELECT 'n' || i, 1, 9, 0, 0 FROM n");
  g_cancellable_cancel (cancellable);
  g_assert_null (bp_snapshot_open (fixture->path, fixture->products, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(path, func) g_test_add ("/store/snapshot/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("is-brought-in-whole", test_brought_in);
  ADD ("is-brought-in-by-short-transactions", test_by_short_transactions);
  g_test_add ("/store/snapshot/is-brought-in-in-the-order-of-seq", Fixture,
              "UPDATE products SET seq = 9 WHERE id = 'p1'", set_up, test_in_the_order_of_seq,
              tear_down);
  g_test_add ("/store/snapshot/rows-without-places-have-that-order-too", Fixture,
              "CREATE TABLE other (id TEXT PRIMARY KEY, version, seq, is_deleted, modified_at,"
              " op_id, device_name, user, name) WITHOUT ROWID;"
              " INSERT INTO other SELECT id, version, seq, is_deleted, modified_at, op_id,"
              " device_name, user, name FROM products; DROP TABLE products;"
              " ALTER TABLE other RENAME TO products;"
              " UPDATE products SET seq = 9 WHERE id = 'p1'", set_up, test_in_the_order_of_seq,
              tear_down);
  ADD ("what-it-does-not-bring-goes", test_what_it_does_not_bring_goes);
  ADD ("half-of-it-is-brought-in-again", test_brought_in_again);
  ADD ("other-columns-are-passed-over", test_other_columns);
  ADD ("what-no-pull-could-bring-is-refused", test_refused);
  ADD ("other-sizes-are-refused", test_other_sizes_are_refused);
  ADD ("damaged-files-do-no-harm", test_damaged_files_do_no_harm);
  ADD ("the-check-can-be-ended", test_the_check_can_be_ended);

  return g_test_run ();
}
