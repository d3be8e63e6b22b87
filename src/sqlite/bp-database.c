/* Transactions and statements. A connection belongs to one thread at a time;
 * who shares it between threads brings a lock. */
#include "config.h"

#include "bp-database-private.h"

#include <errno.h>
#include <string.h>

#define CONTEXT_LENGTH 60

G_DEFINE_QUARK (bp_database_error, bp_database_error)

static BpDatabaseError
map_error (sqlite3 *handle,
           int      code)
{
  int system = handle != NULL ? sqlite3_system_errno (handle) : 0;

  switch (code & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return BP_DATABASE_ERROR_BUSY;
    case SQLITE_FULL:
      return BP_DATABASE_ERROR_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return BP_DATABASE_ERROR_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return BP_DATABASE_ERROR_READ_ONLY;
    case SQLITE_CONSTRAINT:
      return BP_DATABASE_ERROR_CONSTRAINT;
    case SQLITE_IOERR:
      return system == ENOSPC || system == EDQUOT ? BP_DATABASE_ERROR_FULL
                                                  : BP_DATABASE_ERROR_FAILED;
    case SQLITE_CANTOPEN:
      return system == EACCES || system == EROFS ? BP_DATABASE_ERROR_READ_ONLY
                                                 : BP_DATABASE_ERROR_FAILED;
    default:
      return BP_DATABASE_ERROR_FAILED;
    }
}

/**
 * bp_database_set_error:
 * @handle: (nullable): the connection that failed
 * @code: what SQLite returned
 * @context: (nullable): what was tried: SQL, cut after some characters, or a path
 * @error: set
 */
void
bp_database_set_error (sqlite3    *handle,
                       int         code,
                       const char *context,
                       GError    **error)
{
  const char *message = handle != NULL ? sqlite3_errmsg (handle) : sqlite3_errstr (code);
  int system = handle != NULL ? sqlite3_system_errno (handle) : 0;
  gboolean tell_system = system != 0
                         && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);

  if (handle != NULL && ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB))
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT, "%s is damaged: %s",
                   sqlite3_db_filename (handle, "main"), message);
      return;
    }
  if (handle != NULL && (code & 0xff) == SQLITE_READONLY)
    {
      g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_READ_ONLY,
                   "%s can be read, but not written: there is no permission, or the disk is"
                   " read-only", sqlite3_db_filename (handle, "main"));
      return;
    }
  g_set_error (error, BP_DATABASE_ERROR, (int)map_error (handle, code), "%s%s%s (%d)%s%.*s",
               message, tell_system ? ": " : "", tell_system ? g_strerror (system) : "", code,
               context != NULL ? " in: " : "", CONTEXT_LENGTH, context != NULL ? context : "");
}

static gboolean
is_taken_back (BpDatabase *self)
{
  return self->in_transaction && sqlite3_get_autocommit (self->handle);
}

static gboolean
is_good (BpDatabase *self,
         int         code,
         const char *context,
         GError    **error)
{
  GError *failure = NULL;

  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
    return TRUE;

  bp_database_set_error (self->handle, code, context, &failure);
  if (is_taken_back (self) && self->cause == NULL)
    self->cause = g_error_copy (failure);
  g_propagate_error (error, failure);
  return FALSE;
}

/**
 * bp_database_is_under_way:
 * @self: a database in a transaction
 * @error: what made SQLite take it back
 *
 * After a failed read, say, SQLite takes a transaction back by itself. Nothing
 * that comes after may be taken for a part of it, or would hold alone: until
 * the transaction is ended each statement fails with what was the cause.
 *
 * Returns: whether it is still under way
 */
gboolean
bp_database_is_under_way (BpDatabase *self,
                          GError    **error)
{
  if (!is_taken_back (self))
    return TRUE;

  if (self->cause != NULL)
    g_propagate_error (error, g_error_copy (self->cause));
  else
    g_set_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FAILED,
                 "The transaction has already been taken back");
  return FALSE;
}

/**
 * bp_database_get_handle:
 * @self: a database
 *
 * Returns: (transfer none): SQLite's connection
 */
sqlite3 *
bp_database_get_handle (BpDatabase *self)
{
  return self->handle;
}

