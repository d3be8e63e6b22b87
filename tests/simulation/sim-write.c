/* What all that people do is made of: picking, writing, saving. */
#include "config.h"

#include "sim.h"

#include "bp-error.h"
#include "bp-id.h"

/**
 * sim_user_below:
 * @device: whose user
 * @bound: above 0
 *
 * Returns: what its user's mood is: 0 to @bound − 1
 */
guint
sim_user_below (SimDevice *device,
                guint      bound)
{
  return sim_random_below (&device->sim->work, bound);
}

/**
 * sim_user_make_id:
 * @device: whose user
 * @letter: what ids of people's own begin with
 *
 * Returns: (transfer full): an id; people's own now and then, so that they
 *   meet
 */
char *
sim_user_make_id (SimDevice  *device,
                  const char *letter)
{
  if (sim_user_below (device, 4) == 0)
    return g_strdup_printf ("%s%u", letter, sim_user_below (device, 4));
  return bp_id_new (BP_CLOCK (device->books.clock));
}

/**
 * sim_user_pick:
 * @device: whose user
 * @table: its name
 * @where: a condition
 *
 * Returns: (transfer full) (nullable): a record as this device has it
 */
BpRow *
sim_user_pick (SimDevice  *device,
               const char *table,
               const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT id FROM %s_local WHERE %s ORDER BY row", table,
                                          where);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = sim_reader_prepare (device->books.reader, sql);

  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (ids, g_strdup ((const char *)sqlite3_column_text (statement, 0)));
  sqlite3_reset (statement);
  if (ids->len == 0)
    return NULL;

  return bp_store_get (device->books.store, bp_table_find (table),
                       ids->pdata[sim_user_below (device, ids->len)], NULL);
}

/**
 * sim_user_make_product_id:
 * @device: whose user
 *
 * Returns: (transfer full): of a product, which may not be here yet
 */
char *
sim_user_make_product_id (SimDevice *device)
{
  g_autoptr (BpRow) product = sim_user_pick (device, "products", "is_deleted = 0");

  if (product == NULL || sim_user_below (device, 5) == 0)
    return g_strdup_printf ("p%u", sim_user_below (device, 4));
  return g_strdup (product->state->id);
}

/**
 * sim_user_parse:
 * @table: its name
 * @json: fields
 *
 * Returns: (transfer full): them
 */
BpChange *
sim_user_parse (const char *table,
                const char *json)
{
  g_autoptr (GError) error = NULL;
  BpChange *change = bp_change_new_from_text (bp_table_find (table), json, BP_CHANGE_STRICT,
                                              &error);

  g_assert_no_error (error);
  return change;
}

static gboolean
is_free_text (const BpField *field)
{
  return (field->type == BP_FIELD_TEXT || field->type == BP_FIELD_NOTE)
         && !(field->flags & (BP_FIELD_KEY | BP_FIELD_PROJECTION));
}

/**
 * sim_user_make_change:
 * @device: whose user
 * @table: of products, customers or settings
 * @whole: whether the record is new
 *
 * Returns: (transfer full): a few fields, one of them with a token
 */
BpChange *
sim_user_make_change (SimDevice     *device,
                      const BpTable *table,
                      gboolean       whole)
{
  BpChange *change = bp_change_new (table);
  guint first = whole ? 0 : sim_user_below (device, table->n_fields);
  g_autofree char *token = sim_token_new (device, FALSE);
  gboolean is_written = FALSE;

  if (table->keyed)
    {
      g_autofree char *value = g_strdup_printf ("\"%s\"", token);

      bp_change_set_text (change, "value", value);
      return change;
    }
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[(first + i) % table->n_fields];

      if (is_free_text (field) && !is_written)
        {
          bp_change_set_text (change, field->name, token);
          is_written = TRUE;
        }
      else if (field->type == BP_FIELD_MONEY && !(field->flags & BP_FIELD_PROJECTION)
               && sim_user_below (device, 3) == 0)
        bp_change_set_integer (change, field->name, sim_user_below (device, 1000));
      else if ((field->flags & BP_FIELD_KEY) && sim_user_below (device, 3) == 0)
        {
          g_autofree char *key = g_strdup_printf ("K%u", sim_user_below (device, 12));

          bp_change_set_text (change, field->name, key);
        }
    }

  return change;
}

/**
 * sim_user_begin:
 * @device: whose user begins an action
 *
 * Returns: (transfer full) (element-type BpWrite): what is to hold together
 */
GPtrArray *
sim_user_begin (SimDevice *device)
{
  device->sim->n_saves++;
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
}

/**
 * sim_user_add:
 * @writes: (element-type BpWrite): gets one more
 * @table: its name
 * @id: the record
 * @kind: what is done
 * @change: (nullable) (transfer full): the fields
 */
void
sim_user_add (GPtrArray      *writes,
              const char     *table,
              const char     *id,
              BpOperationKind kind,
              BpChange       *change)
{
  g_ptr_array_add (writes, bp_write_new (bp_table_find (table), id, kind, change));
}

static void
write_over (SimDevice      *device,
            const BpState  *state,
            const BpChange *change)
{
  for (guint i = 0; i < state->data->table->n_fields; i++)
    {
      if (change == NULL || bp_change_has (change, i))
        sim_token_write_over (device, state->data->values[i].text);
    }
}

