#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bp-database.h"

#define OURS 0x42495a54

static const char *const one[] = { "/test/one.sql", NULL };
static const char *const two[] = { "/test/one.sql", "/test/two.sql", NULL };
static const char *const broken[] = { "/test/one.sql", "/test/broken.sql", NULL };

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bp-sqlite-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "test.db", NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

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
open_writer (Fixture           *fixture,
             const char *const *migrations)
{
  g_autoptr (GError) error = NULL;
  BpDatabase *database;

  database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, migrations, &error);
  g_assert_no_error (error);
  g_assert_nonnull (database);
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
  g_assert_true (bp_database_step (database, statement, &has_row, &error));
  g_assert_true (has_row);
  return bp_column_get_integer (statement, 0);
}

static gboolean
add (BpDatabase *database,
     const char *name,
     GError    **error)
{
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_database_prepare (database, "INSERT INTO things (name) VALUES (:name)", error);
  bp_bind_text (statement, ":name", name);
  return bp_database_run (database, statement, error);
}

static void
add_durably (BpDatabase *database,
             const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bp_database_begin (database, &error));
  g_assert_true (add (database, name, &error));
  g_assert_true (bp_database_commit (database, &error));
  g_assert_no_error (error);
}

static guint
mode_of (const char *path,
         const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);
  struct stat info;

  g_assert_cmpint (stat (name, &info), ==, 0);
  return info.st_mode & 0777;
}

static void
test_private_files (Fixture      *fixture,
                    gconstpointer data)
{
  mode_t old = umask (0);
  g_autoptr (BpDatabase) database = open_writer (fixture, one);

  umask (old);
  add_durably (database, "a");
  g_assert_cmpuint (mode_of (fixture->path, ""), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->path, ".lock"), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->path, "-wal"), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->path, "-shm"), ==, 0600);
}

static void
test_settings (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (BpDatabase) database = open_writer (fixture, one);
  int on;

  g_assert_cmpint (ask (database, "PRAGMA synchronous"), ==, 2);
  g_assert_cmpint (ask (database, "PRAGMA wal_autocheckpoint"), ==, 0);
  g_assert_cmpint (ask (database, "PRAGMA cell_size_check"), ==, 1);
  g_assert_cmpint (ask (database, "PRAGMA trusted_schema"), ==, 0);
  g_assert_cmpint (ask (database, "PRAGMA application_id"), ==, OURS);
  g_assert_cmpint (ask (database, "PRAGMA user_version"), ==, 1);
  sqlite3_db_config (bp_database_get_handle (database), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &on);
  g_assert_cmpint (on, ==, 1);
  sqlite3_db_config (bp_database_get_handle (database), SQLITE_DBCONFIG_DEFENSIVE, -1, &on);
  g_assert_cmpint (on, ==, 1);
}

static void
expect_refusal (Fixture        *fixture,
                BpDatabaseMode  mode,
                BpDatabaseError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) database = NULL;

  database = bp_database_open (fixture->path, mode, OURS, one, &error);
  g_assert_null (database);
  g_assert_error (error, BP_DATABASE_ERROR, (int)code);
}

static void
test_newer (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpDatabase *database = open_writer (fixture, two);

  bp_database_close (database);
  database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, one, &error);
  g_assert_null (database);
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_TOO_NEW);
  g_assert_nonnull (strstr (error->message, "version 2"));
  g_assert_nonnull (strstr (error->message, "up to 1"));
  expect_refusal (fixture, BP_DATABASE_READER, BP_DATABASE_ERROR_TOO_NEW);
}

