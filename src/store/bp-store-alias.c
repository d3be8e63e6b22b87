/* An id that a record had before it became another one: who still holds it
 * means the other. */
#include "config.h"

#include "bp-line.h"
#include "bp-store-private.h"

/**
 * bp_store_find_alias:
 * @self: a store, locked
 * @table: a table
 * @id: an id under which there is no record
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (nullable): the id of the record that it stands for
 *   now; %NULL with no error where none does
 */
char *
bp_store_find_alias (BpStore       *self,
                     const BpTable *table,
                     const char    *id,
                     GError       **error)
{
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;

  sql = g_strdup_printf ("SELECT record_id FROM sync_aliases WHERE table_name = ?1 AND alias = ?2"
                         " AND NOT EXISTS (SELECT 1 FROM %s_local WHERE id = ?2)"
                         " AND EXISTS (SELECT 1 FROM %s_local WHERE id = record_id)"
                         " ORDER BY record_id DESC LIMIT 1", table->name, table->name);
  statement = bp_store_prepare (self, error, sql, "ss", table->name, id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return NULL;

  return has_row ? bp_column_dup_text (statement, 0) : NULL;
}

/* @id becomes what it stands for. */
static gboolean
follow_id (BpStore       *self,
           const BpTable *table,
           char         **id,
           GError       **error)
{
  g_autoptr (GError) local_error = NULL;
  char *other = bp_store_find_alias (self, table, *id, &local_error);

  if (other != NULL)
    {
      g_free (*id);
      *id = other;
    }
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
follow_lines (BpStore       *self,
              const BpTable *table,
              BpValue       *value,
              GError       **error)
{
  g_autoptr (GPtrArray) lines = bp_lines_parse (value->text, error);

  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];
      g_autofree char *id = g_strdup (line->product_id);
      char *text;

      if (id == NULL)
        continue;
      if (!follow_id (self, table, &id, error))
        return FALSE;
      if (g_str_equal (id, line->product_id))
        continue;
      text = bp_lines_replace_product (value->text, line->product_id, id);
      if (text != NULL)
        bp_value_take_text (value, text);
    }

  return lines != NULL;
}

static gboolean
follow_field (BpStore       *self,
              const BpField *field,
              BpValue       *value,
              GError       **error)
{
  const BpField *line = bp_table_get_line_fields (&(guint){ 0 });

  if (value->kind != BP_VALUE_TEXT)
    return TRUE;
  if (field->type == BP_FIELD_REFERENCE)
    return follow_id (self, bp_table_find (field->detail), &value->text, error);
  if (field->type == BP_FIELD_LINES)
    return follow_lines (self, bp_table_find (line[0].detail), value, error);

  return TRUE;
}

static BpWrite *
follow_write (BpStore       *self,
              const BpWrite *write,
              GError       **error)
{
  g_autoptr (BpWrite) copy = NULL;

  copy = bp_write_new (write->table, write->id, write->kind,
                       write->change != NULL ? bp_change_copy (write->change) : NULL);
  for (guint i = 0; copy->change != NULL && i < copy->table->n_fields; i++)
    {
      if (!follow_field (self, &copy->table->fields[i], &copy->change->values[i], error))
        return NULL;
    }

  return g_steal_pointer (&copy);
}

/**
 * bp_store_follow_aliases:
 * @self: a store, in a transaction
 * @writes: (element-type BpWrite): what a user did
 * @followed: (out) (transfer full) (nullable) (element-type BpWrite): the same,
 *   but what refers to an id without a record refers to what it stands for
 *   now; %NULL where no record has become another
 * @error: #BpDatabaseError, #BpDataError
 *
 * Returns: whether it could be looked up
 */
gboolean
bp_store_follow_aliases (BpStore    *self,
                         GPtrArray  *writes,
                         GPtrArray **followed,
                         GError    **error)
{
  g_autoptr (GPtrArray) copies = NULL;
  gint64 any = 0;

  *followed = NULL;
  if (!bp_store_ask (self, &any, error, "SELECT EXISTS (SELECT 1 FROM sync_aliases)", ""))
    return FALSE;
  if (!any)
    return TRUE;

  copies = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  for (guint i = 0; i < writes->len; i++)
    {
      BpWrite *copy = follow_write (self, writes->pdata[i], error);

      if (copy == NULL)
        return FALSE;
      g_ptr_array_add (copies, copy);
    }

  *followed = g_steal_pointer (&copies);
  return TRUE;
}
