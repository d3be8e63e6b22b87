/* What a record's figure is made of, read in a thread. */
#include "config.h"

#include "bp-shop-ledger.h"

typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
  guint limit;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->id);
  g_free (question);
}

static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  const Question *question = task_data;
  GError *error = NULL;
  g_autoptr (BpStoreReader) reader
    = bp_store_reader_new (bp_shop_get_folder (source_object), &error);
  GPtrArray *entries = NULL;

  if (reader != NULL)
    entries = bp_store_reader_ledger (reader, question->table, question->id, question->limit,
                                      &error);
  if (entries != NULL)
    g_task_return_pointer (task, entries, (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_read_ledger_async:
 * @self: a shop
 * @key: which record, of a table that has a ledger
 * @limit: at most so many entries
 * @cancellable: (nullable): makes the result be dropped
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_read_ledger_async (BpShop             *self,
                           const BpLedgerKey  *key,
                           guint               limit,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->table = key->table;
  question->id = g_strdup (key->id);
  question->limit = limit;
  g_task_set_source_tag (task, bp_shop_read_ledger_async);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_shop_read_ledger_finish:
 * @self: a shop
 * @result: of bp_shop_read_ledger_async()
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpLedgerEntry): newest first
 */
GPtrArray *
bp_shop_read_ledger_finish (BpShop       *self,
                            GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
