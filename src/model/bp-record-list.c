/* The list is an array of row numbers; fields come in pages as they are looked
 * at. An item is a slot for its position: when the array is exchanged, living
 * slots are filled anew, and only a difference in length is told as such,
 * since GTK asks for every item that is. */
#include "config.h"

#include "bp-record-list-private.h"

#define FIRST_IDS 512
#define MAX_PAGES 32
#define MAX_SEEN 20000
#define MAX_WANTED 64

typedef struct
{
  BpListPage *page; /* (owned) */
  guint64 used;     /* the list's count of uses when it was last looked at */
} CachedPage;

typedef struct
{
  BpRecordList *list; /* (unowned) */
  BpRecord *record;   /* (unowned): by a weak reference */
  guint position;
} Slot;

static void bp_record_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BpRecordList, bp_record_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      bp_record_list_model_init))

typedef enum
{
  PROP_LOADING = 1,
} BpRecordListProperty;

static GParamSpec *properties[PROP_LOADING + 1];

enum
{
  SWAPPED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
cached_page_free (gpointer data)
{
  CachedPage *cached = data;

  bp_list_page_free (cached->page);
  g_free (cached);
}

static void
on_record_gone (gpointer data,
                GObject *record)
{
  Slot *slot = data;

  g_hash_table_remove (slot->list->slots, GUINT_TO_POINTER (slot->position));
  g_free (slot);
}

static Slot *
find_slot (BpRecordList *self,
           guint         position)
{
  return g_hash_table_lookup (self->slots, GUINT_TO_POINTER (position));
}

static const BpRow *
find_row (BpRecordList *self,
          guint         position)
{
  CachedPage *cached
    = g_hash_table_lookup (self->pages, GUINT_TO_POINTER (position / BP_LIST_PAGE));
  guint index = position % BP_LIST_PAGE;

  if (cached == NULL || index >= cached->page->rows->len)
    return NULL;

  cached->used = ++self->uses;
  return cached->page->rows->pdata[index];
}

static void
drop_oldest_page (BpRecordList *self)
{
  GHashTableIter iter;
  gpointer key, value;
  gpointer oldest = NULL;
  guint64 used = G_MAXUINT64;

  g_hash_table_iter_init (&iter, self->pages);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const CachedPage *cached = value;

      if (cached->used < used)
        {
          used = cached->used;
          oldest = key;
        }
    }
  g_hash_table_remove (self->pages, oldest);
}

/* Takes the pages of @result over. */
static void
store_pages (BpRecordList *self,
             BpListResult *result)
{
  if (g_hash_table_size (self->seen) > MAX_SEEN)
    g_hash_table_remove_all (self->seen);

  while (result->pages->len > 0)
    {
      CachedPage *cached = g_new0 (CachedPage, 1);

      cached->page = g_ptr_array_steal_index (result->pages, result->pages->len - 1);
      cached->used = ++self->uses;
      for (guint i = 0; i < cached->page->rows->len; i++)
        {
          const BpRow *row = cached->page->rows->pdata[i];

          if (row != NULL)
            g_hash_table_replace (self->seen, g_strdup (row->state->id),
                                  GUINT_TO_POINTER (row->row));
        }
      g_hash_table_replace (self->pages, GUINT_TO_POINTER (cached->page->number), cached);
      if (g_hash_table_size (self->pages) > MAX_PAGES)
        drop_oldest_page (self);
    }
}

static gboolean
has_page (BpRecordList *self,
          guint         number)
{
  return g_hash_table_contains (self->pages, GUINT_TO_POINTER (number));
}

static void
fill_page (BpRecordList *self,
           guint         number)
{
  for (guint i = 0; i < BP_LIST_PAGE; i++)
    {
      Slot *slot = find_slot (self, number * BP_LIST_PAGE + i);
      const BpRow *row = slot != NULL ? find_row (self, slot->position) : NULL;

      if (row != NULL)
        bp_record_fill (slot->record, row);
    }
}

static void
on_read (GObject      *source,
         GAsyncResult *async_result,
         gpointer      user_data)
{
  BpRecordList *self = BP_RECORD_LIST (source);
  g_autoptr (BpListResult) result = bp_list_worker_finish (async_result, NULL);
  guint number;

  if (result == NULL || result->job->generation != self->serial)
    return;

  number = g_array_index (result->job->pages, guint, 0);
  g_hash_table_remove (self->requested, GUINT_TO_POINTER (number));
  store_pages (self, result);
  fill_page (self, number);
}

