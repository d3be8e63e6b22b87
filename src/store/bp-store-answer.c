/* What the server's answer to a push does. */
#include "config.h"

#include "bp-backoff.h"
#include "bp-id.h"
#include "bp-setting.h"
#include "bp-store-sync-private.h"


typedef struct
{
  BpStore *store;
  BpClaim *claim;
  GHashTable *results; /* (owned): op_id → (unowned) BpResult */
  BpAnswerSummary *summary;
  gint64 now;
  gint64 tries;
  gint64 youngest; /* a seq that no figure here is above */
  guint recovering;
  char *device_name; /* (owned) (nullable) */
  gboolean *settled; /* (owned): by operation: nothing is left to be done */
} Answer;

static gboolean
set_pending (Answer     *self,
             const char *op_id,
             GError    **error)
{
  return bp_store_execute (self->store, error,
                           "UPDATE sync_queue SET status = 'pending', next_attempt = 0"
                           " WHERE op_id = ?",
                           "s", op_id);
}

/* A record that the server had lost: what is known of it here goes on being
 * known, so that it can be restored. */
static gboolean
begin_tombstone (Answer           *self,
                 BpBase           *base,
                 const BpQueueRow *row,
                 GError          **error)
{
  g_autoptr (BpRow) record = NULL;

  if (!bp_store_read_row (self->store, row->table, row->record_id, &record, error))
    return FALSE;
  if (record != NULL)
    {
      base->state = bp_state_copy (record->state);
      base->state->seq = 0;
    }
  return TRUE;
}

/* An answer may tell of a state that holds more than what was sent and what it
 * was sent on: in another folder, or past, the server has applied it on a
 * version that was not seen here. What this is made of keeps the version that
 * it was sent on, so that what waits collides with what is newer. */
static gboolean
is_on_another (const BpQueueRow *row,
               const BpResult   *result)
{
  return row->kind == BP_OPERATION_UPDATE && !row->restore
         && result->version != row->base_version + 1;
}

/* Of a record to be recovered the server may have had another state already.
 * What is made of a state that is not confirmed is not confirmed, either. */
static gboolean
is_confirmed (const BpBase     *base,
              const BpQueueRow *row,
              const BpResult   *result)
{
  if (row->kind == BP_OPERATION_INSERT)
    return !row->restore;

  return row->kind != BP_OPERATION_UPDATE || row->restore
         || (!is_on_another (row, result) && bp_store_is_confirmed (base->state));
}

/* The row has come before its answer. */
static gboolean
take_pulled (Answer           *self,
             BpBase           *base,
             const BpQueueRow *row,
             GError          **error)
{
  g_autoptr (BpState) made = g_steal_pointer (&base->state);

  base->state = g_steal_pointer (&base->server);
  return bp_store_apply_queue_row (&made, row, error)
         && (bp_change_equal (made->data, base->state->data)
             || bp_store_show_waiting (self->store, row->table, base->state, error));
}

/* What was sent, as both ends now have it. Its figures are older: they stay
 * those of the base, seq included, until the row is pulled. */
static gboolean
make_agreed (Answer           *self,
             BpBase           *base,
             const BpQueueRow *row,
             const BpResult   *result,
             GError          **error)
{
  gboolean confirmed = is_confirmed (base, row, result);

  if (base->server != NULL && base->server->version == result->version)
    return take_pulled (self, base, row, error);

  if (base->state == NULL && row->kind == BP_OPERATION_DELETE
      && !begin_tombstone (self, base, row, error))
    return FALSE;
  if (!bp_store_apply_queue_row (&base->state, row, error))
    return FALSE;

  if (!is_on_another (row, result))
    base->state->version = result->version;
  base->state->modified_at = row->timestamp;
  g_free (base->state->op_id);
  base->state->op_id = g_strdup (confirmed ? row->op_id : BP_OP_UNCONFIRMED);
  g_free (base->state->user);
  base->state->user = g_strdup (row->user);
  g_free (base->state->device_name);
  base->state->device_name = g_strdup (self->device_name);
  return TRUE;
}

/* From which seq on a figure holds what the operation did. A record that is
 * beyond its making existed there before: its latest seq says nothing of when
 * it was made, but that was after what has been pulled. */
