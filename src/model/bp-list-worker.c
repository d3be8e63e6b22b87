#include "config.h"

#include "bp-list-worker.h"

/* What jobs share; a job under way keeps it when the worker has gone. */
typedef struct
{
  BpStore *store;        /* (owned) */
  BpStoreReader *reader; /* (owned) (nullable): used by one job at a time */
  int generation;        /* atomic: lists of an earlier one are not made */
} Shared;

struct _BpListWorker
{
  Shared *shared;    /* (owned) */
  GThreadPool *pool; /* (owned): of one thread */
};

typedef struct
{
  Shared *shared; /* (owned) */
  BpListJob *job; /* (owned) (nullable): until it is done */
} Work;

static void
shared_clear (gpointer data)
{
  Shared *shared = data;

  g_clear_pointer (&shared->reader, bp_store_reader_free);
  g_clear_object (&shared->store);
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_clear_pointer (&work->job, bp_list_job_free);
  g_atomic_rc_box_release_full (work->shared, shared_clear);
  g_free (work);
}

/* The reader may leave out rows that have gone, or give them in another order. */
static BpListPage *
make_page (guint          number,
           const guint32 *rows,
           guint          n_rows,
           GPtrArray     *found)
{
  g_autoptr (GHashTable) by_row
    = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)bp_row_free);
  BpListPage *page = g_new0 (BpListPage, 1);

  page->number = number;
  page->rows = g_ptr_array_new_full (n_rows, (GDestroyNotify)bp_row_free);
  for (guint i = 0; i < found->len; i++)
    {
      BpRow *row = g_steal_pointer (&found->pdata[i]);

      if (row != NULL)
        g_hash_table_replace (by_row, GUINT_TO_POINTER (row->row), row);
    }
  for (guint i = 0; i < n_rows; i++)
    {
      gpointer row = NULL;

      g_hash_table_steal_extended (by_row, GUINT_TO_POINTER (rows[i]), NULL, &row);
      g_ptr_array_add (page->rows, row);
    }

  return page;
}

static gboolean
read_page (BpStoreReader *reader,
           BpListResult  *result,
           guint          number,
           const guint32 *rows,
           guint          n_rows,
           GError       **error)
{
  g_autoptr (GPtrArray) found
    = bp_store_reader_read (reader, result->job->table, rows, n_rows, error);

  if (found == NULL)
    return FALSE;

  g_ptr_array_add (result->pages, make_page (number, rows, n_rows, found));
  return TRUE;
}

static gboolean
read_pages (BpStoreReader *reader,
            BpListResult  *result,
            GError       **error)
{
  const BpListJob *job = result->job;

  if (result->ids == NULL)
    return read_page (reader, result, g_array_index (job->pages, guint, 0),
                      (const guint32 *)(gpointer)job->rows->data, job->rows->len, error);

  for (guint i = 0; i < job->pages->len; i++)
    {
      guint number = g_array_index (job->pages, guint, i);
      guint64 start = (guint64)number * BP_LIST_PAGE;

      if (start < result->ids->len
          && !read_page (reader, result, number, &g_array_index (result->ids, guint32, start),
                         (guint)MIN (BP_LIST_PAGE, result->ids->len - start), error))
        return FALSE;
    }

  return TRUE;
}

static void
find_wanted (BpStore      *store,
             BpListResult *result)
{
  for (guint i = 0; i < result->job->wanted->len; i++)
    {
      const char *id = result->job->wanted->pdata[i];
      g_autoptr (BpRow) row = bp_store_get (store, result->job->table, id, NULL);

      if (row != NULL)
        g_hash_table_replace (result->found, g_strdup (id), GUINT_TO_POINTER (row->row));
    }
}

static BpListResult *
run_job (Shared    *shared,
         BpListJob *job,
         GError   **error)
{
  g_autoptr (BpListResult) result = g_new0 (BpListResult, 1);

  result->job = job;
  result->pages = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_list_page_free);
  result->found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (shared->reader == NULL)
    shared->reader = bp_store_reader_new (bp_store_get_folder (shared->store), error);
  if (shared->reader == NULL)
    return NULL;

  if (job->count)
    {
      if (!bp_store_reader_count (shared->reader, &job->query, &result->counts, error))
        return NULL;
      return g_steal_pointer (&result);
    }
  if (job->query.table != NULL)
    {
      if (job->generation != (guint)g_atomic_int_get (&shared->generation))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "No longer asked for");
          return NULL;
        }
      result->ids = bp_store_reader_list (shared->reader, &job->query, job->limit, error);
      if (result->ids == NULL)
        return NULL;
    }
  if (!read_pages (shared->reader, result, error))
    return NULL;

  find_wanted (shared->store, result);
  return g_steal_pointer (&result);
}