static void
request_page (BpRecordList *self,
              guint         number)
{
  guint start = number * BP_LIST_PAGE;
  guint n_rows = MIN (BP_LIST_PAGE, self->ids->len - start);
  BpListJob *job;

  if (!g_hash_table_add (self->requested, GUINT_TO_POINTER (number)))
    return;

  job = bp_list_job_new (self->serial, self->table);
  g_array_append_val (job->pages, number);
  job->rows = g_array_sized_new (FALSE, FALSE, sizeof (guint32), n_rows);
  g_array_append_vals (job->rows, &g_array_index (self->ids, guint32, start), n_rows);
  bp_list_worker_push (self->worker, G_OBJECT (self), job, on_read, NULL);
}

static GType
bp_record_list_get_item_type (GListModel *model)
{
  return BP_TYPE_RECORD;
}

static guint
bp_record_list_get_n_items (GListModel *model)
{
  return BP_RECORD_LIST (model)->ids->len;
}

static gpointer
bp_record_list_get_item (GListModel *model,
                         guint       position)
{
  BpRecordList *self = BP_RECORD_LIST (model);
  Slot *slot = find_slot (self, position);
  const BpRow *row;

  if (position >= self->ids->len)
    return NULL;
  if (slot != NULL)
    return g_object_ref (slot->record);

  slot = g_new (Slot, 1);
  slot->list = self;
  slot->record = bp_record_new (self->table);
  slot->position = position;
  g_object_weak_ref (G_OBJECT (slot->record), on_record_gone, slot);
  g_hash_table_insert (self->slots, GUINT_TO_POINTER (position), slot);

  row = find_row (self, position);
  if (row != NULL)
    bp_record_fill (slot->record, row);
  else if (!has_page (self, position / BP_LIST_PAGE))
    request_page (self, position / BP_LIST_PAGE);
  return slot->record;
}

static void
bp_record_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = bp_record_list_get_item_type;
  iface->get_n_items = bp_record_list_get_n_items;
  iface->get_item = bp_record_list_get_item;
}

static GPtrArray *
list_living (BpRecordList *self)
{
  GPtrArray *living = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer slot;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &slot))
    g_ptr_array_add (living, g_object_ref (((Slot *)slot)->record));
  return living;
}

/* Handlers of "changed" may let go of any record, so none is trusted to stay. */
static void
fill_slots (BpRecordList *self)
{
  g_autoptr (GArray) positions = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GPtrArray) living = list_living (self);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint position = GPOINTER_TO_UINT (key);

      g_array_append_val (positions, position);
    }
  for (guint i = 0; i < positions->len; i++)
    {
      guint position = g_array_index (positions, guint, i);
      Slot *slot = find_slot (self, position);
      const BpRow *row;

      if (slot == NULL || position >= self->ids->len)
        continue;
      row = find_row (self, position);
      if (row != NULL || has_page (self, position / BP_LIST_PAGE))
        bp_record_fill (slot->record, row);
      else
        request_page (self, position / BP_LIST_PAGE);
    }
}

static void
swap (BpRecordList *self,
      BpListResult *result)
{
  guint before = self->ids->len;
  guint after = result->ids->len;
  guint common = MIN (before, after);
  GHashTableIter iter;
  gpointer id, row;

  g_array_unref (self->ids);
  self->ids = g_steal_pointer (&result->ids);
  self->serial++;
  g_hash_table_remove_all (self->pages);
  g_hash_table_remove_all (self->requested);
  store_pages (self, result);
  g_hash_table_iter_init (&iter, result->found);
  while (g_hash_table_iter_next (&iter, &id, &row))
    g_hash_table_replace (self->seen, g_strdup (id), row);

  if (before != after)
    g_list_model_items_changed (G_LIST_MODEL (self), common, before - common, after - common);
  fill_slots (self);
  g_signal_emit (self, signals[SWAPPED], 0);
}

static void list_ids (BpRecordList *self,
                      guint         limit);

static void
on_listed (GObject      *source,
           GAsyncResult *async_result,
           gpointer      user_data)
{
  BpRecordList *self = BP_RECORD_LIST (source);
  g_autoptr (BpListResult) result = bp_list_worker_finish (async_result, NULL);

  if (GPOINTER_TO_UINT (user_data) != self->generation)
    return;

  self->n_listing--;
  if (result != NULL)
    swap (self, result);
  if (self->n_listing == 0 && self->again)
    {
      self->again = FALSE;
      list_ids (self, 0);
    }
  if (self->n_listing > 0)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADING]);
  bp_record_list_count (self);
}

