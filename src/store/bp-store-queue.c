/* Rows of sync_queue, and what a record becomes through them. */
#include "config.h"

#include "bp-store-private.h"

/**
 * bp_queue_row_free:
 * @row: (nullable) (transfer full): a row of the queue
 */
void
bp_queue_row_free (BpQueueRow *row)
{
  if (row == NULL)
    return;

  g_free (row->op_id);
  g_free (row->action_id);
  g_free (row->record_id);
  g_free (row->data);
  g_free (row->user);
  g_free (row->status);
  g_free (row->last_error);
  g_free (row);
}

/**
 * bp_queue_row_from_statement:
 * @statement: at a row of %BP_QUEUE_COLUMNS
 *
 * Returns: (transfer full): the row; its table is %NULL where none has the name
 */
BpQueueRow *
bp_queue_row_from_statement (sqlite3_stmt *statement)
{
  BpQueueRow *row = g_new0 (BpQueueRow, 1);

  row->id = bp_column_get_integer (statement, 0);
  row->op_id = bp_column_dup_text (statement, 1);
  row->action_id = bp_column_dup_text (statement, 2);
  row->table = bp_table_find (bp_column_get_text (statement, 3));
  row->record_id = bp_column_dup_text (statement, 4);
  bp_operation_kind_from_string (bp_column_get_text (statement, 5), &row->kind);
  row->restore = bp_column_get_integer (statement, 6) != 0;
  row->base_version = bp_column_get_integer (statement, 7);
  row->data = bp_column_dup_text (statement, 8);
  row->priority = (BpPriority)bp_column_get_integer (statement, 9);
  row->timestamp = bp_column_get_integer (statement, 10);
  row->user = bp_column_dup_text (statement, 11);
  row->retry_count = bp_column_get_integer (statement, 12);
  row->next_attempt = bp_column_get_integer (statement, 13);
  row->status = bp_column_dup_text (statement, 14);
  row->last_error = bp_column_dup_text (statement, 15);
  row->unanswered = bp_column_get_integer (statement, 16);
  return row;
}

/**
 * bp_store_collect_queue:
 * @self: a store, locked
 * @given: (transfer full) (nullable): bound, and asking for
 *   %BP_QUEUE_COLUMNS; %NULL with @error set
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpQueueRow): the operations
 */
GPtrArray *
bp_store_collect_queue (BpStore      *self,
                        sqlite3_stmt *given,
                        GError      **error)
{
  g_autoptr (BpStatement) statement = given;
  g_autoptr (GPtrArray) rows = NULL;
  gboolean has_row;

  if (statement == NULL)
    return NULL;

  rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_queue_row_free);
  do
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (rows, bp_queue_row_from_statement (statement));
    }
  while (has_row);

  return g_steal_pointer (&rows);
}

/**
 * bp_store_list_record_queue:
 * @self: a store, locked
 * @table: a table
 * @id: a record's id
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpQueueRow): the record's operations
 *   that are not answered or failed, oldest first
 */
GPtrArray *
bp_store_list_record_queue (BpStore       *self,
                            const BpTable *table,
                            const char    *id,
                            GError       **error)
{
  return bp_store_collect_queue (self,
                                 bp_store_prepare (self, error,
                                                   "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                                   " WHERE table_name = ? AND record_id = ?"
                                                   "  AND status <> 'synced' ORDER BY id",
                                                   "ss", table->name, id),
                                 error);
}

/**
 * bp_store_list_action_queue:
 * @self: a store, locked
 * @action_id: an action
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpQueueRow): the action's operations
 *   that are not answered or failed, oldest first
 */
GPtrArray *
bp_store_list_action_queue (BpStore    *self,
                            const char *action_id,
                            GError    **error)
{
  return bp_store_collect_queue (self,
                                 bp_store_prepare (self, error,
                                                   "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue"
                                                   " WHERE action_id = ?"
                                                   " AND status <> 'synced' ORDER BY id",
                                                   "s", action_id),
                                 error);
}

/* Takes the statement, bound. */
static gboolean
find_one (BpStore      *self,
          sqlite3_stmt *given,
          BpQueueRow  **row,
          GError      **error)
{
  g_autoptr (BpStatement) statement = given;
  gboolean has_row;

  *row = NULL;
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;

  *row = has_row ? bp_queue_row_from_statement (statement) : NULL;
  return TRUE;
}

/**
 * bp_store_find_queue_row:
 * @self: a store, locked
 * @id: an operation's id, or the number of its row
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (nullable): the row, answered or not; %NULL with no
 *   error where there is none
 */
