/* What can still be read of a damaged file, table by table: each forwards as
 * far as it goes, then backwards to the same place from behind. */
#define _GNU_SOURCE /* F_OFD_GETLK */
#include "config.h"

#include "bp-database-salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "bp-database-private.h"

/* Where every connection of SQLite's to a file with a WAL holds a read lock
 * for as long as it is open. */
#define SHARED_FIRST 0x40000002
#define SHARED_SIZE 510

static const char *const beside[] = { "-wal", "-shm" };

static gboolean
is_open_elsewhere (const char *path)
{
  struct flock wish = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SHARED_FIRST,
                        .l_len = SHARED_SIZE };
  int fd = open (path, O_RDWR | O_CLOEXEC);
  gboolean is_open = fd >= 0 && fcntl (fd, F_OFD_GETLK, &wish) == 0 && wish.l_type != F_UNLCK;

  if (fd >= 0)
    close (fd);
  return is_open;
}

/**
 * bp_database_seize:
 * @path: a file that this process has not open
 * @error: %BP_DATABASE_ERROR_BUSY where another program uses it;
 *   %BP_DATABASE_ERROR_READ_ONLY, %BP_DATABASE_ERROR_FAILED
 *
 * Takes the file's lock without looking at the file, which may be too damaged
 * to be opened. Whoever opens it meanwhile waits.
 *
 * Returns: (transfer full): the lock, for bp_database_close() and nothing else
 */
BpDatabase *
bp_database_seize (const char *path,
                   GError    **error)
{
  BpDatabase *self = g_new0 (BpDatabase, 1);

  self->path = g_strdup (path);
  self->lock_fd = -1;
  self->idle = g_hash_table_new (g_str_hash, g_str_equal);
  if (!bp_database_open_lock (self, error) || !bp_database_take_lock (self, error))
    g_clear_pointer (&self, bp_database_close);
  else if (is_open_elsewhere (path))
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_BUSY,
                   "Another program uses %s: close it first", path);
      g_clear_pointer (&self, bp_database_close);
    }

  return self;
}

/* The columns that a table has on both sides, and its key from behind. */
static int
list_columns (sqlite3_stmt *about,
              sqlite3      *from,
              const char   *table,
              GString      *columns,
              GString      *backwards)
{
  int n_columns = 0;

  while (sqlite3_step (about) == SQLITE_ROW)
    {
      const char *name = bp_column_get_text (about, 0);
      gboolean is_key = bp_column_get_integer (about, 1) > 0;

      if (sqlite3_table_column_metadata (from, "main", table, name, NULL, NULL, NULL, NULL, NULL)
          != SQLITE_OK)
        continue;
      n_columns++;
      g_string_append_printf (columns, "%s\"%s\"", columns->len > 0 ? ", " : "", name);
      if (is_key)
        g_string_append_printf (backwards, "%s\"%s\" DESC", backwards->len > 0 ? ", " : "", name);
    }

  return n_columns;
}

static char *
make_places (int n_columns)
{
  GString *places = g_string_new ("?");

  for (int i = 1; i < n_columns; i++)
    g_string_append (places, ", ?");
  return g_string_free (places, FALSE);
}

/* Until the end or the damage: whether it was the end. What is there already
 * is passed over. */
static gboolean
copy_until_damage (sqlite3      *from,
                   const char   *query,
                   sqlite3_stmt *insert,
                   guint64      *n_rows)
{
  sqlite3_stmt *rows = NULL;
  int code = sqlite3_prepare_v2 (from, query, -1, &rows, NULL);

  while (code == SQLITE_OK && (code = sqlite3_step (rows)) == SQLITE_ROW)
    {
      for (int i = 0; i < sqlite3_column_count (rows); i++)
        sqlite3_bind_value (insert, i + 1, sqlite3_column_value (rows, i));
      if (sqlite3_step (insert) == SQLITE_DONE)
        *n_rows += (guint64)sqlite3_changes (sqlite3_db_handle (insert));
      sqlite3_reset (insert);
      code = SQLITE_OK;
    }

  sqlite3_finalize (rows);
  return code == SQLITE_DONE;
}