static void
make_foreign (Fixture    *fixture,
              const char *sql)
{
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (fixture->path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (handle);
}

static void
test_foreign (Fixture      *fixture,
              gconstpointer data)
{
  g_autofree char *before = NULL, *after = NULL;
  gsize before_length, after_length;

  make_foreign (fixture, data);
  g_assert_true (g_file_get_contents (fixture->path, &before, &before_length, NULL));
  expect_refusal (fixture, BP_DATABASE_WRITER, BP_DATABASE_ERROR_CORRUPT);
  expect_refusal (fixture, BP_DATABASE_READER, BP_DATABASE_ERROR_CORRUPT);
  g_assert_true (g_file_get_contents (fixture->path, &after, &after_length, NULL));
  g_assert_cmpmem (before, before_length, after, after_length);
}

static void
test_no_database (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *text = g_strnfill (5000, 'x');

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  expect_refusal (fixture, BP_DATABASE_WRITER, BP_DATABASE_ERROR_CORRUPT);
}

static void
test_reader (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) writer = NULL;
  g_autoptr (BpDatabase) reader = NULL;
  gint64 version;

  expect_refusal (fixture, BP_DATABASE_READER, BP_DATABASE_ERROR_FAILED);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));

  writer = open_writer (fixture, one);
  reader = bp_database_open (fixture->path, BP_DATABASE_READER, OURS, one, &error);
  g_assert_no_error (error);
  version = bp_database_get_data_version (reader);
  add_durably (writer, "a");
  g_assert_cmpint (bp_database_get_data_version (reader), !=, version);
  g_assert_cmpint (ask (reader, "SELECT count(*) FROM things"), ==, 1);
  g_assert_false (bp_database_run_sql (reader, "DELETE FROM things", &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_READ_ONLY);
}

static void
test_reader_sees_one_state (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) writer = open_writer (fixture, one);
  g_autoptr (BpDatabase) reader = NULL;

  reader = bp_database_open (fixture->path, BP_DATABASE_READER, OURS, one, &error);
  g_assert_true (bp_database_begin (reader, &error));
  g_assert_cmpint (ask (reader, "SELECT count(*) FROM things"), ==, 0);
  add_durably (writer, "a");
  g_assert_cmpint (ask (reader, "SELECT count(*) FROM things"), ==, 0);
  g_assert_true (bp_database_commit (reader, &error));
  g_assert_cmpint (ask (reader, "SELECT count(*) FROM things"), ==, 1);
}

static void
test_migration (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *copy = g_strconcat (fixture->path, ".before-v2", NULL);
  BpDatabase *database = open_writer (fixture, one);

  add_durably (database, "kept");
  bp_database_close (database);
  database = bp_database_open (fixture->path, BP_DATABASE_READER, OURS, two, &error);
  g_assert_null (database);
  g_clear_error (&error);

  database = open_writer (fixture, two);
  g_assert_cmpint (ask (database, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things WHERE colour IS NULL"), ==, 1);
  bp_database_close (database);

  g_assert_cmpuint (mode_of (copy, ""), ==, 0600);
  database = bp_database_open (copy, BP_DATABASE_WRITER, OURS, one, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 1);
  bp_database_close (database);
}

static void
test_migration_fails (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  BpDatabase *database = open_writer (fixture, one);

  bp_database_close (database);
  database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, broken, &error);
  g_assert_null (database);
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED);

  database = open_writer (fixture, one);
  g_assert_cmpint (ask (database, "PRAGMA user_version"), ==, 1);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), ==, 0);
  bp_database_close (database);
}

static void
test_statements (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (BpDatabase) database = open_writer (fixture, one);
  const char *sql = "SELECT :value";
  sqlite3_stmt *first = bp_database_prepare (database, sql, NULL);
  sqlite3_stmt *second = bp_database_prepare (database, sql, NULL);
  sqlite3_stmt *again;
  gboolean has_row;

  g_assert_true (first != second);
  bp_bind_text (first, ":value", "left over");
  g_assert_true (bp_database_step (database, first, &has_row, NULL));
  bp_database_release (first);

  again = bp_database_prepare (database, sql, NULL);
  g_assert_true (again == first);
  g_assert_true (bp_database_step (database, again, &has_row, NULL));
  g_assert_null (bp_column_get_text (again, 0));
  bp_database_release (again);
  bp_database_release (second);
}

