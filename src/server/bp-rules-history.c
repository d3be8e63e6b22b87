/* Who changed a record, when, and what: the log of operations, read. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-limits.h"
#include "bp-rules-private.h"

#define MAX_ENTRIES 500
#define RESERVE (64 * 1024)
#define OVERHEAD 512

/* So many of the largest operations are an answer's worth of memory. */
#define CHUNK (BP_MAX_ANSWER / BP_MAX_OPERATION)

static gsize
guess_size (const BpHistoryEntry *entry)
{
  return (entry->data != NULL ? strlen (entry->data) : 0)
         + (entry->user != NULL ? 2 * strlen (entry->user) : 0) + OVERHEAD;
}

/* Takes what fits from the newest on; @more tells whether anything is left. */
static gboolean
take_entries (BpBackend            *backend,
              const char           *store_id,
              const BpHistoryQuery *asked,
              GPtrArray            *taken,
              gboolean             *more,
              GError              **error)
{
  g_autoptr (BpHistoryQuery) query = bp_history_query_new (asked->table, asked->id, asked->before);
  gsize size = 0;

  for (;;)
    {
      g_autoptr (GPtrArray) chunk
        = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_history_entry_free);

      if (!bp_backend_call (backend, load_history, store_id, query, CHUNK, chunk, error))
        return FALSE;
      *more = chunk->len > 0;
      while (chunk->len > 0)
        {
          const BpHistoryEntry *next = chunk->pdata[0];

          size += guess_size (next);
          if (taken->len >= MAX_ENTRIES
              || (taken->len > 0 && size > BP_MAX_ANSWER - RESERVE))
            return TRUE;
          query->before = next->seq;
          g_ptr_array_add (taken, g_ptr_array_steal_index (chunk, 0));
        }
      if (!*more)
        return TRUE;
    }
}

static void
turn_round (GPtrArray *entries)
{
  for (guint i = 0; i < entries->len / 2; i++)
    {
      gpointer other = entries->pdata[entries->len - 1 - i];

      entries->pdata[entries->len - 1 - i] = entries->pdata[i];
      entries->pdata[i] = other;
    }
}

/**
 * bp_rules_history:
 * @backend: not in a transaction
 * @device: who asks
 * @call: which record's
 *
 * Returns: (transfer full): the newest operations of a record of the device's
 *   store, oldest first; none where the store has no such record
 */
BpReply *
bp_rules_history (BpBackend      *backend,
                  const BpDevice *device,
                  const BpCall   *call)
{
  g_autofree char *text = g_strndup (call->body, call->length);
  g_autoptr (GPtrArray) entries
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_history_entry_free);
  g_autoptr (BpHistoryQuery) query = NULL;
  g_autoptr (GError) refusal = NULL;
  GError *error = NULL;
  gboolean more = FALSE;

  query = bp_history_query_parse (text, &refusal);
  if (query == NULL)
    return bp_rules_refuse_text (refusal);
  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, &error)
      || !take_entries (backend, device->store_id, query, entries, &more, &error))
    return bp_rules_fail (backend, error);

  bp_backend_rollback (backend);
  turn_round (entries);
  return bp_rules_accept (200, bp_history_to_text (entries, more));
}