static gint64
get_effective_seq (Answer           *self,
                   const BpQueueRow *row,
                   const BpResult   *result)
{
  if (row->kind != BP_OPERATION_INSERT || result->version <= 1)
    return result->seq;

  return MIN (result->seq, bp_store_get_cursor (self->store, row->table) + 1);
}

/* A pull has passed the change and did not bring the record: it was deleted
 * since, and a pull from 0 leaves deletions out. Facts are never deleted. */
static gboolean
is_deleted_since (Answer           *self,
                  const BpQueueRow *row,
                  const BpResult   *result,
                  const BpBase     *base)
{
  return !row->table->fact && base->server == NULL
         && result->seq <= bp_store_get_cursor (self->store, row->table)
         && (self->recovering >> bp_table_get_index (row->table) & 1) == 0;
}

static gboolean
forget_deleted (Answer           *self,
                const BpQueueRow *row,
                gboolean         *forgotten,
                GError          **error)
{
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (self->store, row->table, row->record_id, error);
  if (rows == NULL)
    return FALSE;

  *forgotten = rows->len == 0;
  return rows->len > 0
         || (bp_store_remove_base (self->store, row->table, row->record_id, error)
             && bp_store_remove_row (self->store, row->table, row->record_id, error));
}

/* Whether the record is shown as it was sent, on the version it was sent on,
 * and neither anything else of it waits nor anything of the server's. */
static gboolean
is_alone (Answer           *self,
          const BpQueueRow *row,
          const BpResult   *result,
          gboolean         *alone,
          GError          **error)
{
  gint64 found = 0;

  *alone = FALSE;
  if (row->kind == BP_OPERATION_DELETE || row->restore || self->recovering != 0
      || is_on_another (row, result)
      || (!row->table->fact && result->seq <= bp_store_get_cursor (self->store, row->table)))
    return TRUE;
  if (!bp_store_ask (self->store, &found, error,
                     "SELECT 1 FROM sync_base WHERE table_name = ?1 AND record_id = ?2"
                     " AND server IS NULL AND coalesce (state ->> '$.version', 0) < ?3"
                     " AND coalesce (state ->> '$.op_id', 'none') <> '" BP_OP_UNCONFIRMED "'"
                     " AND NOT EXISTS (SELECT 1 FROM sync_queue WHERE table_name = ?1"
                     "  AND record_id = ?2 AND status <> 'synced')"
                     " AND NOT EXISTS (SELECT 1 FROM sync_conflicts WHERE table_name = ?1"
                     "  AND record_id = ?2 AND decision IS NULL)",
                     "ssi", row->table->name, row->record_id, result->version))
    return FALSE;

  *alone = found != 0;
  return TRUE;
}

/* What bp_store_settle() would come to, without reading the record. */
static gboolean
settle_alone (Answer           *self,
              const BpQueueRow *row,
              const BpResult   *result,
              gboolean         *settled,
              GError          **error)
{
  g_autofree char *sql = NULL;
  gboolean alone;

  *settled = FALSE;
  if (!is_alone (self, row, result, &alone, error))
    return FALSE;
  if (!alone)
    return TRUE;

  sql = g_strdup_printf ("UPDATE %s_local SET version = ?, last_modified = ?, op_id = ?,"
                         " device_name = ?, user = ?, sync_status = 'synced'"
                         " WHERE id = ? AND is_deleted = 0", row->table->name);
  if (!bp_store_execute (self->store, error, sql, "iissss", result->version, row->timestamp,
                         row->op_id, self->device_name, row->user, row->record_id))
    return FALSE;

  *settled = sqlite3_changes (bp_database_get_handle (bp_store_get_database (self->store))) > 0;
  if (!*settled)
    return TRUE;
  bp_store_note_changed (self->store, row->table);
  return bp_store_remove_base (self->store, row->table, row->record_id, error);
}

static gboolean
make_base (Answer           *self,
           const BpQueueRow *row,
           const BpResult   *result,
           GError          **error)
{
  g_autoptr (BpBase) base = NULL;
  gboolean forgotten = FALSE;

  if (!bp_store_read_base (self->store, row->table, row->record_id, &base, error))
    return FALSE;
  if (base == NULL)
    return TRUE;
  if (base->state != NULL && result->version <= base->state->version)
    return bp_store_show_waiting (self->store, row->table, base->state, error);
  if (is_deleted_since (self, row, result, base)
      && !forget_deleted (self, row, &forgotten, error))
    return FALSE;
  if (forgotten)
    return TRUE;

  return make_agreed (self, base, row, result, error)
         && bp_store_write_base (self->store, row->table, row->record_id, base, error);
}

