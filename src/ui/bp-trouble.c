#include "config.h"

#include "bp-trouble.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
} Place;

typedef struct
{
  BpTrouble *trouble; /* (owned) */
  BpRemedy remedy;
} Cure;

static Place *
place_new (const BpTable *table,
           const char    *id)
{
  Place *place = g_new (Place, 1);

  place->table = table;
  place->id = g_strdup (id);
  return place;
}

static void
place_free (gpointer data)
{
  Place *place = data;

  g_free (place->id);
  g_free (place);
}

static void
cure_free (gpointer data)
{
  Cure *cure = data;

  bp_trouble_free (cure->trouble);
  g_free (cure);
}

/* The server's words without the code before them, which is for programs. */
static const char *
skip_code (const char *error)
{
  gsize length = strspn (error, "abcdefghijklmnopqrstuvwxyz_");

  return length > 0 && g_str_has_prefix (error + length, ": ") ? error + length + 2 : error;
}

static gboolean
find_failure (BpStore     *store,
              const Place *place,
              BpTrouble   *trouble,
              GError     **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (store, error);

  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (row->table != place->table || !g_str_equal (row->record_id, place->id)
          || !g_str_equal (row->status, "failed"))
        continue;
      trouble->op_id = g_strdup (row->op_id);
      trouble->words = g_strdup_printf (_("The server refused this: %s"),
                                        row->last_error != NULL ? skip_code (row->last_error)
                                                                : "");
      break;
    }

  return rows != NULL;
}

static char *
describe_conflict (const BpConflict *conflict)
{
  const char *who = conflict->server != NULL ? conflict->server->device_name : NULL;

  if (conflict->type == BP_CONFLICT_DELETE_UPDATE)
    return who != NULL ? g_strdup_printf (_("Deleted on “%s”, but changed here."), who)
                       : g_strdup (_("Deleted on the server, but changed here."));
  if (conflict->type == BP_CONFLICT_UPDATE_DELETE)
    return g_strdup (_("Changed on the server, but deleted here."));

  return who != NULL ? g_strdup_printf (_("Changed here and on “%s” at the same time."), who)
                     : g_strdup (_("Changed here and on the server at the same time."));
}

static gboolean
find_conflict (BpStore     *store,
               const Place *place,
               BpTrouble   *trouble,
               GError     **error)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (store, FALSE, error);

  for (guint i = 0; conflicts != NULL && i < conflicts->len; i++)
    {
      const BpConflict *conflict = conflicts->pdata[i];

      if (conflict->table != place->table || !g_str_equal (conflict->record_id, place->id))
        continue;
      trouble->conflict = conflict->id;
      trouble->words = describe_conflict (conflict);
      break;
    }

  return conflicts != NULL;
}

static void
find_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  g_autoptr (BpTrouble) trouble = g_new0 (BpTrouble, 1);
  GError *error = NULL;

  if (!find_conflict (store, task_data, trouble, &error)
      || (trouble->words == NULL && !find_failure (store, task_data, trouble, &error)))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&trouble), (GDestroyNotify)bp_trouble_free);
}

/**
 * bp_trouble_find_async:
 * @shop: a shop
 * @table: a table
 * @id: a record that failed or is in conflict
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_trouble_find_async (BpShop             *shop,
                       const BpTable      *table,
                       const char         *id,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_trouble_find_async);
  g_task_set_task_data (task, place_new (table, id), place_free);
  g_task_run_in_thread (task, find_in_thread);
}

/**
 * bp_trouble_find_finish:
 * @shop: a shop
 * @result: of bp_trouble_find_async()
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full): what is wrong, without words where nothing is
 */
BpTrouble *
bp_trouble_find_finish (BpShop       *shop,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
mend_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  const Cure *cure = task_data;
  const BpTrouble *trouble = cure->trouble;
  GError *error = NULL;
  gboolean done = TRUE;

  switch (cure->remedy)
    {
    case BP_REMEDY_NONE:
      break;
    case BP_REMEDY_RETRY:
      done = bp_store_retry (store, trouble->op_id, &error);
      break;
    }

  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * bp_trouble_mend_async:
 * @shop: a shop
 * @trouble: what was found
 * @remedy: what to do about it
 * @cancellable: (nullable): makes the result be dropped; what is done is done
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_trouble_mend_async (BpShop             *shop,
                       const BpTrouble    *trouble,
                       BpRemedy            remedy,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);
  Cure *cure = g_new (Cure, 1);

  cure->trouble = bp_trouble_copy (trouble);
  cure->remedy = remedy;
  g_task_set_source_tag (task, bp_trouble_mend_async);
  g_task_set_task_data (task, cure, cure_free);
  g_task_run_in_thread (task, mend_in_thread);
}

/**
 * bp_trouble_mend_finish:
 * @shop: a shop
 * @result: of bp_trouble_mend_async()
 * @error: #BpStoreError, #BpDatabaseError
 *
 * Returns: whether it is done
 */
gboolean
bp_trouble_mend_finish (BpShop       *shop,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * bp_trouble_copy:
 * @trouble: a trouble
 *
 * Returns: (transfer full): a copy
 */
BpTrouble *
bp_trouble_copy (const BpTrouble *trouble)
{
  BpTrouble *copy = g_new (BpTrouble, 1);

  *copy = *trouble;
  copy->words = g_strdup (trouble->words);
  copy->op_id = g_strdup (trouble->op_id);
  return copy;
}

/**
 * bp_trouble_free:
 * @trouble: (nullable) (transfer full): a trouble
 */
void
bp_trouble_free (BpTrouble *trouble)
{
  if (trouble == NULL)
    return;

  g_free (trouble->words);
  g_free (trouble->op_id);
  g_free (trouble);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  const Place *place = task_data;
  GError *error = NULL;
  BpRow *row = bp_store_get (bp_shop_get_store (source_object), place->table, place->id, &error);

  if (row != NULL && !bp_store_read_titles (bp_shop_get_store (source_object), row, &error))
    g_clear_pointer (&row, bp_row_free);
  if (row != NULL)
    g_task_return_pointer (task, row, (GDestroyNotify)bp_row_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_record_read_async:
 * @shop: a shop
 * @table: a table
 * @id: a record
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_record_read_async (BpShop             *shop,
                      const BpTable      *table,
                      const char         *id,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_record_read_async);
  g_task_set_task_data (task, place_new (table, id), place_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_record_read_finish:
 * @shop: a shop
 * @result: of bp_record_read_async()
 * @error: %BP_STORE_ERROR_NOT_FOUND, #BpDatabaseError
 *
 * Returns: (transfer full): the record, which may be deleted
 */
BpRow *
bp_record_read_finish (BpShop       *shop,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
