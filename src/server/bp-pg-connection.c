#include "config.h"

#include "bp-pg-connection.h"

#include <string.h>

#define MAX_PARAMETERS 32
#define INTEGER_LENGTH 24

struct _BpPgConnection
{
  char *url;            /* (owned) */
  PGconn *connection;   /* (owned) (nullable) */
  GHashTable *prepared; /* (owned): SQL → its name on this connection */
  gboolean is_open;     /* a transaction is under way */
  gboolean is_writing;
  gboolean is_listening;
  char *store_id;       /* (owned) (nullable): the store that was entered */
  gboolean is_everywhere;
  gboolean is_entering; /* PostgreSQL has not been told yet */
};

G_DEFINE_QUARK (bp_pg_error, bp_pg_error)

/* What libpq is told where the address says nothing of it. Several hosts may
 * stand in the address: the one that takes writes is used. */
static const struct
{
  const char *keyword;
  const char *value;
} defaults[] = {
  { "target_session_attrs", "read-write" },
  { "connect_timeout", "5" },
  { "application_name", "bizpulse-server" },
  { "keepalives_idle", "30" },
  { "keepalives_interval", "5" },
  { "keepalives_count", "3" },
  { "tcp_user_timeout", "20000" },
};

/* A standby that became the primary may forget what was not waited for: where
 * the operator has switched waiting off, it is switched on again. */
static const char session_sql[]
  = "SET statement_timeout = '30s'; SET lock_timeout = '10s';"
    " SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning;"
    " SET standard_conforming_strings = on;"
    " SELECT set_config ('synchronous_commit', 'on', false)"
    " WHERE current_setting ('synchronous_commit') = 'off'";

/* What a new connection does not have: 25006 and, on beginning, 0A000: it has
 * become a standby. 0A000 and 26000 else: a prepared statement no longer fits
 * its tables, or is gone. */
static gboolean
is_worn_out (const char *state)
{
  static const char *const states[] = { "25006", "0A000", "26000", NULL };

  return state != NULL && g_strv_contains (states, state);
}

/* By class. 08: the connection. 40: deadlocks and the like. 53: no room. 55: a
 * lock. 57: somebody intervened. 58: the system below. */
static gboolean
is_passing (const char *state)
{
  static const char *const classes[] = { "08", "40", "53", "55", "57", "58", NULL };

  for (guint i = 0; classes[i] != NULL; i++)
    {
      if (g_str_has_prefix (state, classes[i]))
        return TRUE;
    }

  return is_worn_out (state);
}

/**
 * bp_pg_leave:
 * @self: a connection
 *
 * The transaction is in no store any more, as one is that has just begun:
 * where PostgreSQL is told, no row is seen or written.
 */
void
bp_pg_leave (BpPgConnection *self)
{
  g_clear_pointer (&self->store_id, g_free);
  self->is_everywhere = FALSE;
  self->is_entering = self->is_open;
}

static void
disconnect (BpPgConnection *self)
{
  g_clear_pointer (&self->connection, PQfinish);
  g_hash_table_remove_all (self->prepared);
  self->is_open = FALSE;
  self->is_writing = FALSE;
  self->is_listening = FALSE;
  bp_pg_leave (self);
}

/* Sets @error from what failed last; a connection that is of no use any more
 * is given up. Messages of the database may quote data: only its state and the
 * first line are told. */
static gboolean
fail (BpPgConnection *self,
      const PGresult *result,
      GError        **error)
{
  const char *state = result != NULL ? PQresultErrorField (result, PG_DIAG_SQLSTATE) : NULL;
  const char *message = result != NULL ? PQresultErrorField (result, PG_DIAG_MESSAGE_PRIMARY)
                                       : NULL;
  g_autofree char *own = g_strdup (self->connection != NULL ? PQerrorMessage (self->connection)
                                                            : "no connection");
  /* Without a state it was not PostgreSQL that said so: the line is broken,
   * whether libpq has found out or not. */
  gboolean is_lost = state == NULL || PQstatus (self->connection) != CONNECTION_OK;
  int code = is_lost ? BP_PG_ERROR_LOST
             : is_passing (state) ? BP_PG_ERROR_BUSY
                                  : BP_PG_ERROR_FAILED;

  g_strdelimit (g_strchomp (own), "\n", ' ');
  g_set_error (error, BP_PG_ERROR, code, "PostgreSQL: %s (%s)", message != NULL ? message : own,
               state != NULL ? state : "no connection");
  if (is_lost || is_worn_out (state))
    disconnect (self);
  return FALSE;
}

