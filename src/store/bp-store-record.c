/* Rows of the *_local tables. Statements come from BpTable. */
#include "config.h"

#include "bp-line.h"
#include "bp-store-record-private.h"

#define KEPT_COLUMNS \
  "id, version, seq, is_deleted, last_modified, op_id, device_name, user, sync_status"
#define FIRST_FIELD BP_FIRST_FIELD

static const char *const statuses[] = { "synced", "pending", "conflict", "failed" };

static char *
make_columns (const BpTable *table)
{
  GString *sql = g_string_new ("row, " KEPT_COLUMNS);

  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", %s", table->fields[i].name);
  return g_string_free (sql, FALSE);
}

static GString *
begin_insert (const BpTable *table)
{
  GString *sql = g_string_new (NULL);

  g_string_printf (sql, "INSERT INTO %s_local (" KEPT_COLUMNS, table->name);
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", %s", table->fields[i].name);
  g_string_append (sql, ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?");
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append (sql, ", ?");
  g_string_append (sql, ") ON CONFLICT (id) DO ");
  return sql;
}

static char *
make_add (const BpTable *table)
{
  GString *sql = begin_insert (table);

  g_string_append (sql, "NOTHING");
  return g_string_free (sql, FALSE);
}

static char *
make_upsert (const BpTable *table)
{
  static const char *const kept[] = {
    "version", "seq", "is_deleted", "last_modified", "op_id", "device_name", "user", "sync_status",
  };
  GString *sql = begin_insert (table);

  g_string_append (sql, "UPDATE SET ");
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    g_string_append_printf (sql, "%s%s = excluded.%s", i > 0 ? ", " : "", kept[i], kept[i]);
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", %s = excluded.%s", table->fields[i].name,
                            table->fields[i].name);
  return g_string_free (sql, FALSE);
}

static char *
make_figures (const BpTable *table)
{
  GString *sql = g_string_new (NULL);

  g_string_printf (sql, "UPDATE %s_local SET seq = ?", table->name);
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        g_string_append_printf (sql, ", %s = ?", table->fields[i].name);
    }
  g_string_append (sql, " WHERE id = ?");
  return g_string_free (sql, FALSE);
}

static void
make_index_sql (const BpTable *table,
                BpTableSql    *sql)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GString) marks = g_string_new (NULL);

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (!(table->fields[i].flags & BP_FIELD_SEARCHED))
        continue;
      sql->searched[sql->n_searched++] = i;
      g_string_append_printf (names, ", %s", table->fields[i].name);
      g_string_append (marks, ", ?");
    }

  if (sql->n_searched > 0 || sql->has_lines)
    sql->find = g_strdup_printf ("SELECT row%s%s FROM %s_local WHERE id = ?", names->str,
                                 sql->has_lines ? ", is_deleted, lines" : "", table->name);
  if (sql->n_searched == 0)
    return;
  sql->index = g_strdup_printf ("INSERT INTO %s_search (rowid%s) VALUES (?%s)", table->name,
                                names->str, marks->str);
  sql->unindex = g_strdup_printf ("INSERT INTO %s_search (%s_search, rowid%s)"
                                  " VALUES ('delete', ?%s)", table->name, table->name,
                                  names->str, marks->str);
}

/**
 * bp_table_get_sql:
 * @table: a table
 *
 * Returns: (transfer none): its statements
 */
const BpTableSql *
bp_table_get_sql (const BpTable *table)
{
  static BpTableSql all[BP_N_TABLES];
  static gsize made;

  if (g_once_init_enter (&made))
    {
      for (guint i = 0; i < BP_N_TABLES; i++)
        {
          const BpTable *each = bp_table_get (i);

          all[i].columns = make_columns (each);
          all[i].select = g_strdup_printf ("SELECT %s FROM %s_local WHERE id = ?",
                                           all[i].columns, each->name);
          all[i].add = make_add (each);
          all[i].upsert = make_upsert (each);
          all[i].figures = make_figures (each);
          all[i].remove = g_strdup_printf ("DELETE FROM %s_local WHERE id = ?", each->name);
          all[i].has_lines = bp_table_has_lines (each);
          make_index_sql (each, &all[i]);
        }
      g_once_init_leave (&made, 1);
    }

  return &all[bp_table_get_index (table)];
}

