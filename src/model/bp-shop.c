#include "config.h"

#include "bp-shop-private.h"

#include "bp-date.h"
#include "bp-error.h"
#include "bp-id.h"

/* So many changes in a row are told as one. */
#define NOTIFY_DELAY_MS 100
#define WATCH_SECONDS 1
#define ALL_TABLES ((1u << BP_N_TABLES) - 1)

struct _BpShop
{
  GObject parent_instance;

  BpStore *store;        /* (owned) */
  BpClock *clock;        /* (owned) */
  GMainContext *context; /* (owned) */
  gulong store_handler;

  GMutex lock;        /* guards what follows, up to the watch */
  char *user;         /* (owned) (nullable) */
  BpProfile *profile; /* (owned) (nullable): as last read */
  guint changed;      /* tables not told of yet */
  GSource *notify;    /* (owned) (nullable) */

  GSource *watch; /* (owned) (nullable) */
  gboolean polling;
};

G_DEFINE_FINAL_TYPE (BpShop, bp_shop, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* A shop as other threads may know it. */
typedef struct
{
  GWeakRef shop;
} Link;

static Link *
link_new (BpShop *self)
{
  Link *link = g_new0 (Link, 1);

  g_weak_ref_init (&link->shop, self);
  return link;
}

static void
link_free (gpointer data)
{
  Link *link = data;

  g_weak_ref_clear (&link->shop);
  g_free (link);
}

static gboolean
on_notify (gpointer data)
{
  Link *link = data;
  g_autoptr (BpShop) self = g_weak_ref_get (&link->shop);
  guint changed;

  if (self == NULL)
    return G_SOURCE_REMOVE;

  g_mutex_lock (&self->lock);
  changed = self->changed;
  self->changed = 0;
  g_clear_pointer (&self->notify, g_source_unref);
  g_mutex_unlock (&self->lock);

  g_signal_emit (self, signals[CHANGED], 0, changed);
  return G_SOURCE_REMOVE;
}

/* Any thread. */
static void
note_changed (BpShop *self,
              guint   tables)
{
  guint settings = 1u << bp_table_get_index (bp_table_find ("settings"));

  g_mutex_lock (&self->lock);
  self->changed |= tables;
  if (tables & settings)
    g_clear_pointer (&self->profile, bp_profile_free);
  if (self->notify == NULL)
    {
      self->notify = g_timeout_source_new (NOTIFY_DELAY_MS);
      g_source_set_callback (self->notify, on_notify, link_new (self), link_free);
      g_source_set_static_name (self->notify, "BpShop changed");
      g_source_attach (self->notify, self->context);
    }
  g_mutex_unlock (&self->lock);
}

static void
on_store_changed (BpStore *store,
                  guint    tables,
                  Link    *link)
{
  g_autoptr (BpShop) self = g_weak_ref_get (&link->shop);

  if (self != NULL)
    note_changed (self, tables);
}

static void
link_closure_free (gpointer  data,
                   GClosure *closure)
{
  link_free (data);
}

/* The store tells of what it finds, as of its own writes. */
static void
look_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpShop *self = source_object;

  g_task_return_boolean (task, bp_store_look_around (self->store));
}

static void
on_looked (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  BP_SHOP (source)->polling = FALSE;
}

static gboolean
on_watch (gpointer data)
{
  Link *link = data;
  g_autoptr (BpShop) self = g_weak_ref_get (&link->shop);
  g_autoptr (GTask) task = NULL;

  if (self == NULL)
    return G_SOURCE_REMOVE;
  if (self->polling)
    return G_SOURCE_CONTINUE;

  self->polling = TRUE;
  task = g_task_new (self, NULL, on_looked, NULL);
  g_task_set_source_tag (task, on_watch);
  g_task_run_in_thread (task, look_in_thread);
  return G_SOURCE_CONTINUE;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
bp_shop_dispose (GObject *object)
{
  BpShop *self = BP_SHOP (object);

  if (self->store != NULL)
    g_clear_signal_handler (&self->store_handler, self->store);
  g_mutex_lock (&self->lock);
  clear_source (&self->notify);
  g_mutex_unlock (&self->lock);
  clear_source (&self->watch);

  G_OBJECT_CLASS (bp_shop_parent_class)->dispose (object);
}

static void
bp_shop_finalize (GObject *object)
{
  BpShop *self = BP_SHOP (object);

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->profile, bp_profile_free);
  g_free (self->user);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (bp_shop_parent_class)->finalize (object);
}

