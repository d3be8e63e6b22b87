#include "config.h"

#include "bp-lanes.h"

typedef struct
{
  GQueue waiting; /* (owned) */
  guint n_running;
} Lane;

struct _BpLanes
{
  GThreadPool *pool; /* (unowned) */
  GHashTable *lanes; /* (owned): name → Lane; only those in use */
  GDestroyNotify free_job;
  guint width;
};

static void
lane_free (gpointer data)
{
  Lane *lane = data;

  g_queue_clear (&lane->waiting);
  g_free (lane);
}

/**
 * bp_lanes_new:
 * @pool: (transfer none): the workers; must outlive the lanes
 * @width: how many jobs of one lane may be with the workers at a time, ≥ 1
 * @free_job: frees a job that never came to a worker
 *
 * Returns: (transfer full): lanes, all empty, for one thread
 */
BpLanes *
bp_lanes_new (GThreadPool   *pool,
              guint          width,
              GDestroyNotify free_job)
{
  BpLanes *self = g_new0 (BpLanes, 1);

  self->pool = pool;
  self->lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, lane_free);
  self->free_job = free_job;
  self->width = width;
  return self;
}

/**
 * bp_lanes_free:
 * @self: (nullable) (transfer full): lanes
 *
 * What waits is freed.
 */
void
bp_lanes_free (BpLanes *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self == NULL)
    return;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_queue_clear_full (&((Lane *)value)->waiting, self->free_job);
  g_hash_table_unref (self->lanes);
  g_free (self);
}

/**
 * bp_lanes_push:
 * @self: lanes
 * @name: of one; it begins with its first job
 * @job: (transfer full): for a worker
 *
 * It comes to a worker now, or when enough of its lane have left.
 */
void
bp_lanes_push (BpLanes    *self,
               const char *name,
               gpointer    job)
{
  Lane *lane = g_hash_table_lookup (self->lanes, name);

  if (lane == NULL)
    {
      lane = g_new0 (Lane, 1);
      g_hash_table_insert (self->lanes, g_strdup (name), lane);
    }
  if (lane->n_running >= self->width)
    {
      g_queue_push_tail (&lane->waiting, job);
      return;
    }

  lane->n_running++;
  g_thread_pool_push (self->pool, job, NULL);
}

/**
 * bp_lanes_leave:
 * @self: (nullable): lanes
 * @name: of the one whose job a worker has done
 *
 * The next one of it comes to a worker.
 */
void
bp_lanes_leave (BpLanes    *self,
                const char *name)
{
  Lane *lane = self != NULL ? g_hash_table_lookup (self->lanes, name) : NULL;

  if (lane == NULL)
    return;
  if (lane->waiting.length > 0)
    {
      g_thread_pool_push (self->pool, g_queue_pop_head (&lane->waiting), NULL);
      return;
    }

  if (--lane->n_running == 0)
    g_hash_table_remove (self->lanes, name);
}
