/* Looking into databases, with statements that are kept. */
#include "config.h"

#include "sim-reader.h"

struct _SimReader
{
  sqlite3 *handle;
  gboolean is_own;
  GHashTable *statements; /* (owned): by their text */
};

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

/**
 * sim_reader_new_over:
 * @handle: (transfer none): an open database, that outlives the reader
 *
 * Returns: (transfer full): a reader
 */
SimReader *
sim_reader_new_over (sqlite3 *handle)
{
  SimReader *self = g_new0 (SimReader, 1);

  self->handle = handle;
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize);
  return self;
}

/**
 * sim_reader_new:
 * @path: of a database
 *
 * Returns: (transfer full): a reader with a connection of its own
 */
SimReader *
sim_reader_new (const char *path)
{
  sqlite3 *handle = NULL;
  SimReader *self;

  if (sqlite3_open_v2 (path, &handle, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
    g_error ("%s cannot be read", path);
  sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  self = sim_reader_new_over (handle);
  self->is_own = TRUE;
  return self;
}

/**
 * sim_reader_free:
 * @self: (transfer full): a reader
 */
void
sim_reader_free (SimReader *self)
{
  g_hash_table_unref (self->statements);
  if (self->is_own)
    sqlite3_close (self->handle);
  g_free (self);
}

/**
 * sim_reader_get_handle:
 * @self: a reader
 *
 * Returns: (transfer none): its connection
 */
sqlite3 *
sim_reader_get_handle (SimReader *self)
{
  return self->handle;
}

/**
 * sim_reader_prepare:
 * @self: a reader
 * @sql: one statement
 *
 * Returns: (transfer none): it, at its beginning; to be stepped to its end or
 *   reset before anything is written
 */
sqlite3_stmt *
sim_reader_prepare (SimReader  *self,
                    const char *sql)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement == NULL)
    {
      if (sqlite3_prepare_v2 (self->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        g_error ("%s: %s", sql, sqlite3_errmsg (self->handle));
      g_hash_table_insert (self->statements, g_strdup (sql), statement);
    }
  sqlite3_reset (statement);
  return statement;
}

/**
 * sim_reader_ask:
 * @self: a reader
 * @sql: a query for a number
 *
 * Returns: the number; 0 where there is none
 */
gint64
sim_reader_ask (SimReader  *self,
                const char *sql)
{
  sqlite3_stmt *statement = sim_reader_prepare (self, sql);
  gint64 number = 0;

  if (sqlite3_step (statement) == SQLITE_ROW)
    number = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return number;
}
