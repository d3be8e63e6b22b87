/* A key is the number of a row and, in its last two bits, of what table. */
#include "config.h"

#include "bp-store-activity.h"

#include "bp-store-private.h"

#define KEY_BITS 2
#define KEY_QUEUE 0
#define KEY_CONFLICT 1
#define KEY_RUN 2
#define KEY_MASK 3

/**
 * bp_activity_row_free:
 * @row: (nullable) (transfer full): a row
 */
void
bp_activity_row_free (BpActivityRow *row)
{
  if (row == NULL)
    return;

  bp_queue_row_free (row->queue);
  bp_conflict_free (row->conflict);
  bp_log_entry_free (row->run);
  g_free (row->title);
  g_free (row);
}

static GArray *
collect_keys (BpStoreReader *self,
              sqlite3_stmt  *statement,
              GError       **error)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean has_row = TRUE;

  while (has_row)
    {
      gint64 key;

      if (!bp_database_step (bp_store_reader_get_database (self), statement, &has_row, error))
        return NULL;
      key = has_row ? bp_column_get_integer (statement, 0) : 0;
      if (has_row)
        g_array_append_val (keys, key);
    }

  return g_steal_pointer (&keys);
}

/**
 * bp_store_reader_list_activity:
 * @self: a reader
 * @kind: which list
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type gint64): the keys of its rows
 */
GArray *
bp_store_reader_list_activity (BpStoreReader *self,
                               BpActivityKind kind,
                               GError       **error)
{
  static const char *const queries[] = {
    [BP_ACTIVITY_QUEUE] = "SELECT id * 4 FROM sync_queue"
                          " WHERE status IN ('pending', 'syncing') ORDER BY priority, id",
    [BP_ACTIVITY_FAILED] = "SELECT id * 4 FROM sync_queue WHERE status = 'failed' ORDER BY id",
    [BP_ACTIVITY_CONFLICTS] = "SELECT id * 4 + 1 FROM sync_conflicts WHERE decision IS NULL"
                              " ORDER BY id",
    [BP_ACTIVITY_HISTORY] = "SELECT key FROM (SELECT id * 4 + 2 AS key, time FROM sync_log"
                            " UNION ALL SELECT id * 4 + 1, resolved FROM sync_conflicts"
                            " WHERE decision IS NOT NULL) ORDER BY time DESC, key DESC",
  };
  g_autoptr (BpStatement) statement
    = bp_database_prepare (bp_store_reader_get_database (self), queries[kind], error);

  return statement != NULL ? collect_keys (self, statement, error) : NULL;
}

/**
 * bp_store_reader_list_action:
 * @self: a reader
 * @action_id: an action
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type gint64): the keys of its operations
 *   that are not answered or failed, oldest first
 */
GArray *
bp_store_reader_list_action (BpStoreReader *self,
                             const char    *action_id,
                             GError       **error)
{
  g_autoptr (BpStatement) statement
    = bp_database_prepare (bp_store_reader_get_database (self),
                           "SELECT id * 4 FROM sync_queue WHERE action_id = :action"
                           " AND status <> 'synced' ORDER BY id", error);

  if (statement == NULL)
    return NULL;
  bp_bind_text (statement, ":action", action_id);
  return collect_keys (self, statement, error);
}

static const char *
find_title (const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_SEARCHED) && state->data->values[i].text != NULL)
        return state->data->values[i].text;
    }

  return NULL;
}

static gboolean
read_state (BpStoreReader *self,
            const BpTable *table,
            const char    *id,
            BpRow        **row,
            GError       **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s_local WHERE id = :id",
                                          bp_store_get_columns_sql (table), table->name);
  g_autoptr (BpStatement) statement
    = bp_database_prepare (bp_store_reader_get_database (self), sql, error);
  gboolean has_row;

  *row = NULL;
  if (statement == NULL)
    return FALSE;
  bp_bind_text (statement, ":id", id);
  if (!bp_database_step (bp_store_reader_get_database (self), statement, &has_row, error))
    return FALSE;

  *row = has_row ? bp_store_row_from_statement (table, statement) : NULL;
  return TRUE;
}

/* A payment is known by its sale, a movement by its product. */
static gboolean
read_referred_title (BpStoreReader *self,
                     const BpState *state,
                     char         **title,
                     GError       **error)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields && *title == NULL; i++)
    {
      const BpTable *to = table->fields[i].type == BP_FIELD_REFERENCE
                            ? bp_table_find (table->fields[i].detail)
                            : NULL;
      g_autoptr (BpRow) row = NULL;

      if (to == NULL || state->data->values[i].text == NULL)
        continue;
      if (!read_state (self, to, state->data->values[i].text, &row, error))
        return FALSE;
      if (row != NULL)
        *title = g_strdup (find_title (row->state));
    }

  return TRUE;
}

