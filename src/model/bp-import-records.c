/* Rows that are records of a table, by the table's fields. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-import-private.h"
#include "bp-shop-private.h"

#define N_(text) text
#define ID 0

typedef struct
{
  BpField fields[BP_MAX_FIELDS + 1];
  int indices[BP_MAX_FIELDS + 1]; /* of the table; −1 for the id */
  guint n_fields;
  GHashTable *counts; /* (owned): how often rows of this content were met */
} State;

/* A row while it is brought in. */
typedef struct
{
  char *id;         /* (owned) (nullable): as the row gives it */
  BpChange *change; /* (owned) */
  gint64 stock;
  gboolean has_stock;
  BpRow *existing; /* (owned) (nullable) */
  gboolean is_repeat; /* found by its whole content: nothing of it is new */
} Record;

static void
record_clear (Record *record)
{
  g_clear_pointer (&record->id, g_free);
  g_clear_pointer (&record->change, bp_change_free);
  g_clear_pointer (&record->existing, bp_row_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Record, record_clear)

static void
state_free (gpointer data)
{
  State *state = data;

  g_hash_table_unref (state->counts);
  g_free (state);
}

static gboolean
is_stock (const BpField *field)
{
  return (field->flags & BP_FIELD_PROJECTION) && g_str_equal (field->name, "stock");
}

static const BpField *
get_fields (BpImport *self,
            guint    *n_fields)
{
  static const BpField id = { "id", BP_FIELD_TEXT, BP_FIELD_PLAIN, N_("ID"), NULL, 0, 0 };
  const BpTable *table = self->options->table;
  State *state = g_new0 (State, 1);

  state->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  state->fields[0] = id;
  state->indices[0] = -1;
  state->n_fields = 1;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_PROJECTION) && !is_stock (&table->fields[i]))
        continue;
      state->fields[state->n_fields] = table->fields[i];
      state->indices[state->n_fields++] = (int)i;
    }
  self->state = state;
  self->free_state = state_free;
  *n_fields = state->n_fields;
  return state->fields;
}

static gboolean
check_columns (BpImport *self,
               GError  **error)
{
  return TRUE;
}

/* Each row is an item of its own: an array of that one row. */
static GPtrArray *
make_items (BpImport *self)
{
  GPtrArray *items = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);

  for (guint i = 0; i < self->rows->len; i++)
    {
      GPtrArray *rows = g_ptr_array_sized_new (1);

      g_ptr_array_add (rows, self->rows->pdata[i]);
      g_ptr_array_add (items, rows);
    }

  return items;
}

static GPtrArray *
get_rows (gpointer item)
{
  return item;
}

static gboolean
read_record (BpImport          *self,
             const BpImportRow *row,
             Record            *record,
             GError           **error)
{
  const State *state = self->state;

  record->change = bp_change_new (self->options->table);
  for (guint i = 0; i < self->n_fields; i++)
    {
      g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

      if (!bp_import_read_cell (self, row, i, &value, error))
        return FALSE;
      if (value.kind == BP_VALUE_NULL)
        continue;
      if (i == ID)
        {
          record->id = g_steal_pointer (&value.text);
        }
      else if (is_stock (&state->fields[i]))
        {
          record->stock = value.integer;
          record->has_stock = TRUE;
        }
      else
        {
          bp_change_set (record->change, (guint)state->indices[i], &value);
        }
    }
  if (record->id == NULL || bp_id_is_valid (record->id))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“id” is not an id");
  return FALSE;
}

/* The later key, the barcode, says more. */
static gboolean
match_keys (BpImport *self,
            Record   *record,
            GError  **error)
{
  const BpTable *table = self->options->table;

  for (guint i = table->n_fields; i-- > 0 && record->existing == NULL;)
    {
      const BpField *field = &table->fields[i];
      const char *value = record->change->values[i].text;
      g_autofree char *id = NULL;

      if (!(field->flags & BP_FIELD_KEY) || (field->flags & BP_FIELD_SERIES) || value == NULL)
        continue;
      if (!bp_shop_find_id (self->store, table, field->name, value, &id, error)
          || (id != NULL && !bp_import_get (self, table, id, &record->existing, error)))
        return FALSE;
    }

  return TRUE;
}

/* The same row of the same file again, here or on another device, is the same
 * record: its id is made from its first key, or from all that it says. */
static char *
make_id (BpImport          *self,
         const BpImportRow *row,
         const Record      *record,
         gboolean          *by_content)
{
  const BpTable *table = self->options->table;
  State *state = self->state;
  GString *content = g_string_new ("row");
  g_autofree char *name = NULL;
  guint count;

  *by_content = FALSE;
  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_KEY) && record->change->values[i].text != NULL)
        {
          g_string_free (content, TRUE);
          return bp_id_new_from_name (table->name, record->change->values[i].text);
        }
    }

  *by_content = TRUE;
  for (guint i = 0; i < self->n_fields; i++)
    {
      g_string_append_c (content, '\037');
      g_string_append (content, bp_import_get_cell (self, row, i));
    }
  count = GPOINTER_TO_UINT (g_hash_table_lookup (state->counts, content->str)) + 1;
  g_hash_table_replace (state->counts, g_strdup (content->str), GUINT_TO_POINTER (count));
  g_string_append_printf (content, "\037%u", count);
  name = g_string_free (content, FALSE);
  return bp_id_new_from_name (table->name, name);
}

