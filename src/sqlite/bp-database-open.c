/* Opening, migrating and closing, all of it under the lock file. */
#include "config.h"

#include "bp-database-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASHED_WORDS 8
#define BUSY_MILLISECONDS 5000

static int
note_wal (void       *data,
          sqlite3    *handle,
          const char *name,
          int         pages)
{
  BpDatabase *self = data;

  self->wal_pages = pages;
  return SQLITE_OK;
}

static void
ignore_rollback (void *data)
{
}

/* Nobody asks SQLite how much memory it uses; counting takes a lock for each
 * piece. Of no effect where something else in the process uses SQLite already. */
static void
stop_counting (void)
{
  static gsize is_done;

  if (g_once_init_enter (&is_done))
    {
      sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
      g_once_init_leave (&is_done, 1);
    }
}

/* SQLite gives the WAL and its index the mode of the file itself. */
static gboolean
create_file (BpDatabase *self,
             GError    **error)
{
  int fd, saved;

  if (self->mode == BP_DATABASE_READER)
    {
      if (g_file_test (self->path, G_FILE_TEST_EXISTS))
        return TRUE;
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "There is no file %s", self->path);
      return FALSE;
    }

  fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  saved = errno;
  if (fd >= 0)
    {
      close (fd);
      return TRUE;
    }

  g_set_error (error, BP_DATABASE_ERROR,
               saved == EACCES || saved == EROFS ? BP_DATABASE_ERROR_READ_ONLY
                                                 : BP_DATABASE_ERROR_FAILED,
               "Could not open %s: %s", self->path, g_strerror (saved));
  return FALSE;
}

static gboolean
connect_file (BpDatabase *self,
              const char *name,
              GError    **error)
{
  int code = sqlite3_open_v2 (name, &self->handle,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
                              | (name != self->path ? SQLITE_OPEN_URI : 0),
                              NULL);

  if (code != SQLITE_OK)
    {
      bp_database_set_error (self->handle, code, self->path, error);
      return FALSE;
    }

  sqlite3_busy_timeout (self->handle, BUSY_MILLISECONDS);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
  sqlite3_rollback_hook (self->handle, ignore_rollback, self);
  return bp_database_run_sql (self,
                              "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
                              "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
                              "PRAGMA wal_autocheckpoint = 0;",
                              error);
}

/* Without a WAL index nothing can be read, and where the folder cannot be
 * written none can be made: then nobody here changes the file. What stands in
 * the log alone would be left out. */
static gboolean
connect_unchanging (BpDatabase *self,
                    GError    **error)
{
  g_autofree char *log = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *absolute = g_canonicalize_filename (self->path, NULL);
  g_autofree char *folder = g_path_get_dirname (absolute);
  g_autofree char *uri = NULL;
  g_autofree char *name = NULL;
  struct stat about;

  if (access (folder, W_OK) == 0)
    return FALSE;
  if (stat (log, &about) == 0 && about.st_size > 0)
    {
      g_clear_error (error);
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_READ_ONLY,
                   "%s cannot be read where nothing can be written: copy the whole folder to"
                   " another place, and open it there", self->path);
      return FALSE;
    }

  uri = g_filename_to_uri (absolute, NULL, NULL);
  name = g_strconcat (uri, "?immutable=1", NULL);
  g_clear_error (error);
  g_clear_pointer (&self->handle, sqlite3_close);
  return connect_file (self, name, error);
}

/* Before anything is written: a file of another program stays as it is. */
static gboolean
read_version (BpDatabase *self,
              gint32      application_id,
              gint64     *version,
              GError    **error)
{
  gint64 found, objects;

  if (!bp_database_read_integer (self, "PRAGMA application_id", &found, error)
      || !bp_database_read_integer (self, "PRAGMA user_version", version, error)
      || !bp_database_read_integer (self, "SELECT count(*) FROM sqlite_schema", &objects, error))
    return FALSE;
  self->is_ours = (found == application_id && *version > 0)
                  || (found == 0 && *version == 0 && objects == 0
                      && self->mode == BP_DATABASE_WRITER);
  if (self->is_ours)
    return TRUE;

  g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT,
               "%s is a file of another program", self->path);
  return FALSE;
}

static gboolean
connect_and_read_version (BpDatabase *self,
                          gint32      application_id,
                          gint64     *version,
                          GError    **error)
{
  int code;

  if (connect_file (self, self->path, error)
      && read_version (self, application_id, version, error))
    return TRUE;

  code = sqlite3_errcode (self->handle) & 0xff;
  return self->mode == BP_DATABASE_READER
         && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY)
         && connect_unchanging (self, error)
         && read_version (self, application_id, version, error);
}

static gboolean
set_up_reader (BpDatabase *self,
               GError    **error)
{
  return bp_database_run_sql (self, "PRAGMA query_only = ON", error);
}

static gboolean
set_up_writer (BpDatabase *self,
               GError    **error)
{
  gint64 synchronous;
  gboolean is_wal = FALSE, has_row;
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_database_prepare (self, "PRAGMA journal_mode = WAL", error);
  if (statement == NULL || !bp_database_step (self, statement, &has_row, error))
    return FALSE;
  if (has_row)
    is_wal = g_strcmp0 (bp_column_get_text (statement, 0), "wal") == 0;
  g_clear_pointer (&statement, bp_database_release);

  /* autocheckpoint again: a pragma before the WAL existed may not have held. */
  if (!bp_database_run_sql (self,
                            "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                            "PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = ON;",
                            error)
      || !bp_database_read_integer (self, "PRAGMA synchronous", &synchronous, error))
    return FALSE;
  if (!is_wal || synchronous != 2)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "%s cannot be written durably", self->path);
      return FALSE;
    }

  /* Only now: switching autocheckpoint off takes a hook away, too. */
  sqlite3_wal_hook (self->handle, note_wal, self);
  return TRUE;
}

