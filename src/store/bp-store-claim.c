/* What goes into the next push. */
#include "config.h"

#include <string.h>

#include "bp-line.h"
#include "bp-store-sync-private.h"

#define MAX_PUSH_SIZE (1024 * 1024)
#define ENVELOPE_SIZE 400
#define LOOK_AHEAD 2000
#define LONGEST_WAIT_MS (60 * 60 * 1000)

typedef enum
{
  ACTION_UNDER_WAY = 1,
  ACTION_PASSED,
  ACTION_CHOSEN,
} ActionState;

typedef struct
{
  BpStore *store;
  BpClaimScope scope;
  gboolean again; /* whether only what was sent before is looked at */
  guint max_operations;
  guint max_actions;
  guint recovering;
  gint64 now;
  GHashTable *actions;   /* (owned): id → ActionState */
  GPtrArray *operations; /* (owned) (element-type BpOperation) */
  guint n_actions;
  gsize size;
  gboolean full;
  BpClaim *claim; /* (owned) (nullable) */
} Picker;

static gboolean pick_action (Picker      *self,
                             const char  *action_id,
                             ActionState *state,
                             GError     **error);

/* A time far ahead is what a clock that was put back leaves behind. */
static gboolean
is_due (const Picker     *self,
        const BpQueueRow *row)
{
  return row->next_attempt <= self->now || row->next_attempt > self->now + LONGEST_WAIT_MS;
}

static gboolean
has_older (Picker           *self,
           const BpQueueRow *row,
           gint64           *found,
           GError          **error)
{
  return bp_store_ask (self->store, found, error,
                       "SELECT 1 FROM sync_queue WHERE table_name = ? AND record_id = ?"
                       " AND status <> 'synced' AND id < ?",
                       "ssi", row->table->name, row->record_id, row->id);
}

static gboolean
is_held (Picker           *self,
         const BpQueueRow *row,
         gboolean         *held,
         GError          **error)
{
  gint64 found = 0;

  *held = TRUE;
  if ((self->recovering >> bp_table_get_index (row->table)) & 1
      || (!self->again && !is_due (self, row)))
    return TRUE;

  if (!has_older (self, row, &found, error)
      || (found == 0 && !self->again
          && !bp_store_ask (self->store, &found, error,
                            "SELECT 1 FROM sync_conflicts WHERE table_name = ?"
                            " AND record_id = ? AND decision IS NULL",
                            "ss", row->table->name, row->record_id)))
    return FALSE;

  *held = found != 0;
  return TRUE;
}

static gboolean
is_parked (GPtrArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_str_equal (row->status, "failed"))
        return TRUE;
    }

  return FALSE;
}

/* An open conflict that leaves the record its id: until a person decides, what
 * refers to it need not wait. */
static gboolean
keeps_its_id (Picker        *self,
              const BpTable *table,
              const char    *id,
              gint64        *found,
              GError       **error)
{
  return bp_store_ask (self->store, found, error,
                       "SELECT 1 FROM sync_conflicts WHERE table_name = ? AND record_id = ?"
                       " AND decision IS NULL AND conflict_type <> 'ID_COLLISION'",
                       "ss", table->name, id);
}

/* A waiting INSERT goes first, in a push before, unless it is parked by a
 * failure or a question; then it holds nothing. */
static gboolean
must_wait_for (Picker        *self,
               const char    *action_id,
               const BpTable *table,
               const char    *id,
               gboolean      *wait,
               GError       **error)
{
  g_autoptr (BpStatement) statement = NULL;
  g_autofree char *first_action = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  gboolean has_row, is_insert;
  gint64 is_open = 0;
  ActionState state;

  statement = bp_store_prepare (self->store, error,
                                "SELECT action_id, operation FROM sync_queue"
                                " WHERE table_name = ? AND record_id = ? AND status <> 'synced'"
                                " ORDER BY id LIMIT 1",
                                "ss", table->name, id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self->store), statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;

  first_action = bp_column_dup_text (statement, 0);
  is_insert = g_strcmp0 (bp_column_get_text (statement, 1), "INSERT") == 0;
  if (!is_insert || g_str_equal (first_action, action_id))
    return TRUE;

  rows = bp_store_list_action_queue (self->store, first_action, error);
  if (rows == NULL || !keeps_its_id (self, table, id, &is_open, error))
    return FALSE;
  if (is_open || is_parked (rows))
    return TRUE;
  if (!pick_action (self, first_action, &state, error))
    return FALSE;

  *wait = *wait || state != ACTION_UNDER_WAY;
  return TRUE;
}

