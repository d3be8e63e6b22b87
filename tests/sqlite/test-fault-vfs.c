/* The faulty VFS: what survives on it, what it does to connections, and that
 * it finds a database that trusts its disk too much. */
#include "config.h"

#include "bp-database.h"
#include "bp-fault-vfs.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define OURS 0x42495a54
#define N_ROWS 6

static const char *const one[] = { "/test/one.sql", NULL };
static const char *const two[] = { "/test/one.sql", "/test/two.sql", NULL };

typedef struct
{
  char *folder;
  char *path;
  BpFaultVfs *vfs;
  BpFaultDisk *disk;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bp-fault-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "test.db", NULL);
  fixture->vfs = bp_fault_vfs_new (1);
  fixture->disk = bp_fault_disk_new (fixture->vfs, fixture->folder, 1);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  bp_fault_disk_free (fixture->disk);
  bp_fault_vfs_free (fixture->vfs);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static BpDatabase *
open_writer (const char *path)
{
  g_autoptr (GError) error = NULL;
  BpDatabase *database = bp_database_open (path, BP_DATABASE_WRITER, OURS, one, &error);

  g_assert_no_error (error);
  return database;
}

static gint64
ask (BpDatabase *database,
     const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, &error);
  gboolean has_row;

  g_assert_no_error (error);
  bp_database_step (database, statement, &has_row, &error);
  g_assert_no_error (error);
  return bp_column_get_integer (statement, 0);
}

static gboolean
insert (BpDatabase *database,
        int         number,
        GError    **error)
{
  g_autofree char *name = g_strnfill (3000, (char)('a' + number % 26));
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_database_prepare (database, "INSERT INTO things (name) VALUES (:name || :n)",
                                   error);
  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":name", name);
  bp_bind_integer (statement, ":n", number);
  return bp_database_run (database, statement, error);
}

/* Two rows a transaction, so that half of one shows. */
static gboolean
add_pair (BpDatabase *database,
          int         number,
          GError    **error)
{
  if (!bp_database_begin (database, error))
    return FALSE;
  if (insert (database, number, error) && insert (database, number + 1000, error))
    return bp_database_commit (database, error);

  bp_database_rollback (database);
  return FALSE;
}

static void
assert_whole (BpDatabase *database)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_database_check (database, faults, &error));
  g_assert_no_error (error);
  if (faults->len > 0)
    g_error ("%s", (char *)faults->pdata[0]);
}

/* Returns how many pairs were acknowledged before the power went. */
static int
work (const char *path)
{
  g_autoptr (BpDatabase) database = NULL;
  int acknowledged = 0;

  database = bp_database_open (path, BP_DATABASE_WRITER, OURS, one, NULL);
  for (int i = 0; database != NULL && i < N_ROWS; i++)
    {
      if (!add_pair (database, i, NULL))
        break;
      acknowledged++;
      if (i == N_ROWS / 2)
        bp_database_checkpoint (database, NULL);
    }

  return acknowledged;
}

static void
test_cut_at_each_change (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr (BpFaultImage) empty = bp_fault_disk_take_image (fixture->disk);
  guint64 n_cuts = 0;
  gboolean was_cut = TRUE;

  for (guint64 n = 1; was_cut; n++)
    {
      for (guint64 seed = 0; seed < 8; seed++)
        {
          g_autoptr (BpDatabase) database = NULL;
          int acknowledged;
          gint64 found;

          bp_fault_disk_load_image (fixture->disk, empty);
          bp_fault_disk_set_seed (fixture->disk, n * 1000 + seed);
          bp_fault_disk_cut_at (fixture->disk, BP_FAULT_CHANGE, n);
          acknowledged = work (fixture->path);
          was_cut = bp_fault_disk_is_off (fixture->disk);
          bp_fault_disk_cut_at (fixture->disk, BP_FAULT_CHANGE, 0);
          bp_fault_disk_power_on (fixture->disk);

          database = open_writer (fixture->path);
          assert_whole (database);
          found = ask (database, "SELECT count(*) FROM things");
          if (found != 2 * acknowledged && found != 2 * acknowledged + 2)
            g_error ("Cut at change %d, seed %d: %d pairs acknowledged, %d rows found", (int)n,
                     (int)seed, acknowledged, (int)found);
          n_cuts++;
        }
    }
  g_test_message ("%d cuts", (int)n_cuts);
  g_assert_cmpuint (n_cuts, >, 100);
}

