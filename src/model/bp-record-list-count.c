/* What is asked of a list beside what it shows. */
#include "config.h"

#include "bp-record-list-private.h"

static void
on_counted (GObject      *source,
            GAsyncResult *async_result,
            gpointer      user_data)
{
  BpRecordList *self = BP_RECORD_LIST (source);
  g_autoptr (BpListResult) result = bp_list_worker_finish (async_result, NULL);

  self->counting = FALSE;
  if (result == NULL)
    return;

  self->counts = result->counts;
  g_signal_emit_by_name (self, "counted");
}

/**
 * bp_record_list_count:
 * @self: a list
 *
 * Counts where that is wanted and the table has changed since. To be called
 * after a list has been made, so that none waits for this.
 */
void
bp_record_list_count (BpRecordList *self)
{
  BpListJob *job;

  if (!self->counting_wanted || !self->counts_are_stale || self->counting)
    return;

  self->counts_are_stale = FALSE;
  self->counting = TRUE;
  job = bp_list_job_new (0, self->table);
  job->query = self->counted;
  job->count = TRUE;
  bp_list_worker_push (self->worker, G_OBJECT (self), job, on_counted, NULL);
}

/**
 * bp_record_list_set_counted:
 * @self: a list
 * @conditions: (array length=n_conditions) (nullable): of what is counted,
 *   beside what is not synced; constant data
 * @n_conditions: how many
 *
 * From now on counts are made whenever the table has changed.
 */
void
bp_record_list_set_counted (BpRecordList      *self,
                            const BpCondition *conditions,
                            guint              n_conditions)
{
  self->counting_wanted = TRUE;
  self->counts_are_stale = TRUE;
  self->counted = (BpListQuery){ .table = self->table, .status = -1, .conditions = conditions,
                                 .n_conditions = n_conditions };
  if (self->n_listing == 0)
    bp_record_list_count (self);
}

/**
 * bp_record_list_get_counts:
 * @self: a list
 *
 * Returns: (transfer none): the counts as last made; nothing until "counted"
 */
const BpListCounts *
bp_record_list_get_counts (BpRecordList *self)
{
  return &self->counts;
}

static void
on_rows_read (GObject      *source,
              GAsyncResult *async_result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (BpListResult) result = bp_list_worker_finish (async_result, &error);
  BpListPage *page;

  if (result == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  page = result->pages->pdata[0];
  g_task_return_pointer (task, g_steal_pointer (&page->rows), (GDestroyNotify)g_ptr_array_unref);
}

/**
 * bp_record_list_read_async:
 * @self: a list
 * @rows: (transfer full) (element-type guint32): row numbers
 * @callback: (scope async): called in the main context
 * @user_data: for @callback
 */
void
bp_record_list_read_async (BpRecordList       *self,
                           GArray             *rows,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  BpListJob *job = bp_list_job_new (0, self->table);
  guint number = 0;

  g_task_set_source_tag (task, bp_record_list_read_async);
  g_array_append_val (job->pages, number);
  job->rows = rows;
  bp_list_worker_push (self->worker, G_OBJECT (self), job, on_rows_read, task);
}

/**
 * bp_record_list_read_finish:
 * @self: a list
 * @result: of bp_record_list_read_async()
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpRow): the records, %NULL where one
 *   is gone
 */
GPtrArray *
bp_record_list_read_finish (BpRecordList *self,
                            GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