/**
 * bp_database_get_path:
 * @self: a database
 *
 * Returns: (transfer none): the file
 */
const char *
bp_database_get_path (BpDatabase *self)
{
  return self->path;
}

/**
 * bp_database_run_sql:
 * @self: a database
 * @sql: one or several statements without parameters and results
 * @error: #BpDatabaseError
 *
 * Returns: whether all of them succeeded; those before the one that failed
 *   hold, unless a transaction takes them back
 */
gboolean
bp_database_run_sql (BpDatabase *self,
                     const char *sql,
                     GError    **error)
{
  return bp_database_is_under_way (self, error)
         && is_good (self, sqlite3_exec (self->handle, sql, NULL, NULL, NULL), sql, error);
}

/**
 * bp_database_begin:
 * @self: a database not in a transaction
 * @error: %BP_DATABASE_ERROR_BUSY after 10 s, or another #BpDatabaseError
 *
 * A writer waits for the lock file and begins to write (`BEGIN IMMEDIATE`); a
 * reader begins to read one state of the file.
 *
 * Returns: whether a transaction is under way
 */
gboolean
bp_database_begin (BpDatabase *self,
                   GError    **error)
{
  gboolean writer = self->mode == BP_DATABASE_WRITER;

  g_return_val_if_fail (!self->in_transaction, FALSE);

  if (writer && !bp_database_take_lock (self, error))
    return FALSE;

  {
    g_autoptr (BpStatement) statement = NULL;

    statement = bp_database_prepare (self, writer ? "BEGIN IMMEDIATE" : "BEGIN", error);
    self->in_transaction = statement != NULL && bp_database_run (self, statement, error);
  }
  if (!self->in_transaction && writer)
    bp_database_drop_lock (self);
  return self->in_transaction;
}

static gboolean
checkpoint_passively (BpDatabase *self,
                      GError    **error)
{
  int in_log = 0, done = 0;
  int code = sqlite3_wal_checkpoint_v2 (self->handle, "main", SQLITE_CHECKPOINT_PASSIVE,
                                        &in_log, &done);

  self->checkpoint_at = in_log > done ? in_log + BP_CHECKPOINT_PAGES : BP_CHECKPOINT_PAGES;
  return is_good (self, code, "checkpoint", error);
}

/* Whatever becomes of the checkpoint, the commit holds: a failure here is
 * tried again after the next commit. */
static void
keep_wal_short (BpDatabase *self)
{
  if (self->wal_pages < self->checkpoint_at - BP_CHECKPOINT_PAGES)
    self->checkpoint_at = BP_CHECKPOINT_PAGES;
  if (self->wal_pages >= self->checkpoint_at)
    checkpoint_passively (self, NULL);
}

/* A commit whose fsync failed was taken back, but stands whole in the log: a
 * crash would bring it back, although it was said to have failed. What is
 * written over its beginning, be it nothing new, ends that. */
static void
bury_commit (BpDatabase *self)
{
  gint64 version;
  g_autofree char *same = NULL;

  if (!bp_database_read_integer (self, "PRAGMA user_version", &version, NULL))
    return;

  same = g_strdup_printf ("PRAGMA user_version = %" G_GINT64_FORMAT, version);
  bp_database_run_sql (self, same, NULL);
}

static void
take_back_commit (BpDatabase *self)
{
  gboolean is_in_log = (sqlite3_errcode (self->handle) & 0xff) == SQLITE_IOERR
                       && self->mode == BP_DATABASE_WRITER && bp_database_take_lock (self, NULL);

  bp_database_rollback (self);
  if (is_in_log)
    {
      bury_commit (self);
      bp_database_drop_lock (self);
    }
}

/**
 * bp_database_commit:
 * @self: a database in a transaction
 * @error: %BP_DATABASE_ERROR_FULL, or another #BpDatabaseError
 *
 * Ends the transaction in any case: what was written is durable, or, on
 * failure, none of it holds. Only where the disk takes nothing more may a
 * crash bring back what failed.
 *
 * Returns: whether it holds
 */
