/* Records: read by id, by a field's value and by seq, and written whole. The
 * statements come from the tables' description. */
#include "config.h"

#include "bp-sqlite-backend-private.h"

#define N_OWN_COLUMNS 8

static void
append_columns (GString       *sql,
                const BpTable *table)
{
  g_string_append (sql, "id, version, seq, is_deleted, modified_at, op_id, device_name, user");
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append_printf (sql, ", %s", table->fields[i].name);
}

static BpState *
read_state (sqlite3_stmt  *statement,
            const BpTable *table)
{
  BpState *state = bp_state_new (table, bp_column_get_text (statement, 0));

  state->version = bp_column_get_integer (statement, 1);
  state->seq = bp_column_get_integer (statement, 2);
  state->is_deleted = bp_column_get_integer (statement, 3) != 0;
  state->modified_at = bp_column_get_integer (statement, 4);
  state->op_id = bp_column_dup_text (statement, 5);
  state->device_name = bp_column_dup_text (statement, 6);
  state->user = bp_column_dup_text (statement, 7);
  for (guint i = 0; i < table->n_fields; i++)
    {
      int column = N_OWN_COLUMNS + (int)i;
      BpValue *value = &state->data->values[i];

      if (bp_field_is_text (&table->fields[i]))
        bp_value_take_text (value, bp_column_dup_text (statement, column));
      else
        bp_value_set_integer (value, bp_column_get_integer (statement, column));
      state->data->mask |= G_GUINT64_CONSTANT (1) << i;
    }

  return state;
}

static gboolean
load_states (BpBackend     *backend,
             const char    *store_id,
             const BpTable *table,
             GPtrArray     *ids,
             GPtrArray     *states,
             GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  g_autoptr (BpStatement) statement = NULL;

  append_columns (sql, table);
  g_string_append_printf (sql, " FROM %s WHERE store_id = :store_id AND id = :id", table->name);
  statement = bp_database_prepare (database, sql->str, error);
  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", store_id);
  for (guint i = 0; i < ids->len; i++)
    {
      gboolean has_row;

      bp_bind_text (statement, ":id", ids->pdata[i]);
      if (!bp_database_step (database, statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (states, read_state (statement, table));
      sqlite3_reset (statement);
    }

  return TRUE;
}

static gboolean
find_records (BpBackend          *backend,
              const BpFieldQuery *query,
              GPtrArray          *texts,
              GPtrArray          *matches,
              GError            **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autofree char *sql = g_strdup_printf (
    "SELECT id FROM %s WHERE store_id = :store_id AND %s = :text AND is_deleted = 0 ORDER BY id",
    query->table->name, query->table->fields[query->field].name);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", query->store_id);
  for (guint i = 0; i < texts->len; i++)
    {
      gboolean has_row = TRUE;

      bp_bind_text (statement, ":text", texts->pdata[i]);
      while (has_row)
        {
          BpMatch *match;

          if (!bp_database_step (database, statement, &has_row, error))
            return FALSE;
          if (!has_row)
            break;
          match = g_new0 (BpMatch, 1);
          match->text = g_strdup (texts->pdata[i]);
          match->id = bp_column_dup_text (statement, 0);
          g_ptr_array_add (matches, match);
        }
      sqlite3_reset (statement);
    }

  return TRUE;
}

static char *
make_write_statement (const BpTable *table)
{
  GString *sql = g_string_new ("INSERT INTO ");
  int n_columns = N_OWN_COLUMNS + (int)table->n_fields + 2;

  g_string_append_printf (sql, "%s (store_id, changed_at, ", table->name);
  append_columns (sql, table);
  g_string_append (sql, ") VALUES (");
  for (int i = 1; i <= n_columns; i++)
    g_string_append_printf (sql, i > 1 ? ", ?%d" : "?%d", i);
  g_string_append (sql, ") ON CONFLICT DO UPDATE SET changed_at = ?2, version = ?4, seq = ?5,"
                   " is_deleted = ?6, modified_at = ?7, op_id = ?8, device_name = ?9, user = ?10");
  for (int i = 0; i < (int)table->n_fields; i++)
    g_string_append_printf (sql, ", %s = ?%d", table->fields[i].name, N_OWN_COLUMNS + 3 + i);

  return g_string_free (sql, FALSE);
}

static void
bind_text (sqlite3_stmt *statement,
           int           parameter,
           const char   *text)
{
  sqlite3_bind_text (statement, parameter, text, -1, SQLITE_STATIC);
}

static void
bind_state (sqlite3_stmt  *statement,
            const BpState *state)
{
  const BpTable *table = state->data->table;

  bind_text (statement, 3, state->id);
  sqlite3_bind_int64 (statement, 4, state->version);
  sqlite3_bind_int64 (statement, 5, state->seq);
  sqlite3_bind_int64 (statement, 6, state->is_deleted);
  sqlite3_bind_int64 (statement, 7, state->modified_at);
  bind_text (statement, 8, state->op_id);
  bind_text (statement, 9, state->device_name);
  bind_text (statement, 10, state->user);
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &state->data->values[i];
      int parameter = N_OWN_COLUMNS + 3 + (int)i;

      if (bp_field_is_text (&table->fields[i]))
        bind_text (statement, parameter, value->text);
      else
        sqlite3_bind_int64 (statement, parameter, value->integer);
    }
}

static gboolean
write_states (BpBackend     *backend,
              const char    *store_id,
              const BpTable *table,
              GPtrArray     *states,
              gint64         now,
              GError       **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autofree char *sql = make_write_statement (table);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);

  if (statement == NULL)
    return FALSE;

  bind_text (statement, 1, store_id);
  sqlite3_bind_int64 (statement, 2, now);
  for (guint i = 0; i < states->len; i++)
    {
      bind_state (statement, states->pdata[i]);
      if (!bp_database_run (database, statement, error))
        return FALSE;
    }

  return TRUE;
}

