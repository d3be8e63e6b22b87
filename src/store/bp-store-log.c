/* The log of the runs, and what is kept for a time only. */
#include "config.h"

#include "bp-store-sync-private.h"

#define ANSWERED_DAYS 30
#define LOG_DAYS 90

/**
 * bp_log_entry_free:
 * @entry: (nullable) (transfer full): an entry
 */
void
bp_log_entry_free (BpLogEntry *entry)
{
  if (entry == NULL)
    return;

  g_free (entry->kind);
  g_free (entry->direction);
  g_free (entry->state);
  g_free (entry->error);
  g_free (entry);
}

static gboolean
add_log (BpStore *self,
         gpointer user_data,
         GError **error)
{
  const BpLogEntry *entry = user_data;
  gint64 now = bp_clock_get_now (bp_store_get_clock (self));

  return bp_store_execute (self, error,
                           "INSERT INTO sync_log (time, kind, state, pushed, pulled, conflicts,"
                           " failed, requests, bytes_sent, bytes_received, milliseconds, error,"
                           " direction)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           "issiiiiiiiiss", entry->time != 0 ? entry->time : now, entry->kind,
                           entry->state, entry->pushed, entry->pulled, entry->conflicts,
                           entry->failed, entry->requests, entry->bytes_sent,
                           entry->bytes_received, entry->milliseconds, entry->error,
                           entry->direction);
}

/**
 * bp_store_add_log:
 * @self: a store
 * @entry: what to keep; its id is not looked at, and its time is now where 0
 * @error: #BpDatabaseError
 *
 * Returns: whether it is kept
 */
gboolean
bp_store_add_log (BpStore          *self,
                  const BpLogEntry *entry,
                  GError          **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, add_log, (gpointer)entry, error);
}

/**
 * bp_log_entry_from_statement:
 * @statement: at a row of %BP_LOG_COLUMNS
 *
 * Returns: (transfer full): the entry
 */
BpLogEntry *
bp_log_entry_from_statement (sqlite3_stmt *statement)
{
  BpLogEntry *entry = g_new0 (BpLogEntry, 1);

  entry->id = bp_column_get_integer (statement, 0);
  entry->time = bp_column_get_integer (statement, 1);
  entry->kind = bp_column_dup_text (statement, 2);
  entry->state = bp_column_dup_text (statement, 3);
  entry->pushed = bp_column_get_integer (statement, 4);
  entry->pulled = bp_column_get_integer (statement, 5);
  entry->conflicts = bp_column_get_integer (statement, 6);
  entry->failed = bp_column_get_integer (statement, 7);
  entry->requests = bp_column_get_integer (statement, 8);
  entry->bytes_sent = bp_column_get_integer (statement, 9);
  entry->bytes_received = bp_column_get_integer (statement, 10);
  entry->milliseconds = bp_column_get_integer (statement, 11);
  entry->error = bp_column_dup_text (statement, 12);
  entry->direction = bp_column_dup_text (statement, 13);
  return entry;
}

static GPtrArray *
read_log (BpStore *self,
          gint64   limit,
          GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row = TRUE;

  /* The latest ones, oldest first. */
  statement = bp_store_prepare (self, error,
                                "SELECT * FROM (SELECT " BP_LOG_COLUMNS " FROM sync_log"
                                " ORDER BY id DESC LIMIT ?) ORDER BY id", "i", limit);
  if (statement == NULL)
    return NULL;

  entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_log_entry_free);
  while (has_row)
    {
      if (!bp_database_step (bp_store_get_database (self), statement, &has_row, error))
        return NULL;
      if (has_row)
        g_ptr_array_add (entries, bp_log_entry_from_statement (statement));
    }

  return g_steal_pointer (&entries);
}

/**
 * bp_store_list_log:
 * @self: a store
 * @limit: at most so many of the latest entries; all where negative
 * @error: #BpDatabaseError
 *
 * Returns: (transfer full) (element-type BpLogEntry): the entries, oldest first
 */
GPtrArray *
bp_store_list_log (BpStore *self,
                   gint64   limit,
                   GError **error)
{
  GPtrArray *entries;

  g_return_val_if_fail (BP_IS_STORE (self), NULL);

  bp_store_lock (self);
  entries = read_log (self, limit, error);
  bp_store_unlock (self);
  return entries;
}

static gboolean
clean_up (BpStore *self,
          gpointer user_data,
          GError **error)
{
  gint64 now = bp_clock_get_now (bp_store_get_clock (self));

  return bp_store_execute (self, error,
                           "DELETE FROM sync_queue WHERE status = 'synced' AND answered_at < ?",
                           "i", now - ANSWERED_DAYS * BP_DAY_MS)
         && bp_store_execute (self, error, "DELETE FROM sync_log WHERE time < ?", "i",
                              now - LOG_DAYS * BP_DAY_MS);
}

/**
 * bp_store_clean_up:
 * @self: a store
 * @error: #BpDatabaseError
 *
 * Forgets operations answered more than 30 days ago and log entries of more
 * than 90 days. Nothing that waits, failed or is in conflict is touched.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_clean_up (BpStore *self,
                   GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, clean_up, NULL, error);
}