gboolean
bp_database_commit (BpDatabase *self,
                    GError    **error)
{
  g_autoptr (BpStatement) statement = NULL;

  g_return_val_if_fail (self->in_transaction, FALSE);

  statement = bp_database_prepare (self, "COMMIT", error);
  if (statement == NULL || !bp_database_run (self, statement, error))
    {
      take_back_commit (self);
      return FALSE;
    }

  self->in_transaction = FALSE;
  if (self->mode == BP_DATABASE_WRITER)
    {
      keep_wal_short (self);
      bp_database_drop_lock (self);
    }
  return TRUE;
}

/**
 * bp_database_rollback:
 * @self: a database
 *
 * Takes back the transaction, if one is under way, and gives the lock back.
 * Statements of this connection that still step are at their end.
 */
void
bp_database_rollback (BpDatabase *self)
{
  if (!self->in_transaction)
    return;

  /* SQLite may have rolled back by itself after an error; then it may also
   * go on reading what failed, until the next statement has ended. */
  if (!sqlite3_get_autocommit (self->handle))
    sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
  else
    sqlite3_exec (self->handle, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
  self->in_transaction = FALSE;
  g_clear_error (&self->cause);
  if (self->mode == BP_DATABASE_WRITER)
    bp_database_drop_lock (self);
}

/**
 * bp_database_in_transaction:
 * @self: a database
 *
 * Returns: whether bp_database_begin() was called and neither end of it
 */
gboolean
bp_database_in_transaction (BpDatabase *self)
{
  return self->in_transaction;
}

/**
 * bp_database_checkpoint:
 * @self: a writer not in a transaction
 * @error: #BpDatabaseError
 *
 * Copies from the WAL into the file as much as readers allow.
 *
 * Returns: whether nothing failed
 */
gboolean
bp_database_checkpoint (BpDatabase *self,
                        GError    **error)
{
  gboolean ok;

  g_return_val_if_fail (self->mode == BP_DATABASE_WRITER && !self->in_transaction, FALSE);

  if (!bp_database_take_lock (self, error))
    return FALSE;

  ok = checkpoint_passively (self, error);
  bp_database_drop_lock (self);
  return ok;
}

/**
 * bp_database_get_data_version:
 * @self: a database
 *
 * Returns: a number that changes when another connection has committed; −1
 *   on failure
 */
gint64
bp_database_get_data_version (BpDatabase *self)
{
  gint64 version;

  return bp_database_read_integer (self, "PRAGMA data_version", &version, NULL) ? version : -1;
}

/**
 * bp_database_read_integer:
 * @self: a database
 * @sql: a query of one integer
 * @integer: (out): the first row's first column; 0 where there is no row
 * @error: #BpDatabaseError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_database_read_integer (BpDatabase *self,
                          const char *sql,
                          gint64     *integer,
                          GError    **error)
{
  g_autoptr (BpStatement) statement = bp_database_prepare (self, sql, error);
  gboolean has_row;

  if (statement == NULL || !bp_database_step (self, statement, &has_row, error))
    return FALSE;

  *integer = has_row ? sqlite3_column_int64 (statement, 0) : 0;
  return TRUE;
}

/**
 * bp_database_prepare:
 * @self: a database
 * @sql: one statement
 * @error: #BpDatabaseError
 *
 * Borrows a statement: a kept one of the same text, where one is free.
 *
 * Returns: (transfer full): the statement, without bindings; to be given back
 *   with bp_database_release() before the database is closed
 */
sqlite3_stmt *
bp_database_prepare (BpDatabase *self,
                     const char *sql,
                     GError    **error)
{
  GPtrArray *idle = g_hash_table_lookup (self->idle, sql);
  sqlite3_stmt *statement = NULL;
  int code;

  if (idle != NULL && idle->len > 0)
    return g_ptr_array_steal_index_fast (idle, idle->len - 1);

  code = sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  is_good (self, code, sql, error);
  return statement;
}

static void
ignore_rollback (void *data)
{
}

/**
 * bp_database_release:
 * @statement: (nullable) (transfer full): a statement of bp_database_prepare()
 *
 * Gives it back, reset and without bindings.
 */
void
bp_database_release (sqlite3_stmt *statement)
{
  sqlite3 *handle;
  BpDatabase *self;
  GPtrArray *idle;

  if (statement == NULL)
    return;

  /* SQLite before 3.44 has no client data; the argument of a hook that is not
   * used otherwise tells whose connection this is. */
  handle = sqlite3_db_handle (statement);
  self = sqlite3_rollback_hook (handle, NULL, NULL);
  sqlite3_rollback_hook (handle, ignore_rollback, self);
  g_assert (self != NULL);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  idle = g_hash_table_lookup (self->idle, sqlite3_sql (statement));
  if (idle == NULL)
    {
      idle = g_ptr_array_new ();
      g_hash_table_insert (self->idle, g_strdup (sqlite3_sql (statement)), idle);
    }
  g_ptr_array_add (idle, statement);
}

/**
 * bp_database_step:
 * @self: a database
 * @statement: of this database
 * @has_row: (out): whether there is a row to read; %FALSE at the end
 * @error: #BpDatabaseError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_database_step (BpDatabase   *self,
                  sqlite3_stmt *statement,
                  gboolean     *has_row,
                  GError      **error)
{
  int code;

  *has_row = FALSE;
  if (!bp_database_is_under_way (self, error))
    return FALSE;

  code = sqlite3_step (statement);
  *has_row = code == SQLITE_ROW;
  return is_good (self, code, sqlite3_sql (statement), error);
}

/**
 * bp_database_run:
 * @self: a database
 * @statement: of this database, bound
 * @error: #BpDatabaseError
 *
 * Runs it to its end; rows are passed over. It may then be bound and run anew.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_database_run (BpDatabase   *self,
                 sqlite3_stmt *statement,
                 GError      **error)
{
  int code;
  gboolean ok;

  if (!bp_database_is_under_way (self, error))
    return FALSE;

  do
    code = sqlite3_step (statement);
  while (code == SQLITE_ROW);

  ok = is_good (self, code, sqlite3_sql (statement), error);
  sqlite3_reset (statement);
  return ok;
}

static int
find_parameter (sqlite3_stmt *statement,
                const char   *name)
{
  int i = sqlite3_bind_parameter_index (statement, name);

  g_assert (i > 0);
  return i;
}

/**
 * bp_bind_text:
 * @statement: a statement that does not step
 * @name: a parameter of it, `:` included
 * @text: (nullable): copied; null where %NULL
 */
void
bp_bind_text (sqlite3_stmt *statement,
              const char   *name,
              const char   *text)
{
  sqlite3_bind_text (statement, find_parameter (statement, name), text, -1, SQLITE_TRANSIENT);
}

/**
 * bp_bind_integer:
 * @statement: a statement that does not step
 * @name: a parameter of it, `:` included
 * @integer: any
 */
void
bp_bind_integer (sqlite3_stmt *statement,
                 const char   *name,
                 gint64        integer)
{
  sqlite3_bind_int64 (statement, find_parameter (statement, name), integer);
}

/**
 * bp_bind_null:
 * @statement: a statement that does not step
 * @name: a parameter of it, `:` included
 */
void
bp_bind_null (sqlite3_stmt *statement,
              const char   *name)
{
  sqlite3_bind_null (statement, find_parameter (statement, name));
}

/**
 * bp_column_dup_text:
 * @statement: a statement at a row
 * @column: from 0
 *
 * Returns: (transfer full) (nullable): the column's text; %NULL where null
 */
char *
bp_column_dup_text (sqlite3_stmt *statement,
                    int           column)
{
  return g_strdup (bp_column_get_text (statement, column));
}

/**
 * bp_column_get_text:
 * @statement: a statement at a row
 * @column: from 0
 *
 * Returns: (transfer none) (nullable): the column's text, until the next step
 *   or release; %NULL where null
 */
const char *
bp_column_get_text (sqlite3_stmt *statement,
                    int           column)
{
  return (const char *)sqlite3_column_text (statement, column);
}

/**
 * bp_column_get_integer:
 * @statement: a statement at a row
 * @column: from 0
 *
 * Returns: the column's integer; 0 where null
 */
gint64
bp_column_get_integer (sqlite3_stmt *statement,
                       int           column)
{
  return sqlite3_column_int64 (statement, column);
}