static void
test_rollback (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) database = open_writer (fixture, one);

  g_assert_true (bp_database_begin (database, &error));
  g_assert_true (add (database, "a", &error));
  g_assert_true (bp_database_in_transaction (database));
  bp_database_rollback (database);
  g_assert_false (bp_database_in_transaction (database));
  bp_database_rollback (database);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 0);

  add_durably (database, "a");
  g_assert_true (bp_database_begin (database, &error));
  g_assert_false (add (database, "a", &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CONSTRAINT);
  bp_database_rollback (database);
}

static void
test_full (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) database = open_writer (fixture, one);
  g_autofree char *big = g_strnfill (1000 * 1000, 'x');

  g_assert_cmpint (ask (database, "PRAGMA max_page_count = 20"), ==, 20);
  g_assert_true (bp_database_begin (database, &error));
  g_assert_true (add (database, "small", &error));
  g_assert_false (add (database, big, &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FULL);
  bp_database_rollback (database);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 0);

  g_assert_cmpint (ask (database, "PRAGMA max_page_count = 100000"), ==, 100000);
  add_durably (database, big);
}

/* A child process keeps the lock until told; its exit code says what it saw. */
static pid_t
start_holder (Fixture *fixture,
              int      told[2],
              int      ready[2])
{
  pid_t child = fork ();

  if (child == 0)
    {
      BpDatabase *database = bp_database_open (fixture->path, BP_DATABASE_WRITER, OURS, one, NULL);
      char byte;
      gboolean ok = database != NULL && bp_database_begin (database, NULL)
                    && add (database, "from the other", NULL) && write (ready[1], "r", 1) == 1
                    && read (told[0], &byte, 1) == 1 && bp_database_commit (database, NULL);

      bp_database_close (database);
      _exit (ok ? 0 : 1);
    }

  return child;
}

static gpointer
tell_soon (gpointer data)
{
  return GINT_TO_POINTER (write (GPOINTER_TO_INT (data), "g", 1) == 1);
}

static void
test_two_processes (Fixture      *fixture,
                    gconstpointer data)
{
  int told[2], ready[2], status;
  char byte;
  pid_t child;
  g_autoptr (GError) error = NULL;
  g_autoptr (BpDatabase) database = NULL;
  GThread *thread;

  g_assert_true (pipe (told) == 0 && pipe (ready) == 0);
  bp_database_close (open_writer (fixture, one));
  child = start_holder (fixture, told, ready);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);

  thread = g_thread_new ("tell", tell_soon, GINT_TO_POINTER (told[1]));
  database = open_writer (fixture, one);
  add_durably (database, "from this one");
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  g_assert_cmpint (ask (database, "SELECT group_concat(name) = 'from the other,from this one'"
                        " FROM things"), ==, 1);
  for (int i = 0; i < 2; i++)
    {
      close (told[i]);
      close (ready[i]);
    }
}

static gpointer
add_in_thread (gpointer data)
{
  add_durably (data, "waited");
  return NULL;
}