static gboolean
wait_for_lines (Picker     *self,
                const char *action_id,
                const char *text,
                gboolean   *wait,
                GError    **error)
{
  g_autoptr (GPtrArray) lines = bp_lines_parse (text, error);
  const BpTable *table = bp_table_find (bp_table_get_line_fields (&(guint){ 0 })[0].detail);

  if (lines == NULL)
    return FALSE;
  for (guint i = 0; i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];

      if (line->product_id != NULL
          && !must_wait_for (self, action_id, table, line->product_id, wait, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
wait_for_references (Picker            *self,
                     const BpOperation *operation,
                     gboolean          *wait,
                     GError           **error)
{
  const BpTable *table = operation->table;

  for (guint i = 0; operation->data != NULL && i < table->n_fields; i++)
    {
      const BpValue *value = &operation->data->values[i];
      BpFieldType type = table->fields[i].type;

      if (!bp_change_has (operation->data, i) || value->kind != BP_VALUE_TEXT)
        continue;
      if (type == BP_FIELD_LINES
          && !wait_for_lines (self, operation->action_id, value->text, wait, error))
        return FALSE;
      if (type == BP_FIELD_REFERENCE
          && !must_wait_for (self, operation->action_id,
                             bp_table_find (table->fields[i].detail), value->text, wait, error))
        return FALSE;
    }

  return TRUE;
}

static BpOperation *
make_operation (const BpQueueRow *row,
                GError          **error)
{
  BpOperation *operation = bp_queue_row_to_operation (row, error);

  /* An INSERT marked to restore fills a server that lost its past. */
  if (operation != NULL && operation->kind == BP_OPERATION_INSERT && row->restore)
    {
      operation->restore = FALSE;
      operation->recover = TRUE;
    }
  return operation;
}

static gboolean
read_action (Picker     *self,
             const char *action_id,
             GPtrArray  *operations,
             gsize      *size,
             GError    **error)
{
  const char *wanted = self->again ? "syncing" : "pending";
  g_autoptr (GPtrArray) rows = bp_store_list_action_queue (self->store, action_id, error);
  gboolean held = rows == NULL;

  for (guint i = 0; !held && i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];
      BpOperation *operation;

      if (!g_str_equal (row->status, wanted))
        {
          held = !self->again && !g_str_equal (row->status, "synced");
          continue;
        }
      if (!is_held (self, row, &held, error))
        return FALSE;
      operation = make_operation (row, error);
      if (operation == NULL)
        return FALSE;
      g_ptr_array_add (operations, operation);
      *size += ENVELOPE_SIZE + (row->data != NULL ? strlen (row->data) : 0);
    }
  if (held)
    g_ptr_array_set_size (operations, 0);

  return rows != NULL;
}

static gboolean
has_room (const Picker *self,
          guint         n_operations,
          gsize         size)
{
  if (self->n_actions == 0)
    return TRUE;

  return self->n_actions < self->max_actions
         && self->operations->len + n_operations <= self->max_operations
         && self->size + size <= MAX_PUSH_SIZE;
}

static gboolean
pick_action (Picker      *self,
             const char  *action_id,
             ActionState *state,
             GError     **error)
{
  g_autoptr (GPtrArray) operations = NULL;
  gboolean wait = FALSE;
  gsize size = 0;

  *state = GPOINTER_TO_INT (g_hash_table_lookup (self->actions, action_id));
  if (*state != 0)
    return TRUE;
  g_hash_table_insert (self->actions, g_strdup (action_id), GINT_TO_POINTER (ACTION_UNDER_WAY));

  operations = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_operation_free);
  if (!read_action (self, action_id, operations, &size, error))
    return FALSE;
  for (guint i = 0; !self->again && i < operations->len; i++)
    {
      if (!wait_for_references (self, operations->pdata[i], &wait, error))
        return FALSE;
    }

  *state = ACTION_PASSED;
  if (operations->len > 0 && !wait)
    {
      self->full = !has_room (self, operations->len, size);
      if (!self->full)
        {
          *state = ACTION_CHOSEN;
          self->n_actions++;
          self->size += size;
          g_ptr_array_extend_and_steal (self->operations, g_ptr_array_ref (operations));
        }
    }
  g_hash_table_insert (self->actions, g_strdup (action_id), GINT_TO_POINTER (*state));
  return TRUE;
}

static BpPriority
get_least_priority (BpClaimScope scope)
{
  switch (scope)
    {
    case BP_CLAIM_HIGH:
    case BP_CLAIM_TO_HIGH:
      return BP_PRIORITY_HIGH;
    case BP_CLAIM_TO_MEDIUM:
      return BP_PRIORITY_MEDIUM;
    default:
      return BP_PRIORITY_LOW;
    }
}

static sqlite3_stmt *
list_actions (Picker  *self,
              GError **error)
{
  gint64 least = get_least_priority (self->scope);

  if (self->scope == BP_CLAIM_UNANSWERED)
    return bp_store_prepare (self->store, error,
                             "SELECT action_id FROM sync_queue"
                             " WHERE status = 'syncing' AND next_attempt = 0 ORDER BY id",
                             "");
  if (self->again)
    return bp_store_prepare (self->store, error,
                             "SELECT action_id FROM sync_queue"
                             " WHERE status = 'syncing' AND priority <= ? ORDER BY id",
                             "i", least);

  return bp_store_prepare (self->store, error,
                           "SELECT action_id FROM sync_queue"
                           " WHERE status = 'pending' AND priority <= ? ORDER BY priority, id",
                           "i", least);
}

/* In order of priority and age. Where much waits for something else, a claim
 * that has found something does not look through all of it. */
static gboolean
pick (Picker  *self,
      GError **error)
{
  g_autoptr (BpStatement) statement = list_actions (self, error);
  gboolean has_row = statement != NULL;
  guint looked = 0;

  while (has_row && !self->full && (self->n_actions == 0 || looked++ < LOOK_AHEAD))
    {
      ActionState state;

      if (!bp_database_step (bp_store_get_database (self->store), statement, &has_row, error)
          || (has_row
              && !pick_action (self, bp_column_get_text (statement, 0), &state, error)))
        return FALSE;
    }

  return statement != NULL;
}

/* Of what was sent before it is the same, but after a new epoch. What is for no
 * version of the server's, since that has lost the record, is for none. */
static gboolean
set_base_version (Picker      *self,
                  BpOperation *operation,
                  GError     **error)
{
  if (operation->kind == BP_OPERATION_INSERT)
    return TRUE;

  return bp_store_ask (self->store, &operation->base_version, error,
                       "SELECT coalesce (json_extract (state, '$.version'), 0) FROM sync_base"
                       " WHERE table_name = ? AND record_id = ?",
                       "ss", operation->table->name, operation->id);
}

static gboolean
mark_sent (Picker  *self,
           GError **error)
{
  for (guint i = 0; i < self->operations->len; i++)
    {
      BpOperation *operation = self->operations->pdata[i];

      if (!set_base_version (self, operation, error)
          || !bp_store_execute (self->store, error,
                                "UPDATE sync_queue SET status = 'syncing',"
                                " unanswered = unanswered + 1,"
                                " base_version = nullif (?, 0), next_attempt ="
                                " CASE status WHEN 'syncing' THEN next_attempt ELSE 0 END"
                                " WHERE op_id = ?",
                                "is", operation->base_version, operation->op_id))
        return FALSE;
    }

  return TRUE;
}

static gboolean
claim (BpStore *self,
       gpointer user_data,
       GError **error)
{
  Picker *picker = user_data;
  gint64 attempt;

  picker->recovering = bp_store_get_recovering (self);
  if (!bp_store_level_queue (self, error) || !pick (picker, error))
    return FALSE;
  if (picker->operations->len == 0 && picker->scope >= BP_CLAIM_TO_HIGH)
    {
      picker->again = TRUE;
      g_hash_table_remove_all (picker->actions);
      if (!pick (picker, error))
        return FALSE;
    }
  if (picker->operations->len == 0)
    return TRUE;

  attempt = bp_store_get_number (self, "attempt", 0) + 1;
  if (!mark_sent (picker, error) || !bp_store_set_number (self, "attempt", attempt, error))
    return FALSE;
  picker->claim = g_new0 (BpClaim, 1);
  picker->claim->epoch = bp_store_get_value (self, "epoch");
  picker->claim->attempt = attempt;
  picker->claim->operations = g_ptr_array_ref (picker->operations);
  picker->claim->n_actions = picker->n_actions;
  return TRUE;
}

/**
 * bp_store_claim:
 * @self: a store
 * @scope: what may be claimed
 * @max_operations: at most so many operations, 1 to 100; a single action may
 *   have more
 * @max_actions: at most so many actions, at least 1: less than all, where a
 *   push was too much
 * @error: #BpDatabaseError
 *
 * Chooses what the next push carries (the contract's section 6, "A push"),
 * marks it as sent and uses up one attempt, in one transaction. What was sent
 * and not answered goes again as it was; what of it was postponed only where
 * %BP_CLAIM_TO_HIGH, %BP_CLAIM_TO_MEDIUM or %BP_CLAIM_ALL find nothing else.
 * Priorities are those configured now, also of what was saved before.
 *
 * Returns: (transfer full) (nullable): what to send; %NULL with no error where
 *   nothing may go now
 */
BpClaim *
bp_store_claim (BpStore     *self,
                BpClaimScope scope,
                guint        max_operations,
                guint        max_actions,
                GError     **error)
{
  g_autoptr (GHashTable) actions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) operations = NULL;
  Picker picker = { .store = self, .scope = scope, .again = scope == BP_CLAIM_UNANSWERED };

  g_return_val_if_fail (BP_IS_STORE (self), NULL);
  g_return_val_if_fail (max_operations > 0 && max_actions > 0, NULL);

  operations = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_operation_free);
  picker.max_operations = max_operations;
  picker.max_actions = max_actions;
  picker.now = bp_clock_get_now (bp_store_get_clock (self));
  picker.actions = actions;
  picker.operations = operations;
  if (!bp_store_transact (self, claim, &picker, error))
    g_clear_pointer (&picker.claim, bp_claim_free);

  return picker.claim;
}

