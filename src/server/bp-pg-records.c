/* Records, read and written in sets. */
#include "config.h"

#include "bp-pg-backend-private.h"

#define N_OWN_COLUMNS 8
#define FIRST_FETCH 32
#define MAX_FETCH 512
#define FETCH_BYTES (1024 * 1024)

static const struct
{
  const char *name;
  const char *type;
} own_columns[N_OWN_COLUMNS] = {
  { "id", "text" }, { "version", "bigint" }, { "seq", "bigint" }, { "is_deleted", "bigint" },
  { "modified_at", "bigint" }, { "op_id", "text" }, { "device_name", "text" },
  { "user", "text" },
};

static const char *
get_column (const BpTable *table,
            guint          index)
{
  return index < N_OWN_COLUMNS ? own_columns[index].name
                               : table->fields[index - N_OWN_COLUMNS].name;
}

static const char *
get_type (const BpTable *table,
          guint          index)
{
  if (index < N_OWN_COLUMNS)
    return own_columns[index].type;

  return bp_field_is_text (&table->fields[index - N_OWN_COLUMNS]) ? "text" : "bigint";
}

static gboolean
is_json (const BpTable *table,
         guint          index)
{
  return index >= N_OWN_COLUMNS && table->fields[index - N_OWN_COLUMNS].type == BP_FIELD_LINES;
}

static guint
get_n_columns (const BpTable *table)
{
  return N_OWN_COLUMNS + table->n_fields;
}

static void
append_columns (GString       *sql,
                const BpTable *table)
{
  for (guint i = 0; i < get_n_columns (table); i++)
    g_string_append_printf (sql, i > 0 ? ", \"%s\"" : "\"%s\"", get_column (table, i));
}

