/* Small things kept by name, and the numbers of bills. */
#include "config.h"

#include "bp-number.h"
#include "bp-store-private.h"
#include "bp-store-selection.h"

typedef struct
{
  const char *sql;   /* (unowned) */
  const char *name;  /* (unowned) */
  const char *value; /* (unowned) (nullable) */
} Assignment;

/**
 * bp_store_read_text:
 * @database: of a folder
 * @sql: a query of one text by `:name`
 * @name: what it is kept by
 * @text: (out) (transfer full) (nullable): the text; %NULL where there is none
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be looked up; @text is %NULL where not
 */
gboolean
bp_store_read_text (BpDatabase *database,
                    const char *sql,
                    const char *name,
                    char      **text,
                    GError    **error)
{
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);
  gboolean has_row;

  *text = NULL;
  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":name", name);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;

  if (has_row)
    *text = bp_column_dup_text (statement, 0);
  return TRUE;
}

static char *
find_text (BpStore    *self,
           const char *sql,
           const char *name)
{
  char *text;

  bp_store_lock (self);
  bp_store_read_text (bp_store_get_database (self), sql, name, &text, NULL);
  bp_store_unlock (self);
  return text;
}

static gboolean
assign (BpStore *self,
        gpointer user_data,
        GError **error)
{
  const Assignment *assignment = user_data;

  if (assignment->value == NULL)
    return bp_store_execute (self, error, assignment->sql, "s", assignment->name);

  return bp_store_execute (self, error, assignment->sql, "ss", assignment->name,
                           assignment->value);
}

/**
 * bp_store_get_value:
 * @self: a store
 * @name: which
 *
 * Returns: (transfer full) (nullable): the value; %NULL where none is kept, or
 *   it cannot be read
 */
char *
bp_store_get_value (BpStore    *self,
                    const char *name)
{
  return find_text (self, BP_VALUE_SQL, name);
}

/**
 * bp_store_peek_value:
 * @folder: of any store, which need not be open and may be in use elsewhere
 * @name: which
 * @value: (out) (transfer full) (nullable): the value; %NULL where none is
 *   kept, or no store is there
 * @error: #BpDatabaseError where one is and cannot be read
 *
 * Changes nothing there.
 *
 * Returns: whether @value is what is kept
 */
gboolean
bp_store_peek_value (const char *folder,
                     const char *name,
                     char      **value,
                     GError    **error)
{
  g_autofree char *path = g_build_filename (folder, BP_STORE_FILE, NULL);
  BpDatabase *database;
  gboolean done;

  *value = NULL;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  database = bp_store_open_database (path, BP_DATABASE_READER, error);
  if (database == NULL)
    return FALSE;

  done = bp_store_read_text (database, BP_VALUE_SQL, name, value, error);
  bp_database_close (database);
  return done;
}

/**
 * bp_store_set_value:
 * @self: a store
 * @name: which
 * @value: (nullable): what it becomes; %NULL forgets it
 * @error: #BpDatabaseError
 *
 * Durable afterwards, or with the transaction it is called in.
 *
 * Returns: whether it is kept
 */
gboolean
bp_store_set_value (BpStore    *self,
                    const char *name,
                    const char *value,
                    GError    **error)
{
  Assignment assignment = { "DELETE FROM sync_state WHERE name = ?", name, value };

  if (value != NULL)
    assignment.sql = "INSERT INTO sync_state (name, value) VALUES (?, ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
  return bp_store_transact (self, assign, &assignment, error);
}

/**
 * bp_store_get_number:
 * @self: a store
 * @name: which value
 * @fallback: what it is where none is kept
 *
 * Returns: the value as a number
 */
gint64
bp_store_get_number (BpStore    *self,
                     const char *name,
                     gint64      fallback)
{
  g_autofree char *value = bp_store_get_value (self, name);
  gint64 number = fallback;

  if (value != NULL)
    g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, &number, NULL);
  return number;
}