static gboolean
match (BpImport          *self,
       const BpImportRow *row,
       Record            *record,
       GError           **error)
{
  gboolean by_content;

  if (record->id != NULL)
    return bp_import_get (self, self->options->table, record->id, &record->existing, error);
  if (self->options->table->keyed)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD, "“%s” needs an “id”",
                   self->options->table->name);
      return FALSE;
    }
  if (!match_keys (self, record, error))
    return FALSE;
  if (record->existing != NULL)
    return TRUE;

  record->id = make_id (self, row, record, &by_content);
  if (!bp_import_get (self, self->options->table, record->id, &record->existing, error))
    return FALSE;
  if (record->existing == NULL || record->existing->state->is_deleted)
    return TRUE;
  if (by_content)
    {
      record->is_repeat = TRUE;
      return TRUE;
    }

  g_clear_pointer (&record->existing, bp_row_free);
  g_free (record->id);
  record->id = bp_id_new (bp_shop_get_clock (self->shop));
  return TRUE;
}

static gboolean
add_record_write (BpImport  *self,
                  Record    *record,
                  GPtrArray *writes,
                  GError   **error)
{
  const BpTable *table = self->options->table;
  gint64 now = bp_clock_get_now (bp_shop_get_clock (self->shop));
  g_autoptr (BpChange) change = bp_change_copy (record->change);
  BpOperationKind kind = BP_OPERATION_UPDATE;

  if (record->existing == NULL)
    {
      kind = BP_OPERATION_INSERT;
      if (!bp_shop_fill_in (self->profile, now, change, error))
        return FALSE;
    }
  else if (!record->existing->state->is_deleted)
    {
      g_autoptr (BpChange) given = g_steal_pointer (&change);

      change = bp_change_diff (record->existing->state->data, given);
      if (bp_change_is_empty (change))
        return TRUE;
    }
  if (!bp_shop_check_rules (self->shop, kind, record->id, change, error))
    return FALSE;

  g_ptr_array_add (writes, bp_write_new (table, record->id, kind, g_steal_pointer (&change)));
  return TRUE;
}

/* Stock is never written: what is missing to the figure is moved. */
static void
add_stock_write (BpImport  *self,
                 Record    *record,
                 GPtrArray *writes)
{
  const BpTable *movements = bp_table_find ("stock_movements");
  BpClock *clock = bp_shop_get_clock (self->shop);
  gint64 before = 0;
  g_autofree char *id = NULL;
  BpChange *change;

  if (record->has_stock && record->existing != NULL)
    before = bp_change_get_integer (record->existing->state->data, "stock");
  if (!record->has_stock || record->stock == before)
    return;

  id = bp_id_new (clock);
  change = bp_change_new (movements);
  bp_change_set_text (change, "product_id", record->id);
  bp_change_set_integer (change, "quantity", record->stock - before);
  bp_change_set_text (change, "reason", "opening");
  bp_change_set_integer (change, "moved_at", bp_clock_get_now (clock));
  g_ptr_array_add (writes, bp_write_new (movements, id, BP_OPERATION_INSERT, change));
}

static gboolean
save_record (BpImport     *self,
             const Record *record,
             GPtrArray    *writes,
             GError      **error)
{
  g_autofree char *user = bp_shop_dup_user (self->shop);

  if (!bp_store_save (self->store, writes, user, error))
    return FALSE;

  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      gboolean is_record = write->table == self->options->table;

      if (!bp_import_note (self, write->table, write->id,
                           is_record && record->existing != NULL ? record->existing->state : NULL,
                           error))
        return FALSE;
    }
  if (record->existing == NULL || record->existing->state->is_deleted)
    self->result->added++;
  else
    self->result->changed++;
  return TRUE;
}

static gboolean
apply (BpImport *self,
       gpointer  item,
       GError  **error)
{
  const BpImportRow *row = ((GPtrArray *)item)->pdata[0];
  g_auto (Record) record = { 0 };
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

  if (!read_record (self, row, &record, error) || !match (self, row, &record, error))
    return FALSE;
  if (record.is_repeat)
    return TRUE;
  if (record.id == NULL)
    record.id = g_strdup (record.existing->state->id);
  if (!add_record_write (self, &record, writes, error))
    return FALSE;

  add_stock_write (self, &record, writes);
  return writes->len == 0 || save_record (self, &record, writes, error);
}

const BpImportKind bp_import_records = {
  get_fields, check_columns, make_items, apply, get_rows,
};