static void
say_write (SimDevice     *device,
           const BpWrite *write,
           const GError  *error)
{
  g_autofree char *text = NULL;

  if (device->sim->trace == NULL)
    return;
  text = write->change != NULL ? bp_change_to_text (write->change) : NULL;
  sim_say (device->sim, "%s: %s %s %s %s%s%s", device->name,
           bp_operation_kind_to_string (write->kind), write->table->name, write->id,
           text != NULL ? text : "", error != NULL ? ": " : "",
           error != NULL ? error->message : "");
}

/* A reference to a record that became another one here refers to the other. */
static gboolean
is_followed (SimDevice     *device,
             const BpField *field,
             const BpValue *saved,
             const BpValue *shown)
{
  sqlite3_stmt *statement;
  gboolean found;

  if (field->type != BP_FIELD_REFERENCE || saved->kind != BP_VALUE_TEXT
      || shown->kind != BP_VALUE_TEXT)
    return FALSE;

  statement = sim_reader_prepare (sim_device_read (device),
                                  "SELECT 1 FROM sync_aliases WHERE table_name = ?"
                                  " AND alias = ? AND record_id = ?");
  sqlite3_bind_text (statement, 1, field->detail, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text (statement, 2, saved->text, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text (statement, 3, shown->text, -1, SQLITE_TRANSIENT);
  found = sqlite3_step (statement) == SQLITE_ROW;
  sqlite3_reset (statement);
  return found;
}

/* What the server never had is taken back by its deletion, and another record
 * that the server has under the same id is shown. */
static gboolean
is_another (const BpWrite *write,
            const BpRow   *old,
            const BpRow   *row)
{
  return write->kind == BP_OPERATION_DELETE && old->state->version == 0
         && row->state->version > 0 && row->status == BP_RECORD_SYNCED;
}

/* What the user has just been told to be saved is what is shown. Whoever takes
 * back what is in conflict may be left with what the server has. */
static void
check_written (SimDevice *device,
               GPtrArray *writes,
               GPtrArray *before)
{
  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      const BpRow *old = before->pdata[i];
      g_autoptr (BpRow) row = bp_store_get (device->books.store, write->table, write->id, NULL);
      gboolean lives = row != NULL && !row->state->is_deleted;

      if (lives == (write->kind == BP_OPERATION_DELETE)
          && (old == NULL
              || (old->status != BP_RECORD_CONFLICT && !(lives && is_another (write, old, row)))))
        sim_fail (device->sim, "I-6 %s: %s %s was saved, but is %s", device->name,
                  write->table->name, write->id, lives ? "still there" : "not there");
      for (guint k = 0; lives && write->change != NULL && k < write->table->n_fields; k++)
        {
          const BpField *field = &write->table->fields[k];
          const BpValue *saved = &write->change->values[k];
          const BpValue *shown = &row->state->data->values[k];

          if (bp_change_has (write->change, k) && field->type != BP_FIELD_LINES
              && !bp_value_equal (saved, shown) && !is_followed (device, field, saved, shown))
            sim_fail (device->sim, "I-6 %s: %s of %s %s is not what was saved", device->name,
                      field->name, write->table->name, write->id);
        }
    }
}

/* A deletion of what the server did not know is remembered without fields: who
 * restores it must say all that is needed. */
static gboolean
is_empty_grave (GPtrArray    *before,
                const GError *error)
{
  if (!g_error_matches (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD))
    return FALSE;
  for (guint i = 0; i < before->len; i++)
    {
      const BpRow *row = before->pdata[i];

      if (row != NULL && row->state->is_deleted)
        return TRUE;
    }

  return FALSE;
}

/**
 * sim_user_save:
 * @device: whose user
 * @writes: (element-type BpWrite): an action
 * @n_tokens: how many tokens there were before it was made
 *
 * An edit counts from the moment it was acknowledged; what it is written over
 * need not be found from the moment it may hold: a commit that the power was
 * lost in may.
 *
 * Returns: whether it was
 */
gboolean
sim_user_save (SimDevice *device,
               GPtrArray *writes,
               guint      n_tokens)
{
  g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_row_free);
  g_autoptr (GError) error = NULL;
  gboolean saved;

  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];

      g_ptr_array_add (before, bp_store_get (device->books.store, write->table, write->id, NULL));
    }
  sim_mutate_save (device);
  saved = bp_store_save (device->books.store, writes, device->name, &error);
  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      const BpRow *row = before->pdata[i];

      say_write (device, write, error);
      if ((saved || sim_device_is_dead (device)) && row != NULL)
        write_over (device, row->state, row->state->is_deleted ? NULL : write->change);
    }
  if (saved && !sim_device_is_dead (device))
    check_written (device, writes, before);
  if (!saved)
    {
      sim_token_drop_last (device->sim, n_tokens);
      if (!sim_device_is_dead (device) && error->domain != BP_STORE_ERROR
          && !is_empty_grave (before, error))
        sim_fail (device->sim, "I-1 %s: an edit failed: %s", device->name, error->message);
    }

  return saved;
}
