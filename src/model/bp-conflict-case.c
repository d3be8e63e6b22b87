#include "config.h"

#include "bp-conflict-case.h"

typedef struct
{
  gint64 conflict;
  gint64 server_version;
  BpDecision decision;
  BpChange *merged; /* (owned) (nullable) */
} Choice;

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  g_clear_pointer (&choice->merged, bp_change_free);
  g_free (choice);
}

/* What people know a record by, without quotes. */
static char *
make_title (const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_SEARCHED) && state->data->values[i].text != NULL)
        return g_strdup (state->data->values[i].text);
    }

  return g_strdup (state->id);
}

static gboolean
add_title (BpConflictCase *self,
           BpStore        *store,
           const BpField  *field,
           const BpValue  *value,
           GError        **error)
{
  const BpTable *table = bp_table_find (field->detail);
  g_autoptr (BpRow) row = NULL;
  g_autoptr (GError) local_error = NULL;

  if (table == NULL || value->kind != BP_VALUE_TEXT
      || g_hash_table_contains (self->titles, value->text))
    return TRUE;

  row = bp_store_get_referred (store, table, value->text, &local_error);
  if (row != NULL)
    g_hash_table_insert (self->titles, g_strdup (value->text), make_title (row->state));
  else if (!g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
add_titles (BpConflictCase *self,
            BpStore        *store,
            const BpState  *state,
            GError        **error)
{
  const BpTable *table = self->conflict->table;

  for (guint i = 0; state != NULL && i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_REFERENCE
          && !add_title (self, store, &table->fields[i], &state->data->values[i], error))
        return FALSE;
    }

  return TRUE;
}

/* The one asked for, or the oldest; where it stands among those that are open. */
static gboolean
find_conflict (BpConflictCase *self,
               BpStore        *store,
               gint64          id,
               GError        **error)
{
  g_autoptr (GPtrArray) open = bp_store_list_conflicts (store, FALSE, error);

  if (open == NULL)
    return FALSE;

  self->n_open = open->len;
  if (id == 0 && open->len > 0)
    id = ((BpConflict *)open->pdata[0])->id;
  for (guint i = 0; i < open->len; i++)
    {
      gint64 other = ((BpConflict *)open->pdata[i])->id;

      if (other == id)
        self->position = i + 1;
      else if (self->next == 0 || (self->next < id && other > id))
        self->next = other;
    }
  if (id == 0)
    return TRUE;

  self->conflict = bp_store_get_conflict (store, id, error);
  return self->conflict != NULL;
}

static gboolean
find_around (BpConflictCase *self,
             BpStore        *store,
             GError        **error)
{
  const BpConflict *conflict = self->conflict;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (BpStoreReader) reader
    = bp_store_reader_new (bp_store_get_folder (store), error);

  if (reader == NULL)
    return FALSE;

  g_array_unref (self->references);
  self->references = bp_store_reader_count_references (reader, conflict->table,
                                                       conflict->record_id, error);
  if (self->references == NULL)
    {
      self->references = g_array_new (FALSE, FALSE, sizeof (BpReferences));
      return FALSE;
    }
  self->row = bp_store_get (store, conflict->table, conflict->record_id, &local_error);
  if (self->row == NULL
      && !g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return add_titles (self, store, conflict->base, error)
         && add_titles (self, store, conflict->local, error)
         && add_titles (self, store, conflict->server, error);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  g_autoptr (BpConflictCase) self = g_new0 (BpConflictCase, 1);
  GError *error = NULL;

  self->references = g_array_new (FALSE, FALSE, sizeof (BpReferences));
  self->titles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!find_conflict (self, store, *(gint64 *)task_data, &error)
      || (self->conflict != NULL && !find_around (self, store, &error)))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&self),
                           (GDestroyNotify)bp_conflict_case_free);
}

/**
 * bp_conflict_case_read_async:
 * @shop: a shop
 * @id: a conflict, open or decided; 0 for the oldest open one
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_conflict_case_read_async (BpShop             *shop,
                             gint64              id,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_conflict_case_read_async);
  g_task_set_task_data (task, g_memdup2 (&id, sizeof id), g_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_conflict_case_read_finish:
 * @shop: a shop
 * @result: of bp_conflict_case_read_async()
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the conflict and what is around it
 */
BpConflictCase *
bp_conflict_case_read_finish (BpShop       *shop,
                              GAsyncResult *result,
                              GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
decide_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  const Choice *choice = task_data;
  GError *error = NULL;

  if (bp_store_decide (bp_shop_get_store (source_object), choice->conflict,
                       choice->server_version, choice->decision, choice->merged, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * bp_conflict_case_decide_async:
 * @shop: a shop
 * @self: what was looked at
 * @decision: what to do
 * @merged: (nullable): with %BP_DECISION_MERGED the fields as they shall be
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * As bp_store_decide(), on the server's version that was looked at.
 */
void
bp_conflict_case_decide_async (BpShop               *shop,
                               const BpConflictCase *self,
                               BpDecision            decision,
                               const BpChange       *merged,
                               GAsyncReadyCallback   callback,
                               gpointer              user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, NULL, callback, user_data);
  Choice *choice = g_new0 (Choice, 1);

  choice->conflict = self->conflict->id;
  choice->server_version = bp_conflict_case_get_server_version (self);
  choice->decision = decision;
  choice->merged = merged != NULL ? bp_change_copy (merged) : NULL;
  g_task_set_source_tag (task, bp_conflict_case_decide_async);
  g_task_set_task_data (task, choice, choice_free);
  g_task_run_in_thread (task, decide_in_thread);
}

/**
 * bp_conflict_case_decide_finish:
 * @shop: a shop
 * @result: of bp_conflict_case_decide_async()
 * @error: as bp_store_decide(): %BP_STORE_ERROR_STALE where the server's side
 *   has moved
 *
 * Returns: whether it is decided; nothing has changed where not
 */
gboolean
bp_conflict_case_decide_finish (BpShop       *shop,
                                GAsyncResult *result,
                                GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * bp_conflict_case_get_server_version:
 * @self: a case with a conflict
 *
 * Returns: the version of the server's side; 0 where there is none
 */
gint64
bp_conflict_case_get_server_version (const BpConflictCase *self)
{
  return self->conflict->server != NULL ? self->conflict->server->version : 0;
}

/**
 * bp_conflict_case_free:
 * @self: (nullable) (transfer full): a case
 */
void
bp_conflict_case_free (BpConflictCase *self)
{
  if (self == NULL)
    return;

  bp_conflict_free (self->conflict);
  bp_row_free (self->row);
  g_array_unref (self->references);
  g_hash_table_unref (self->titles);
  g_free (self);
}
