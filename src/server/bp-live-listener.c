#include "config.h"

#include "bp-live-listener.h"

/* A connection that was cut is back at once; a database that is away is not. */
#define RETRY_FIRST_MS 20
#define RETRY_MS 1000

struct _BpLiveListener
{
  BpBackend *backend; /* (owned): the thread's */
  BpLive *live;       /* (owned): the context's */
  GMainContext *context; /* (owned) */
  GThread *thread;    /* (owned) */
  gulong handler;

  GMutex mutex;              /* guards the rest */
  GHashTable *heard;         /* (owned): ids of stores that somebody listens to */
  GHashTable *unsure;        /* (owned): those that are to be looked at */
  GHashTable *own;           /* (owned): store ids to seqs: what others are not told yet */
  GCancellable *cancellable; /* (owned): wakes the thread up */
  gboolean is_stopped;
};

/* On its way from the thread to the context. */
typedef struct
{
  BpLive *live;     /* (owned) */
  GPtrArray *news;  /* (owned) (nullable) (element-type BpNews) */
  GPtrArray *states; /* (owned) (nullable) (element-type BpLiveState) */
} Word;

static void
word_free (gpointer data)
{
  Word *word = data;

  g_object_unref (word->live);
  g_clear_pointer (&word->news, g_ptr_array_unref);
  g_clear_pointer (&word->states, g_ptr_array_unref);
  g_free (word);
}

static gboolean
pass_on (gpointer user_data)
{
  Word *word = user_data;

  for (guint i = 0; word->news != NULL && i < word->news->len; i++)
    {
      const BpNews *news = word->news->pdata[i];

      if (news->store_id != NULL && news->seq >= 0)
        bp_live_tell (word->live, news->store_id, news->seq);
    }
  for (guint i = 0; word->states != NULL && i < word->states->len; i++)
    {
      const BpLiveState *state = word->states->pdata[i];

      bp_live_tell (word->live, state->store_id, state->seq);
      bp_live_shut_others (word->live, state->store_id, state->device_ids);
    }
  return G_SOURCE_REMOVE;
}

static void
post (BpLiveListener *self,
      GPtrArray      *news,
      GPtrArray      *states)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Word *word = g_new0 (Word, 1);

  word->live = g_object_ref (self->live);
  word->news = news != NULL ? g_ptr_array_ref (news) : NULL;
  word->states = states != NULL ? g_ptr_array_ref (states) : NULL;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, pass_on, word, word_free);
  g_source_attach (source, self->context);
}

static void
note_unsure (BpLiveListener *self,
             const char     *store_id)
{
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->mutex);
  g_hash_table_iter_init (&iter, self->heard);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (store_id == NULL || g_str_equal (store_id, key))
        g_hash_table_add (self->unsure, g_strdup (key));
    }
  g_mutex_unlock (&self->mutex);
}

/* From here on a new wish wakes the thread up again. */
static GPtrArray *
take_unsure (BpLiveListener *self,
             gboolean       *is_stopped)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&self->mutex);
  *is_stopped = self->is_stopped;
  if (!self->is_stopped)
    g_cancellable_reset (self->cancellable);
  g_hash_table_iter_init (&iter, self->unsure);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (ids, key);
    }
  g_mutex_unlock (&self->mutex);
  return ids;
}

static gboolean
look (BpLiveListener *self,
      GPtrArray      *store_ids,
      GError        **error)
{
  g_autoptr (GPtrArray) states = NULL;

  if (store_ids->len == 0)
    return TRUE;
  states = bp_rules_look_live (self->backend, store_ids, error);
  if (states != NULL)
    {
      post (self, NULL, states);
      return TRUE;
    }

  for (guint i = 0; i < store_ids->len; i++)
    note_unsure (self, store_ids->pdata[i]);
  return FALSE;
}

static gboolean
await_news (BpLiveListener *self,
            GError        **error)
{
  g_autoptr (GPtrArray) news = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_news_free);
  gboolean is_fine = bp_backend_call (self->backend, await_news, self->cancellable, news, error);

  for (guint i = 0; i < news->len; i++)
    {
      const BpNews *one = news->pdata[i];

      if (one->store_id == NULL || one->seq < 0)
        note_unsure (self, one->store_id);
    }
  if (news->len > 0)
    post (self, news, NULL);
  return is_fine;
}

static void
note_own (BpLiveListener *self,
          const char     *store_id,
          gint64          seq)
{
  gint64 *noted;

  g_mutex_lock (&self->mutex);
  noted = g_hash_table_lookup (self->own, store_id);
  if (noted == NULL)
    {
      noted = g_new0 (gint64, 1);
      g_hash_table_insert (self->own, g_strdup (store_id), noted);
    }
  *noted = MAX (*noted, seq);
  g_mutex_unlock (&self->mutex);
}