static gboolean
apply_applied (Answer           *self,
               const BpQueueRow *row,
               const BpResult   *result,
               gboolean         *settled,
               GError          **error)
{
  self->summary->applied++;
  if (!bp_store_execute (self->store, error,
                         "UPDATE sync_queue SET status = 'synced', seq = ?, answered_at = ?,"
                         " last_error = NULL, next_attempt = 0, unanswered = 0 WHERE op_id = ?",
                         "iis", result->seq, self->now, row->op_id)
      || !bp_store_leave_to_sale (self->store, row, error)
      || !bp_store_answer_effects (self->store, row->op_id, get_effective_seq (self, row, result),
                                   self->youngest, error)
      || !settle_alone (self, row, result, settled, error))
    return FALSE;

  return *settled || make_base (self, row, result, error);
}

/* The figures of a state that came with a conflict are not to be shown: its
 * row brings them when it is pulled. Until then figures of other records may
 * be older than the state, too; bp_store_check() looks at `figures`. */
static gboolean
note_figures (Answer        *self,
              const BpState *server,
              GError       **error)
{
  if (server == NULL || bp_store_get_number (self->store, BP_STORE_FIGURES, 0) >= server->seq)
    return TRUE;

  return bp_store_set_number (self->store, BP_STORE_FIGURES, server->seq, error);
}

static gboolean
note_server (Answer           *self,
             const BpQueueRow *row,
             const BpState    *server,
             BpBase           *base,
             GError          **error)
{
  if (server == NULL || g_strcmp0 (server->id, row->record_id) != 0
      || (base->server != NULL && base->server->version >= server->version))
    return TRUE;

  bp_state_free (base->server);
  base->server = bp_state_copy (server);
  base->server->seq = 0;
  return bp_store_write_base (self->store, row->table, row->record_id, base, error);
}

/* Two states of one record, though the server does not know it. */
static BpConflictType
get_type (const BpQueueRow *row,
          const BpResult   *result)
{
  gboolean is_one = result->conflict_type == BP_CONFLICT_ID_COLLISION && result->key == NULL
                    && !row->table->fact && bp_state_is_own_making (result->server)
                    && g_strcmp0 (result->server->id, row->record_id) == 0;

  return is_one ? BP_CONFLICT_UPDATE_UPDATE : result->conflict_type;
}

static gboolean
apply_conflict (Answer         *self,
                BpQueueRow     *row,
                const BpResult *result,
                GError        **error)
{
  g_autoptr (BpBase) base = NULL;
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpRow) record = NULL;
  gboolean is_own;

  if (!note_figures (self, result->server, error)
      || !bp_store_take_own (self->store, row, result, &is_own, error))
    return FALSE;
  if (is_own)
    return TRUE;

  self->summary->conflicts++;
  if (!set_pending (self, row->op_id, error)
      || !bp_store_read_base (self->store, row->table, row->record_id, &base, error)
      || !bp_store_find_open_conflict (self->store, row->table, row->record_id, &conflict, error))
    return FALSE;
  if (!bp_store_read_row (self->store, row->table, row->record_id, &record, error))
    return FALSE;
  if (base == NULL)
    base = g_new0 (BpBase, 1);
  if (!note_server (self, row, result->server, base, error))
    return FALSE;
  if (conflict != NULL)
    {
      conflict->type = get_type (row, result);
      return result->server == NULL
             || bp_store_move_conflict (self->store, conflict, result->server, error);
    }

  conflict = g_new0 (BpConflict, 1);
  conflict->table = row->table;
  conflict->record_id = g_strdup (row->record_id);
  conflict->type = get_type (row, result);
  conflict->key = g_strdup (result->key);
  conflict->op_id = g_strdup (row->op_id);
  conflict->base = bp_state_copy (base->state);
  conflict->local = record != NULL ? bp_state_copy (record->state) : NULL;
  conflict->server = bp_state_copy (result->server != NULL ? result->server : base->server);
  return bp_store_open_conflict (self->store, conflict, error);
}