static void
bp_shop_class_init (BpShopClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = bp_shop_dispose;
  object_class->finalize = bp_shop_finalize;

  /**
   * BpShop::changed:
   * @self: the shop
   * @tables: bit i is set where table i changed
   *
   * Emitted a moment after records or their status changed, in the main
   * context the shop was opened in; several changes may come as one.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_SHOP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   g_cclosure_marshal_VOID__UINT, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
bp_shop_init (BpShop *self)
{
  g_mutex_init (&self->lock);
}

/**
 * bp_shop_open:
 * @folder: where the data is; made where it is missing
 * @clock: time and randomness
 * @error: #BpDatabaseError, #GFileError
 *
 * Opens the books in @folder. Changes are told in the thread-default main
 * context of the caller.
 *
 * Returns: (transfer full): a shop
 */
BpShop *
bp_shop_open (const char *folder,
              BpClock    *clock,
              GError    **error)
{
  g_autoptr (BpStore) store = bp_store_open (folder, clock, error);
  BpShop *self;

  if (store == NULL)
    return NULL;

  self = g_object_new (BP_TYPE_SHOP, NULL);
  self->store = g_steal_pointer (&store);
  self->clock = g_object_ref (clock);
  self->context = g_main_context_ref_thread_default ();
  self->store_handler
    = g_signal_connect_data (self->store, "changed", G_CALLBACK (on_store_changed),
                             link_new (self), link_closure_free, 0);
  return self;
}

/**
 * bp_shop_get_store:
 * @self: a shop
 *
 * Returns: (transfer none): its store, for the sync engine and for the
 *   functions of the store that need no shop
 */
BpStore *
bp_shop_get_store (BpShop *self)
{
  return self->store;
}

/**
 * bp_shop_get_folder:
 * @self: a shop
 *
 * Returns: (transfer none): where its data is
 */
const char *
bp_shop_get_folder (BpShop *self)
{
  return bp_store_get_folder (self->store);
}

/**
 * bp_shop_get_clock:
 * @self: a shop
 *
 * Returns: (transfer none): the clock it was opened with
 */
BpClock *
bp_shop_get_clock (BpShop *self)
{
  return self->clock;
}

/**
 * bp_shop_watch:
 * @self: a shop
 *
 * From now on "changed" also tells what other processes change, within about
 * a second. Needs the main context the shop was opened in to run.
 */
void
bp_shop_watch (BpShop *self)
{
  if (self->watch != NULL)
    return;

  self->watch = g_timeout_source_new_seconds (WATCH_SECONDS);
  g_source_set_callback (self->watch, on_watch, link_new (self), link_free);
  g_source_set_static_name (self->watch, "BpShop watch");
  g_source_attach (self->watch, self->context);
}

/**
 * bp_shop_dup_profile:
 * @self: a shop
 *
 * Reads from the disk the first time and after a change of settings; settings
 * that another process changes are noticed where the shop is watched.
 *
 * Returns: (transfer full): the shop's settings, defaults filled in
 */
BpProfile *
bp_shop_dup_profile (BpShop *self)
{
  BpProfile *profile = NULL;

  g_mutex_lock (&self->lock);
  if (self->profile != NULL)
    profile = bp_profile_copy (self->profile);
  g_mutex_unlock (&self->lock);
  if (profile != NULL)
    return profile;

  profile = bp_profile_read (self->store);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->profile, bp_profile_free);
  self->profile = bp_profile_copy (profile);
  g_mutex_unlock (&self->lock);
  return profile;
}