/* The version, looked at without opening the file as the product does. */
static int
get_version (const char *path)
{
  sqlite3 *handle;
  sqlite3_stmt *statement = NULL;
  int version, columns;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, "PRAGMA user_version", -1, &statement, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, "SELECT * FROM things", -1, &statement, NULL), ==,
                   SQLITE_OK);
  columns = sqlite3_column_count (statement);
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  g_assert_cmpint (columns, ==, version == 1 ? 3 : 4);
  return version;
}

static void
assert_between_no_versions (Fixture *fixture)
{
  g_autofree char *copy = g_strconcat (fixture->path, ".before-v2", NULL);
  g_autoptr (BpDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  /* The copy is there before the version moves, and is whole. */
  if (get_version (fixture->path) == 2)
    {
      g_autoptr (BpDatabase) kept = open_writer (copy);

      assert_whole (kept);
      g_assert_cmpint (ask (kept, "SELECT count(*) FROM things"), ==, 40);
    }

  database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, two, &error);
  g_assert_no_error (error);
  assert_whole (database);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things WHERE colour IS NULL"), ==, 40);
}

static void
test_migration (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (BpFaultImage) old = NULL;
  BpDatabase *database = open_writer (fixture->path);
  int n_faults = 0;

  for (int i = 0; i < 20; i++)
    g_assert_true (add_pair (database, i, NULL));
  bp_database_close (database);
  old = bp_fault_disk_take_image (fixture->disk);

  /* Cut at each change with several seeds, and fail each call, once and for ever. */
  for (int way = 0; way < 8; way++)
    {
      gboolean came = TRUE;

      for (guint64 n = 1; came; n++)
        {
          guint64 start = bp_fault_disk_count (fixture->disk, BP_FAULT_ANY);

          bp_fault_disk_load_image (fixture->disk, old);
          bp_fault_disk_set_seed (fixture->disk, n * 10 + (guint64)way);
          if (way < 6)
            bp_fault_disk_cut_at (fixture->disk, BP_FAULT_CHANGE, n);
          else
            bp_fault_disk_fail_at (fixture->disk, BP_FAULT_ANY, n, way == 7);
          database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, two, NULL);
          g_clear_pointer (&database, bp_database_close);
          came = way < 6 ? bp_fault_disk_is_off (fixture->disk)
                         : bp_fault_disk_count (fixture->disk, BP_FAULT_ANY) - start >= n;
          bp_fault_disk_cut_at (fixture->disk, BP_FAULT_CHANGE, 0);
          bp_fault_disk_power_on (fixture->disk);
          assert_between_no_versions (fixture);
          n_faults++;
        }
    }
  g_test_message ("%d faults", n_faults);
  g_assert_cmpint (n_faults, >, 200);
}

static sqlite3 *
open_careless (const char *path,
               const char *pragmas)
{
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, pragmas, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, "CREATE TABLE IF NOT EXISTS things (name TEXT)", NULL,
                                 NULL, NULL), ==, SQLITE_OK);
  return handle;
}

