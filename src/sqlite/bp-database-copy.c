/* Checking a file and copying it while it is in use. */
#include "config.h"

#include "bp-database-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
collect_faults (sqlite3      *handle,
                sqlite3_stmt *statement,
                GPtrArray    *faults)
{
  int code;

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      const char *line = bp_column_get_text (statement, 0);

      if (g_strcmp0 (line, "ok") != 0)
        g_ptr_array_add (faults, g_strdup (line));
    }
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
    {
      g_ptr_array_add (faults, g_strdup (sqlite3_errmsg (handle)));
      return TRUE;
    }

  return code == SQLITE_DONE;
}

/**
 * bp_database_check:
 * @self: a database
 * @faults: (element-type utf8): gets one text for each fault of the file
 * @error: #BpDatabaseError where the check itself failed
 *
 * Reads the whole file: structure, indices and constraints.
 *
 * Returns: whether the check ran to its end; the file is whole where it also
 *   added nothing
 */
gboolean
bp_database_check (BpDatabase *self,
                   GPtrArray  *faults,
                   GError    **error)
{
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_database_prepare (self, "PRAGMA integrity_check", error);
  if (statement == NULL)
    return FALSE;
  if (collect_faults (self->handle, statement, faults))
    return TRUE;

  bp_database_set_error (self->handle, sqlite3_extended_errcode (self->handle),
                         "integrity_check", error);
  return FALSE;
}

static gboolean
copy_pages (BpDatabase *self,
            sqlite3    *to,
            GError    **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (to, "main", self->handle, "main");
  int code;

  if (backup == NULL)
    {
      bp_database_set_error (to, sqlite3_extended_errcode (to), "backup", error);
      return FALSE;
    }

  /* In one go: a step that ends early would begin anew after each write. */
  do
    code = sqlite3_backup_step (backup, -1);
  while (code == SQLITE_OK);

  code = sqlite3_backup_finish (backup);
  if (code == SQLITE_OK)
    return TRUE;
  bp_database_set_error (to, code, "backup", error);
  return FALSE;
}

static gboolean
verify_copy (sqlite3    *copy,
             const char *path,
             GError    **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  ok = sqlite3_prepare_v2 (copy, "PRAGMA quick_check", -1, &statement, NULL) == SQLITE_OK
       && collect_faults (copy, statement, faults);
  if (!ok)
    bp_database_set_error (copy, sqlite3_extended_errcode (copy), path, error);
  sqlite3_finalize (statement);

  if (ok && faults->len > 0)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT,
                   "The copy is damaged: %s", (char *)faults->pdata[0]);
      return FALSE;
    }
  return ok;
}

/* A copy is one file: no WAL of its own beside it. */
static gboolean
fill_copy (BpDatabase *self,
           const char *path,
           GError    **error)
{
  sqlite3 *copy = NULL;
  int code = sqlite3_open_v2 (path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
  gboolean ok = code == SQLITE_OK;

  if (!ok)
    bp_database_set_error (copy, code, path, error);
  ok = ok && copy_pages (self, copy, error);
  if (ok)
    {
      code = sqlite3_exec (copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
      ok = code == SQLITE_OK;
      if (!ok)
        bp_database_set_error (copy, code, path, error);
    }
  ok = ok && verify_copy (copy, path, error);
  sqlite3_close (copy);
  return ok;
}

static gboolean
set_system_error (const char *path,
                  GError    **error)
{
  int saved = errno;

  g_set_error (error, BP_DATABASE_ERROR,
               saved == ENOSPC || saved == EDQUOT ? BP_DATABASE_ERROR_FULL
               : saved == EACCES || saved == EROFS ? BP_DATABASE_ERROR_READ_ONLY
               : BP_DATABASE_ERROR_FAILED,
               "Could not write %s: %s", path, g_strerror (saved));
  return FALSE;
}

static gboolean
sync_path (const char *path,
           int         flags,
           GError    **error)
{
  int fd = open (path, flags | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    set_system_error (path, error);
  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
is_same_file (const char *a,
              const char *b)
{
  struct stat first, second;

  return stat (a, &first) == 0 && stat (b, &second) == 0
         && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/**
 * bp_database_copy_file:
 * @self: a database, perhaps with the lock held
 * @path: where to; another file there is replaced at the end
 * @error: #BpDatabaseError
 *
 * As bp_database_backup().
 *
 * Returns: whether the copy is there, whole
 */
gboolean
bp_database_copy_file (BpDatabase *self,
                       const char *path,
                       GError    **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  int fd;

  if (is_same_file (self->path, path))
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                   "%s is the file to be copied", path);
      return FALSE;
    }

  g_unlink (part);
  fd = open (part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return set_system_error (part, error);
  close (fd);

  if (fill_copy (self, part, error) && sync_path (part, O_RDWR, error))
    {
      if (g_rename (part, path) == 0)
        return sync_path (folder, O_RDONLY | O_DIRECTORY, error);
      set_system_error (path, error);
    }

  g_unlink (part);
  return FALSE;
}

/**
 * bp_database_backup:
 * @self: a database not in a transaction
 * @path: where to; another file there is replaced, once the copy is whole
 * @error: #BpDatabaseError
 *
 * Copies one committed state of the file, mode 0600, checks the copy and
 * makes it durable. Others may read and write meanwhile. On failure @path is
 * as before.
 *
 * Returns: whether the copy is there, whole
 */
gboolean
bp_database_backup (BpDatabase *self,
                    const char *path,
                    GError    **error)
{
  g_return_val_if_fail (!self->in_transaction, FALSE);

  return bp_database_copy_file (self, path, error);
}

/**
 * bp_database_replace:
 * @self: a writer not in a transaction
 * @source: another database, of the same page size, not in a transaction
 * @error: #BpDatabaseError
 *
 * Gives the file all that @source holds, in one durable step; other
 * connections see what was before or what is after.
 *
 * Returns: whether it succeeded; the file is as before where not
 */
gboolean
bp_database_replace (BpDatabase *self,
                     BpDatabase *source,
                     GError    **error)
{
  gboolean replaced;

  g_return_val_if_fail (!self->in_transaction && !source->in_transaction, FALSE);

  if (!bp_database_take_lock (self, error))
    return FALSE;

  replaced = copy_pages (source, self->handle, error);
  bp_database_drop_lock (self);
  return replaced;
}

/**
 * bp_database_hold:
 * @self: a database
 * @error: %BP_DATABASE_ERROR_BUSY where another connection kept it for 10 s
 *
 * Keeps every other connection from writing until bp_database_let_go().
 *
 * Returns: whether it does
 */
gboolean
bp_database_hold (BpDatabase *self,
                  GError    **error)
{
  return bp_database_take_lock (self, error);
}

/**
 * bp_database_let_go:
 * @self: a database that bp_database_hold() succeeded on
 */
void
bp_database_let_go (BpDatabase *self)
{
  bp_database_drop_lock (self);
}