/**
 * bp_store_get_columns_sql:
 * @table: a table
 *
 * Returns: (transfer none): the columns that bp_store_row_from_statement()
 *   reads, for a SELECT
 */
const char *
bp_store_get_columns_sql (const BpTable *table)
{
  return bp_table_get_sql (table)->columns;
}

/**
 * bp_record_status_to_string:
 * @status: a status
 *
 * Returns: (transfer none): `synced`, `pending`, `conflict` or `failed`
 */
const char *
bp_record_status_to_string (BpRecordStatus status)
{
  g_return_val_if_fail (status < G_N_ELEMENTS (statuses), NULL);

  return statuses[status];
}

static BpRecordStatus
status_from_string (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      if (g_strcmp0 (statuses[i], text) == 0)
        return (BpRecordStatus)i;
    }

  return BP_RECORD_SYNCED;
}

/**
 * bp_row_free:
 * @row: (nullable) (transfer full): a row
 */
void
bp_row_free (BpRow *row)
{
  if (row == NULL)
    return;

  bp_state_free (row->state);
  g_clear_pointer (&row->titles, g_ptr_array_unref);
  g_free (row);
}

static void
take_column (sqlite3_stmt *statement,
             int           column,
             BpValue      *value)
{
  switch (sqlite3_column_type (statement, column))
    {
    case SQLITE_INTEGER:
      bp_value_set_integer (value, bp_column_get_integer (statement, column));
      break;
    case SQLITE_TEXT:
      bp_value_take_text (value, bp_column_dup_text (statement, column));
      break;
    default:
      break;
    }
}

/**
 * bp_store_row_from_statement:
 * @table: a table
 * @statement: at a row of bp_store_get_columns_sql()
 *
 * Returns: (transfer full): the row
 */
BpRow *
bp_store_row_from_statement (const BpTable *table,
                             sqlite3_stmt  *statement)
{
  BpRow *row = g_new0 (BpRow, 1);
  BpState *state = bp_state_new (table, bp_column_get_text (statement, 1));

  row->row = (guint32)bp_column_get_integer (statement, 0);
  row->state = state;
  state->version = bp_column_get_integer (statement, 2);
  state->seq = bp_column_get_integer (statement, 3);
  state->is_deleted = bp_column_get_integer (statement, 4) != 0;
  state->modified_at = bp_column_get_integer (statement, 5);
  state->op_id = bp_column_dup_text (statement, 6);
  state->device_name = bp_column_dup_text (statement, 7);
  state->user = bp_column_dup_text (statement, 8);
  row->status = status_from_string (bp_column_get_text (statement, 9));
  for (guint i = 0; i < table->n_fields; i++)
    {
      take_column (statement, FIRST_FIELD + (int)i, &state->data->values[i]);
      state->data->mask |= G_GUINT64_CONSTANT (1) << i;
    }

  return row;
}

/**
 * bp_store_read_row:
 * @self: a store, locked
 * @table: a table
 * @id: a record's id
 * @row: (out) (transfer full) (nullable): the record, also a deleted one; %NULL
 *   where there is none
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be looked up; @row is %NULL where not
 */