/* The task's last reference is let go by bp_list_worker_finish(), never here:
 * it keeps the source, which must not end in this thread. */
static void
run_task (gpointer data,
          gpointer user_data)
{
  GTask *task = data;
  Work *work = g_task_get_task_data (task);
  GError *error = NULL;
  BpListResult *result = run_job (work->shared, g_steal_pointer (&work->job), &error);

  if (result != NULL)
    g_task_return_pointer (task, result, (GDestroyNotify)bp_list_result_free);
  else
    g_task_return_error (task, error);
}

static void
drop_task (gpointer data)
{
  g_task_return_new_error (data, G_IO_ERROR, G_IO_ERROR_CANCELLED, "No longer asked for");
}

/**
 * bp_list_worker_new:
 * @store: whose folder is read
 *
 * Returns: (transfer full): a worker without jobs
 */
BpListWorker *
bp_list_worker_new (BpStore *store)
{
  BpListWorker *self = g_new0 (BpListWorker, 1);

  self->shared = g_atomic_rc_box_new0 (Shared);
  self->shared->store = g_object_ref (store);
  self->pool = g_thread_pool_new_full (run_task, NULL, drop_task, 1, FALSE, NULL);
  return self;
}

/**
 * bp_list_worker_free:
 * @self: (nullable) (transfer full): a worker
 *
 * Does not wait: a job under way is still answered, those behind it are
 * dropped.
 */
void
bp_list_worker_free (BpListWorker *self)
{
  if (self == NULL)
    return;

  g_thread_pool_free (self->pool, TRUE, FALSE);
  g_atomic_rc_box_release_full (self->shared, shared_clear);
  g_free (self);
}

/**
 * bp_list_worker_set_generation:
 * @self: a worker
 * @generation: jobs of another one that list, and have not begun, are answered
 *   with %G_IO_ERROR_CANCELLED
 */
void
bp_list_worker_set_generation (BpListWorker *self,
                               guint         generation)
{
  g_atomic_int_set (&self->shared->generation, (int)generation);
}

/**
 * bp_list_job_new:
 * @generation: handed back with the result
 * @table: of the records
 *
 * Returns: (transfer full): a job that asks for nothing
 */
BpListJob *
bp_list_job_new (guint          generation,
                 const BpTable *table)
{
  BpListJob *job = g_new0 (BpListJob, 1);

  job->generation = generation;
  job->table = table;
  job->pages = g_array_new (FALSE, FALSE, sizeof (guint));
  job->wanted = g_ptr_array_new_with_free_func (g_free);
  return job;
}

/**
 * bp_list_job_free:
 * @job: (nullable) (transfer full): a job
 */
void
bp_list_job_free (BpListJob *job)
{
  if (job == NULL)
    return;

  g_free ((char *)job->query.search);
  g_free ((char *)job->query.sort);
  g_array_unref (job->pages);
  g_ptr_array_unref (job->wanted);
  g_clear_pointer (&job->rows, g_array_unref);
  g_free (job);
}

/**
 * bp_list_worker_push:
 * @self: a worker
 * @source: kept alive until @callback was called
 * @job: (transfer full): what to read
 * @callback: called in the caller's main context
 * @user_data: for @callback
 */
void
bp_list_worker_push (BpListWorker       *self,
                     GObject            *source,
                     BpListJob          *job,
                     GAsyncReadyCallback callback,
                     gpointer            user_data)
{
  GTask *task = g_task_new (source, NULL, callback, user_data);
  Work *work = g_new0 (Work, 1);

  work->shared = g_atomic_rc_box_acquire (self->shared);
  work->job = job;
  g_task_set_source_tag (task, bp_list_worker_push);
  g_task_set_task_data (task, work, work_free);
  g_thread_pool_push (self->pool, task, NULL);
}

/**
 * bp_list_worker_finish:
 * @result: (transfer full): of bp_list_worker_push(); every callback must call
 *   this, once
 * @error: #BpDatabaseError, %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full): what was read
 */
BpListResult *
bp_list_worker_finish (GAsyncResult *result,
                       GError      **error)
{
  g_autoptr (GTask) task = G_TASK (result);

  return g_task_propagate_pointer (task, error);
}

/**
 * bp_list_page_free:
 * @page: (nullable) (transfer full): a page
 */
void
bp_list_page_free (BpListPage *page)
{
  if (page == NULL)
    return;

  g_clear_pointer (&page->rows, g_ptr_array_unref);
  g_free (page);
}

/**
 * bp_list_result_free:
 * @result: (nullable) (transfer full): a result
 */
void
bp_list_result_free (BpListResult *result)
{
  if (result == NULL)
    return;

  bp_list_job_free (result->job);
  g_clear_pointer (&result->ids, g_array_unref);
  g_ptr_array_unref (result->pages);
  g_hash_table_unref (result->found);
  g_free (result);
}