typedef struct
{
  const BpTable *table;
  sqlite3_stmt *statement; /* (owned) */
} Rows;

/* By their ids they are read in the order of the primary key: sorting them, by
 * an index that finds them by seq, would take memory for all of them. */
static char *
make_rows_statement (const BpRowQuery *query)
{
  GString *sql = g_string_new ("SELECT ");

  append_columns (sql, query->table);
  g_string_append_printf (sql, " FROM %s WHERE store_id = :store_id AND %sseq > :since",
                          query->table->name, query->by_id ? "+" : "");
  if (query->living)
    g_string_append (sql, " AND is_deleted = 0");
  if (query->from_text != NULL)
    {
      int field = bp_table_find_field (query->table, query->table->date_field);
      gboolean is_text = bp_field_is_text (&query->table->fields[field]);

      g_string_append_printf (sql, " AND (%s >= :from", query->table->date_field);
      if (is_text)
        g_string_append_printf (sql, " OR %s IS NULL", query->table->date_field);
      g_string_append_c (sql, ')');
    }
  g_string_append (sql, query->by_id ? " ORDER BY id" : " ORDER BY seq");

  return g_string_free (sql, FALSE);
}

static gboolean
open_rows (BpBackend        *backend,
           const BpRowQuery *query,
           gpointer         *rows,
           GError          **error)
{
  BpDatabase *database = bp_sqlite_backend_get_current (backend);
  g_autofree char *sql = make_rows_statement (query);
  sqlite3_stmt *statement = bp_database_prepare (database, sql, error);
  Rows *self;

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":store_id", query->store_id);
  bp_bind_integer (statement, ":since", query->since);
  if (query->from_text != NULL)
    {
      int field = bp_table_find_field (query->table, query->table->date_field);

      if (bp_field_is_text (&query->table->fields[field]))
        bp_bind_text (statement, ":from", query->from_text);
      else
        bp_bind_integer (statement, ":from", query->from_time);
    }
  self = g_new0 (Rows, 1);
  self->table = query->table;
  self->statement = statement;
  *rows = self;
  return TRUE;
}

static gboolean
next_row (BpBackend *backend,
          gpointer   rows,
          BpState  **state,
          GError   **error)
{
  Rows *self = rows;
  gboolean has_row;

  if (!bp_database_step (bp_sqlite_backend_get_current (backend), self->statement, &has_row, error))
    return FALSE;

  *state = has_row ? read_state (self->statement, self->table) : NULL;
  return TRUE;
}

static void
close_rows (BpBackend *backend,
            gpointer   rows)
{
  Rows *self = rows;

  if (self == NULL)
    return;

  bp_database_release (self->statement);
  g_free (self);
}

/**
 * bp_sqlite_records_set_functions:
 * @klass: of the SQLite backend; gets the functions of this file
 */
void
bp_sqlite_records_set_functions (BpBackendClass *klass)
{
  klass->load_states = load_states;
  klass->find_records = find_records;
  klass->write_states = write_states;
  klass->open_rows = open_rows;
  klass->next_row = next_row;
  klass->close_rows = close_rows;
}
