/* Servers on one database tell each other of their commits by NOTIFY: a word is
 * the store, and its seq where that is what has changed. It is sent after the
 * commit, by itself: in the transaction it would let only one of a database
 * commit at a time, which waits for the disk, and for the replica. Where a
 * server dies in between, the others find out when they look. */
#include "config.h"

#include "bp-pg-backend-private.h"

#include <string.h>

/* After so long without a word there may be news all the same. */
#define LOOK_MS (3 * 1000)

static void
add_news (GPtrArray  *news,
          const char *word)
{
  const char *blank = strchr (word, ' ');
  g_autofree char *store_id = g_strndup (word, blank != NULL ? (gsize)(blank - word)
                                                             : strlen (word));
  gint64 seq = -1;

  if (blank != NULL && !g_ascii_string_to_signed (blank + 1, 10, 0, G_MAXINT64, &seq, NULL))
    seq = -1;
  g_ptr_array_add (news, bp_news_new (store_id, seq));
}

static gboolean
take_words (BpPgConnection *connection,
            GPtrArray      *news,
            GError        **error)
{
  for (;;)
    {
      g_autofree char *word = NULL;

      if (!bp_pg_take_word (connection, &word, error))
        return FALSE;
      if (word == NULL)
        return TRUE;
      add_news (news, word);
    }
}

/**
 * bp_pg_await_news:
 * @backend: a PostgreSQL backend, not in a transaction
 * @cancellable: ends the wait
 * @news: (element-type BpNews): what there is is added
 * @error: #BpPgError
 *
 * As @await_news of #BpBackendClass.
 *
 * Returns: whether it could listen
 */
gboolean
bp_pg_await_news (BpBackend    *backend,
                  GCancellable *cancellable,
                  GPtrArray    *news,
                  GError      **error)
{
  BpPgConnection *connection = bp_pg_backend_get_connection (backend);
  gboolean is_new;

  if (!bp_pg_listen (connection, &is_new, error))
    return FALSE;
  if (is_new)
    g_ptr_array_add (news, bp_news_new (NULL, -1));
  if (!take_words (connection, news, error))
    return FALSE;
  if (news->len > 0 || !bp_news_wait (bp_pg_get_socket (connection), cancellable, LOOK_MS))
    return TRUE;

  if (!take_words (connection, news, error))
    return FALSE;
  if (news->len == 0)
    g_ptr_array_add (news, bp_news_new (NULL, -1));
  return TRUE;
}

/**
 * bp_pg_tell_news:
 * @backend: a PostgreSQL backend, not in a transaction
 * @news: (element-type BpNews): of stores
 * @error: #BpPgError
 *
 * As @tell_news of #BpBackendClass. Whoever listens on the same connection
 * hears it as well.
 *
 * Returns: whether it was told
 */
gboolean
bp_pg_tell_news (BpBackend *backend,
                 GPtrArray *news,
                 GError   **error)
{
  BpPgConnection *connection = bp_pg_backend_get_connection (backend);
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *array = NULL;

  for (guint i = 0; i < news->len; i++)
    {
      const BpNews *one = news->pdata[i];

      g_ptr_array_add (words, g_strdup_printf ("%s %" G_GINT64_FORMAT, one->store_id, one->seq));
    }
  array = bp_pg_array_from_texts (words);

  return bp_pg_begin (connection, TRUE, error)
         && bp_pg_execute (connection, error,
                           "SELECT pg_notify ('" BP_PG_CHANNEL "', word)"
                           " FROM unnest ($1::text[]) AS told (word)",
                           "s", array)
         && bp_pg_commit (connection, error);
}