static gboolean
log_rejection (Answer           *self,
               const BpQueueRow *row,
               const char       *reason,
               GError          **error)
{
  g_autofree char *text = NULL;
  g_autofree char *title = NULL;
  g_autoptr (BpRow) record = NULL;
  BpLogEntry entry = { .kind = (char *)"attempt", .direction = (char *)"up",
                       .state = (char *)"failed", .failed = 1 };

  if (!bp_store_read_row (self->store, row->table, row->record_id, &record, error))
    return FALSE;

  title = record != NULL ? bp_state_make_title (record->state) : g_strdup (row->record_id);
  text = g_strdup_printf ("%s %s: %s", row->table->name, title, reason);
  entry.error = text;
  return bp_store_add_log (self->store, &entry, error);
}

/* A fact does not change: what was tried is kept as a decided conflict. */
static gboolean
take_servers (Answer           *self,
              const BpQueueRow *row,
              GError          **error)
{
  g_autoptr (BpBase) base = NULL;
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpRow) record = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (self->store, row->table, row->record_id, error);
  if (rows == NULL
      || !bp_store_read_base (self->store, row->table, row->record_id, &base, error)
      || !bp_store_find_open_conflict (self->store, row->table, row->record_id, &conflict, error))
    return FALSE;
  if (!bp_store_read_row (self->store, row->table, row->record_id, &record, error))
    return FALSE;

  if (conflict == NULL)
    {
      conflict = g_new0 (BpConflict, 1);
      conflict->table = row->table;
      conflict->record_id = g_strdup (row->record_id);
      conflict->type = record != NULL && record->state->is_deleted ? BP_CONFLICT_UPDATE_DELETE
                                                                   : BP_CONFLICT_UPDATE_UPDATE;
      conflict->op_id = g_strdup (row->op_id);
      conflict->base = base != NULL ? bp_state_copy (base->state) : NULL;
      conflict->local = record != NULL ? bp_state_copy (record->state) : NULL;
      if (base != NULL)
        conflict->server = bp_state_copy (base->server != NULL ? base->server : base->state);
      if (!bp_store_open_conflict (self->store, conflict, error))
        return FALSE;
    }
  for (guint i = 0; i < rows->len; i++)
    {
      if (!bp_store_drop_operation (self->store, ((BpQueueRow *)rows->pdata[i])->op_id, error))
        return FALSE;
    }

  return bp_store_close_conflict (self->store, conflict, BP_DECISION_SERVER, error);
}

static gboolean
apply_rejected (Answer         *self,
                BpQueueRow     *row,
                const BpResult *result,
                GError        **error)
{
  g_autofree char *reason = NULL;
  gint64 tries = row->retry_count + 1;
  gboolean again = result->retry && tries < self->tries;

  if (g_strcmp0 (result->code, "op_reused") == 0)
    return bp_store_take_reused (self->store, row, self->summary, error);

  reason = g_strdup_printf ("%s: %s", result->code != NULL ? result->code : "rejected",
                            result->detail != NULL ? result->detail : "");
  self->summary->rejected++;
  if (!log_rejection (self, row, reason, error))
    return FALSE;
  if (g_strcmp0 (result->code, "posted") == 0)
    return take_servers (self, row, error);

  return bp_store_execute (self->store, error,
                           "UPDATE sync_queue SET status = ?, retry_count = ?, next_attempt = ?,"
                           " last_error = ? WHERE op_id = ?",
                           "siiss", again ? "pending" : "failed", tries,
                           again ? self->now + bp_backoff_get_ceiling ((guint)tries)
                                 : G_GINT64_CONSTANT (0),
                           reason, row->op_id);
}

/* The server has nothing of it, and will not: an older request that comes late
 * is stale. Of an op_id with other content that tells nothing. */
static gboolean
note_refused (Answer           *self,
              const BpQueueRow *row,
              const BpResult   *result,
              GError          **error)
{
  return (g_strcmp0 (result->code, "op_reused") == 0
          || bp_store_execute (self->store, error,
                               "UPDATE sync_queue SET unanswered = 0 WHERE op_id = ?",
                               "s", row->op_id))
         && bp_store_stop_later (self->store, row->table, row->record_id, error);
}