static int
count_rows (sqlite3 *handle)
{
  sqlite3_stmt *statement = NULL;
  int n = -1;

  if (sqlite3_prepare_v2 (handle, "SELECT count(*) FROM things", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return n;
}

/* How many of some power cuts lost an acknowledged row. */
static int
count_losses (Fixture    *fixture,
              const char *pragmas)
{
  int losses = 0;

  for (guint64 seed = 1; seed <= 100; seed++)
    {
      g_autoptr (BpFaultImage) empty = bp_fault_disk_take_image (fixture->disk);
      sqlite3 *handle = open_careless (fixture->path, pragmas);
      int acknowledged = 0;

      bp_fault_disk_set_seed (fixture->disk, seed);
      bp_fault_disk_cut_at (fixture->disk, BP_FAULT_ANY, 1 + seed / 2);
      while (sqlite3_exec (handle, "INSERT INTO things VALUES (randomblob (2000))", NULL, NULL,
                           NULL) == SQLITE_OK)
        acknowledged++;
      g_assert_true (bp_fault_disk_is_off (fixture->disk));
      sqlite3_close (handle);
      bp_fault_disk_power_on (fixture->disk);

      g_assert_cmpint (sqlite3_open (fixture->path, &handle), ==, SQLITE_OK);
      losses += count_rows (handle) < acknowledged;
      sqlite3_close (handle);
      bp_fault_disk_load_image (fixture->disk, empty);
    }

  return losses;
}

static void
test_careless_is_caught (Fixture      *fixture,
                         gconstpointer data)
{
  g_assert_cmpint (count_losses (fixture, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"),
                   >, 20);
  g_assert_cmpint (count_losses (fixture, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF"),
                   >, 20);
  g_assert_cmpint (count_losses (fixture, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"),
                   ==, 0);
  g_assert_cmpint (count_losses (fixture,
                                 "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA"),
                   ==, 0);
}

static void
test_dead_stays_dead (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (BpDatabase) before = open_writer (fixture->path);
  g_autoptr (BpDatabase) after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (add_pair (before, 1, &error));
  bp_fault_disk_cut (fixture->disk);
  g_assert_true (bp_fault_disk_is_off (fixture->disk));
  g_assert_false (add_pair (before, 2, NULL));
  g_assert_null (bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, one, NULL));

  bp_fault_disk_power_on (fixture->disk);
  g_assert_false (add_pair (before, 3, NULL));
  after = open_writer (fixture->path);
  g_assert_true (add_pair (after, 4, &error));
  g_assert_no_error (error);
  g_assert_false (add_pair (before, 5, NULL));
  g_assert_cmpint (ask (after, "SELECT count(*) FROM things"), ==, 4);
}

static void
test_fails (Fixture      *fixture,
            gconstpointer data)
{
  static const BpFaultCall calls[] = { BP_FAULT_WRITE, BP_FAULT_SYNC };
  static const char *const codes[] = { "(778)", "(1034)" };
  g_autoptr (BpDatabase) database = open_writer (fixture->path);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (GError) error = NULL;

      bp_fault_disk_fail_at (fixture->disk, calls[i], 1, FALSE);
      g_assert_false (add_pair (database, (int)i, &error));
      g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, codes[i]));
      g_assert_true (add_pair (database, (int)i, NULL));

      bp_fault_disk_fail_at (fixture->disk, calls[i], 2, TRUE);
      g_assert_false (add_pair (database, (int)i + 10, NULL)
                      && add_pair (database, (int)i + 20, NULL));
      g_assert_false (add_pair (database, (int)i + 30, NULL));
      bp_fault_disk_fail_at (fixture->disk, calls[i], 0, FALSE);
      g_assert_true (add_pair (database, (int)i + 40, NULL));
    }
  assert_whole (database);
}

/* What an fsync that failed did not write is not written by the next one. */
static void
test_failed_sync_is_not_made_good (Fixture      *fixture,
                                   gconstpointer data)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
  sqlite3_file *file = g_malloc0 ((gsize)vfs->szOsFile);
  g_autoptr (GBytes) left = NULL;
  char full[4096];

  g_assert_cmpint (vfs->xFullPathname (vfs, fixture->path, sizeof full, full), ==, SQLITE_OK);
  g_assert_cmpint (vfs->xOpen (vfs, full, file, flags, NULL), ==, SQLITE_OK);
  g_assert_cmpint (file->pMethods->xWrite (file, "first", 5, 0), ==, SQLITE_OK);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_FULL), ==, SQLITE_OK);
  g_assert_cmpint (file->pMethods->xWrite (file, "other", 5, 0), ==, SQLITE_OK);
  bp_fault_disk_fail_at (fixture->disk, BP_FAULT_SYNC, 1, FALSE);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_FULL), ==, SQLITE_IOERR_FSYNC);
  g_assert_cmpint (file->pMethods->xSync (file, SQLITE_SYNC_FULL), ==, SQLITE_OK);

  /* A seed that keeps nothing of what was not synced. */
  for (guint64 seed = 0; seed < 40; seed++)
    {
      g_autoptr (BpFaultImage) image = NULL;

      bp_fault_disk_set_seed (fixture->disk, seed);
      image = bp_fault_disk_take_cut_image (fixture->disk);
      bp_fault_disk_set_seed (fixture->disk, seed);
      bp_fault_disk_cut (fixture->disk);
      bp_fault_disk_power_on (fixture->disk);
      g_clear_pointer (&left, g_bytes_unref);
      left = bp_fault_disk_read (fixture->disk, fixture->path);
      if (memcmp (g_bytes_get_data (left, NULL), "first", 5) == 0)
        break;
    }
  g_assert_cmpmem (g_bytes_get_data (left, NULL), g_bytes_get_size (left), "first", 5);
  file->pMethods->xClose (file);
  g_free (file);
}

