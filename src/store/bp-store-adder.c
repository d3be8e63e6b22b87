/* Many clean rows into a table of *_local, each written once. */
#include "config.h"

#include "bp-store-record-private.h"

/**
 * bp_row_adder_init:
 * @self: (out): on the stack, to be cleared with bp_row_adder_clear()
 * @store: (transfer none): a store, in a transaction
 * @table: (transfer none): a table
 * @error: #BpDatabaseError
 *
 * Gets ready to add many rows: the statements are looked up once.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_row_adder_init (BpRowAdder    *self,
                   BpStore       *store,
                   const BpTable *table,
                   GError       **error)
{
  BpDatabase *database = bp_store_get_database (store);
  const BpTableSql *sql = bp_table_get_sql (table);

  *self = (BpRowAdder){ .store = store, .table = table };
  self->add = bp_database_prepare (database, sql->add, error);
  if (self->add != NULL && sql->index != NULL)
    self->index = bp_database_prepare (database, sql->index, error);
  return self->add != NULL && (sql->index == NULL || self->index != NULL);
}

/**
 * bp_row_adder_clear:
 * @self: an adder, of no use afterwards
 */
void
bp_row_adder_clear (BpRowAdder *self)
{
  g_clear_pointer (&self->add, bp_database_release);
  g_clear_pointer (&self->index, bp_database_release);
}

/**
 * bp_row_adder_add:
 * @self: an adder
 * @state: a clean record
 * @is_new: (out): whether there was no record of its id
 * @error: #BpDatabaseError
 *
 * Does what bp_store_write_row() does for a record that is not there, and
 * nothing for one that is.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_row_adder_add (BpRowAdder    *self,
                  const BpState *state,
                  gboolean      *is_new,
                  GError       **error)
{
  BpDatabase *database = bp_store_get_database (self->store);
  const BpTableSql *sql = bp_table_get_sql (self->table);
  gint64 row;

  bp_store_bind_state (self->add, state, BP_RECORD_SYNCED);
  if (!bp_database_run (database, self->add, error))
    return FALSE;

  *is_new = sqlite3_changes (bp_database_get_handle (database)) > 0;
  if (!*is_new)
    return TRUE;

  bp_store_note_changed (self->store, self->table);
  row = sqlite3_last_insert_rowid (bp_database_get_handle (database));
  return (self->index == NULL
          || bp_store_run_index (self->store, sql, self->index, row, state, error))
         && (!sql->has_lines
             || bp_store_write_lines (self->store, row, bp_state_get_lines (state), error));
}

static void
bind_text (sqlite3_stmt *to,
           int           parameter,
           sqlite3_stmt *from,
           int           column)
{
  sqlite3_bind_text (to, parameter, bp_column_get_text (from, column), -1, SQLITE_STATIC);
}

static void
bind_column (sqlite3_stmt *to,
             int           parameter,
             sqlite3_stmt *from,
             int           column)
{
  switch (sqlite3_column_type (from, column))
    {
    case SQLITE_INTEGER:
      sqlite3_bind_int64 (to, parameter, bp_column_get_integer (from, column));
      break;
    case SQLITE_TEXT:
      bind_text (to, parameter, from, column);
      break;
    default:
      sqlite3_bind_null (to, parameter);
    }
}

static gboolean
copy_into_index (BpRowAdder       *self,
                 const BpTableSql *sql,
                 gint64            row,
                 sqlite3_stmt     *from,
                 GError          **error)
{
  sqlite3_bind_int64 (self->index, 1, row);
  for (guint i = 0; i < sql->n_searched; i++)
    bind_column (self->index, (int)i + 2, from, BP_FIRST_SENT_FIELD + (int)sql->searched[i]);
  return bp_database_run (bp_store_get_database (self->store), self->index, error);
}

static gboolean
copy_lines (BpRowAdder   *self,
            gint64        row,
            sqlite3_stmt *from,
            GError      **error)
{
  for (guint i = 0; i < self->table->n_fields; i++)
    {
      if (self->table->fields[i].type == BP_FIELD_LINES)
        return bp_store_write_lines (self->store, row,
                                     bp_column_get_text (from, BP_FIRST_SENT_FIELD + (int)i),
                                     error);
    }

  return TRUE;
}

/**
 * bp_row_adder_copy:
 * @self: an adder
 * @from: at a row that was checked: `id version seq is_deleted modified_at
 *   op_id device_name user` and the table's fields
 * @is_new: (out): whether there was no record of its id
 * @error: #BpDatabaseError
 *
 * As bp_row_adder_add(), without taking the row apart.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_row_adder_copy (BpRowAdder   *self,
                   sqlite3_stmt *from,
                   gboolean     *is_new,
                   GError      **error)
{
  BpDatabase *database = bp_store_get_database (self->store);
  const BpTableSql *sql = bp_table_get_sql (self->table);
  gint64 row;

  for (int i = 0; i < BP_FIRST_SENT_FIELD; i++)
    bind_column (self->add, i + 1, from, i);
  sqlite3_bind_text (self->add, BP_FIRST_SENT_FIELD + 1,
                     bp_record_status_to_string (BP_RECORD_SYNCED), -1, SQLITE_STATIC);
  for (int i = 0; i < (int)self->table->n_fields; i++)
    bind_column (self->add, BP_FIRST_FIELD + i, from, BP_FIRST_SENT_FIELD + i);
  if (!bp_database_run (database, self->add, error))
    return FALSE;

  *is_new = sqlite3_changes (bp_database_get_handle (database)) > 0;
  if (!*is_new)
    return TRUE;

  bp_store_note_changed (self->store, self->table);
  row = sqlite3_last_insert_rowid (bp_database_get_handle (database));
  return (self->index == NULL || copy_into_index (self, sql, row, from, error))
         && (!sql->has_lines || copy_lines (self, row, from, error));
}
