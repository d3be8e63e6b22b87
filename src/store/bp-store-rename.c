/* What refers to a record whose id has changed follows: in what waits to be
 * sent, in the records it makes, and in drafts. What was sent already stays as
 * it is. */
#include "config.h"

#include "bp-line.h"
#include "bp-store-sync-private.h"

typedef struct
{
  BpStore *store;
  const BpTable *table;
  const char *old_id;
  const char *new_id;
} Rename;

static gboolean
refers (const Rename  *self,
        const BpField *field)
{
  if (field->type == BP_FIELD_REFERENCE)
    return g_str_equal (field->detail, self->table->name);
  if (field->type == BP_FIELD_LINES)
    return g_str_equal (bp_table_get_line_fields (&(guint){ 0 })[0].detail, self->table->name);

  return FALSE;
}

/* Returns whether anything in @change referred to the old id. */
static gboolean
replace (const Rename *self,
         BpChange     *change)
{
  gboolean replaced = FALSE;

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      const BpField *field = &change->table->fields[i];
      BpValue *value = &change->values[i];

      if (!refers (self, field) || value->kind != BP_VALUE_TEXT)
        continue;
      if (field->type == BP_FIELD_LINES)
        {
          char *lines = bp_lines_replace_product (value->text, self->old_id, self->new_id);

          if (lines == NULL)
            continue;
          bp_value_take_text (value, lines);
          replaced = TRUE;
        }
      else if (g_str_equal (value->text, self->old_id))
        {
          bp_value_set_text (value, self->new_id);
          replaced = TRUE;
        }
    }

  return replaced;
}

static gboolean
collect_ids (BpStore      *self,
             sqlite3_stmt *statement,
             GPtrArray    *ids,
             GError      **error)
{
  gboolean has_row = TRUE;

  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return FALSE;
      if (has_row)
        g_ptr_array_add (ids, bp_column_dup_text (statement, 0));
    }

  return TRUE;
}

/* Ids of records of @table that wait and refer to one of @target by @field. */
static GPtrArray *
list_dependents (BpStore       *self,
                 const BpTable *table,
                 const BpField *field,
                 const char    *target,
                 GError       **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;

  sql = g_strdup_printf ("SELECT r.id FROM %s_local AS r JOIN sync_base AS b"
                         " ON b.table_name = ?2 AND b.record_id = r.id"
                         " WHERE r.%s = ?1 ORDER BY r.id", table->name, field->name);
  statement = bp_store_prepare (self, error, sql, "ss", target, table->name);
  if (statement == NULL || !collect_ids (self, statement, ids, error))
    return NULL;

  return g_steal_pointer (&ids);
}

/* Ids of records of @table, some of them twice, that refer to the old id and
 * wait or are drafts. */
static GPtrArray *
list_referring (const Rename  *self,
                const BpTable *table,
                GError       **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];
      g_autoptr (GString) sql = g_string_new (NULL);
      g_autoptr (BpStatement) statement = NULL;

      if (!refers (self, field))
        continue;
      g_string_printf (sql, "SELECT r.id FROM %s_local AS r", table->name);
      if (field->type == BP_FIELD_LINES)
        g_string_append (sql, " JOIN sale_lines AS l ON l.sale_row = r.row"
                         " WHERE l.product_id = ?1");
      else
        g_string_append_printf (sql, " WHERE r.%s = ?1", field->name);
      g_string_append (sql, " AND (r.version = 0 OR EXISTS (SELECT 1 FROM sync_base AS b"
                       " WHERE b.table_name = ?2 AND b.record_id = r.id)) ORDER BY r.id");
      statement = bp_store_prepare (self->store, error, sql->str, "ss", self->old_id, table->name);
      if (statement == NULL || !collect_ids (self->store, statement, ids, error))
        return NULL;
    }

  return g_steal_pointer (&ids);
}

static gboolean
move_effect (const Rename *self,
             const char   *op_id,
             const char   *field,
             gint64        amount,
             GError      **error)
{
  const char *table = self->table->name;
  g_autofree char *move = g_strdup_printf ("UPDATE %s_local SET %s = coalesce (%s, 0) + ?"
                                           " WHERE id = ?", table, field, field);

  return bp_store_execute (self->store, error,
                           "INSERT INTO sync_effects"
                           " (table_name, record_id, field, op_id, amount, seq)"
                           " SELECT table_name, ?, field, op_id, amount, seq FROM sync_effects"
                           " WHERE table_name = ? AND record_id = ? AND field = ? AND op_id = ?"
                           " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
                           "sssss", self->new_id, table, self->old_id, field, op_id)
         && bp_store_execute (self->store, error,
                              "DELETE FROM sync_effects WHERE table_name = ? AND record_id = ?"
                              " AND field = ? AND op_id = ?",
                              "ssss", table, self->old_id, field, op_id)
         && bp_store_execute (self->store, error, move, "is", -amount, self->old_id)
         && bp_store_execute (self->store, error, move, "is", amount, self->new_id);
}

/* What the operation added to figures of the old record it adds to the new. */
static gboolean
move_effects (const Rename *self,
              const char   *op_id,
              GError      **error)
{
  for (guint i = 0; i < self->table->n_fields; i++)
    {
      const BpField *field = &self->table->fields[i];
      gint64 amount = 0;

      if (!(field->flags & BP_FIELD_PROJECTION))
        continue;
      if (!bp_store_ask (self->store, &amount, error,
                         "SELECT amount FROM sync_effects WHERE table_name = ?"
                         " AND record_id = ? AND field = ? AND op_id = ?",
                         "ssss", self->table->name, self->old_id, field->name, op_id)
          || (amount != 0 && !move_effect (self, op_id, field->name, amount, error)))
        return FALSE;
    }

  return TRUE;
}

