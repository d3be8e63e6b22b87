/* Keys are listed and compared in a thread; the view is told only of what came
 * and went, so that a place in a long list is kept. */
#include "config.h"

#include "bp-activity-list.h"

#include <string.h>

#define MAX_SPLICES 64
#define MAX_WANTED 512

struct _BpActivityList
{
  GObject parent_instance;

  BpShop *shop;          /* (owned) */
  BpActivityKind kind;
  GArray *keys;          /* (owned) (element-type gint64): replaced, never changed in place */
  GHashTable *items;     /* (owned): key → item that lives elsewhere (unowned) */
  GArray *wanted;        /* (owned) (element-type gint64): to be read */
  guint flush_id;
  gboolean is_stale;     /* to be listed again */
  gboolean is_busy;      /* a job is under way */
  gboolean is_listed;
};

/* From @position on, @n_removed go, and @n_added of the new keys come. */
typedef struct
{
  guint position;
  guint n_removed;
  guint n_added;
} Splice;

typedef struct
{
  BpStore *store;    /* (owned) */
  BpActivityKind kind;
  gboolean lists;
  GArray *before;    /* (owned): keys */
  GArray *wanted;    /* (owned): keys */
  GArray *after;     /* (owned) (nullable): keys */
  GArray *splices;   /* (owned) (element-type Splice): in the order to be made */
  GPtrArray *rows;   /* (owned) (nullable) */
} Job;

static void bp_activity_list_model_init (GListModelInterface *iface);
static void start (BpActivityList *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (BpActivityList, bp_activity_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      bp_activity_list_model_init))

static void
job_free (gpointer data)
{
  Job *job = data;

  g_object_unref (job->store);
  g_array_unref (job->before);
  g_array_unref (job->wanted);
  g_clear_pointer (&job->after, g_array_unref);
  g_array_unref (job->splices);
  g_clear_pointer (&job->rows, g_ptr_array_unref);
  g_free (job);
}

static gint64
get_key (const GArray *keys,
         guint         position)
{
  return g_array_index (keys, gint64, position);
}

static gboolean
has_key (GHashTable   *set,
         const GArray *keys,
         guint         position)
{
  return g_hash_table_contains (set, &g_array_index (keys, gint64, position));
}

static GHashTable *
make_set (const GArray *keys)
{
  GHashTable *set = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < keys->len; i++)
    g_hash_table_add (set, &g_array_index (keys, gint64, i));
  return set;
}

/* Both lists are walked at once; what stays must stay in its order, else all
 * is new. Positions count in the list as it is after the splices before. */
static void
compare (Job *job)
{
  const GArray *before = job->before;
  const GArray *after = job->after;
  g_autoptr (GHashTable) old_keys = make_set (before);
  g_autoptr (GHashTable) new_keys = make_set (after);
  Splice all = { 0, before->len, after->len };
  guint i = 0, j = 0;

  while (i < before->len || j < after->len)
    {
      Splice splice = { j, 0, 0 };

      for (; i < before->len && !has_key (new_keys, before, i); i++)
        splice.n_removed++;
      for (; j < after->len && !has_key (old_keys, after, j); j++)
        splice.n_added++;
      if (splice.n_removed > 0 || splice.n_added > 0)
        g_array_append_val (job->splices, splice);
      if (i == before->len && j == after->len)
        break;
      if (i == before->len || j == after->len || get_key (before, i) != get_key (after, j)
          || job->splices->len > MAX_SPLICES)
        {
          g_array_set_size (job->splices, 0);
          g_array_append_val (job->splices, all);
          return;
        }
      i++;
      j++;
    }
}

static void
run_in_thread (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;
  g_autoptr (BpStoreReader) reader
    = bp_store_reader_new (bp_store_get_folder (job->store), &error);

  if (reader != NULL && job->lists)
    {
      job->after = bp_store_reader_list_activity (reader, job->kind, &error);
      if (job->after != NULL)
        compare (job);
    }
  if (error == NULL)
    job->rows = bp_store_reader_read_activity (
      reader, (const gint64 *)(gpointer)job->wanted->data, job->wanted->len, &error);

  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
fill (BpActivityList *self,
      GPtrArray      *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      BpActivityRow *row = rows->pdata[i];
      BpActivityItem *item = g_hash_table_lookup (self->items, &row->key);

      if (item == NULL)
        continue;
      rows->pdata[i] = NULL;
      g_object_ref (item);
      bp_activity_item_fill (item, row);
      g_object_unref (item);
    }
}

/* The model is whole whenever it tells of a change. */
static void
splice (BpActivityList *self,
        const Job      *job)
{
  for (guint i = 0; i < job->splices->len; i++)
    {
      const Splice *one = &g_array_index (job->splices, Splice, i);
      GArray *keys = g_array_sized_new (FALSE, FALSE, sizeof (gint64),
                                        self->keys->len + one->n_added);
      guint rest = one->position + one->n_removed;

      if (one->position > 0)
        g_array_append_vals (keys, self->keys->data, one->position);
      if (one->n_added > 0)
        g_array_append_vals (keys, &g_array_index (job->after, gint64, one->position),
                             one->n_added);
      if (rest < self->keys->len)
        g_array_append_vals (keys, &g_array_index (self->keys, gint64, rest),
                             self->keys->len - rest);
      g_array_unref (self->keys);
      self->keys = keys;
      g_list_model_items_changed (G_LIST_MODEL (self), one->position, one->n_removed,
                                  one->n_added);
    }
}