/**
 * bp_shop_set_user:
 * @self: a shop
 * @user: (nullable): who is working, kept with each change made from now on
 */
void
bp_shop_set_user (BpShop     *self,
                  const char *user)
{
  g_mutex_lock (&self->lock);
  g_free (self->user);
  self->user = g_strdup (user);
  g_mutex_unlock (&self->lock);
}

/**
 * bp_shop_dup_user:
 * @self: a shop
 *
 * Returns: (transfer full) (nullable): who is working
 */
char *
bp_shop_dup_user (BpShop *self)
{
  char *user;

  g_mutex_lock (&self->lock);
  user = g_strdup (self->user);
  g_mutex_unlock (&self->lock);
  return user;
}

static void
fill_in_integer (BpChange   *change,
                 const char *name,
                 gint64      integer)
{
  int field = bp_table_find_field (change->table, name);

  if (field >= 0 && !bp_change_has (change, (guint)field))
    bp_change_set_integer (change, name, integer);
}

/**
 * bp_shop_fill_in:
 * @profile: the shop's settings
 * @now: in milliseconds
 * @change: (inout): the fields of a new record
 * @error: %BP_DATA_ERROR_INVALID_VALUE where the shop's time zone is unknown
 *
 * Gives fields that are absent what the shop's settings say: a product its
 * tax, a fact its time and the business date of that time.
 *
 * Returns: %FALSE with @error set where that fails
 */
gboolean
bp_shop_fill_in (const BpProfile *profile,
                 gint64           now,
                 BpChange        *change,
                 GError         **error)
{
  g_autoptr (GTimeZone) zone = NULL;
  gint64 time = now;

  if (!change->table->fact)
    {
      fill_in_integer (change, "tax_rate", profile->tax_rate);
      fill_in_integer (change, "tax_inclusive", profile->tax_inclusive);
      return TRUE;
    }

  zone = bp_date_find_zone (profile->time_zone, error);
  if (zone == NULL)
    return FALSE;
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      const BpField *field = &change->table->fields[i];

      if (field->type == BP_FIELD_TIME && change->values[i].kind == BP_VALUE_NULL)
        bp_change_set_integer (change, field->name, now);
      if (field->type == BP_FIELD_TIME)
        time = change->values[i].integer;
      if (field->type == BP_FIELD_DATE && change->values[i].kind == BP_VALUE_NULL)
        {
          g_autofree char *date = bp_date_get_business_date (time, zone, profile->day_cutoff);

          bp_change_set_text (change, field->name, date);
        }
    }

  return TRUE;
}

/**
 * bp_shop_save_one:
 * @self: a shop
 * @table: a table
 * @id: a record
 * @kind: what is done
 * @change: (nullable) (transfer full): its fields
 * @error: as of bp_store_save()
 *
 * Saves one record as an action of its own.
 *
 * Returns: whether it is saved
 */
gboolean
bp_shop_save_one (BpShop         *self,
                  const BpTable  *table,
                  const char     *id,
                  BpOperationKind kind,
                  BpChange       *change,
                  GError        **error)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autofree char *user = bp_shop_dup_user (self);

  g_ptr_array_add (writes, bp_write_new (table, id, kind, change));
  return bp_store_save (self->store, writes, user, error);
}

static gboolean
save_in_transaction (BpStore *store,
                     gpointer user_data,
                     GError **error)
{
  BpShopWrite *write = user_data;
  BpShop *self = write->shop;
  gboolean is_insert = write->kind == BP_OPERATION_INSERT;
  g_autoptr (BpChange) change = write->change != NULL ? bp_change_copy (write->change) : NULL;

  if (is_insert)
    {
      g_autoptr (BpProfile) profile = bp_profile_read (store);

      if (!bp_shop_fill_in (profile, bp_clock_get_now (self->clock), change, error))
        return FALSE;
    }
  if (change != NULL && !bp_shop_check_rules (self, write->kind, write->id, change, error))
    return FALSE;

  return bp_shop_save_one (self, write->table, write->id, write->kind, g_steal_pointer (&change),
                           error);
}