static gboolean
apply_script (BpDatabase *self,
              const char *resource,
              gint32      application_id,
              gint64      version,
              GError    **error)
{
  g_autoptr (GBytes) script = NULL;
  g_autofree char *stamp = NULL;

  script = g_resources_lookup_data (resource, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (script == NULL)
    return FALSE;

  stamp = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %" G_GINT64_FORMAT,
                           application_id, version);
  if (!bp_database_begin (self, error))
    return FALSE;
  if (!bp_database_run_sql (self, g_bytes_get_data (script, NULL), error)
      || !bp_database_run_sql (self, stamp, error))
    {
      bp_database_rollback (self);
      g_prefix_error (error, "Could not bring %s to version %" G_GINT64_FORMAT ": ",
                      self->path, version);
      return FALSE;
    }

  return bp_database_commit (self, error);
}

static gboolean
migrate (BpDatabase        *self,
         gint32             application_id,
         gint64             version,
         const char *const *migrations,
         GError           **error)
{
  gint64 newest = g_strv_length ((char **)migrations);

  if (version > 0 && version < newest)
    {
      g_autofree char *copy = g_strdup_printf ("%s.before-v%" G_GINT64_FORMAT, self->path, newest);

      if (!bp_database_copy_file (self, copy, error))
        return FALSE;
    }

  for (gint64 next = version + 1; next <= newest; next++)
    {
      if (!apply_script (self, migrations[next - 1], application_id, next, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
set_up (BpDatabase        *self,
        gint32             application_id,
        const char *const *migrations,
        GError           **error)
{
  gint64 newest = g_strv_length ((char **)migrations);
  gint64 version;

  if (!create_file (self, error)
      || !connect_and_read_version (self, application_id, &version, error))
    return FALSE;
  if (version > newest)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_TOO_NEW,
                   "%s is of version %" G_GINT64_FORMAT
                   ", this program knows versions up to %" G_GINT64_FORMAT,
                   self->path, version, newest);
      return FALSE;
    }
  if (self->mode == BP_DATABASE_WRITER)
    return set_up_writer (self, error)
           && migrate (self, application_id, version, migrations, error);

  if (version < newest)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "%s is of version %" G_GINT64_FORMAT " and waits to be brought to %"
                   G_GINT64_FORMAT, self->path, version, newest);
      return FALSE;
    }
  return set_up_reader (self, error);
}

/* g_str_hash() goes byte by byte, and statements are long: some words of it,
 * and its length, tell them apart. */
static guint
hash_sql (gconstpointer key)
{
  const char *sql = key;
  gsize length = strlen (sql);
  guint64 hash = length;

  for (gsize i = 0; i < HASHED_WORDS && length >= sizeof (guint64); i++)
    {
      guint64 word;

      memcpy (&word, sql + (length - sizeof word) * i / (HASHED_WORDS - 1), sizeof word);
      hash = (hash ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }

  return (guint)(hash ^ (hash >> 32));
}

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

static void
finalize_statements (gpointer data)
{
  GPtrArray *idle = data;

  g_ptr_array_set_free_func (idle, finalize_statement);
  g_ptr_array_unref (idle);
}

/**
 * bp_database_open:
 * @path: the file; a writer makes it, mode 0600, a reader does not
 * @mode: what for
 * @application_id: whose file it must be
 * @migrations: (array zero-terminated=1): resource paths of the scripts that
 *   make version 1, 2, 3 …; released ones never change
 * @error: #BpDatabaseError
 *
 * Opens @path as section 0 of the faults demands: WAL with `synchronous=FULL`,
 * no checkpoint by SQLite itself, no mmap, no trust in the file's schema. A
 * writer brings an older file to the newest version, each step in one
 * transaction, after a copy to `PATH.before-vN`. A reader also reads where
 * nothing can be written. On failure the file is as before.
 *
 * Returns: (transfer full): the connection
 */
BpDatabase *
bp_database_open (const char        *path,
                  BpDatabaseMode     mode,
                  gint32             application_id,
                  const char *const *migrations,
                  GError           **error)
{
  BpDatabase *self = g_new0 (BpDatabase, 1);
  gboolean ok;

  stop_counting ();
  self->path = g_strdup (path);
  self->mode = mode;
  self->lock_fd = -1;
  self->checkpoint_at = BP_CHECKPOINT_PAGES;
  self->idle = g_hash_table_new_full (hash_sql, g_str_equal, g_free, finalize_statements);

  ok = bp_database_open_lock (self, error) && bp_database_take_lock (self, error);
  if (ok)
    {
      ok = set_up (self, application_id, migrations, error);
      bp_database_drop_lock (self);
    }
  if (!ok)
    g_clear_pointer (&self, bp_database_close);

  return self;
}

/**
 * bp_database_close:
 * @self: (nullable) (transfer full): a database
 *
 * Takes back a transaction under way and closes. A writer first empties the
 * WAL where no reader is in the way, so that the next start is quick. All
 * statements must have been given back.
 */
void
bp_database_close (BpDatabase *self)
{
  gboolean locked;

  if (self == NULL)
    return;

  if (self->handle != NULL)
    {
      bp_database_rollback (self);
      g_hash_table_remove_all (self->idle);
      locked = bp_database_take_lock (self, NULL);
      if (locked && self->mode == BP_DATABASE_WRITER && self->is_ours)
        {
          sqlite3_busy_timeout (self->handle, 0);
          sqlite3_wal_checkpoint_v2 (self->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        }
      sqlite3_close (self->handle);
      if (locked)
        bp_database_drop_lock (self);
    }

  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_hash_table_unref (self->idle);
  g_free (self->path);
  g_free (self);
}