static gboolean
run_sql (BpPgConnection *self,
         const char     *sql,
         GError        **error)
{
  g_autoptr (BpPgResult) result = PQexec (self->connection, sql);
  ExecStatusType status = PQresultStatus (result);

  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || fail (self, result, error);
}

static void
drop_notice (void           *argument,
             const PGresult *result)
{
}

/* The defaults come first: what the address says overrides them. */
static PGconn *
open_connection (const char *url)
{
  const char *keywords[G_N_ELEMENTS (defaults) + 3];
  const char *values[G_N_ELEMENTS (defaults) + 3];
  guint n = 0;

  for (; n < G_N_ELEMENTS (defaults); n++)
    {
      keywords[n] = defaults[n].keyword;
      values[n] = defaults[n].value;
    }
  keywords[n] = "dbname";
  values[n++] = url;
  keywords[n] = "client_encoding";
  values[n++] = "UTF8";
  keywords[n] = NULL;
  values[n] = NULL;
  return PQconnectdbParams (keywords, values, 1);
}

static gboolean
connect_again (BpPgConnection *self,
               GError        **error)
{
  if (self->connection != NULL && PQstatus (self->connection) == CONNECTION_OK)
    return TRUE;

  disconnect (self);
  self->connection = open_connection (self->url);
  if (self->connection == NULL || PQstatus (self->connection) != CONNECTION_OK)
    return fail (self, NULL, error);

  /* Another encoding has no place for some of the texts that devices send. */
  if (g_strcmp0 (PQparameterStatus (self->connection, "server_encoding"), "UTF8") != 0)
    {
      disconnect (self);
      g_set_error_literal (error, BP_PG_ERROR, BP_PG_ERROR_FAILED,
                           "PostgreSQL: the database must have been made with encoding UTF8");
      return FALSE;
    }

  PQsetNoticeReceiver (self->connection, drop_notice, NULL);
  return run_sql (self, session_sql, error);
}

/* An @ of a password that is not written as %40 ends among the hosts. */
static gboolean
are_hosts (const PQconninfoOption *options)
{
  for (; options->keyword != NULL; options++)
    {
      if (options->val == NULL)
        continue;
      if (g_str_equal (options->keyword, "host") && strchr (options->val, '@') != NULL)
        return FALSE;
      if (g_str_equal (options->keyword, "port")
          && strspn (options->val, "0123456789,") < strlen (options->val))
        return FALSE;
    }

  return TRUE;
}

/* libpq's own words on an address that it cannot read quote it, password and
 * all. */
static gboolean
check_address (const char *url,
               GError    **error)
{
  char *message = NULL;
  PQconninfoOption *options = PQconninfoParse (url, &message);
  gboolean is_good = options != NULL && are_hosts (options);

  PQfreemem (message);
  PQconninfoFree (options);
  if (is_good)
    return TRUE;

  g_set_error_literal (error, BP_PG_ERROR, BP_PG_ERROR_FAILED,
                       "PostgreSQL: the address of the database cannot be read; it must be "
                       "postgresql://USER@HOST,HOST/NAME?OPTION=VALUE, with %XX for odd signs");
  return FALSE;
}

/**
 * bp_pg_connection_new:
 * @url: any address that libpq takes, with several hosts, too
 * @error: #BpPgError
 *
 * For one thread at a time.
 *
 * Returns: (transfer full): a connection
 */