/**
 * bp_claim_free:
 * @claim: (nullable) (transfer full): a claim; what it marked stays marked
 */
void
bp_claim_free (BpClaim *claim)
{
  if (claim == NULL)
    return;

  g_free (claim->epoch);
  g_ptr_array_unref (claim->operations);
  g_free (claim);
}

static gboolean
refuse_claim (BpStore *self,
              gpointer user_data,
              GError **error)
{
  const BpClaim *refused = user_data;

  for (guint i = 0; i < refused->operations->len; i++)
    {
      const BpOperation *operation = refused->operations->pdata[i];

      if (!bp_store_execute (self, error,
                             "UPDATE sync_queue SET unanswered = max (unanswered - 1, 0)"
                             " WHERE op_id = ? AND status = 'syncing'",
                             "s", operation->op_id))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_refuse_claim:
 * @self: a store
 * @claim: what was sent
 * @error: #BpDatabaseError
 *
 * Nothing was done of this request, for it was too much as a whole (413, 400,
 * 422). Its operations stay as sent; of an earlier request that got no answer
 * this tells nothing.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_refuse_claim (BpStore *self,
                       BpClaim *claim,
                       GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, refuse_claim, claim, error);
}

typedef struct
{
  BpClaim *claim;
  const char *reason;
} Failure;

static gboolean
fail_claim (BpStore *self,
            gpointer user_data,
            GError **error)
{
  const Failure *failure = user_data;
  const BpOperation *first = failure->claim->operations->pdata[0];
  g_autofree char *text = NULL;
  BpLogEntry entry = { .kind = (char *)"attempt", .direction = (char *)"up",
                       .state = (char *)"failed" };

  if (!refuse_claim (self, failure->claim, error))
    return FALSE;
  for (guint i = 0; i < failure->claim->operations->len; i++)
    {
      const BpOperation *operation = failure->claim->operations->pdata[i];

      if (!bp_store_execute (self, error,
                             "UPDATE sync_queue SET status = 'failed', last_error = ?,"
                             " retry_count = retry_count + 1"
                             " WHERE op_id = ? AND status = 'syncing'",
                             "ss", failure->reason, operation->op_id)
          || !bp_store_stop_later (self, operation->table, operation->id, error)
          || !bp_store_settle (self, operation->table, operation->id, error))
        return FALSE;
    }

  entry.failed = failure->claim->operations->len;
  text = g_strdup_printf ("%s %s: %s", first->table->name, first->id, failure->reason);
  entry.error = text;
  return bp_store_add_log (self, &entry, error);
}

/**
 * bp_store_fail_claim:
 * @self: a store
 * @claim: what was sent, one action
 * @reason: why, in words
 * @error: #BpDatabaseError
 *
 * The server will not take this action as it is (413, 400, 422): its
 * operations are failed afterwards, and the user decides. Where an earlier
 * request that got no answer carried them they stay as they are, since the
 * server may have them.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_fail_claim (BpStore    *self,
                     BpClaim    *claim,
                     const char *reason,
                     GError    **error)
{
  Failure failure = { claim, reason };

  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, fail_claim, &failure, error);
}

/* Of a row that was sent, `next_attempt` tells when it was postponed. */
static gboolean
put_last (BpStore    *self,
          const char *op_id,
          GError    **error)
{
  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET id ="
                           " (SELECT max (max (q.id), coalesce ((SELECT seq FROM sqlite_sequence"
                           "   WHERE name = 'sync_queue'), 0)) + 1 FROM sync_queue AS q),"
                           " next_attempt = CASE status WHEN 'syncing' THEN ? ELSE next_attempt END"
                           " WHERE op_id = ?",
                           "is", MAX (bp_clock_get_now (bp_store_get_clock (self)), 1), op_id);
}