gboolean
bp_store_read_row (BpStore       *self,
                   const BpTable *table,
                   const char    *id,
                   BpRow        **row,
                   GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;

  *row = NULL;
  statement = bp_store_prepare (self, error, bp_table_get_sql (table)->select, "s", id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;

  if (has_row)
    *row = bp_store_row_from_statement (table, statement);
  return TRUE;
}

static void
bind_value (sqlite3_stmt  *statement,
            int            parameter,
            const BpValue *value)
{
  switch (value->kind)
    {
    case BP_VALUE_NULL:
      sqlite3_bind_null (statement, parameter);
      break;
    case BP_VALUE_INTEGER:
      sqlite3_bind_int64 (statement, parameter, value->integer);
      break;
    case BP_VALUE_TEXT:
      sqlite3_bind_text (statement, parameter, value->text, -1, SQLITE_STATIC);
      break;
    default:
      g_assert_not_reached ();
    }
}

/**
 * bp_store_bind_state:
 * @statement: of a table, to add or write a row
 * @state: a record, unchanged as long as @statement runs
 * @status: its way to the server
 */
void
bp_store_bind_state (sqlite3_stmt  *statement,
                     const BpState *state,
                     BpRecordStatus status)
{
  const BpTable *table = state->data->table;

  sqlite3_bind_text (statement, 1, state->id, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, state->version);
  sqlite3_bind_int64 (statement, 3, state->seq);
  sqlite3_bind_int64 (statement, 4, state->is_deleted);
  sqlite3_bind_int64 (statement, 5, state->modified_at);
  sqlite3_bind_text (statement, 6, state->op_id, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 7, state->device_name, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 8, state->user, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 9, statuses[status], -1, SQLITE_STATIC);
  for (guint i = 0; i < table->n_fields; i++)
    bind_value (statement, FIRST_FIELD + (int)i, &state->data->values[i]);
}

static gboolean
remove_lines (BpStore *self,
              gint64   row,
              GError **error)
{
  return bp_store_execute (self, error, "DELETE FROM sale_lines WHERE sale_row = ?", "i", row);
}

/**
 * bp_state_get_lines:
 * @state: a record
 *
 * Returns: (transfer none) (nullable): the lines it has, none where it is
 *   deleted
 */
const char *
bp_state_get_lines (const BpState *state)
{
  const BpTable *table = state->data->table;

  if (state->is_deleted)
    return NULL;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_LINES)
        return state->data->values[i].text;
    }

  return NULL;
}

static gboolean
write_line (BpStore      *self,
            sqlite3_stmt *statement,
            guint         position,
            const BpLine *line,
            GError      **error)
{
  sqlite3_bind_int64 (statement, 2, position);
  sqlite3_bind_text (statement, 3, line->product_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 4, line->quantity);
  sqlite3_bind_int64 (statement, 5, line->total);
  return bp_database_run (bp_store_get_database (self), statement, error);
}

/**
 * bp_store_write_lines:
 * @self: a store, in a transaction
 * @row: of a record with lines
 * @text: (nullable): the lines; %NULL for none
 * @error: #BpDatabaseError, #BpDataError
 *
 * Explodes them, in place of what was exploded before.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_write_lines (BpStore    *self,
                      gint64      row,
                      const char *text,
                      GError    **error)
{
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (BpStatement) statement = NULL;

  if (!remove_lines (self, row, error))
    return FALSE;

  lines = bp_lines_parse (text, error);
  statement = bp_store_prepare (self, error,
                                "INSERT INTO sale_lines (sale_row, position, product_id,"
                                " quantity, total) VALUES (?, ?, ?, ?, ?)", "i", row);
  for (guint i = 0; lines != NULL && statement != NULL && i < lines->len; i++)
    {
      if (!write_line (self, statement, i, lines->pdata[i], error))
        return FALSE;
    }

  return lines != NULL && statement != NULL;
}

/* The search index is one of external content: to take a row from it needs
 * the values that it was added with. */
static gboolean
try_unindex (BpStore          *self,
             const BpTableSql *sql,
             sqlite3_stmt     *found,
             GError          **error)
{
  BpDatabase *database = bp_store_get_database (self);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql->unindex, error);

  if (statement == NULL)
    return FALSE;

  for (int i = 0; i <= (int)sql->n_searched; i++)
    sqlite3_bind_value (statement, i + 1, sqlite3_column_value (found, i));
  return bp_database_run (database, statement, error);
}

/* An index that does not fit the rows is no reason to refuse a save: it holds
 * nothing that the rows do not. */