BpPgConnection *
bp_pg_connection_new (const char *url,
                      GError    **error)
{
  g_autoptr (BpPgConnection) self = NULL;

  if (!check_address (url, error))
    return NULL;

  self = g_new0 (BpPgConnection, 1);
  self->url = g_strdup (url);
  self->prepared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return connect_again (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * bp_pg_connection_free:
 * @self: (nullable) (transfer full): a connection
 *
 * A transaction under way is without effect.
 */
void
bp_pg_connection_free (BpPgConnection *self)
{
  if (self == NULL)
    return;

  disconnect (self);
  g_hash_table_unref (self->prepared);
  g_free (self->store_id);
  g_free (self->url);
  g_free (self);
}

/**
 * bp_pg_listen:
 * @self: a connection without a transaction
 * @is_new: (out): whether it did not listen until now: anything may have been
 *   missed
 * @error: #BpPgError
 *
 * Makes sure that it hears what is committed from now on. A connection that
 * was lost is made anew.
 *
 * Returns: whether it listens
 */
gboolean
bp_pg_listen (BpPgConnection *self,
              gboolean       *is_new,
              GError        **error)
{
  g_assert (!self->is_open);
  *is_new = FALSE;
  if (!connect_again (self, error))
    return FALSE;
  if (self->is_listening)
    return TRUE;
  if (!run_sql (self, "LISTEN " BP_PG_CHANNEL, error))
    return FALSE;

  self->is_listening = TRUE;
  *is_new = TRUE;
  return TRUE;
}

/**
 * bp_pg_get_socket:
 * @self: a connection
 *
 * Returns: what becomes readable when it hears something; −1 where it is lost
 */
int
bp_pg_get_socket (BpPgConnection *self)
{
  return self->connection != NULL ? PQsocket (self->connection) : -1;
}

/**
 * bp_pg_take_word:
 * @self: a connection that listens
 * @word: (out) (transfer full) (nullable): the next thing it has heard; %NULL
 *   where there is none
 * @error: %BP_PG_ERROR_LOST
 *
 * Does not wait.
 *
 * Returns: whether the connection is still there
 */
gboolean
bp_pg_take_word (BpPgConnection *self,
                 char          **word,
                 GError        **error)
{
  PGnotify *notify;

  *word = NULL;
  if (self->connection == NULL || !PQconsumeInput (self->connection)
      || PQstatus (self->connection) != CONNECTION_OK)
    return fail (self, NULL, error);

  notify = PQnotifies (self->connection);
  if (notify != NULL)
    *word = g_strdup (notify->extra);
  PQfreemem (notify);
  return TRUE;
}

/**
 * bp_pg_begin:
 * @self: a connection without a transaction
 * @writes: whether it writes; else it reads one state of everything
 * @error: #BpPgError
 *
 * Begins a transaction. A connection that was lost is made anew, once.
 *
 * Returns: whether it is under way
 */
gboolean
bp_pg_begin (BpPgConnection *self,
             gboolean        writes,
             GError        **error)
{
  const char *sql = writes ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                           : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  gboolean was_there = self->connection != NULL;
  g_autoptr (GError) local_error = NULL;

  g_assert (!self->is_open);
  if (!connect_again (self, error))
    return FALSE;
  if (!run_sql (self, sql, &local_error)
      && !(was_there && self->connection == NULL && connect_again (self, NULL)
           && run_sql (self, sql, NULL)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  bp_pg_leave (self);
  self->is_open = TRUE;
  self->is_writing = writes;
  return TRUE;
}

/**
 * bp_pg_commit:
 * @self: a connection with a transaction
 * @error: #BpPgError; after %BP_PG_ERROR_LOST it may hold all the same
 *
 * Returns: whether it holds, durably
 */
gboolean
bp_pg_commit (BpPgConnection *self,
              GError        **error)
{
  g_autoptr (BpPgResult) result = NULL;

  g_assert (self->is_open);
  self->is_open = FALSE;
  self->is_writing = FALSE;
  result = PQexec (self->connection, "COMMIT");
  if (PQresultStatus (result) != PGRES_COMMAND_OK)
    return fail (self, result, error);
  if (g_str_equal (PQcmdStatus (result), "COMMIT"))
    return TRUE;

  g_set_error (error, BP_PG_ERROR, BP_PG_ERROR_FAILED, "PostgreSQL took the transaction back");
  return FALSE;
}

/**
 * bp_pg_rollback:
 * @self: a connection
 *
 * Ends a transaction without effect; nothing where none is under way.
 */
void
bp_pg_rollback (BpPgConnection *self)
{
  if (!self->is_open)
    return;

  self->is_open = FALSE;
  self->is_writing = FALSE;
  if (self->connection != NULL && !run_sql (self, "ROLLBACK", NULL))
    disconnect (self);
}

/**
 * bp_pg_is_writing:
 * @self: a connection
 *
 * Returns: whether its transaction writes
 */
gboolean
bp_pg_is_writing (BpPgConnection *self)
{
  return self->is_writing;
}

/**
 * bp_pg_enter:
 * @self: a connection with a transaction
 * @store_id: of a store
 *
 * From its next statement on the transaction sees and writes only rows of that
 * store, to its end. Where it has entered another already it stays there, and
 * where it has entered every store, too.
 */
void
bp_pg_enter (BpPgConnection *self,
             const char     *store_id)
{
  if (self->store_id != NULL || self->is_everywhere)
    return;

  self->store_id = g_strdup (store_id);
  self->is_entering = TRUE;
}

/**
 * bp_pg_enter_every_store:
 * @self: a connection with a transaction
 *
 * From its next statement on the transaction sees and writes the rows of all
 * stores. For what is no store's own affair.
 */
void
bp_pg_enter_every_store (BpPgConnection *self)
{
  if (self->is_everywhere)
    return;

  self->is_everywhere = TRUE;
  self->is_entering = TRUE;
}

static const char *
prepare (BpPgConnection *self,
         const char     *sql,
         GError        **error)
{
  char *name = g_hash_table_lookup (self->prepared, sql);
  g_autofree char *fresh = NULL;
  g_autoptr (BpPgResult) result = NULL;

  if (name != NULL)
    return name;

  fresh = g_strdup_printf ("s%u", g_hash_table_size (self->prepared));
  result = PQprepare (self->connection, fresh, sql, 0, NULL);
  if (PQresultStatus (result) != PGRES_COMMAND_OK)
    {
      fail (self, result, error);
      return NULL;
    }

  name = g_steal_pointer (&fresh);
  g_hash_table_insert (self->prepared, g_strdup (sql), name);
  return name;
}

static PGresult *
query_prepared (BpPgConnection    *self,
                const char        *sql,
                const char *const *values,
                int                n_values,
                GError           **error)
{
  const char *name;
  PGresult *result;

  if (self->connection == NULL || !self->is_open)
    {
      fail (self, NULL, error);
      return NULL;
    }
  name = prepare (self, sql, error);
  if (name == NULL)
    return NULL;
  result = PQexecPrepared (self->connection, name, n_values, values, NULL, NULL, 0);
  if (PQresultStatus (result) == PGRES_COMMAND_OK || PQresultStatus (result) == PGRES_TUPLES_OK)
    return result;

  fail (self, result, error);
  PQclear (result);
  return NULL;
}

/* Tells PostgreSQL where the transaction has entered, once. */
static gboolean
pass_wall (BpPgConnection *self,
           GError        **error)
{
  const char *values[] = { self->store_id != NULL ? self->store_id : "",
                           self->is_everywhere ? "yes" : "no" };
  g_autoptr (BpPgResult) result = NULL;

  if (!self->is_entering)
    return TRUE;

  self->is_entering = FALSE;
  result = query_prepared (self, "SELECT set_config ('bizpulse.store', $1, true),"
                           " set_config ('bizpulse.every_store', $2, true)",
                           values, G_N_ELEMENTS (values), error);
  return result != NULL;
}

static PGresult *
query_values (BpPgConnection    *self,
              const char        *sql,
              const char *const *values,
              int                n_values,
              GError           **error)
{
  return pass_wall (self, error) ? query_prepared (self, sql, values, n_values, error) : NULL;
}

static PGresult *
query_valist (BpPgConnection *self,
              GError        **error,
              const char     *sql,
              const char     *format,
              va_list         arguments)
{
  const char *values[MAX_PARAMETERS];
  char integers[MAX_PARAMETERS][INTEGER_LENGTH];
  int n_values = (int)strlen (format);

  g_assert (n_values <= MAX_PARAMETERS);
  for (int i = 0; i < n_values; i++)
    {
      if (format[i] == 'i')
        {
          g_snprintf (integers[i], INTEGER_LENGTH, "%" G_GINT64_FORMAT,
                      va_arg (arguments, gint64));
          values[i] = integers[i];
        }
      else
        values[i] = va_arg (arguments, const char *);
    }

  return query_values (self, sql, values, n_values, error);
}

/**
 * bp_pg_query:
 * @self: a connection with a transaction
 * @error: #BpPgError
 * @sql: one statement with parameters `$1` …
 * @format: a letter for each parameter: `s` a text (nullable), `i` a gint64
 * @...: the parameters
 *
 * Prepared once a connection.
 *
 * Returns: (transfer full) (nullable): what it found
 */
PGresult *
bp_pg_query (BpPgConnection *self,
             GError        **error,
             const char     *sql,
             const char     *format,
             ...)
{
  PGresult *result;
  va_list arguments;

  va_start (arguments, format);
  result = query_valist (self, error, sql, format, arguments);
  va_end (arguments);
  return result;
}

/**
 * bp_pg_execute:
 * @self: a connection with a transaction
 * @error: #BpPgError
 * @sql: one statement whose result does not matter
 * @format: as of bp_pg_query()
 * @...: the parameters
 *
 * Returns: whether it succeeded
 */
gboolean
bp_pg_execute (BpPgConnection *self,
               GError        **error,
               const char     *sql,
               const char     *format,
               ...)
{
  g_autoptr (BpPgResult) result = NULL;
  va_list arguments;

  va_start (arguments, format);
  result = query_valist (self, error, sql, format, arguments);
  va_end (arguments);
  return result != NULL;
}

/**
 * bp_pg_execute_with:
 * @self: a connection with a transaction
 * @sql: one statement whose result does not matter
 * @parameters: (element-type utf8): the values of `$1` …, as text; may hold %NULL
 * @error: #BpPgError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_pg_execute_with (BpPgConnection *self,
                    const char     *sql,
                    GPtrArray      *parameters,
                    GError        **error)
{
  g_autoptr (BpPgResult) result
    = query_values (self, sql, (const char *const *)parameters->pdata, (int)parameters->len, error);

  return result != NULL;
}

/**
 * bp_pg_run_script:
 * @self: a connection with a transaction
 * @sql: statements of this program, without parameters
 * @error: #BpPgError
 *
 * Returns: whether all succeeded
 */
gboolean
bp_pg_run_script (BpPgConnection *self,
                  const char     *sql,
                  GError        **error)
{
  return pass_wall (self, error) && run_sql (self, sql, error);
}

/**
 * bp_pg_get_integer:
 * @result: of bp_pg_query()
 * @row: from 0
 * @column: from 0
 *
 * Returns: the number there; 0 where it is null
 */
gint64
bp_pg_get_integer (const PGresult *result,
                   int             row,
                   int             column)
{
  return g_ascii_strtoll (PQgetvalue (result, row, column), NULL, 10);
}

/**
 * bp_pg_get_text:
 * @result: of bp_pg_query()
 * @row: from 0
 * @column: from 0
 *
 * Returns: (transfer none) (nullable): the text there
 */
const char *
bp_pg_get_text (const PGresult *result,
                int             row,
                int             column)
{
  return PQgetisnull (result, row, column) ? NULL : PQgetvalue (result, row, column);
}

static void
begin_element (GString *array)
{
  if (array->len > 0)
    g_string_append_c (array, ',');
  else
    g_string_append_c (array, '{');
}

/**
 * bp_pg_array_add_text:
 * @array: an array's literal, empty at first; to be closed by a brace
 * @text: (nullable): one more element
 */
void
bp_pg_array_add_text (GString    *array,
                      const char *text)
{
  begin_element (array);
  if (text == NULL)
    {
      g_string_append (array, "NULL");
      return;
    }

  g_string_append_c (array, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (array, '\\');
      g_string_append_c (array, *c);
    }
  g_string_append_c (array, '"');
}

/**
 * bp_pg_array_add_integer:
 * @array: an array's literal, empty at first; to be closed by a brace
 * @integer: one more element
 */
void
bp_pg_array_add_integer (GString *array,
                         gint64   integer)
{
  begin_element (array);
  g_string_append_printf (array, "%" G_GINT64_FORMAT, integer);
}

/**
 * bp_pg_array_from_texts:
 * @texts: (element-type utf8): its elements
 *
 * Returns: (transfer full): the array's literal
 */
char *
bp_pg_array_from_texts (GPtrArray *texts)
{
  GString *array = g_string_new (NULL);

  for (guint i = 0; i < texts->len; i++)
    bp_pg_array_add_text (array, texts->pdata[i]);
  g_string_append (array, texts->len > 0 ? "}" : "{}");
  return g_string_free (array, FALSE);
}