/**
 * bp_shop_add:
 * @self: a shop
 * @table: any table but `sales` (see bp_shop_record_sale())
 * @id: (nullable): its id; made where %NULL, but needed where the id is the
 *   record's meaning (settings)
 * @change: its fields; what is absent has the shop's or the table's default
 * @error: #BpDataError, #BpStoreError, #BpDatabaseError
 *
 * Saves a new record and queues it, as an action of its own. Nothing changes
 * on failure.
 *
 * Returns: (transfer full): its id
 */
char *
bp_shop_add (BpShop         *self,
             const BpTable  *table,
             const char     *id,
             const BpChange *change,
             GError        **error)
{
  g_autofree char *made = NULL;
  BpShopWrite write = { self, table, NULL, BP_OPERATION_INSERT, change };

  if (id == NULL && table->keyed)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD, "“%s” needs an “id”",
                   table->name);
      return NULL;
    }

  made = id != NULL ? g_strdup (id) : bp_id_new (self->clock);
  write.id = made;
  if (!bp_store_transact (self->store, save_in_transaction, &write, error))
    return NULL;

  return g_steal_pointer (&made);
}

/**
 * bp_shop_change:
 * @self: a shop
 * @table: a table
 * @id: a record
 * @change: the fields that change; of a sale only `status` to void, and `note`
 * @error: #BpDataError, #BpStoreError, #BpDatabaseError
 *
 * Changes a record, or restores a deleted one, and queues it. Nothing changes
 * on failure.
 *
 * Returns: whether it is saved
 */
gboolean
bp_shop_change (BpShop         *self,
                const BpTable  *table,
                const char     *id,
                const BpChange *change,
                GError        **error)
{
  BpShopWrite write = { self, table, id, BP_OPERATION_UPDATE, change };

  return bp_store_transact (self->store, save_in_transaction, &write, error);
}

/**
 * bp_shop_delete:
 * @self: a shop
 * @table: a table
 * @id: a record
 * @error: %BP_STORE_ERROR_NOT_FOUND, %BP_STORE_ERROR_POSTED, #BpDatabaseError
 *
 * Deletes a record and queues that. Nothing changes on failure.
 *
 * Returns: whether it is deleted
 */
gboolean
bp_shop_delete (BpShop        *self,
                const BpTable *table,
                const char    *id,
                GError       **error)
{
  return bp_shop_save_one (self, table, id, BP_OPERATION_DELETE, NULL, error);
}

static void
save_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpShop *self = source_object;
  const BpWrite *write = task_data;
  GError *error = NULL;
  char *id = NULL;

  switch (write->kind)
    {
    case BP_OPERATION_INSERT:
      id = bp_shop_add (self, write->table, write->id, write->change, &error);
      break;
    case BP_OPERATION_UPDATE:
      if (bp_shop_change (self, write->table, write->id, write->change, &error))
        id = g_strdup (write->id);
      break;
    case BP_OPERATION_DELETE:
      if (bp_shop_delete (self, write->table, write->id, &error))
        id = g_strdup (write->id);
      break;
    default:
      g_assert_not_reached ();
    }

  if (id != NULL)
    g_task_return_pointer (task, id, g_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_save_async:
 * @self: a shop
 * @write: (transfer full): what to save: as bp_shop_add(), bp_shop_change() or
 *   bp_shop_delete(); the id of an INSERT may be %NULL
 * @cancellable: (nullable): makes the result be dropped; what is being saved
 *   is saved
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_save_async (BpShop             *self,
                    BpWrite            *write,
                    GCancellable       *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_shop_save_async);
  g_task_set_task_data (task, write, (GDestroyNotify)bp_write_free);
  g_task_run_in_thread (task, save_in_thread);
}

/**
 * bp_shop_save_finish:
 * @self: a shop
 * @result: of bp_shop_save_async()
 * @error: as of the function that was run
 *
 * Returns: (transfer full): the record's id
 */
char *
bp_shop_save_finish (BpShop       *self,
                     GAsyncResult *result,
                     GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