static BpState *
read_state (const PGresult *result,
            int             row,
            const BpTable  *table)
{
  BpState *state = bp_state_new (table, bp_pg_get_text (result, row, 0));

  state->version = bp_pg_get_integer (result, row, 1);
  state->seq = bp_pg_get_integer (result, row, 2);
  state->is_deleted = bp_pg_get_integer (result, row, 3) != 0;
  state->modified_at = bp_pg_get_integer (result, row, 4);
  state->op_id = g_strdup (bp_pg_get_text (result, row, 5));
  state->device_name = g_strdup (bp_pg_get_text (result, row, 6));
  state->user = g_strdup (bp_pg_get_text (result, row, 7));
  for (guint i = 0; i < table->n_fields; i++)
    {
      int column = N_OWN_COLUMNS + (int)i;
      BpValue *value = &state->data->values[i];

      if (bp_field_is_text (&table->fields[i]))
        bp_value_take_text (value, g_strdup (bp_pg_get_text (result, row, column)));
      else
        bp_value_set_integer (value, bp_pg_get_integer (result, row, column));
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
  g_autoptr (GString) columns = g_string_new (NULL);
  g_autofree char *array = bp_pg_array_from_texts (ids);
  g_autofree char *sql = NULL;
  g_autoptr (BpPgResult) result = NULL;

  append_columns (columns, table);
  sql = g_strdup_printf (BP_PG_LOOK_UP ("%s", "%s", "id = wanted.id"), columns->str, table->name);
  result = bp_pg_query (bp_pg_backend_enter (backend, store_id), error, sql, "ss", store_id, array);
  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    g_ptr_array_add (states, read_state (result, i, table));
  return TRUE;
}

static gboolean
find_records (BpBackend          *backend,
              const BpFieldQuery *query,
              GPtrArray          *texts,
              GPtrArray          *matches,
              GError            **error)
{
  const char *field = query->table->fields[query->field].name;
  g_autofree char *sql = g_strdup_printf (BP_PG_FIND ("%s", "%s"), field, query->table->name,
                                          field, field);
  g_autofree char *array = bp_pg_array_from_texts (texts);
  g_autoptr (BpPgResult) result
    = bp_pg_query (bp_pg_backend_enter (backend, query->store_id), error, sql, "ss",
                   query->store_id, array);

  if (result == NULL)
    return FALSE;

  for (int i = 0; i < PQntuples (result); i++)
    {
      BpMatch *match = g_new0 (BpMatch, 1);

      match->text = g_strdup (bp_pg_get_text (result, i, 0));
      match->id = g_strdup (bp_pg_get_text (result, i, 1));
      g_ptr_array_add (matches, match);
    }
  return TRUE;
}

/* INSERT … SELECT from one array a column. */
static char *
make_write_statement (const BpTable *table)
{
  g_autoptr (GString) values = g_string_new (NULL);
  g_autoptr (GString) arrays = g_string_new (NULL);
  g_autoptr (GString) updates = g_string_new (NULL);
  g_autoptr (GString) columns = g_string_new (NULL);

  append_columns (columns, table);
  for (guint i = 0; i < get_n_columns (table); i++)
    {
      const char *name = get_column (table, i);

      g_string_append_printf (values, ", \"%s\"%s", name, is_json (table, i) ? "::json" : "");
      g_string_append_printf (arrays, "%s$%u::%s[]", i > 0 ? ", " : "", i + 3,
                              get_type (table, i));
      if (i > 0)
        g_string_append_printf (updates, ", \"%s\" = EXCLUDED.\"%s\"", name, name);
    }

  return g_strdup_printf ("INSERT INTO %s (store_id, changed_at, %s)"
                          " SELECT $1, $2::bigint%s FROM unnest (%s) AS given (%s)"
                          " ON CONFLICT (store_id, id) DO UPDATE SET"
                          " changed_at = EXCLUDED.changed_at%s",
                          table->name, columns->str, values->str, arrays->str, columns->str,
                          updates->str);
}

static void
add_state (GString      **arrays,
           const BpState *state)
{
  const BpTable *table = state->data->table;

  bp_pg_array_add_text (arrays[0], state->id);
  bp_pg_array_add_integer (arrays[1], state->version);
  bp_pg_array_add_integer (arrays[2], state->seq);
  bp_pg_array_add_integer (arrays[3], state->is_deleted);
  bp_pg_array_add_integer (arrays[4], state->modified_at);
  bp_pg_array_add_text (arrays[5], state->op_id);
  bp_pg_array_add_text (arrays[6], state->device_name);
  bp_pg_array_add_text (arrays[7], state->user);
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &state->data->values[i];

      if (bp_field_is_text (&table->fields[i]))
        bp_pg_array_add_text (arrays[N_OWN_COLUMNS + i], value->text);
      else
        bp_pg_array_add_integer (arrays[N_OWN_COLUMNS + i], value->integer);
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
  guint n_columns = get_n_columns (table);
  g_autofree char *sql = make_write_statement (table);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, now);
  g_autoptr (GPtrArray) parameters = g_ptr_array_new ();
  g_autofree GString **arrays = g_new0 (GString *, n_columns);
  gboolean is_done;

  if (states->len == 0)
    return TRUE;

  for (guint i = 0; i < n_columns; i++)
    arrays[i] = g_string_new (NULL);
  for (guint i = 0; i < states->len; i++)
    add_state (arrays, states->pdata[i]);

  g_ptr_array_add (parameters, (gpointer)store_id);
  g_ptr_array_add (parameters, time);
  for (guint i = 0; i < n_columns; i++)
    g_ptr_array_add (parameters, g_string_append_c (arrays[i], '}')->str);
  is_done = bp_pg_execute_with (bp_pg_backend_enter (backend, store_id), sql, parameters, error);
  for (guint i = 0; i < n_columns; i++)
    g_string_free (arrays[i], TRUE);
  return is_done;
}

/* A cursor of the transaction: several are read in turns. */
typedef struct
{
  const BpTable *table;  /* (unowned) */
  char *name;            /* (owned) */
  PGresult *result;      /* (owned) (nullable): what was fetched last */
  int next;              /* row of it */
  int wanted;            /* rows to fetch next: a power of 2 */
  gboolean is_at_end;
} Rows;

/* By their ids they are read in the order of the primary key: sorting them, by
 * an index that finds them by seq, would take memory for all of them. */
