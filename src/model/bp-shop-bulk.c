/* Several saves that a user sees as one: all of them or none, each an action
 * of its own for the server, and what takes them back. */
#include "config.h"

#include "bp-shop-private.h"

typedef struct
{
  BpShop *shop;       /* (unowned) */
  GPtrArray *writes;  /* (unowned) (element-type BpWrite) */
  GPtrArray *inverse; /* (owned) (element-type BpWrite) */
} Bulk;

/* What a changed record held before, in the fields that change. */
static BpChange *
get_before (const BpState  *before,
            const BpChange *change)
{
  BpChange *back = bp_change_new (change->table);

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (bp_change_has (change, i)
          && !bp_value_equal (&change->values[i], &before->data->values[i]))
        bp_change_set (back, i, &before->data->values[i]);
    }

  return back;
}

static void
push_inverse (Bulk           *bulk,
              const BpTable  *table,
              const char     *id,
              BpOperationKind kind,
              BpChange       *change)
{
  g_ptr_array_insert (bulk->inverse, 0, bp_write_new (table, id, kind, change));
}

/* What is new is deleted, a fact cancelled. */
static gboolean
note_new (Bulk          *bulk,
          const BpTable *table,
          const char    *id,
          GError       **error)
{
  g_autoptr (BpRow) row = NULL;
  g_autofree char *opposite_id = NULL;
  BpChange *opposite;

  if (!table->fact)
    {
      push_inverse (bulk, table, id, BP_OPERATION_DELETE, NULL);
      return TRUE;
    }

  row = bp_store_get (bp_shop_get_store (bulk->shop), table, id, error);
  if (row == NULL)
    return FALSE;
  opposite = bp_shop_make_opposite (row->state->data, id, "Undone", &opposite_id);
  if (opposite != NULL)
    push_inverse (bulk, table, opposite_id, BP_OPERATION_INSERT, opposite);
  return TRUE;
}

/* What does not change need not be taken back. */
static void
note_before (Bulk          *bulk,
             const BpWrite *write,
             const BpState *before)
{
  g_autoptr (BpChange) back = NULL;

  if (write->table->fact)
    return;
  if (write->kind == BP_OPERATION_DELETE)
    {
      back = bp_change_copy (before->data);
      bp_change_drop_projections (back);
      push_inverse (bulk, write->table, write->id, BP_OPERATION_UPDATE, g_steal_pointer (&back));
      return;
    }
  if (before->is_deleted)
    {
      push_inverse (bulk, write->table, write->id, BP_OPERATION_DELETE, NULL);
      return;
    }

  back = get_before (before, write->change);
  if (!bp_change_is_empty (back))
    push_inverse (bulk, write->table, write->id, BP_OPERATION_UPDATE, g_steal_pointer (&back));
}

/* A record that no server has heard of leaves nothing behind when it is
 * deleted: all its fields make it anew. */
static gboolean
is_made_anew (const BpWrite *write,
              const GError  *error)
{
  if (write->kind != BP_OPERATION_UPDATE
      || !g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    return FALSE;

  for (guint i = 0; i < write->table->n_fields; i++)
    {
      if (!(write->table->fields[i].flags & BP_FIELD_PROJECTION)
          && !bp_change_has (write->change, i))
        return FALSE;
    }

  return TRUE;
}

static gboolean
save_new (Bulk          *bulk,
          const BpWrite *write,
          GError       **error)
{
  g_autofree char *id
    = bp_shop_add (bulk->shop, write->table, write->id, write->change, error);

  return id != NULL && note_new (bulk, write->table, id, error);
}

static gboolean
save_one (Bulk          *bulk,
          const BpWrite *write,
          GError       **error)
{
  BpStore *store = bp_shop_get_store (bulk->shop);
  g_autoptr (BpRow) row = NULL;
  GError *local_error = NULL;

  if (write->kind == BP_OPERATION_INSERT)
    return save_new (bulk, write, error);

  row = bp_store_get (store, write->table, write->id, &local_error);
  if (row == NULL && is_made_anew (write, local_error))
    {
      g_error_free (local_error);
      return save_new (bulk, write, error);
    }
  if (row == NULL)
    {
      g_propagate_error (error, local_error);
      return FALSE;
    }
  note_before (bulk, write, row->state);
  return write->kind == BP_OPERATION_DELETE
           ? bp_shop_delete (bulk->shop, write->table, write->id, error)
           : bp_shop_change (bulk->shop, write->table, write->id, write->change, error);
}

static gboolean
save_all (BpStore *store,
          gpointer user_data,
          GError **error)
{
  Bulk *bulk = user_data;

  for (guint i = 0; i < bulk->writes->len; i++)
    {
      if (!save_one (bulk, bulk->writes->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_shop_save_all:
 * @self: a shop
 * @writes: (element-type BpWrite): what to save, as bp_shop_save_async()
 * @error: as of bp_shop_add(), bp_shop_change() and bp_shop_delete()
 *
 * Saves all of @writes, or, where one of them cannot be, none. Each is an
 * action of its own, so that the server may refuse one and take the others.
 *
 * Returns: (transfer full) (element-type BpWrite): what takes them back, in
 *   the order in which it has to be done: old values, a deletion of what is
 *   new, an opposite of a fact
 */
GPtrArray *
bp_shop_save_all (BpShop    *self,
                  GPtrArray *writes,
                  GError   **error)
{
  g_autoptr (GPtrArray) inverse = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  Bulk bulk = { self, writes, inverse };

  if (!bp_store_transact (bp_shop_get_store (self), save_all, &bulk, error))
    return NULL;

  return g_steal_pointer (&inverse);
}

static void
save_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  GPtrArray *inverse = bp_shop_save_all (source_object, task_data, &error);

  if (inverse != NULL)
    g_task_return_pointer (task, inverse, (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_save_all_async:
 * @self: a shop
 * @writes: (transfer full) (element-type BpWrite): as of bp_shop_save_all()
 * @cancellable: (nullable): makes the result be dropped; what is being saved
 *   is saved
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_save_all_async (BpShop             *self,
                        GPtrArray          *writes,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_shop_save_all_async);
  g_task_set_task_data (task, writes, (GDestroyNotify)g_ptr_array_unref);
  g_task_run_in_thread (task, save_in_thread);
}

/**
 * bp_shop_save_all_finish:
 * @self: a shop
 * @result: of bp_shop_save_all_async()
 * @error: as of bp_shop_save_all()
 *
 * Returns: (transfer full) (element-type BpWrite): what takes it back
 */
GPtrArray *
bp_shop_save_all_finish (BpShop       *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
