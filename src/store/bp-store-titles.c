/* What people read of the records that a record refers to. */
#include "config.h"

#include "bp-store-private.h"

/* An id from before a record became another one means the other. */
static gboolean
find_title (BpDatabase    *database,
            const BpTable *table,
            const char    *id,
            char         **title,
            GError       **error)
{
  g_autofree char *sql
    = g_strdup_printf ("SELECT %s FROM %s_local WHERE id = :id UNION ALL"
                       " SELECT %s FROM %s_local WHERE id IN (SELECT record_id FROM sync_aliases"
                       "  WHERE table_name = '%s' AND alias = :id) LIMIT 1",
                       table->fields[0].name, table->name, table->fields[0].name, table->name,
                       table->name);
  g_autoptr (BpStatement) statement = bp_database_prepare (database, sql, error);
  gboolean has_row;

  if (statement == NULL)
    return FALSE;

  bp_bind_text (statement, ":id", id);
  if (!bp_database_step (database, statement, &has_row, error))
    return FALSE;
  *title = has_row ? bp_column_dup_text (statement, 0) : NULL;
  return TRUE;
}

/**
 * bp_store_add_titles:
 * @database: any connection to the folder
 * @row: (inout): a record; it gets the titles of what it refers to
 * @error: #BpDatabaseError
 *
 * Returns: whether they could be read
 */
gboolean
bp_store_add_titles (BpDatabase *database,
                     BpRow      *row,
                     GError    **error)
{
  const BpChange *data = row->state->data;
  const BpTable *table = data->table;

  g_clear_pointer (&row->titles, g_ptr_array_unref);
  for (guint i = 0; i < table->n_fields; i++)
    {
      char *title = NULL;

      if (table->fields[i].type != BP_FIELD_REFERENCE || data->values[i].kind != BP_VALUE_TEXT)
        continue;
      if (!find_title (database, bp_table_find (table->fields[i].detail), data->values[i].text,
                       &title, error))
        return FALSE;
      if (row->titles == NULL)
        {
          row->titles = g_ptr_array_new_full (table->n_fields, g_free);
          g_ptr_array_set_size (row->titles, (int)table->n_fields);
        }
      row->titles->pdata[i] = title;
    }

  return TRUE;
}

/**
 * bp_store_read_titles:
 * @self: a store
 * @row: (inout): a record; it gets the titles of what it refers to
 * @error: #BpDatabaseError
 *
 * Returns: whether they could be read
 */
gboolean
bp_store_read_titles (BpStore *self,
                      BpRow   *row,
                      GError **error)
{
  gboolean done;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  bp_store_lock (self);
  done = bp_store_add_titles (bp_store_get_database (self), row, error);
  bp_store_unlock (self);
  return done;
}