/* SQLite takes a transaction back by itself when a read fails. */
static void
test_nothing_holds_alone (Fixture      *fixture,
                          gconstpointer data)
{
  BpDatabase *database = open_writer (fixture->path);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 20; i++)
    g_assert_true (add_pair (database, i, NULL));
  bp_database_close (database);

  database = open_writer (fixture->path);
  g_assert_true (bp_database_begin (database, NULL));
  g_assert_true (insert (database, 100, NULL));
  bp_fault_disk_fail_at (fixture->disk, BP_FAULT_READ, 1, FALSE);
  g_assert_false (bp_database_run_sql (database, "SELECT count(name) FROM things", NULL));
  g_assert_false (insert (database, 101, &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "(266)"));
  g_assert_false (bp_database_commit (database, NULL));
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 40);
  g_assert_true (add_pair (database, 101, NULL));
  bp_database_close (database);
}

static void
test_failed_commit_stays_away (Fixture      *fixture,
                               gconstpointer data)
{
  for (guint64 seed = 0; seed < 20; seed++)
    {
      g_autoptr (BpFaultImage) empty = bp_fault_disk_take_image (fixture->disk);
      BpDatabase *database = open_writer (fixture->path);

      g_assert_true (add_pair (database, 0, NULL));
      bp_fault_disk_set_seed (fixture->disk, seed);
      bp_fault_disk_fail_at (fixture->disk, BP_FAULT_SYNC, 1, FALSE);
      g_assert_false (add_pair (database, 1, NULL));
      bp_fault_disk_cut (fixture->disk);
      bp_database_close (database);
      bp_fault_disk_power_on (fixture->disk);

      database = open_writer (fixture->path);
      g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 2);
      bp_database_close (database);
      bp_fault_disk_load_image (fixture->disk, empty);
    }
}

static void
test_full (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (BpDatabase) database = open_writer (fixture->path);
  g_autoptr (GError) error = NULL;
  gint64 before;
  int added = 0;

  bp_fault_disk_set_room (fixture->disk, bp_fault_disk_get_used (fixture->disk) + 100000);
  while (add_pair (database, added, &error))
    added++;
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FULL);
  before = ask (database, "SELECT count(*) FROM things");
  g_assert_cmpint (before, ==, 2 * added);
  g_assert_cmpint (added, >, 0);

  bp_fault_disk_set_room (fixture->disk, -1);
  g_assert_true (add_pair (database, added, NULL));
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, before + 2);
  assert_whole (database);
}