/* Notes in @referring which references the operation brings that refer to the
 * new id now. */
static gboolean
follow_data (const Rename *self,
             BpQueueRow   *row,
             BpChange     *referring,
             GError      **error)
{
  g_autoptr (BpChange) data = bp_change_new_from_text (row->table, row->data, BP_CHANGE_LENIENT,
                                                       error);
  g_autoptr (BpChange) before = NULL;

  if (data == NULL)
    return FALSE;
  before = bp_change_copy (data);
  for (guint i = 0; i < data->table->n_fields; i++)
    {
      if (bp_change_has (data, i))
        bp_change_unset (referring, i);
    }
  if (!replace (self, data))
    return TRUE;

  for (guint i = 0; i < data->table->n_fields; i++)
    {
      if (!bp_value_equal (&before->values[i], &data->values[i]))
        bp_change_set (referring, i, &data->values[i]);
    }
  g_free (row->data);
  row->data = bp_change_to_text (data);
  return bp_store_write_queue_row (self->store, row, error);
}

/* What an operation of a record that the server has does to figures is meant
 * for those of the old id, unless it, or one before it, brings the reference. */
static gboolean
follow_operation (const Rename *self,
                  BpQueueRow   *row,
                  BpChange     *referring,
                  GError      **error)
{
  if (row->data != NULL && !follow_data (self, row, referring, error))
    return FALSE;

  return bp_change_is_empty (referring) || move_effects (self, row->op_id, error);
}

static gboolean
move_effects_of_record (const Rename  *self,
                        const BpTable *table,
                        const char    *id,
                        GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self->store, table, id, error);

  if (rows == NULL)
    return FALSE;
  if (bp_store_has_sent (rows))
    return TRUE;

  for (guint i = 0; i < rows->len; i++)
    {
      if (!move_effects (self, ((BpQueueRow *)rows->pdata[i])->op_id, error))
        return FALSE;
    }

  return TRUE;
}

/* A payment counts for the customer of its sale: what refers to a record that
 * followed may count for the old id through it. */
static gboolean
follow_through (const Rename  *self,
                const BpTable *table,
                const char    *id,
                GError       **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *other = bp_table_get (i);

      for (guint k = 0; k < other->n_fields; k++)
        {
          const BpField *field = &other->fields[k];
          g_autoptr (GPtrArray) ids = NULL;

          if (field->type != BP_FIELD_REFERENCE || !g_str_equal (field->detail, table->name))
            continue;
          ids = list_dependents (self->store, other, field, id, error);
          if (ids == NULL)
            return FALSE;
          for (guint n = 0; n < ids->len; n++)
            {
              if (!move_effects_of_record (self, other, ids->pdata[n], error))
                return FALSE;
            }
        }
    }

  return TRUE;
}

/* A draft has nothing in the queue. */
static gboolean
follow_state (const Rename   *self,
              BpState        *record,
              const BpChange *referring,
              gboolean        is_queued)
{
  if (!is_queued && record->version == 0)
    return replace (self, record->data);

  bp_change_apply (record->data, referring);
  return !bp_change_is_empty (referring);
}

/* What the record refers to by what the server has of it stays as it is. */
static gboolean
follow_record (const Rename  *self,
               const BpTable *table,
               const char    *id,
               GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self->store, table, id, error);
  g_autoptr (BpChange) referring = bp_change_new (table);
  g_autoptr (BpRow) record = NULL;

  if (rows == NULL)
    return FALSE;
  if (bp_store_has_sent (rows))
    return TRUE;

  for (guint i = 0; i < rows->len; i++)
    {
      if (!follow_operation (self, rows->pdata[i], referring, error))
        return FALSE;
    }

  if (!bp_store_read_row (self->store, table, id, &record, error))
    return FALSE;
  if (record == NULL || !follow_state (self, record->state, referring, rows->len > 0))
    return TRUE;

  return bp_store_write_row (self->store, table, record->state, record->status, error)
         && follow_through (self, table, id, error);
}

/**
 * bp_store_follow:
 * @self: a store, in a transaction
 * @table: a table
 * @old_id: what a record was known by here
 * @new_id: what it is known by from now on
 * @error: #BpDatabaseError
 *
 * Everything that waits and refers to @old_id refers to @new_id afterwards,
 * and counts for its figures; imports and aliases, too. An operation that was
 * sent and is not answered, and its record, stay as they are; so does what the
 * server has of a record that waits.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_follow (BpStore       *self,
                 const BpTable *table,
                 const char    *old_id,
                 const char    *new_id,
                 GError       **error)
{
  Rename rename = { self, table, old_id, new_id };

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *other = bp_table_get (i);
      g_autoptr (GPtrArray) ids = list_referring (&rename, other, error);

      if (ids == NULL)
        return FALSE;
      for (guint n = 0; n < ids->len; n++)
        {
          if (!follow_record (&rename, other, ids->pdata[n], error))
            return FALSE;
        }
    }

  return bp_store_execute (self, error,
                           "UPDATE import_records SET record_id = ?"
                           " WHERE table_name = ? AND record_id = ?",
                           "sss", new_id, table->name, old_id)
         && bp_store_execute (self, error,
                              "UPDATE OR REPLACE sync_aliases SET record_id = ?"
                              " WHERE table_name = ? AND record_id = ?",
                              "sss", new_id, table->name, old_id)
         && bp_store_execute (self, error,
                              "INSERT OR IGNORE INTO sync_aliases VALUES (?, ?, ?)",
                              "sss", table->name, old_id, new_id);
}
