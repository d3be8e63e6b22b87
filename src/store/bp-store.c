/* Opening, the lock, and transactions that nest. */
#include "config.h"

#include "bp-store-private.h"

#include <errno.h>
#include <glib/gstdio.h>

#define STORE_APPLICATION_ID 0x42697a50
#define GIVE_WAY_USEC 200
#define GIVE_WAY_STEPS 500

static const char *const migrations[] = {
  "/io/github/bizpulse/store/sql/0001-initial.sql",
  "/io/github/bizpulse/store/sql/0002-unanswered.sql",
  "/io/github/bizpulse/store/sql/0003-business-dates.sql",
  "/io/github/bizpulse/store/sql/0004-log-direction.sql",
  "/io/github/bizpulse/store/sql/0005-upkeep.sql",
  "/io/github/bizpulse/store/sql/0006-effects-by-age.sql",
  "/io/github/bizpulse/store/sql/0007-status.sql",
  NULL,
};

struct _BpStore
{
  GObject parent_instance;

  GRecMutex mutex;
  int n_waiting; /* atomic: threads that wait for the mutex */
  char *folder;       /* (owned) */
  BpClock *clock;     /* (owned) */
  BpDatabase *database; /* (owned) */
  GHashTable *joined; /* (owned): see bp_store_get_joined() */
  guint depth;
  guint changed;
  gboolean is_read_only;
  gint64 data_version; /* when bp_store_look_around() last looked */
};

G_DEFINE_FINAL_TYPE (BpStore, bp_store, G_TYPE_OBJECT)
G_DEFINE_QUARK (bp_store_error, bp_store_error)

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
bp_store_finalize (GObject *object)
{
  BpStore *self = BP_STORE (object);

  bp_database_close (self->database);
  g_hash_table_unref (self->joined);
  g_clear_object (&self->clock);
  g_free (self->folder);
  g_rec_mutex_clear (&self->mutex);
  G_OBJECT_CLASS (bp_store_parent_class)->finalize (object);
}