static void
test_two_connections (Fixture      *fixture,
                      gconstpointer data)
{
  sqlite3 *first = open_careless (fixture->path, "PRAGMA journal_mode = WAL");
  sqlite3 *second = open_careless (fixture->path, "PRAGMA journal_mode = WAL");

  g_assert_cmpint (sqlite3_exec (first, "BEGIN IMMEDIATE; INSERT INTO things VALUES ('a')", NULL,
                                 NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (second, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_BUSY);
  g_assert_cmpint (count_rows (second), ==, 0);
  g_assert_cmpint (sqlite3_exec (first, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (count_rows (second), ==, 1);
  g_assert_cmpint (sqlite3_exec (second, "INSERT INTO things VALUES ('b')", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (count_rows (first), ==, 2);
  sqlite3_close (second);

  g_assert_cmpint (sqlite3_exec (first, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  second = open_careless (fixture->path, "");
  g_assert_cmpint (sqlite3_exec (first, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (count_rows (second), ==, -1);
  g_assert_cmpint (sqlite3_errcode (second), ==, SQLITE_BUSY);
  g_assert_cmpint (sqlite3_exec (first, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (count_rows (second), ==, 2);
  sqlite3_close (first);
  sqlite3_close (second);
}

static void
test_seed_repeats (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *log = g_strconcat (fixture->path, "-wal", NULL);
  g_autoptr (BpFaultImage) empty = bp_fault_disk_take_image (fixture->disk);
  g_autoptr (GBytes) first = NULL;

  for (int round = 0; round < 2; round++)
    {
      g_autoptr (GBytes) left = NULL;

      bp_fault_disk_load_image (fixture->disk, empty);
      bp_fault_vfs_set_seed (fixture->vfs, 7);
      bp_fault_disk_set_seed (fixture->disk, 7);
      bp_fault_disk_cut_at (fixture->disk, BP_FAULT_WRITE, 40);
      work (fixture->path);
      g_assert_true (bp_fault_disk_is_off (fixture->disk));
      bp_fault_disk_power_on (fixture->disk);
      left = bp_fault_disk_read (fixture->disk, log);
      g_assert_nonnull (left);
      g_assert_cmpuint (g_bytes_get_size (left), >, 0);
      if (first == NULL)
        first = g_steal_pointer (&left);
      else
        g_assert_true (g_bytes_equal (first, left));
    }
}

static void
remove_file (const char *path,
             const char *end)
{
  g_autofree char *name = g_strconcat (path, end, NULL);

  g_assert_cmpint (g_unlink (name), ==, 0);
}

static gint64
count_things (const char *path)
{
  g_autoptr (BpDatabase) database = open_writer (path);

  return ask (database, "SELECT count(*) FROM things");
}

static void
test_images_and_copies (Fixture      *fixture,
                        gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "other", NULL);
  g_autofree char *copied = g_build_filename (folder, "copy.db", NULL);
  g_autofree char *loaded = g_build_filename (folder, "test.db", NULL);
  g_autoptr (BpFaultDisk) other = bp_fault_disk_new (fixture->vfs, folder, 2);
  g_autoptr (BpFaultImage) nothing = bp_fault_disk_take_image (other);
  g_autoptr (BpFaultImage) image = NULL;
  BpDatabase *database = open_writer (fixture->path);

  g_assert_true (add_pair (database, 1, NULL));
  image = bp_fault_disk_take_image (fixture->disk);
  g_assert_true (add_pair (database, 2, NULL));
  bp_fault_disk_copy_database (other, copied, fixture->disk, fixture->path);
  bp_database_close (database);
  g_assert_cmpint (count_things (copied), ==, 4);
  g_assert_cmpint (count_things (fixture->path), ==, 4);

  bp_fault_disk_load_image (other, image);
  g_assert_false (g_file_test (copied, G_FILE_TEST_EXISTS));
  g_assert_cmpint (count_things (loaded), ==, 2);
  database = open_writer (loaded);
  g_assert_true (add_pair (database, 3, NULL));
  bp_database_close (database);

  bp_fault_disk_load_image (fixture->disk, image);
  g_assert_cmpint (count_things (fixture->path), ==, 2);
  bp_fault_disk_load_image (other, nothing);
  remove_file (copied, ".lock");
  remove_file (loaded, ".lock");
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The product writes a copy beside, and renames it. */
/* The disk goes back in time under a connection, as often as one likes. */
static void
test_rewound (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (BpDatabase) database = open_writer (fixture->path);
  g_autoptr (BpFaultImage) image = NULL;

  g_assert_true (add_pair (database, 1, NULL));
  image = bp_fault_disk_take_image (fixture->disk);
  for (int i = 0; i < 3; i++)
    {
      g_assert_true (add_pair (database, 2, NULL));
      g_assert_true (add_pair (database, 3, NULL));
      g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 6);
      if (i == 1)
        g_assert_true (bp_database_checkpoint (database, NULL));
      bp_fault_disk_rewind (fixture->disk, image);
      g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 2);
      assert_whole (database);
    }

  /* What it held then is durable. */
  bp_fault_disk_cut (fixture->disk);
  g_clear_pointer (&database, bp_database_close);
  bp_fault_disk_power_on (fixture->disk);
  database = open_writer (fixture->path);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 2);
}

static void
test_renamed (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *copy = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr (BpDatabase) database = open_writer (fixture->path);
  g_autoptr (BpDatabase) opened = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (add_pair (database, 1, NULL));
  g_assert_true (bp_database_backup (database, copy, &error));
  g_assert_no_error (error);
  bp_fault_disk_export (fixture->disk, copy);
  g_assert_true (g_file_get_contents (copy, &contents, &length, NULL));
  g_assert_cmpuint (length, >, 8192);
  g_assert_cmpstr (contents, ==, "SQLite format 3");

  opened = open_writer (copy);
  g_assert_cmpint (ask (opened, "SELECT count(*) FROM things"), ==, 2);
}

static void
test_elsewhere (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("bp-real-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "real.db", NULL);
  sqlite3 *handle = open_careless (path, "");
  GStatBuf info;

  sqlite3_close (handle);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, >, 0);
  g_assert_cmpuint (bp_fault_disk_count (fixture->disk, BP_FAULT_ANY), ==, 0);

  /* A real file that is put on the disk is read from there. */
  g_assert_cmpint (g_rename (path, fixture->path), ==, 0);
  handle = open_careless (fixture->path, "");
  g_assert_cmpint (count_rows (handle), ==, 0);
  sqlite3_close (handle);
  g_assert_cmpuint (bp_fault_disk_count (fixture->disk, BP_FAULT_READ), >, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/sqlite/fault-vfs/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("all-acknowledged-survives-a-cut-at-each-change", test_cut_at_each_change);
  ADD ("migration-is-never-cut-between-versions", test_migration);
  ADD ("careless-settings-are-caught", test_careless_is_caught);
  ADD ("what-was-open-at-a-cut-stays-dead", test_dead_stays_dead);
  ADD ("calls-fail-once-or-for-ever", test_fails);
  ADD ("failed-sync-is-not-made-good", test_failed_sync_is_not_made_good);
  ADD ("after-a-failed-read-nothing-holds-alone", test_nothing_holds_alone);
  ADD ("failed-commit-does-not-come-back", test_failed_commit_stays_away);
  ADD ("disk-runs-full", test_full);
  ADD ("connections-lock-each-other-out", test_two_connections);
  ADD ("seed-repeats-what-is-left", test_seed_repeats);
  ADD ("images-and-copies-open", test_images_and_copies);
  ADD ("disk-goes-back-under-a-connection", test_rewound);
  ADD ("renamed-file-is-found", test_renamed);
  ADD ("other-paths-are-real-files", test_elsewhere);
#undef ADD

  return g_test_run ();
}