static void
on_done (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (BpActivityList) self = user_data;
  Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  self->is_busy = FALSE;
  if (g_task_propagate_boolean (G_TASK (result), &error))
    {
      self->is_listed = self->is_listed || job->lists;
      splice (self, job);
      fill (self, job->rows);
    }
  if (self->is_stale || self->wanted->len > 0)
    start (self);
}

/* What living items say may have changed with the list. */
static void
want_living (BpActivityList *self)
{
  GHashTableIter iter;
  gpointer key;

  g_array_set_size (self->wanted, 0);
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &key, NULL) && self->wanted->len < MAX_WANTED)
    g_array_append_vals (self->wanted, key, 1);
}

/* A view may have asked for many only to let go of them. */
static GArray *
steal_wanted (BpActivityList *self)
{
  GArray *living = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < self->wanted->len; i++)
    {
      if (g_hash_table_contains (self->items, &g_array_index (self->wanted, gint64, i)))
        g_array_append_vals (living, &g_array_index (self->wanted, gint64, i), 1);
    }
  g_array_set_size (self->wanted, 0);
  return living;
}

static void
start (BpActivityList *self)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  if (self->is_busy)
    return;

  if (self->is_stale)
    want_living (self);
  job = g_new0 (Job, 1);
  job->store = g_object_ref (bp_shop_get_store (self->shop));
  job->kind = self->kind;
  job->lists = self->is_stale;
  job->before = g_array_ref (self->keys);
  job->wanted = steal_wanted (self);
  job->splices = g_array_new (FALSE, FALSE, sizeof (Splice));
  self->is_stale = FALSE;
  self->is_busy = TRUE;
  /* The list must end in the main thread, whoever lets go of the task last. */
  task = g_task_new (self->shop, NULL, on_done, g_object_ref (self));
  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, run_in_thread);
}

static gboolean
on_flush (gpointer data)
{
  BpActivityList *self = data;

  self->flush_id = 0;
  start (self);
  return G_SOURCE_REMOVE;
}

static void
on_item_gone (gpointer data,
              GObject *where)
{
  BpActivityList *self = data;
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    {
      if (item == where)
        {
          g_hash_table_iter_remove (&iter);
          return;
        }
    }
}

static GType
get_item_type (GListModel *model)
{
  return BP_TYPE_ACTIVITY_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return BP_ACTIVITY_LIST (model)->keys->len;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  BpActivityList *self = BP_ACTIVITY_LIST (model);
  BpActivityItem *item;
  gint64 key;

  if (position >= self->keys->len)
    return NULL;

  key = get_key (self->keys, position);
  item = g_hash_table_lookup (self->items, &key);
  if (item != NULL)
    return g_object_ref (item);

  item = bp_activity_item_new (key);
  g_object_weak_ref (G_OBJECT (item), on_item_gone, self);
  g_hash_table_insert (self->items, g_memdup2 (&key, sizeof key), item);
  g_array_append_val (self->wanted, key);
  if (self->flush_id == 0)
    self->flush_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, on_flush, self, NULL);
  return item;
}

static void
bp_activity_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
bp_activity_list_finalize (GObject *object)
{
  BpActivityList *self = BP_ACTIVITY_LIST (object);
  GHashTableIter iter;
  gpointer item;

  g_clear_handle_id (&self->flush_id, g_source_remove);
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    g_object_weak_unref (G_OBJECT (item), on_item_gone, self);
  g_hash_table_unref (self->items);
  g_array_unref (self->wanted);
  g_array_unref (self->keys);
  g_clear_object (&self->shop);

  G_OBJECT_CLASS (bp_activity_list_parent_class)->finalize (object);
}

static void
bp_activity_list_class_init (BpActivityListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_activity_list_finalize;
}

static void
bp_activity_list_init (BpActivityList *self)
{
  self->keys = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

/**
 * bp_activity_list_new:
 * @shop: a shop
 * @kind: which list
 *
 * Returns: (transfer full): the list, empty until it has been read
 */
BpActivityList *
bp_activity_list_new (BpShop        *shop,
                      BpActivityKind kind)
{
  BpActivityList *self = g_object_new (BP_TYPE_ACTIVITY_LIST, NULL);

  self->shop = g_object_ref (shop);
  self->kind = kind;
  g_signal_connect_object (shop, "changed", G_CALLBACK (bp_activity_list_refresh), self,
                           G_CONNECT_SWAPPED);
  bp_activity_list_refresh (self);
  return self;
}

/**
 * bp_activity_list_refresh:
 * @self: a list
 *
 * Looks at the disk again, in a thread.
 */
void
bp_activity_list_refresh (BpActivityList *self)
{
  self->is_stale = TRUE;
  start (self);
}

/**
 * bp_activity_list_is_loading:
 * @self: a list
 *
 * Returns: whether it has not been read yet
 */
gboolean
bp_activity_list_is_loading (BpActivityList *self)
{
  return !self->is_listed;
}