static char *
make_rows_statement (const BpRowQuery *query,
                     const char       *name)
{
  GString *sql = g_string_new (NULL);

  g_string_append_printf (sql, "DECLARE %s NO SCROLL CURSOR FOR SELECT ", name);
  append_columns (sql, query->table);
  g_string_append_printf (sql, " FROM %s WHERE store_id = $1 AND seq%s > $2", query->table->name,
                          query->by_id ? " + 0" : "");
  if (query->living)
    g_string_append (sql, " AND is_deleted = 0");
  if (query->from_text != NULL)
    {
      int field = bp_table_find_field (query->table, query->table->date_field);
      gboolean is_text = bp_field_is_text (&query->table->fields[field]);

      g_string_append_printf (sql, is_text ? " AND (\"%s\" >= $3" : " AND (\"%s\" >= $3::bigint",
                              query->table->date_field);
      if (is_text)
        g_string_append_printf (sql, " OR \"%s\" IS NULL", query->table->date_field);
      g_string_append_c (sql, ')');
    }
  g_string_append (sql, query->by_id ? " ORDER BY id" : " ORDER BY seq");

  return g_string_free (sql, FALSE);
}

static char *
make_from (const BpRowQuery *query)
{
  int field = bp_table_find_field (query->table, query->table->date_field);

  return bp_field_is_text (&query->table->fields[field])
           ? g_strdup (query->from_text)
           : g_strdup_printf ("%" G_GINT64_FORMAT, query->from_time);
}

static gboolean
open_rows (BpBackend        *backend,
           const BpRowQuery *query,
           gpointer         *rows,
           GError          **error)
{
  BpPgConnection *connection = bp_pg_backend_enter (backend, query->store_id);
  g_autofree char *name = g_strconcat ("rows_of_", query->table->name, NULL);
  g_autofree char *sql = make_rows_statement (query, name);
  g_autofree char *since = g_strdup_printf ("%" G_GINT64_FORMAT, query->since);
  g_autofree char *from = query->from_text != NULL ? make_from (query) : NULL;
  g_autoptr (GPtrArray) parameters = g_ptr_array_new ();
  Rows *self;

  g_ptr_array_add (parameters, (gpointer)query->store_id);
  g_ptr_array_add (parameters, since);
  if (from != NULL)
    g_ptr_array_add (parameters, from);
  if (!bp_pg_execute_with (connection, sql, parameters, error))
    return FALSE;

  self = g_new0 (Rows, 1);
  self->table = query->table;
  self->name = g_steal_pointer (&name);
  self->wanted = FIRST_FETCH;
  *rows = self;
  return TRUE;
}

/* Few large rows or many small ones: what is held at a time stays small. */
static gboolean
fetch (BpPgConnection *connection,
       Rows           *self,
       GError        **error)
{
  g_autofree char *sql = g_strdup_printf ("FETCH %d FROM %s", self->wanted, self->name);
  int wanted = self->wanted;

  g_clear_pointer (&self->result, PQclear);
  self->result = bp_pg_query (connection, error, sql, "");
  if (self->result == NULL)
    return FALSE;

  self->next = 0;
  self->is_at_end = PQntuples (self->result) < wanted;
  if (PQresultMemorySize (self->result) < FETCH_BYTES)
    self->wanted = MIN (wanted * 2, MAX_FETCH);
  else if (PQresultMemorySize (self->result) > 2 * FETCH_BYTES)
    self->wanted = MAX (wanted / 4, 1);
  return TRUE;
}

static gboolean
next_row (BpBackend *backend,
          gpointer   rows,
          BpState  **state,
          GError   **error)
{
  Rows *self = rows;

  *state = NULL;
  if (self->result == NULL || (self->next >= PQntuples (self->result) && !self->is_at_end))
    {
      if (!fetch (bp_pg_backend_get_connection (backend), self, error))
        return FALSE;
    }
  if (self->next < PQntuples (self->result))
    *state = read_state (self->result, self->next++, self->table);
  return TRUE;
}

static void
close_rows (BpBackend *backend,
            gpointer   rows)
{
  Rows *self = rows;
  g_autofree char *sql = NULL;

  if (self == NULL)
    return;

  sql = g_strdup_printf ("CLOSE %s", self->name);
  bp_pg_execute (bp_pg_backend_get_connection (backend), NULL, sql, "");
  g_clear_pointer (&self->result, PQclear);
  g_free (self->name);
  g_free (self);
}

/**
 * bp_pg_records_set_functions:
 * @klass: of the PostgreSQL backend; gets the functions of this file
 */
void
bp_pg_records_set_functions (BpBackendClass *klass)
{
  klass->load_states = load_states;
  klass->find_records = find_records;
  klass->write_states = write_states;
  klass->open_rows = open_rows;
  klass->next_row = next_row;
  klass->close_rows = close_rows;
}