static GPtrArray *
take_own (BpLiveListener *self)
{
  GPtrArray *news = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_news_free);
  GHashTableIter iter;
  gpointer store_id, seq;

  g_mutex_lock (&self->mutex);
  g_hash_table_iter_init (&iter, self->own);
  while (g_hash_table_iter_next (&iter, &store_id, &seq))
    g_ptr_array_add (news, bp_news_new (store_id, *(gint64 *)seq));
  g_hash_table_remove_all (self->own);
  g_mutex_unlock (&self->mutex);
  return news;
}

/* All at once what has come since the last time. */
static gboolean
tell_others (BpLiveListener *self,
             GError        **error)
{
  BpBackendClass *klass = BP_BACKEND_GET_CLASS (self->backend);
  g_autoptr (GPtrArray) news = take_own (self);

  if (news->len == 0 || klass->tell_news == NULL
      || klass->tell_news (self->backend, news, error))
    return TRUE;

  for (guint i = 0; i < news->len; i++)
    {
      const BpNews *one = news->pdata[i];

      note_own (self, one->store_id, one->seq);
    }
  return FALSE;
}

static gpointer
listen (gpointer data)
{
  BpLiveListener *self = data;
  gint64 retry_ms = 0;

  for (;;)
    {
      gboolean is_stopped;
      g_autoptr (GPtrArray) unsure = take_unsure (self, &is_stopped);
      g_autoptr (GError) error = NULL;

      if (tell_others (self, &error) && is_stopped)
        return NULL;
      if (error == NULL && look (self, unsure, &error) && await_news (self, &error))
        {
          retry_ms = 0;
          continue;
        }

      bp_backend_rollback (self->backend);
      if (is_stopped)
        return NULL;
      if (retry_ms == 0)
        g_message ("The main database is not heard: %s", error->message);
      retry_ms = CLAMP (retry_ms * 2, RETRY_FIRST_MS, RETRY_MS);
      bp_news_wait (-1, self->cancellable, retry_ms);
    }
}

/* Whoever begins to listen may have missed what was committed since it asked. */
static void
on_store_changed (BpLive     *live,
                  const char *store_id,
                  gboolean    is_heard,
                  gpointer    user_data)
{
  BpLiveListener *self = user_data;

  g_mutex_lock (&self->mutex);
  if (is_heard)
    {
      g_hash_table_add (self->heard, g_strdup (store_id));
      g_hash_table_add (self->unsure, g_strdup (store_id));
      g_cancellable_cancel (self->cancellable);
    }
  else
    {
      g_hash_table_remove (self->heard, store_id);
    }
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_live_listener_new:
 * @backend: (transfer none): not in a transaction; the listener's thread owns
 *   it from now on
 * @live: (transfer none): is told, in the thread's default main context
 *
 * Listens from now on, and comes back where the database is lost meanwhile.
 *
 * Returns: (transfer full): the listener
 */
BpLiveListener *
bp_live_listener_new (BpBackend *backend,
                      BpLive    *live)
{
  BpLiveListener *self = g_new0 (BpLiveListener, 1);

  g_mutex_init (&self->mutex);
  self->backend = g_object_ref (backend);
  self->live = g_object_ref (live);
  self->own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->context = g_main_context_ref_thread_default ();
  self->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->unsure = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->cancellable = g_cancellable_new ();
  /* Held as long as it lives: GLib ends the program where it cannot have a
   * descriptor for a wait, and they may all be taken by then. */
  g_cancellable_get_fd (self->cancellable);
  self->handler = g_signal_connect (live, "store-changed", G_CALLBACK (on_store_changed), self);
  self->thread = g_thread_new ("bp-live", listen, self);
  return self;
}

/**
 * bp_live_listener_tell:
 * @self: a listener
 * @store_id: what was committed to here
 * @seq: what it has got to
 *
 * Tells other servers of the same database, soon. Does not wait.
 */
void
bp_live_listener_tell (BpLiveListener *self,
                       const char     *store_id,
                       gint64          seq)
{
  note_own (self, store_id, seq);
  g_mutex_lock (&self->mutex);
  g_cancellable_cancel (self->cancellable);
  g_mutex_unlock (&self->mutex);
}

/**
 * bp_live_listener_free:
 * @self: (nullable) (transfer full): a listener
 *
 * Waits for what its thread asks the database just now.
 */
void
bp_live_listener_free (BpLiveListener *self)
{
  if (self == NULL)
    return;

  g_clear_signal_handler (&self->handler, self->live);
  g_mutex_lock (&self->mutex);
  self->is_stopped = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_mutex_unlock (&self->mutex);
  g_thread_join (self->thread);
  g_hash_table_unref (self->heard);
  g_hash_table_unref (self->unsure);
  g_hash_table_unref (self->own);
  g_cancellable_release_fd (self->cancellable);
  g_object_unref (self->cancellable);
  g_object_unref (self->live);
  g_object_unref (self->backend);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_free (self);
}