static gboolean
apply_result (Answer         *self,
              const BpResult *result,
              gboolean       *settled,
              GError        **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (BpQueueRow) row = bp_store_find_queue_row (self->store, result->op_id, &local_error);

  if (row == NULL)
    {
      if (local_error == NULL
          || g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!g_str_equal (row->status, "syncing"))
    return TRUE;
  if (result->status != BP_RESULT_APPLIED
      && !note_refused (self, row, result, error))
    return FALSE;

  switch (result->status)
    {
    case BP_RESULT_APPLIED:
      return apply_applied (self, row, result, settled, error);
    case BP_RESULT_CONFLICT:
      return apply_conflict (self, row, result, error);
    case BP_RESULT_REJECTED:
      return apply_rejected (self, row, result, error);
    case BP_RESULT_HELD:
      self->summary->held++;
      return set_pending (self, row->op_id, error);
    default:
      g_assert_not_reached ();
    }
}

/* An action of which an answer is missing goes again as a whole: only what
 * was applied holds for certain. */
static GHashTable *
find_incomplete (Answer *self)
{
  GHashTable *incomplete = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->claim->operations->len; i++)
    {
      const BpOperation *operation = self->claim->operations->pdata[i];

      if (!g_hash_table_contains (self->results, operation->op_id))
        g_hash_table_add (incomplete, operation->action_id);
    }

  return incomplete;
}

/* Figures come with pulled rows, which the cursors have passed, and with the
 * server's side of a conflict. Within a pull from 0 it is not certain. */
static gint64
find_youngest (BpStore *store)
{
  gint64 youngest = bp_store_get_number (store, BP_STORE_FIGURES, 0);

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);
      gint64 cursor;

      if (!bp_table_has_projection (table))
        continue;
      cursor = bp_store_get_cursor (store, table);
      if (cursor == 0 || bp_store_is_from_zero (store, table))
        return G_MAXINT64;
      youngest = MAX (youngest, cursor);
    }

  return youngest;
}

static gboolean
apply_answer (BpStore *store,
              gpointer user_data,
              GError **error)
{
  Answer *self = user_data;
  GPtrArray *operations = self->claim->operations;
  g_autoptr (GHashTable) incomplete = find_incomplete (self);

  self->youngest = find_youngest (store);
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];
      const BpResult *result = g_hash_table_lookup (self->results, operation->op_id);

      if (result == NULL
          || (result->status != BP_RESULT_APPLIED
              && g_hash_table_contains (incomplete, operation->action_id)))
        continue;
      if (!apply_result (self, result, &self->settled[i], error))
        return FALSE;
    }

  /* Figures may now be behind what they count, until the next pull. */
  if (bp_store_get_number (store, BP_STORE_SETTLED, 0) > 0
      && !bp_store_set_number (store, BP_STORE_SETTLED, 0, error))
    return FALSE;

  /* Only now that each row of the queue is what it will be. */
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];

      if (!self->settled[i] && g_hash_table_contains (self->results, operation->op_id)
          && !bp_store_settle (store, operation->table, operation->id, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_apply_answer:
 * @self: a store
 * @claim: what was sent
 * @results: (element-type BpResult): what was answered; what answers nothing
 *   that was sent is passed over
 * @summary: (out caller-allocates): how many operations met with what
 * @error: #BpDatabaseError
 *
 * Stores the answer to a push in one transaction (the contract's section 6,
 * "An answer"). What got no answer stays as sent. On failure nothing is
 * stored, and the same push may go again.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_apply_answer (BpStore         *self,
                       BpClaim         *claim,
                       GPtrArray       *results,
                       BpAnswerSummary *summary,
                       GError         **error)
{
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *tries = NULL;
  const BpAnswerSummary none = { 0 };
  Answer answer = { .store = self, .claim = claim, .results = by_id, .summary = summary };
  gboolean stored;

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  for (guint i = 0; i < results->len; i++)
    {
      BpResult *result = results->pdata[i];

      if (!g_hash_table_contains (by_id, result->op_id))
        g_hash_table_insert (by_id, result->op_id, result);
    }

  *summary = none;
  tries = bp_store_get_device_setting (self, "sync.retries");
  answer.tries = bp_setting_get_integer ("sync.retries", tries);
  answer.recovering = bp_store_get_recovering (self);
  answer.now = bp_clock_get_now (bp_store_get_clock (self));
  answer.device_name = bp_store_get_value (self, "device.name");
  answer.settled = g_new0 (gboolean, claim->operations->len);
  stored = bp_store_transact (self, apply_answer, &answer, error);
  g_free (answer.settled);
  g_free (answer.device_name);
  if (!stored)
    *summary = none;
  return stored;
}
