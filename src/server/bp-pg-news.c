/* Servers on one database tell each other of their commits by NOTIFY: a word is
 * the store, and its seq where that is what has changed. PostgreSQL passes it
 * on after the commit, or not at all. */
#include "config.h"

#include "bp-pg-backend-private.h"

#include <string.h>

/* A connection that was cut without a word: libpq finds out, by keepalives. */
#define LOOK_MS (60 * 1000)

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

  do
    {
      if (!bp_pg_listen (connection, &is_new, error))
        return FALSE;
      if (is_new)
        g_ptr_array_add (news, bp_news_new (NULL, -1));
      if (!take_words (connection, news, error))
        return FALSE;
    }
  while (news->len == 0
         && bp_news_wait (bp_pg_get_socket (connection), cancellable, LOOK_MS));

  return TRUE;
}
