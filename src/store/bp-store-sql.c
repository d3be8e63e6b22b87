/* Statements with bound parameters in one line. */
#include "config.h"

#include "bp-store-private.h"

static sqlite3_stmt *
prepare_valist (BpStore    *self,
                GError    **error,
                const char *sql,
                const char *format,
                va_list     arguments)
{
  sqlite3_stmt *statement = bp_database_prepare (bp_store_get_database (self), sql, error);

  for (int i = 0; statement != NULL && format[i] != '\0'; i++)
    {
      if (format[i] == 'i')
        sqlite3_bind_int64 (statement, i + 1, va_arg (arguments, gint64));
      else
        sqlite3_bind_text (statement, i + 1, va_arg (arguments, const char *), -1,
                           SQLITE_TRANSIENT);
    }

  return statement;
}

/**
 * bp_store_prepare:
 * @self: a store, locked
 * @error: #BpDatabaseError
 * @sql: one statement with parameters `?`
 * @format: a letter for each parameter: `s` a text (nullable), `i` a gint64
 * @...: the parameters
 *
 * Returns: (transfer full): the statement, bound, to be stepped and given back
 *   with bp_database_release()
 */
sqlite3_stmt *
bp_store_prepare (BpStore    *self,
                  GError    **error,
                  const char *sql,
                  const char *format,
                  ...)
{
  sqlite3_stmt *statement;
  va_list arguments;

  va_start (arguments, format);
  statement = prepare_valist (self, error, sql, format, arguments);
  va_end (arguments);
  return statement;
}

/**
 * bp_store_execute:
 * @self: a store, in a transaction
 * @error: #BpDatabaseError
 * @sql: one statement without results
 * @format: as of bp_store_prepare()
 * @...: the parameters
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_execute (BpStore    *self,
                  GError    **error,
                  const char *sql,
                  const char *format,
                  ...)
{
  g_autoptr (BpStatement) statement = NULL;
  va_list arguments;

  va_start (arguments, format);
  statement = prepare_valist (self, error, sql, format, arguments);
  va_end (arguments);
  return statement != NULL && bp_database_run (bp_store_get_database (self), statement, error);
}

/**
 * bp_store_ask:
 * @self: a store, locked
 * @answer: (inout): the first column of the first row; untouched where there
 *   is no row or the column is null
 * @error: #BpDatabaseError
 * @sql: a query of one integer
 * @format: as of bp_store_prepare()
 * @...: the parameters
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_ask (BpStore    *self,
              gint64     *answer,
              GError    **error,
              const char *sql,
              const char *format,
              ...)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;
  va_list arguments;

  va_start (arguments, format);
  statement = prepare_valist (self, error, sql, format, arguments);
  va_end (arguments);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;

  if (has_row && sqlite3_column_type (statement, 0) == SQLITE_INTEGER)
    *answer = bp_column_get_integer (statement, 0);
  return TRUE;
}