static void
bp_store_class_init (BpStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bp_store_finalize;

  signals[SIGNAL_CHANGED]
    = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
bp_store_init (BpStore *self)
{
  g_rec_mutex_init (&self->mutex);
  self->joined = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * bp_store_open_database:
 * @path: the file
 * @mode: what for
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full): a connection to a file of a store
 */
BpDatabase *
bp_store_open_database (const char    *path,
                        BpDatabaseMode mode,
                        GError       **error)
{
  return bp_database_open (path, mode, STORE_APPLICATION_ID, migrations, error);
}

/**
 * bp_store_open:
 * @folder: where `bizpulse_local.db` is; made, mode 0700, when missing
 * @clock: time and randomness
 * @error: #BpDatabaseError
 *
 * Opens the books, makes them where there are none, and brings older ones to
 * the newest version. Where nothing can be written they can still be read:
 * bp_store_is_read_only(). One store a folder and process.
 *
 * Returns: (transfer full): the store
 */
BpStore *
bp_store_open (const char *folder,
               BpClock    *clock,
               GError    **error)
{
  g_autoptr (BpStore) self = g_object_new (BP_TYPE_STORE, NULL);
  g_autofree char *path = g_build_filename (folder, BP_STORE_FILE, NULL);
  g_autoptr (GError) local_error = NULL;

  self->folder = g_strdup (folder);
  self->clock = g_object_ref (clock);
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      int saved = errno;

      g_set_error (error, BP_DATABASE_ERROR,
                   saved == EACCES || saved == EROFS ? BP_DATABASE_ERROR_READ_ONLY
                                                     : BP_DATABASE_ERROR_FAILED,
                   "Could not make the folder %s: %s", folder, g_strerror (saved));
      return NULL;
    }

  self->database = bp_store_open_database (path, BP_DATABASE_WRITER, &local_error);
  if (g_error_matches (local_error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_READ_ONLY))
    {
      g_autoptr (GError) reason = NULL;

      self->database = bp_store_open_database (path, BP_DATABASE_READER, &reason);
      self->is_read_only = self->database != NULL;
      if (g_error_matches (reason, BP_DATABASE_ERROR, BP_DATABASE_ERROR_READ_ONLY))
        {
          g_clear_error (&local_error);
          local_error = g_steal_pointer (&reason);
        }
    }
  if (self->database == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  self->data_version = bp_database_get_data_version (self->database);
  return g_steal_pointer (&self);
}

/**
 * bp_store_get_folder:
 * @self: a store
 *
 * Returns: (transfer none): its folder
 */
const char *
bp_store_get_folder (BpStore *self)
{
  return self->folder;
}

/**
 * bp_store_is_read_only:
 * @self: a store
 *
 * Returns: whether the folder could only be read when it was opened: each save
 *   fails with %BP_DATABASE_ERROR_READ_ONLY
 */
gboolean
bp_store_is_read_only (BpStore *self)
{
  return self->is_read_only;
}

/**
 * bp_store_get_clock:
 * @self: a store
 *
 * Returns: (transfer none): the clock it was opened with
 */
BpClock *
bp_store_get_clock (BpStore *self)
{
  return self->clock;
}

/**
 * bp_store_get_database:
 * @self: a store, locked
 *
 * Returns: (transfer none): its writing connection
 */
BpDatabase *
bp_store_get_database (BpStore *self)
{
  return self->database;
}

/**
 * bp_store_get_joined:
 * @self: a store, in a transaction
 *
 * Which older action an action of this transaction became a part of, by action
 * id; an action that was looked at and joined none stands for itself.
 *
 * Returns: (transfer none) (element-type utf8 utf8): emptied when the
 *   transaction ends
 */
GHashTable *
bp_store_get_joined (BpStore *self)
{
  return self->joined;
}

/**
 * bp_store_lock:
 * @self: a store
 *
 * Waits until no other thread uses the store. May be called again by the
 * thread that has the lock; each call needs one bp_store_unlock().
 */
void
bp_store_lock (BpStore *self)
{
  if (g_rec_mutex_trylock (&self->mutex))
    return;

  g_atomic_int_inc (&self->n_waiting);
  g_rec_mutex_lock (&self->mutex);
  g_atomic_int_add (&self->n_waiting, -1);
}

/**
 * bp_store_unlock:
 * @self: a store that this thread has locked
 */
void
bp_store_unlock (BpStore *self)
{
  g_rec_mutex_unlock (&self->mutex);
}

/**
 * bp_store_is_wanted:
 * @self: a store, locked or not
 *
 * Returns: whether another thread, or another process, waits for it
 */
gboolean
bp_store_is_wanted (BpStore *self)
{
  return g_atomic_int_get (&self->n_waiting) > 0 || bp_database_is_wanted (self->database);
}

/**
 * bp_store_give_way:
 * @self: a store that this thread has not locked
 *
 * What writes a lot in many transactions calls it between them: whoever waits
 * for the store, in this process or in another one, has it first. Returns after
 * a moment also where somebody waits on.
 *
 * Returns: whether anybody waited
 */
gboolean
bp_store_give_way (BpStore *self)
{
  gboolean is_wanted = FALSE;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  for (guint i = 0; i < GIVE_WAY_STEPS; i++)
    {
      if (!bp_store_is_wanted (self))
        break;
      is_wanted = TRUE;
      g_usleep (GIVE_WAY_USEC);
    }

  return is_wanted;
}

/**
 * bp_store_note_changed:
 * @self: a store, in a transaction
 * @table: a table whose records, or their status, changed
 *
 * Makes the commit emit "changed".
 */
void
bp_store_note_changed (BpStore       *self,
                       const BpTable *table)
{
  self->changed |= 1u << bp_table_get_index (table);
}

static gboolean
transact_inside (BpStore    *self,
                 BpStoreFunc func,
                 gpointer    user_data,
                 GError    **error)
{
  if (!bp_store_execute (self, error, "SAVEPOINT inner", ""))
    return FALSE;
  if (func (self, user_data, error) && bp_store_execute (self, error, "RELEASE inner", ""))
    return TRUE;

  bp_store_execute (self, NULL, "ROLLBACK TO inner", "");
  bp_store_execute (self, NULL, "RELEASE inner", "");
  return FALSE;
}

static gboolean
transact_outside (BpStore    *self,
                  BpStoreFunc func,
                  gpointer    user_data,
                  GError    **error)
{
  gboolean ok;

  if (!bp_database_begin (self->database, error))
    return FALSE;

  self->depth = 1;
  self->changed = 0;
  ok = func (self, user_data, error) && bp_database_is_under_way (self->database, error)
       && bp_database_commit (self->database, error);
  if (!ok)
    {
      bp_database_rollback (self->database);
      self->changed = 0;
    }
  self->depth = 0;
  g_hash_table_remove_all (self->joined);
  return ok;
}

/**
 * bp_store_transact:
 * @self: a store
 * @func: (scope call): what is done in it
 * @user_data: for @func
 * @error: what @func set, or #BpDatabaseError
 *
 * Runs @func in one durable transaction. Called inside of another one it is a
 * part of that: when it fails, what it wrote is taken back, and the outer one
 * may go on or fail, too. "changed" is emitted after the outermost commit,
 * when the lock is no longer held.
 *
 * Returns: whether what @func wrote holds (or will, with the outer one)
 */
gboolean
bp_store_transact (BpStore    *self,
                   BpStoreFunc func,
                   gpointer    user_data,
                   GError    **error)
{
  guint changed = 0;
  gboolean ok;

  bp_store_lock (self);
  if (self->depth > 0)
    {
      self->depth++;
      ok = bp_database_is_under_way (self->database, error)
           && transact_inside (self, func, user_data, error);
      self->depth--;
    }
  else
    {
      ok = transact_outside (self, func, user_data, error);
      changed = ok ? self->changed : 0;
    }
  bp_store_unlock (self);

  if (changed != 0)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, changed);
  return ok;
}

/**
 * bp_store_look_around:
 * @self: a store not in a transaction
 *
 * Whether another process has written to the folder since this was last asked
 * (at first: since the folder was opened). Where it has, “changed” is
 * emitted for all tables, in the calling thread. A moment's wait for a
 * transaction that is under way is possible.
 *
 * Returns: whether it has
 */
gboolean
bp_store_look_around (BpStore *self)
{
  gint64 version;
  gboolean has_changed;

  bp_store_lock (self);
  version = bp_database_get_data_version (self->database);
  has_changed = version > 0 && self->data_version > 0 && version != self->data_version;
  if (version > 0)
    self->data_version = version;
  bp_store_unlock (self);

  if (has_changed)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0, (1u << BP_N_TABLES) - 1);
  return has_changed;
}

/**
 * bp_store_checkpoint:
 * @self: a store not in a transaction
 * @error: #BpDatabaseError
 *
 * Copies the WAL into the file as far as readers allow: what an idle moment
 * is good for.
 *
 * Returns: whether nothing failed
 */
gboolean
bp_store_checkpoint (BpStore *self,
                     GError **error)
{
  gboolean ok;

  bp_store_lock (self);
  ok = bp_database_checkpoint (self->database, error);
  bp_store_unlock (self);
  return ok;
}
