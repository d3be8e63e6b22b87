#include "config.h"

#include "bp-made-snapshot.h"

#include <string.h>

#include "bp-pull.h"
#include "bp-snapshot-maker.h"

static BpAnswer *
ask (BpTransport   *wire,
     const char    *token,
     BpPullRequest *request)
{
  char *text = bp_pull_request_to_text (request);
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));
  g_autoptr (GError) error = NULL;
  BpAnswer *answer;

  answer = bp_transport_send (wire, bp_endpoint_get (BP_ENDPOINT_PULL), token, body, NULL, &error);
  g_assert_no_error (error);
  return answer;
}

static void
add_page (sqlite3          *file,
          const BpPullPage *page,
          gboolean          is_lossy)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      for (guint r = 0; page->rows[i] != NULL && r + is_lossy < page->rows[i]->len; r++)
        {
          const BpState *state = page->rows[i]->pdata[r];

          if (!state->is_deleted)
            bp_snapshot_maker_add (file, state);
        }
    }
}

/**
 * bp_snapshot_make:
 * @wire: a way to the server, without faults
 * @token: a device's
 * @tables: bit i: table i is wanted
 * @is_lossy: whether the last row of each page of a table is left out
 *
 * Returns: (transfer full) (nullable): what the server should send; %NULL where
 *   it refuses the token, or fails
 */
BpMadeSnapshot *
bp_snapshot_make (BpTransport *wire,
                  const char  *token,
                  guint        tables,
                  gboolean     is_lossy)
{
  g_autoptr (BpPullRequest) request = bp_pull_request_new ();
  g_autoptr (BpMadeSnapshot) made = g_new0 (BpMadeSnapshot, 1);
  sqlite3 *file;
  gboolean more = TRUE;

  request->asked = tables;
  request->limit = 1000;
  {
    g_autoptr (BpAnswer) first = ask (wire, token, request);

    request->epoch = g_strdup (first->epoch);
  }
  made->epoch = g_strdup (request->epoch);
  file = bp_snapshot_maker_begin (tables);
  while (more)
    {
      g_autoptr (BpAnswer) answer = ask (wire, token, request);
      g_autoptr (BpPullPage) page = NULL;
      gsize length;
      const char *text = g_bytes_get_data (answer->body, &length);

      if (answer->problem == NULL)
        page = bp_pull_page_parse (text, length, request, NULL);
      if (page == NULL)
        {
          sqlite3_close (file);
          return NULL;
        }
      add_page (file, page, is_lossy);
      for (guint i = 0; i < BP_N_TABLES; i++)
        request->since[i] = page->since[i];
      made->seq = page->seq;
      more = page->more;
    }

  made->file = bp_snapshot_maker_end (file, made->epoch, made->seq);
  return g_steal_pointer (&made);
}

/**
 * bp_made_snapshot_free:
 * @made: (nullable) (transfer full): a snapshot
 */
void
bp_made_snapshot_free (BpMadeSnapshot *made)
{
  if (made == NULL)
    return;

  g_clear_pointer (&made->file, g_bytes_unref);
  g_free (made->epoch);
  g_free (made);
}