static gboolean
salvage_table (BpDatabase *self,
               sqlite3    *from,
               const char *table,
               BpSalvage  *salvage,
               GError    **error)
{
  g_autoptr (BpStatement) about = NULL;
  g_autoptr (BpStatement) insert = NULL;
  g_autoptr (GString) columns = g_string_new (NULL);
  g_autoptr (GString) backwards = g_string_new (NULL);
  g_autofree char *forth = NULL;
  g_autofree char *back = NULL;
  g_autofree char *places = NULL;
  g_autofree char *into = NULL;
  int n_columns;

  about = bp_database_prepare (self, "SELECT name, pk FROM pragma_table_info (:table)"
                               " ORDER BY cid", error);
  if (about == NULL)
    return FALSE;
  bp_bind_text (about, ":table", table);
  n_columns = list_columns (about, from, table, columns, backwards);
  if (n_columns == 0 || backwards->len == 0)
    {
      salvage->is_whole = FALSE;
      return TRUE;
    }

  forth = g_strdup_printf ("SELECT %s FROM \"%s\"", columns->str, table);
  back = g_strdup_printf ("%s ORDER BY %s", forth, backwards->str);
  places = make_places (n_columns);
  into = g_strdup_printf ("INSERT OR IGNORE INTO \"%s\" (%s) VALUES (%s)", table, columns->str,
                          places);
  insert = bp_database_prepare (self, into, error);
  if (insert == NULL)
    return FALSE;
  if (!copy_until_damage (from, forth, insert, &salvage->n_rows))
    {
      salvage->is_whole = FALSE;
      copy_until_damage (from, back, insert, &salvage->n_rows);
    }

  return TRUE;
}

static GPtrArray *
list_tables (BpDatabase *self,
             GError    **error)
{
  /* What stands behind a virtual table is made anew from what it is about. */
  static const char sql[] = "SELECT name FROM pragma_table_list () WHERE schema = 'main'"
                            " AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                            " ORDER BY name";
  g_autoptr (GPtrArray) tables = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (BpStatement) statement = bp_database_prepare (self, sql, error);
  gboolean has_row = statement != NULL;

  while (has_row)
    {
      if (!bp_database_step (self, statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (tables, bp_column_dup_text (statement, 0));
    }

  return statement != NULL ? g_steal_pointer (&tables) : NULL;
}

/**
 * bp_database_salvage:
 * @self: a writer in a transaction, with the tables that are wanted
 * @path: a damaged file, seized
 * @salvage: (out): what came of it
 * @error: #BpDatabaseError of @self
 *
 * Copies each row of those tables that can be read. @path stays as it is; that
 * nothing of it can be read is no error.
 *
 * Returns: whether all that was read is in @self
 */
gboolean
bp_database_salvage (BpDatabase *self,
                     const char *path,
                     BpSalvage  *salvage,
                     GError    **error)
{
  g_autoptr (GPtrArray) tables = list_tables (self, error);
  sqlite3 *from = NULL;
  gboolean ok = tables != NULL;

  *salvage = (BpSalvage) { 0, TRUE };
  if (sqlite3_open_v2 (path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL)
      != SQLITE_OK)
    salvage->is_whole = FALSE;
  sqlite3_db_config (from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config (from, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_exec (from, "PRAGMA cell_size_check = ON; PRAGMA query_only = ON", NULL, NULL, NULL);
  for (guint i = 0; ok && i < tables->len; i++)
    ok = salvage_table (self, from, tables->pdata[i], salvage, error);

  sqlite3_close (from);
  return ok && bp_database_is_under_way (self, error);
}

static gboolean
move (const char *from,
      const char *to,
      GError    **error)
{
  int saved;

  if (g_rename (from, to) == 0 || errno == ENOENT)
    return TRUE;

  saved = errno;
  g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED, "Could not move %s: %s", from,
               g_strerror (saved));
  return FALSE;
}

/**
 * bp_database_set_aside:
 * @path: a file that is seized
 * @aside: what it is called from now on, with its log beside it
 * @successor: a closed file that takes its place
 * @error: %BP_DATABASE_ERROR_FAILED
 *
 * There is a file at @path at each moment, wherever a crash may come.
 *
 * Returns: whether @successor is at @path
 */
gboolean
bp_database_set_aside (const char *path,
                       const char *aside,
                       const char *successor,
                       GError    **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd;

  if (link (path, aside) != 0 && !move (path, aside, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (beside); i++)
    {
      g_autofree char *from = g_strconcat (path, beside[i], NULL);
      g_autofree char *to = g_strconcat (aside, beside[i], NULL);

      if (!move (from, to, error))
        return FALSE;
    }
  if (!move (successor, path, error))
    return FALSE;

  fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0)
    {
      fsync (fd);
      close (fd);
    }
  return TRUE;
}
