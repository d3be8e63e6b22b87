/* What happened to a record: from the server's log where it can be reached,
 * and what this device knows of itself. */
#include "config.h"

#include <string.h>

#include "bp-http-transport.h"
#include "bp-store-sync.h"
#include "bp-sync-private.h"

static GPtrArray *
new_entries (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_history_entry_free);
}

static BpHistoryEntry *
make_entry (BpQueueRow *row,
            const char *device_name)
{
  BpHistoryEntry *entry = g_new0 (BpHistoryEntry, 1);

  entry->op_id = g_steal_pointer (&row->op_id);
  entry->action_id = g_steal_pointer (&row->action_id);
  entry->kind = row->kind;
  entry->modified_at = row->timestamp;
  entry->device_name = g_strdup (device_name);
  entry->user = g_steal_pointer (&row->user);
  entry->data = g_steal_pointer (&row->data);
  return entry;
}

static gboolean
has_operation (GPtrArray  *entries,
               const char *op_id)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const BpHistoryEntry *entry = entries->pdata[i];

      if (g_strcmp0 (entry->op_id, op_id) == 0)
        return TRUE;
    }

  return FALSE;
}

/* Adds those of @rows that are not there yet. */
static void
add_rows (GPtrArray  *entries,
          GPtrArray  *rows,
          const char *device_name)
{
  for (guint i = 0; i < rows->len; i++)
    {
      BpQueueRow *row = rows->pdata[i];

      if (!has_operation (entries, row->op_id))
        g_ptr_array_add (entries, make_entry (row, device_name));
    }
}

/**
 * bp_sync_get_own_history:
 * @store: of a folder
 * @table: which table
 * @id: which record
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpHistoryEntry): what was done to the
 *   record on this device and waits, failed, or was answered within the last
 *   30 days, oldest first; version and seq are 0
 */
GPtrArray *
bp_sync_get_own_history (BpStore       *store,
                         const BpTable *table,
                         const char    *id,
                         GError       **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *device_name = NULL;
  GPtrArray *entries;

  g_return_val_if_fail (BP_IS_STORE (store), NULL);

  rows = bp_store_list_operations (store, table, id, TRUE, error);
  if (rows == NULL)
    return NULL;

  entries = new_entries ();
  device_name = bp_store_get_value (store, BP_VALUE_DEVICE_NAME);
  add_rows (entries, rows, device_name);
  return entries;
}

/* What is asked, and what is known so far. */
typedef struct
{
  BpTransport *transport; /* (owned) (nullable) */
  char *token;            /* (owned) (nullable) */
  BpHistoryQuery query;   /* its id (unowned) */
  GPtrArray *entries;     /* (owned) */
} Inquiry;

static void
inquiry_clear (Inquiry *self)
{
  g_clear_object (&self->transport);
  g_clear_pointer (&self->token, g_free);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inquiry, inquiry_clear)

static gboolean
open_transport (Inquiry      *self,
                BpStore      *store,
                GCancellable *cancellable,
                GError      **error)
{
  self->token = bp_sync_token_load (store, cancellable, error);
  if (self->token != NULL)
    self->transport = bp_sync_open_transport (store, error);
  return self->transport != NULL;
}

/* One answer, put before what is known already. */
static gboolean
ask_once (Inquiry      *self,
          gboolean     *more,
          GCancellable *cancellable,
          GError      **error)
{
  char *text = bp_history_query_to_text (&self->query);
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));
  g_autoptr (BpAnswer) answer = NULL;
  g_autoptr (GPtrArray) older = NULL;
  g_autoptr (GError) reason = NULL;
  const char *json;
  gsize length;

  answer = bp_transport_send (self->transport, bp_endpoint_get (BP_ENDPOINT_HISTORY), self->token,
                              body, cancellable, error);
  if (answer == NULL)
    return FALSE;
  if (answer->problem != NULL)
    {
      bp_answer_to_error (answer, error);
      return FALSE;
    }

  json = g_bytes_get_data (answer->body, &length);
  older = bp_history_parse (json, length, more, &reason);
  if (older == NULL)
    {
      bp_sync_error_set_unusable (error, reason);
      return FALSE;
    }

  for (guint i = 0; i < older->len; i++)
    g_ptr_array_insert (self->entries, (int)i, older->pdata[i]);
  g_ptr_array_set_free_func (older, NULL);
  return TRUE;
}

/* From the newest on, until the server has no older ones. */
static gboolean
ask (Inquiry      *self,
     GCancellable *cancellable,
     GError      **error)
{
  gboolean more = TRUE;

  while (more)
    {
      guint n_before = self->entries->len;

      if (!ask_once (self, &more, cancellable, error))
        return FALSE;
      if (self->entries->len == n_before)
        break;
      self->query.before = ((const BpHistoryEntry *)self->entries->pdata[0])->seq;
    }

  return TRUE;
}

/**
 * bp_sync_get_history:
 * @store: of a folder
 * @table: which table
 * @id: which record
 * @cancellable: (nullable): ends the request
 * @error: as bp_transport_send(), %BP_SYNC_ERROR_NOT_PAIRED; #BpDatabaseError
 *
 * Asks the server, in the calling thread, and adds what this device has not
 * sent yet. Where that fails, bp_sync_get_own_history() knows a part.
 *
 * Returns: (transfer full) (element-type BpHistoryEntry): what was ever done to
 *   the record, oldest first; what waits has version and seq 0
 */
GPtrArray *
bp_sync_get_history (BpStore       *store,
                     const BpTable *table,
                     const char    *id,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_auto (Inquiry) inquiry = { NULL, NULL, { table, (char *)id, 0 }, NULL };
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *device_name = NULL;

  g_return_val_if_fail (BP_IS_STORE (store), NULL);
  g_return_val_if_fail (table != NULL && id != NULL, NULL);

  inquiry.entries = new_entries ();
  if (!open_transport (&inquiry, store, cancellable, error)
      || !ask (&inquiry, cancellable, error))
    return NULL;
  rows = bp_store_list_operations (store, table, id, FALSE, error);
  if (rows == NULL)
    return NULL;

  device_name = bp_store_get_value (store, BP_VALUE_DEVICE_NAME);
  add_rows (inquiry.entries, rows, device_name);
  return g_steal_pointer (&inquiry.entries);
}