static gboolean
read_title (BpStoreReader *self,
            const BpTable *table,
            const char    *id,
            char         **title,
            GError       **error)
{
  g_autoptr (BpRow) row = NULL;

  if (table == NULL)
    return TRUE;
  if (!read_state (self, table, id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;

  *title = g_strdup (table->keyed ? id : find_title (row->state));
  return *title != NULL || read_referred_title (self, row->state, title, error);
}

/* Of a record that is gone, what this device knew. */
static void
use_known_title (BpActivityRow *row,
                 const char    *local)
{
  const BpConflict *conflict = row->conflict;
  g_autoptr (BpState) state = NULL;

  if (row->title != NULL || local == NULL || conflict->table == NULL)
    return;
  state = bp_state_new_from_text (conflict->table, conflict->record_id, local, NULL);
  if (state != NULL)
    row->title = g_strdup (find_title (state));
}

static gboolean
read_conflict (BpStoreReader *self,
               sqlite3_stmt  *statement,
               BpActivityRow *row,
               GError       **error)
{
  BpConflict *conflict = g_new0 (BpConflict, 1);

  row->conflict = conflict;
  conflict->id = bp_column_get_integer (statement, 0);
  conflict->table = bp_table_find (bp_column_get_text (statement, 1));
  conflict->record_id = bp_column_dup_text (statement, 2);
  bp_conflict_type_from_string (bp_column_get_text (statement, 3), &conflict->type);
  conflict->key = bp_column_dup_text (statement, 4);
  conflict->decision = bp_column_dup_text (statement, 5);
  conflict->created_at = bp_column_get_integer (statement, 6);
  conflict->resolved = bp_column_get_integer (statement, 7);
  if (!read_title (self, conflict->table, conflict->record_id, &row->title, error))
    return FALSE;

  use_known_title (row, bp_column_get_text (statement, 8));
  return TRUE;
}

static gboolean
read_one (BpStoreReader *self,
          sqlite3_stmt  *statement,
          BpActivityRow *row,
          GError       **error)
{
  switch (row->key & KEY_MASK)
    {
    case KEY_QUEUE:
      row->queue = bp_queue_row_from_statement (statement);
      return read_title (self, row->queue->table, row->queue->record_id, &row->title, error);
    case KEY_CONFLICT:
      return read_conflict (self, statement, row, error);
    default:
      row->run = bp_log_entry_from_statement (statement);
      return TRUE;
    }
}

/**
 * bp_store_reader_read_activity:
 * @self: a reader
 * @keys: (array length=n_keys): of bp_store_reader_list_activity()
 * @n_keys: how many
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpActivityRow): the rows in the order
 *   of @keys, without those that are no longer there
 */
GPtrArray *
bp_store_reader_read_activity (BpStoreReader *self,
                               const gint64  *keys,
                               guint          n_keys,
                               GError       **error)
{
  static const char *const queries[] = {
    [KEY_QUEUE] = "SELECT " BP_QUEUE_COLUMNS " FROM sync_queue WHERE id = :id",
    [KEY_CONFLICT] = "SELECT id, table_name, record_id, conflict_type, key_field, decision,"
                     " created_at, resolved, local_data FROM sync_conflicts WHERE id = :id",
    [KEY_RUN] = "SELECT " BP_LOG_COLUMNS " FROM sync_log WHERE id = :id",
  };
  BpDatabase *database = bp_store_reader_get_database (self);
  g_autoptr (GPtrArray) rows
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_activity_row_free);

  for (guint i = 0; i < n_keys; i++)
    {
      g_autoptr (BpActivityRow) row = g_new0 (BpActivityRow, 1);
      g_autoptr (BpStatement) statement
        = bp_database_prepare (database, queries[MIN (keys[i] & KEY_MASK, KEY_RUN)], error);
      gboolean has_row;

      if (statement == NULL)
        return NULL;
      row->key = keys[i];
      bp_bind_integer (statement, ":id", keys[i] >> KEY_BITS);
      if (!bp_database_step (database, statement, &has_row, error)
          || (has_row && !read_one (self, statement, row, error)))
        return NULL;
      if (has_row)
        g_ptr_array_add (rows, g_steal_pointer (&row));
    }

  return g_steal_pointer (&rows);
}