static void
test_wanted (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (BpDatabase) holder = open_writer (fixture, one);
  g_autoptr (BpDatabase) other = open_writer (fixture, one);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_assert_false (bp_database_is_wanted (holder));
  bp_database_begin (holder, &error);
  g_assert_no_error (error);
  g_assert_false (bp_database_is_wanted (holder));
  thread = g_thread_new ("other", add_in_thread, other);
  while (!bp_database_is_wanted (holder))
    g_thread_yield ();
  bp_database_commit (holder, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  g_assert_false (bp_database_is_wanted (holder));
  g_assert_cmpint (ask (holder, "SELECT count (*) FROM things"), ==, 1);
}

static void
test_killed (Fixture      *fixture,
             gconstpointer data)
{
  int told[2], ready[2], status;
  char byte;
  pid_t child;
  g_autoptr (BpDatabase) database = NULL;

  g_assert_true (pipe (told) == 0 && pipe (ready) == 0);
  bp_database_close (open_writer (fixture, one));
  child = start_holder (fixture, told, ready);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  database = open_writer (fixture, one);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM things"), ==, 0);
  add_durably (database, "a");
  for (int i = 0; i < 2; i++)
    {
      close (told[i]);
      close (ready[i]);
    }
}

static void
test_wal_stays_short (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (BpDatabase) database = open_writer (fixture, one);
  g_autofree char *wal = g_strconcat (fixture->path, "-wal", NULL);
  g_autofree char *big = g_strnfill (100 * 1000, 'x');
  GStatBuf info;

  for (int i = 0; i < 300; i++)
    {
      big[0] = (char)('a' + i % 26);
      big[1] = (char)('a' + i / 26);
      add_durably (database, big);
    }
  g_assert_cmpint (g_stat (wal, &info), ==, 0);
  g_assert_cmpint (info.st_size, <, 8 * 1000 * 1000);
  g_assert_true (bp_database_checkpoint (database, NULL));

  g_clear_pointer (&database, bp_database_close);
  g_assert_true (g_stat (wal, &info) != 0 || info.st_size == 0);
}

static void
test_backup (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpDatabase) database = open_writer (fixture, one);
  g_autoptr (BpDatabase) copy = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);

  add_durably (database, "a");
  g_assert_true (bp_database_backup (database, path, &error));
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (mode_of (path, ""), ==, 0600);
  add_durably (database, "b");
  g_assert_true (bp_database_backup (database, path, &error));

  copy = bp_database_open (path, BP_DATABASE_WRITER, OURS, one, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ask (copy, "SELECT count(*) FROM things"), ==, 2);
  g_assert_true (bp_database_check (copy, faults, &error));
  g_assert_cmpuint (faults->len, ==, 0);

  g_assert_false (bp_database_backup (database, fixture->path, &error));
  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED);
}

static void
test_check_finds_damage (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  BpDatabase *database = open_writer (fixture, one);
  g_autofree char *contents = NULL;
  gsize length;

  for (int i = 0; i < 500; i++)
    {
      g_autofree char *name = g_strdup_printf ("thing number %d", i);

      add_durably (database, name);
    }
  bp_database_close (database);

  g_assert_true (g_file_get_contents (fixture->path, &contents, &length, NULL));
  g_assert_cmpuint (length, >, 5 * 4096);
  memset (contents + length - 2 * 4096, 0x5a, 4096);
  g_assert_true (g_file_set_contents (fixture->path, contents, (gssize)length, NULL));

  database = open_writer (fixture, one);
  g_assert_true (bp_database_check (database, faults, &error));
  g_assert_cmpuint (faults->len, >, 0);
  bp_database_close (database);
}

int
main (int    argc,
      char **argv)
{
  static const char *const foreign[] = {
    "CREATE TABLE theirs (a)",
    "PRAGMA application_id = 7",
    "PRAGMA user_version = 1",
    "PRAGMA application_id = 1112103508; CREATE TABLE theirs (a)",
  };

  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/sqlite/database/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("files-are-private-whatever-the-umask", test_private_files);
  ADD ("settings-hold", test_settings);
  ADD ("newer-version-is-refused", test_newer);
  ADD ("text-file-is-refused", test_no_database);
  ADD ("reader-cannot-write-nor-create", test_reader);
  ADD ("reader-sees-one-state-in-a-transaction", test_reader_sees_one_state);
  ADD ("migration-keeps-rows-and-a-copy", test_migration);
  ADD ("failing-migration-leaves-old-version", test_migration_fails);
  ADD ("statements-are-kept-and-cleared", test_statements);
  ADD ("rollback-takes-back", test_rollback);
  ADD ("full-disk-takes-all-back", test_full);
  ADD ("second-process-waits-for-the-first", test_two_processes);
  ADD ("waiting-is-seen-by-the-holder", test_wanted);
  ADD ("killed-process-leaves-no-lock", test_killed);
  ADD ("wal-stays-short", test_wal_stays_short);
  ADD ("backup-is-whole-and-replaces", test_backup);
  ADD ("check-finds-damage", test_check_finds_damage);
#undef ADD
  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sqlite/database/foreign-file-is-refused/%u", i);

      g_test_add (path, Fixture, foreign[i], set_up, test_foreign, tear_down);
    }

  return g_test_run ();
}