static void
add_page (GArray *pages,
          guint   number)
{
  for (guint i = 0; i < pages->len; i++)
    {
      if (g_array_index (pages, guint, i) == number)
        return;
    }
  if (pages->len < MAX_PAGES)
    g_array_append_val (pages, number);
}

/* Together with the ids come the pages that are looked at, so that no slot is
 * empty in between. */
static void
list_ids (BpRecordList *self,
          guint         limit)
{
  BpListJob *job = bp_list_job_new (self->generation, self->table);
  GHashTableIter iter;
  gpointer key;

  job->query = (BpListQuery){ .table = self->table,
                              .search = g_strdup (self->search),
                              .sort = g_strdup (self->sort),
                              .descending = self->descending,
                              .status = self->status,
                              .conditions = self->conditions,
                              .n_conditions = self->n_conditions };
  job->limit = limit;
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    add_page (job->pages, GPOINTER_TO_UINT (key) / BP_LIST_PAGE);
  add_page (job->pages, 0);
  for (guint i = 0; i < self->wanted->len; i++)
    g_ptr_array_add (job->wanted, g_steal_pointer (&self->wanted->pdata[i]));
  g_ptr_array_set_size (self->wanted, 0);

  self->n_listing++;
  bp_list_worker_push (self->worker, G_OBJECT (self), job, on_listed,
                       GUINT_TO_POINTER (self->generation));
}

/* An empty window is filled before all of a large table has been sorted. */
static void
start_query (BpRecordList *self)
{
  gboolean was_loading = self->n_listing > 0;

  self->generation++;
  self->n_listing = 0;
  self->again = FALSE;
  bp_list_worker_set_generation (self->worker, self->generation);
  if (self->ids->len == 0)
    list_ids (self, FIRST_IDS);
  list_ids (self, 0);
  if (!was_loading)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADING]);
}

static void
on_shop_changed (BpShop       *shop,
                 guint         tables,
                 BpRecordList *self)
{
  if (tables & (1u << bp_table_get_index (self->table)))
    bp_record_list_refresh (self);
}