/* The later operations of the record follow, or they would overtake. */
static gboolean
put_record_last (BpStore           *self,
                 const BpOperation *operation,
                 GError           **error)
{
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (self, operation->table, operation->id, error);
  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (!put_last (self, row->op_id, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
postpone_claim (BpStore *self,
                gpointer user_data,
                GError **error)
{
  BpClaim *postponed = user_data;

  for (guint i = 0; i < postponed->operations->len; i++)
    {
      if (!put_record_last (self, postponed->operations->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_postpone_claim:
 * @self: a store
 * @claim: what was sent, one action
 * @error: #BpDatabaseError
 *
 * Puts the action behind the rest, and with it what waits for the same
 * records. It stays marked as sent, since its answer may only have been lost.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_postpone_claim (BpStore *self,
                         BpClaim *claim,
                         GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, postpone_claim, claim, error);
}

static gboolean
doubt_queue (BpStore *self,
             gpointer user_data,
             GError **error)
{
  return bp_store_execute (self, error,
                           "UPDATE sync_queue SET status = 'syncing'"
                           " WHERE status = 'pending' AND next_attempt = 0 AND action_id NOT IN"
                           " (SELECT q.action_id FROM sync_queue AS q WHERE q.status = 'failed'"
                           "   OR (q.status = 'pending' AND q.next_attempt <> 0)"
                           "   OR EXISTS (SELECT 1 FROM sync_conflicts AS c"
                           "    WHERE c.decision IS NULL AND c.table_name = q.table_name"
                           "    AND c.record_id = q.record_id AND q.status <> 'synced'))",
                           "");
}

/**
 * bp_store_doubt_queue:
 * @self: the store of a folder that was copied, or put back
 * @error: #BpDatabaseError
 *
 * What waits may have been sent by the other folder: it counts as sent and not
 * answered from now on. It goes again as it is and before all else, and
 * nothing is decided about it until the server has answered. What failed or is
 * in conflict stays so.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_doubt_queue (BpStore *self,
                      GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, doubt_queue, NULL, error);
}

static gboolean
go_above (BpStore *self,
          gpointer user_data,
          GError **error)
{
  gint64 seen = *(gint64 *)user_data;

  if (bp_store_get_number (self, "attempt", 0) >= seen)
    return TRUE;

  return bp_store_set_number (self, "attempt", seen, error);
}

/**
 * bp_store_raise_attempt:
 * @self: a store
 * @seen: the highest attempt the server has seen of this device
 * @error: #BpDatabaseError
 *
 * The next claim's attempt is above @seen, and above its own last one.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_raise_attempt (BpStore *self,
                        gint64   seen,
                        GError **error)
{
  g_return_val_if_fail (BP_IS_STORE (self), FALSE);

  return bp_store_transact (self, go_above, &seen, error);
}