static gboolean
unindex (BpStore       *self,
         const BpTable *table,
         sqlite3_stmt  *found,
         GError       **error)
{
  const BpTableSql *sql = bp_table_get_sql (table);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *rebuild = NULL;

  if (try_unindex (self, sql, found, &local_error))
    return TRUE;
  if (!g_error_matches (local_error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  rebuild = g_strdup_printf ("INSERT INTO %s_search (%s_search) VALUES ('rebuild')", table->name,
                             table->name);
  return bp_store_execute (self, error, rebuild, "") && try_unindex (self, sql, found, error);
}

/**
 * bp_store_run_index:
 * @self: a store, in a transaction
 * @sql: of a table
 * @statement: its `index`
 * @row: of a record that is not in the index
 * @state: the record
 * @error: #BpDatabaseError
 *
 * Returns: whether it is in the index
 */
gboolean
bp_store_run_index (BpStore          *self,
                    const BpTableSql *sql,
                    sqlite3_stmt     *statement,
                    gint64            row,
                    const BpState    *state,
                    GError          **error)
{
  sqlite3_bind_int64 (statement, 1, row);
  for (guint i = 0; i < sql->n_searched; i++)
    bind_value (statement, (int)i + 2, &state->data->values[sql->searched[i]]);
  return bp_database_run (bp_store_get_database (self), statement, error);
}

static gboolean
add_to_index (BpStore          *self,
              const BpTableSql *sql,
              gint64            row,
              const BpState    *state,
              GError          **error)
{
  g_autoptr (BpStatement) statement = NULL;

  statement = bp_database_prepare (bp_store_get_database (self), sql->index, error);
  return statement != NULL && bp_store_run_index (self, sql, statement, row, state, error);
}

static gboolean
is_indexed_so (const BpTableSql *sql,
               sqlite3_stmt     *found,
               const BpState    *state)
{
  for (guint i = 0; i < sql->n_searched; i++)
    {
      if (g_strcmp0 (bp_column_get_text (found, (int)i + 1),
                     state->data->values[sql->searched[i]].text) != 0)
        return FALSE;
    }

  return TRUE;
}

static gboolean
has_such_lines (const BpTableSql *sql,
                sqlite3_stmt     *found,
                const BpState    *state)
{
  int column = (int)sql->n_searched + 1;

  return (bp_column_get_integer (found, column) != 0) == state->is_deleted
         && (state->is_deleted
             || g_strcmp0 (bp_column_get_text (found, column + 1),
                           bp_state_get_lines (state)) == 0);
}

static gboolean
upsert (BpStore          *self,
        const BpTableSql *sql,
        const BpState    *state,
        BpRecordStatus    status,
        GError          **error)
{
  BpDatabase *database = bp_store_get_database (self);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql->upsert, error);

  if (statement == NULL)
    return FALSE;

  bp_store_bind_state (statement, state, status);
  return bp_database_run (database, statement, error);
}

/**
 * bp_store_write_row:
 * @self: a store, in a transaction
 * @table: a table
 * @state: the record as it is from now on; absent fields become null
 * @status: its way to the server
 * @error: #BpDatabaseError
 *
 * Writes the record, new or not, its place in the search index, and what is
 * exploded from it.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_write_row (BpStore       *self,
                    const BpTable *table,
                    const BpState *state,
                    BpRecordStatus status,
                    GError       **error)
{
  BpDatabase *database = bp_store_get_database (self);
  const BpTableSql *sql = bp_table_get_sql (table);
  g_autoptr (BpStatement) found = NULL;
  gboolean exists, moved, explodes;
  gint64 row;

  bp_store_note_changed (self, table);
  if (sql->find == NULL)
    return upsert (self, sql, state, status, error);

  found = bp_store_prepare (self, error, sql->find, "s", state->id);
  if (found == NULL || !bp_database_step (database, found, &exists, error))
    return FALSE;

  row = exists ? bp_column_get_integer (found, 0) : 0;
  moved = sql->n_searched > 0 && !(exists && is_indexed_so (sql, found, state));
  explodes = sql->has_lines && !(exists && has_such_lines (sql, found, state));
  if ((exists && moved && !unindex (self, table, found, error))
      || !upsert (self, sql, state, status, error))
    return FALSE;

  if (!exists)
    row = sqlite3_last_insert_rowid (bp_database_get_handle (database));
  return (!moved || add_to_index (self, sql, row, state, error))
         && (!explodes || bp_store_write_lines (self, row, bp_state_get_lines (state), error));
}

/**
 * bp_store_write_figures:
 * @self: a store, in a transaction
 * @table: a table
 * @state: a record that is there and differs in nothing but seq and figures
 * @error: #BpDatabaseError
 *
 * Writes these.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_write_figures (BpStore       *self,
                        const BpTable *table,
                        const BpState *state,
                        GError       **error)
{
  BpDatabase *database = bp_store_get_database (self);
  g_autoptr (BpStatement) statement = NULL;
  int parameter = 1;

  bp_store_note_changed (self, table);
  statement = bp_store_prepare (self, error, bp_table_get_sql (table)->figures, "i", state->seq);
  if (statement == NULL)
    return FALSE;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].flags & BP_FIELD_PROJECTION)
        bind_value (statement, ++parameter, &state->data->values[i]);
    }
  sqlite3_bind_text (statement, ++parameter, state->id, -1, SQLITE_STATIC);
  return bp_database_run (database, statement, error);
}

/**
 * bp_store_remove_row:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record's id, known or not
 * @error: #BpDatabaseError
 *
 * Removes the record without a trace.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_remove_row (BpStore       *self,
                     const BpTable *table,
                     const char    *id,
                     GError       **error)
{
  const BpTableSql *sql = bp_table_get_sql (table);
  g_autoptr (BpStatement) found = NULL;
  gboolean exists;

  bp_store_note_changed (self, table);
  if (sql->find != NULL)
    {
      found = bp_store_prepare (self, error, sql->find, "s", id);
      if (found == NULL
          || !bp_database_step (bp_store_get_database (self), found, &exists, error))
        return FALSE;
      if (exists && sql->n_searched > 0 && !unindex (self, table, found, error))
        return FALSE;
      if (exists && sql->has_lines
          && !remove_lines (self, bp_column_get_integer (found, 0), error))
        return FALSE;
    }

  g_clear_pointer (&found, bp_database_release);
  return bp_store_execute (self, error, sql->remove, "s", id);
}

/**
 * bp_store_rename_row:
 * @self: a store, in a transaction
 * @table: a table
 * @old_id: a record's id
 * @new_id: one that no record of @table has
 * @error: %BP_DATABASE_ERROR_CONSTRAINT where one has, #BpDatabaseError
 *
 * Changes the id of the record itself; what refers to it is left alone.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_rename_row (BpStore       *self,
                     const BpTable *table,
                     const char    *old_id,
                     const char    *new_id,
                     GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("UPDATE %s_local SET id = ? WHERE id = ?", table->name);

  bp_store_note_changed (self, table);
  return bp_store_execute (self, error, sql, "ss", new_id, old_id);
}

/**
 * bp_store_refresh_status:
 * @self: a store, in a transaction
 * @table: a table
 * @id: a record's id, known or not
 * @error: #BpDatabaseError
 *
 * Works out the record's status from the queue and the open conflicts:
 * conflict before failed before pending before synced.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_refresh_status (BpStore       *self,
                         const BpTable *table,
                         const char    *id,
                         GError       **error)
{
  g_autofree char *sql = NULL;
  gint64 status = BP_RECORD_SYNCED;

  if (!bp_store_ask (self, &status, error,
                     "SELECT CASE"
                     " WHEN EXISTS (SELECT 1 FROM sync_conflicts"
                     "  WHERE table_name = ?1 AND record_id = ?2 AND decision IS NULL) THEN 2"
                     " ELSE (SELECT max (CASE status WHEN 'failed' THEN 3 ELSE 1 END)"
                     "  FROM sync_queue"
                     "  WHERE table_name = ?1 AND record_id = ?2 AND status <> 'synced') END",
                     "ss", table->name, id))
    return FALSE;

  sql = g_strdup_printf ("UPDATE %s_local SET sync_status = ?1"
                         " WHERE id = ?2 AND sync_status <> ?1", table->name);
  if (!bp_store_execute (self, error, sql, "ss", statuses[status], id))
    return FALSE;
  if (sqlite3_changes (bp_database_get_handle (bp_store_get_database (self))) > 0)
    bp_store_note_changed (self, table);
  return TRUE;
}