/**
 * bp_store_set_number:
 * @self: a store
 * @name: which value
 * @number: what it becomes
 * @error: #BpDatabaseError
 *
 * As bp_store_set_value().
 *
 * Returns: whether it is kept
 */
gboolean
bp_store_set_number (BpStore    *self,
                     const char *name,
                     gint64      number,
                     GError    **error)
{
  g_autofree char *value = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  return bp_store_set_value (self, name, value, error);
}

/**
 * bp_store_get_device_setting:
 * @self: a store
 * @name: which of this device's settings
 *
 * Returns: (transfer full) (nullable): the value; %NULL where it is not set
 */
char *
bp_store_get_device_setting (BpStore    *self,
                             const char *name)
{
  return find_text (self, BP_SETTING_SQL, name);
}

static gboolean
assign_setting (BpStore *self,
                gpointer user_data,
                GError **error)
{
  const Assignment *assignment = user_data;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (bp_selection_depends_on (bp_table_get (i), assignment->name))
        bp_store_note_changed (self, bp_table_get (i));
    }

  return assign (self, user_data, error) && bp_store_level_queue (self, error);
}

/**
 * bp_store_set_device_setting:
 * @self: a store
 * @name: which of this device's settings
 * @value: (nullable): what it becomes; %NULL unsets it
 * @error: #BpDatabaseError
 *
 * As bp_store_set_value(). New priorities hold for what waits, too. Tables of
 * which it changes what is shown count as changed.
 *
 * Returns: whether it is kept
 */
gboolean
bp_store_set_device_setting (BpStore    *self,
                             const char *name,
                             const char *value,
                             GError    **error)
{
  Assignment assignment = { "DELETE FROM device_settings WHERE name = ?", name, value };

  if (value != NULL)
    assignment.sql = "INSERT INTO device_settings (name, value) VALUES (?, ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
  return bp_store_transact (self, assign_setting, &assignment, error);
}

typedef struct
{
  const char *prefix; /* (unowned) */
  const char *year;   /* (unowned) */
  char *number;       /* (owned) (nullable) */
} Take;

static gboolean
is_taken (BpStore    *self,
          const char *number,
          gint64     *taken,
          GError    **error)
{
  return bp_store_ask (self, taken, error,
                       "SELECT EXISTS (SELECT 1 FROM sales_local WHERE number = ?1)"
                       " OR EXISTS (SELECT 1 FROM sync_aliases"
                       "  WHERE table_name = 'sales' AND alias = ?1)",
                       "s", number);
}

/* Passes over numbers that came in from elsewhere: an import, or this device
 * before it was restored. */
static gboolean
take_number (BpStore *self,
             gpointer user_data,
             GError **error)
{
  Take *take = user_data;
  gint64 taken = 1;

  while (taken)
    {
      gint64 count = 0;

      if (!bp_store_ask (self, &count, error,
                         "INSERT INTO number_series (prefix, financial_year, last)"
                         " VALUES (?, ?, 1) ON CONFLICT (prefix, financial_year)"
                         " DO UPDATE SET last = last + 1 RETURNING last",
                         "ss", take->prefix, take->year))
        return FALSE;
      g_free (take->number);
      take->number = bp_number_format (take->prefix, take->year, count);
      if (take->number == NULL)
        {
          g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT,
                       "The numbers of %s/%s are used up", take->prefix, take->year);
          return FALSE;
        }
      if (!is_taken (self, take->number, &taken, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_take_number:
 * @self: a store
 * @prefix: the device's
 * @financial_year: such as `25-26`
 * @error: %BP_STORE_ERROR_LIMIT, #BpDatabaseError
 *
 * Gives out the next number of the series that no sale has. Called in the
 * transaction that saves the sale, so that none is lost when that fails.
 *
 * Returns: (transfer full): the number
 */
char *
bp_store_take_number (BpStore    *self,
                      const char *prefix,
                      const char *financial_year,
                      GError    **error)
{
  Take take = { prefix, financial_year, NULL };

  if (!bp_store_transact (self, take_number, &take, error))
    g_clear_pointer (&take.number, g_free);
  return take.number;
}