static void
bp_record_list_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  BpRecordList *self = BP_RECORD_LIST (object);

  switch ((BpRecordListProperty)prop_id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, bp_record_list_is_loading (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
bp_record_list_dispose (GObject *object)
{
  BpRecordList *self = BP_RECORD_LIST (object);
  GHashTableIter iter;
  gpointer value;

  if (self->shop != NULL)
    g_clear_signal_handler (&self->shop_handler, self->shop);
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Slot *slot = value;

      g_object_weak_unref (G_OBJECT (slot->record), on_record_gone, slot);
      g_free (slot);
      g_hash_table_iter_remove (&iter);
    }
  g_clear_pointer (&self->worker, bp_list_worker_free);
  g_clear_object (&self->shop);

  G_OBJECT_CLASS (bp_record_list_parent_class)->dispose (object);
}

static void
bp_record_list_finalize (GObject *object)
{
  BpRecordList *self = BP_RECORD_LIST (object);

  g_free (self->search);
  g_free (self->sort);
  g_array_unref (self->ids);
  g_hash_table_unref (self->slots);
  g_hash_table_unref (self->pages);
  g_hash_table_unref (self->requested);
  g_hash_table_unref (self->seen);
  g_ptr_array_unref (self->wanted);

  G_OBJECT_CLASS (bp_record_list_parent_class)->finalize (object);
}

static void
bp_record_list_class_init (BpRecordListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = bp_record_list_get_property;
  object_class->dispose = bp_record_list_dispose;
  object_class->finalize = bp_record_list_finalize;

  /**
   * BpRecordList:loading:
   *
   * Whether a list is being made; what is shown may then be of before.
   */
  properties[PROP_LOADING]
    = g_param_spec_boolean ("loading", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * BpRecordList::counted:
   * @self: the list
   *
   * Emitted when bp_record_list_get_counts() tells something new.
   */
  /**
   * BpRecordList::swapped:
   * @self: the list
   *
   * Emitted after the list was read anew: records may be elsewhere.
   */
  signals[SWAPPED] = g_signal_new ("swapped", BP_TYPE_RECORD_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  g_signal_new ("counted", BP_TYPE_RECORD_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                NULL, g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_record_list_init (BpRecordList *self)
{
  self->status = -1;
  self->ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->slots = g_hash_table_new (NULL, NULL);
  self->pages = g_hash_table_new_full (NULL, NULL, NULL, cached_page_free);
  self->requested = g_hash_table_new (NULL, NULL);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->wanted = g_ptr_array_new_with_free_func (g_free);
}

/**
 * bp_record_list_new:
 * @shop: a shop
 * @table: a table
 *
 * Follows the shop's "changed" by itself.
 *
 * Returns: (transfer full): all living records of @table, in its natural
 *   order; empty until they have been read
 */
BpRecordList *
bp_record_list_new (BpShop        *shop,
                    const BpTable *table)
{
  BpRecordList *self = g_object_new (BP_TYPE_RECORD_LIST, NULL);

  self->shop = g_object_ref (shop);
  self->table = table;
  self->worker = bp_list_worker_new (bp_shop_get_store (shop));
  self->shop_handler = g_signal_connect (shop, "changed", G_CALLBACK (on_shop_changed), self);
  start_query (self);
  return self;
}

/**
 * bp_record_list_set_search:
 * @self: a list
 * @search: (nullable): beginnings of words; all records where %NULL or empty
 */
void
bp_record_list_set_search (BpRecordList *self,
                           const char   *search)
{
  g_autofree char *trimmed = search != NULL ? g_strstrip (g_strdup (search)) : NULL;

  if (trimmed != NULL && trimmed[0] == '\0')
    g_clear_pointer (&trimmed, g_free);
  if (g_strcmp0 (self->search, trimmed) == 0)
    return;

  g_free (self->search);
  self->search = g_steal_pointer (&trimmed);
  start_query (self);
}

/**
 * bp_record_list_set_sort:
 * @self: a list
 * @field: (nullable): by which field; the table's natural order where %NULL
 * @descending: the other way round
 */
void
bp_record_list_set_sort (BpRecordList *self,
                         const char   *field,
                         gboolean      descending)
{
  if (g_strcmp0 (self->sort, field) == 0 && self->descending == !!descending)
    return;

  g_free (self->sort);
  self->sort = g_strdup (field);
  self->descending = !!descending;
  start_query (self);
}

/**
 * bp_record_list_set_status:
 * @self: a list
 * @status: a #BpRecordStatus; −1 for all records
 */
void
bp_record_list_set_status (BpRecordList *self,
                           int           status)
{
  if (self->status == status)
    return;

  self->status = status;
  start_query (self);
}

/**
 * bp_record_list_set_conditions:
 * @self: a list
 * @conditions: (array length=n_conditions) (nullable): what must hold of what
 *   is shown; constant data
 * @n_conditions: how many
 */
void
bp_record_list_set_conditions (BpRecordList      *self,
                               const BpCondition *conditions,
                               guint              n_conditions)
{
  if (self->conditions == conditions && self->n_conditions == n_conditions)
    return;

  self->conditions = conditions;
  self->n_conditions = n_conditions;
  start_query (self);
}

/**
 * bp_record_list_refresh:
 * @self: a list
 *
 * Reads it again; items that show something else afterwards emit "changed".
 */
void
bp_record_list_refresh (BpRecordList *self)
{
  self->counts_are_stale = TRUE;
  if (self->n_listing > 0)
    {
      self->again = TRUE;
      return;
    }

  list_ids (self, 0);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADING]);
}

/**
 * bp_record_list_is_loading:
 * @self: a list
 *
 * Returns: whether a list is being made; what is shown may then be of before
 */
gboolean
bp_record_list_is_loading (BpRecordList *self)
{
  return self->n_listing > 0;
}

/**
 * bp_record_list_get_row:
 * @self: a list
 * @position: below its length
 *
 * Returns: the number by which the store knows the record that is there
 */
guint32
bp_record_list_get_row (BpRecordList *self,
                        guint         position)
{
  g_return_val_if_fail (position < self->ids->len, 0);

  return g_array_index (self->ids, guint32, position);
}

/**
 * bp_record_list_find:
 * @self: a list
 * @id: a record
 *
 * Where a record has never been looked at its place is not known yet; the next
 * time the list is read it is looked for.
 *
 * Returns: its position; −1 where it is not in the list or not known yet
 */
int
bp_record_list_find (BpRecordList *self,
                     const char   *id)
{
  gpointer value;
  guint32 row;

  if (!g_hash_table_lookup_extended (self->seen, id, NULL, &value))
    {
      if (self->wanted->len < MAX_WANTED)
        g_ptr_array_add (self->wanted, g_strdup (id));
      return -1;
    }

  row = GPOINTER_TO_UINT (value);
  for (guint i = 0; i < self->ids->len; i++)
    {
      if (g_array_index (self->ids, guint32, i) == row)
        return (int)i;
    }

  return -1;
}
