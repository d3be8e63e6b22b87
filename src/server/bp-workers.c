#include "config.h"

#include "bp-workers.h"

#include "bp-lanes.h"

struct _BpWorkers
{
  GThreadPool *threads; /* (owned) (nullable) */
  BpLanes *lanes;       /* (owned): how jobs come to the threads */
  GAsyncQueue *idle;    /* (owned) (element-type BpBackend): not in use */
  BpWorkFunc func;
};

/* There are as many backends as threads: one is always idle. */
static void
work (gpointer data,
      gpointer user_data)
{
  BpWorkers *self = user_data;
  BpBackend *backend = g_async_queue_pop (self->idle);

  self->func (data, backend);
  g_async_queue_push (self->idle, backend);
}

/**
 * bp_workers_new:
 * @backends: (transfer none) (element-type BpBackend): at least one, on one
 *   database, not in a transaction; each is one thread's from now on
 * @width: how many jobs of one lane may be with the threads at a time, ≥ 1
 * @func: (scope forever): does a job, and frees it
 * @free_job: frees a job that never came to a thread
 *
 * Returns: (transfer full): as many threads as backends; for one thread that
 *   gives them work
 */
BpWorkers *
bp_workers_new (GPtrArray     *backends,
                guint          width,
                BpWorkFunc     func,
                GDestroyNotify free_job)
{
  BpWorkers *self = g_new0 (BpWorkers, 1);

  self->func = func;
  self->idle = g_async_queue_new_full (g_object_unref);
  for (guint i = 0; i < backends->len; i++)
    g_async_queue_push (self->idle, g_object_ref (backends->pdata[i]));
  self->threads = g_thread_pool_new (work, self, (int)backends->len, TRUE, NULL);
  self->lanes = bp_lanes_new (self->threads, width, free_job);
  return self;
}

/**
 * bp_workers_free:
 * @self: (nullable) (transfer full): threads
 *
 * What they were given already is done first; what waits in a lane is freed.
 */
void
bp_workers_free (BpWorkers *self)
{
  if (self == NULL)
    return;

  g_thread_pool_free (self->threads, FALSE, TRUE);
  bp_lanes_free (self->lanes);
  g_async_queue_unref (self->idle);
  g_free (self);
}

/**
 * bp_workers_push:
 * @self: threads
 * @lane: (nullable): jobs of one lane do not take all of them; %NULL for one
 *   that waits for no other
 * @job: (transfer full): what is to be done
 */
void
bp_workers_push (BpWorkers  *self,
                 const char *lane,
                 gpointer    job)
{
  if (lane != NULL)
    bp_lanes_push (self->lanes, lane, job);
  else
    g_thread_pool_push (self->threads, job, NULL);
}

/**
 * bp_workers_leave:
 * @self: (nullable): threads
 * @lane: of a job that is done
 *
 * The next one of it comes to a thread.
 */
void
bp_workers_leave (BpWorkers  *self,
                  const char *lane)
{
  if (self != NULL)
    bp_lanes_leave (self->lanes, lane);
}
