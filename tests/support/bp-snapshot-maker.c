#include "config.h"

#include "bp-snapshot-maker.h"

#define OWN_COLUMNS "id, version, seq, is_deleted, modified_at, op_id, device_name, user"
#define N_OWN 8

static void
run (sqlite3    *file,
     const char *sql)
{
  if (sqlite3_exec (file, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (file));
}

/**
 * bp_snapshot_maker_begin:
 * @tables: bit i: table i is in it
 *
 * Returns: (transfer full): a snapshot without rows, in memory
 */
sqlite3 *
bp_snapshot_maker_begin (guint tables)
{
  sqlite3 *file;

  if (sqlite3_open (":memory:", &file) != SQLITE_OK)
    g_error ("No memory");
  run (file, "PRAGMA page_size = 1024; CREATE TABLE meta (epoch TEXT, seq INTEGER); BEGIN");
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);
      g_autoptr (GString) sql = g_string_new (NULL);

      if (!(tables & (1u << i)))
        continue;
      g_string_printf (sql, "CREATE TABLE %s (id TEXT NOT NULL, version INTEGER, seq INTEGER,"
                       " is_deleted INTEGER, modified_at INTEGER, op_id TEXT, device_name TEXT,"
                       " user TEXT", table->name);
      for (guint f = 0; f < table->n_fields; f++)
        g_string_append_printf (sql, ", %s %s", table->fields[f].name,
                                bp_field_is_text (&table->fields[f]) ? "TEXT" : "INTEGER");
      g_string_append (sql, ")");
      run (file, sql->str);
    }

  return file;
}

static void
bind_value (sqlite3_stmt  *statement,
            int            parameter,
            const BpValue *value)
{
  if (value->kind == BP_VALUE_INTEGER)
    sqlite3_bind_int64 (statement, parameter, value->integer);
  else if (value->kind == BP_VALUE_TEXT)
    sqlite3_bind_text (statement, parameter, value->text, -1, SQLITE_TRANSIENT);
}

/**
 * bp_snapshot_maker_add:
 * @file: a snapshot under way
 * @state: a living record
 */
void
bp_snapshot_maker_add (sqlite3       *file,
                       const BpState *state)
{
  const BpTable *table = state->data->table;
  g_autoptr (GString) sql = g_string_new (NULL);
  sqlite3_stmt *statement;

  g_string_printf (sql, "INSERT INTO %s VALUES (?, ?, ?, ?, ?, ?, ?, ?", table->name);
  for (guint i = 0; i < table->n_fields; i++)
    g_string_append (sql, ", ?");
  g_string_append_c (sql, ')');
  if (sqlite3_prepare_v2 (file, sql->str, -1, &statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql->str, sqlite3_errmsg (file));
  sqlite3_bind_text (statement, 1, state->id, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64 (statement, 2, state->version);
  sqlite3_bind_int64 (statement, 3, state->seq);
  sqlite3_bind_int64 (statement, 4, state->is_deleted);
  sqlite3_bind_int64 (statement, 5, state->modified_at);
  sqlite3_bind_text (statement, 6, state->op_id, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text (statement, 7, state->device_name, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text (statement, 8, state->user, -1, SQLITE_TRANSIENT);
  for (guint i = 0; i < table->n_fields; i++)
    bind_value (statement, N_OWN + 1 + (int)i, &state->data->values[i]);
  if (sqlite3_step (statement) != SQLITE_DONE)
    g_error ("%s: %s", state->id, sqlite3_errmsg (file));
  sqlite3_finalize (statement);
}

/**
 * bp_snapshot_maker_end:
 * @file: (transfer full): a snapshot under way
 * @epoch: of which past of the store
 * @seq: up to which change
 *
 * Returns: (transfer full): the file
 */
GBytes *
bp_snapshot_maker_end (sqlite3    *file,
                       const char *epoch,
                       gint64      seq)
{
  sqlite3_stmt *statement;
  sqlite3_int64 size;
  unsigned char *bytes;
  GBytes *made;

  sqlite3_prepare_v2 (file, "INSERT INTO meta VALUES (?, ?)", -1, &statement, NULL);
  sqlite3_bind_text (statement, 1, epoch, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64 (statement, 2, seq);
  sqlite3_step (statement);
  sqlite3_finalize (statement);
  run (file, "COMMIT");
  bytes = sqlite3_serialize (file, "main", &size, 0);
  made = g_bytes_new (bytes, (gsize)size);
  sqlite3_free (bytes);
  sqlite3_close (file);
  return made;
}