BpQueueRow *
bp_store_find_queue_row (BpStore    *self,
                         const char *id,
                         GError    **error)
{
  BpQueueRow *row;
  gint64 number;

  if (!find_one (self,
                 bp_store_prepare (self, error,
                                   "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue WHERE op_id = ?",
                                   "s", id),
                 &row, error)
      || row != NULL || !g_ascii_string_to_signed (id, 10, 1, G_MAXINT64, &number, NULL))
    return row;

  find_one (self,
            bp_store_prepare (self, error,
                              "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue WHERE id = ?",
                              "i", number),
            &row, error);
  return row;
}

/**
 * bp_store_write_queue_row:
 * @self: a store, in a transaction
 * @row: a row; a new one has the id 0
 * @error: #BpDatabaseError
 *
 * A new row becomes the youngest, and gets its id; another one is overwritten.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_write_queue_row (BpStore    *self,
                          BpQueueRow *row,
                          GError    **error)
{
  gboolean fresh = row->id == 0;
  gint64 number = row->id;

  /* A null id gives a new one. */
  if (!bp_store_execute (self, error,
                         "INSERT INTO sync_queue (" BP_QUEUE_COLUMNS ")"
                         " VALUES (nullif (?, 0), ?, ?, ?, ?, ?, ?, nullif (?, 0),"
                         "  ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                         " ON CONFLICT (id) DO UPDATE SET op_id = excluded.op_id,"
                         "  action_id = excluded.action_id, table_name = excluded.table_name,"
                         "  record_id = excluded.record_id, operation = excluded.operation,"
                         "  restore = excluded.restore, base_version = excluded.base_version,"
                         "  data = excluded.data, priority = excluded.priority,"
                         "  timestamp = excluded.timestamp, user = excluded.user,"
                         "  retry_count = excluded.retry_count,"
                         "  next_attempt = excluded.next_attempt, status = excluded.status,"
                         "  last_error = excluded.last_error, unanswered = excluded.unanswered",
                         "isssssiisiisiissi", number, row->op_id, row->action_id,
                         row->table->name, row->record_id,
                         bp_operation_kind_to_string (row->kind), (gint64)row->restore,
                         row->base_version, row->data, (gint64)row->priority, row->timestamp,
                         row->user, row->retry_count, row->next_attempt, row->status,
                         row->last_error, row->unanswered))
    return FALSE;

  if (fresh)
    row->id = sqlite3_last_insert_rowid (bp_database_get_handle (bp_store_get_database (self)));
  return TRUE;
}

/**
 * bp_store_remove_queue_row:
 * @self: a store, in a transaction
 * @op_id: an operation's id
 * @error: #BpDatabaseError
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_remove_queue_row (BpStore    *self,
                           const char *op_id,
                           GError    **error)
{
  return bp_store_execute (self, error, "DELETE FROM sync_queue WHERE op_id = ?", "s", op_id);
}

/**
 * bp_queue_row_to_operation:
 * @row: a row of the queue
 * @error: #BpDataError
 *
 * Returns: (transfer full): the operation as it travels, on the version that
 *   the row names
 */
BpOperation *
bp_queue_row_to_operation (const BpQueueRow *row,
                           GError          **error)
{
  g_autoptr (BpOperation) operation = bp_operation_new ();

  operation->op_id = g_strdup (row->op_id);
  operation->action_id = g_strdup (row->action_id);
  operation->table = row->table;
  operation->id = g_strdup (row->record_id);
  operation->kind = row->kind;
  operation->base_version = row->base_version;
  operation->restore = row->restore;
  operation->modified_at = row->timestamp;
  operation->user = g_strdup (row->user);
  if (row->kind == BP_OPERATION_DELETE)
    return g_steal_pointer (&operation);

  operation->data = bp_change_new_from_text (row->table, row->data != NULL ? row->data : "{}",
                                             BP_CHANGE_LENIENT, error);
  return operation->data != NULL ? g_steal_pointer (&operation) : NULL;
}

/**
 * bp_store_apply_queue_row:
 * @state: (inout) (nullable): a record; %NULL where it did not exist
 * @row: an operation on it
 * @error: #BpDataError
 *
 * Makes @state what it is after the operation; its version stays.
 *
 * Returns: whether it succeeded; @state is untouched where not
 */
gboolean
bp_store_apply_queue_row (BpState         **state,
                          const BpQueueRow *row,
                          GError          **error)
{
  g_autoptr (BpOperation) operation = bp_queue_row_to_operation (row, error);

  if (operation == NULL)
    return FALSE;

  if (*state == NULL)
    {
      *state = bp_state_new (row->table, row->record_id);
      bp_change_complete ((*state)->data);
    }
  (*state)->modified_at = row->timestamp;
  g_free ((*state)->user);
  (*state)->user = g_strdup (row->user);
  if (row->kind == BP_OPERATION_DELETE)
    {
      (*state)->is_deleted = TRUE;
      return TRUE;
    }

  if (row->kind == BP_OPERATION_INSERT || row->restore)
    (*state)->is_deleted = FALSE;
  bp_change_apply ((*state)->data, operation->data);
  return TRUE;
}
