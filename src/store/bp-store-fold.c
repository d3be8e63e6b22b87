/* An edit becomes a row of the queue, or folds into the one that waits. With
 * `base` what both sides agreed on and r1 … rk the record's operations, the
 * record as shown is always base + r1 + … + rk: so rk is worked out anew as the
 * difference between what is before it and the record. */
#include "config.h"

#include "bp-id.h"
#include "bp-store-sync-private.h"

#include <string.h>

/* What an operation has on the wire beside its data. */
#define OVERHEAD 512

typedef struct
{
  BpStore *store;        /* (unowned) */
  const BpTable *table;  /* (unowned) */
  const BpState *record; /* (unowned) */
  const char *action_id; /* (unowned) */
  const char *user;      /* (unowned) (nullable) */
  BpState *before;       /* (owned) (nullable): what the operation starts from */
  gint64 base_version;
  BpOperationKind kind;
  gboolean restore;
  char *data;            /* (owned) (nullable) */
} Fold;

static char *
get_all_text (const BpState *record)
{
  g_autoptr (BpChange) all = bp_change_diff (NULL, record->data);

  return bp_change_to_text (all);
}

static void
fold_clear (Fold *fold)
{
  bp_state_free (fold->before);
  g_free (fold->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fold, fold_clear)

/* Returns whether there is a difference at all. */
static gboolean
work_out (Fold *fold)
{
  gboolean lived = fold->before != NULL && !fold->before->is_deleted;
  g_autoptr (BpChange) change = NULL;

  fold->kind = BP_OPERATION_UPDATE;
  if (fold->record->is_deleted)
    {
      fold->kind = BP_OPERATION_DELETE;
      return lived;
    }
  if (!lived)
    {
      fold->restore = fold->before != NULL;
      fold->kind = fold->restore ? BP_OPERATION_UPDATE : BP_OPERATION_INSERT;
      fold->data = get_all_text (fold->record);
      return TRUE;
    }

  change = bp_change_diff (fold->before->data, fold->record->data);
  if (bp_change_is_empty (change))
    return FALSE;
  fold->data = bp_change_to_text (change);
  return TRUE;
}

/* All rows of an action have the priority of its most urgent one. */
static gboolean
level_priority (Fold       *fold,
                BpQueueRow *row,
                GError    **error)
{
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;
  BpPriority others;

  statement = bp_store_prepare (fold->store, error,
                                "SELECT (SELECT value FROM device_settings"
                                "  WHERE name = 'sync.priorities'),"
                                " (SELECT min (priority) FROM sync_queue"
                                "  WHERE action_id = ? AND status <> 'synced')",
                                "s", row->action_id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (fold->store), statement, &has_row, error))
    return FALSE;

  row->priority = bp_store_find_priority (fold->table, bp_column_get_text (statement, 0));
  if (sqlite3_column_type (statement, 1) == SQLITE_NULL)
    return TRUE;

  others = (BpPriority)bp_column_get_integer (statement, 1);
  row->priority = MIN (row->priority, others);
  return others == row->priority
         || bp_store_execute (fold->store, error,
                              "UPDATE sync_queue SET priority = ?"
                              " WHERE action_id = ? AND status <> 'synced'",
                              "is", (gint64)row->priority, row->action_id);
}

static BpQueueRow *
make_row (const Fold *fold)
{
  BpQueueRow *row = g_new0 (BpQueueRow, 1);

  row->op_id = bp_id_new (bp_store_get_clock (fold->store));
  row->action_id = g_strdup (fold->action_id);
  row->table = fold->table;
  row->record_id = g_strdup (fold->record->id);
  return row;
}

static gboolean
write_operation (Fold       *fold,
                 BpQueueRow *row,
                 GError    **error)
{
  gboolean fresh = row->id == 0;

  if (fold->data != NULL && strlen (fold->data) + OVERHEAD > BP_STORE_MAX_OPERATION)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT,
                   "This record is larger than the %d KiB that can be sent",
                   BP_STORE_MAX_OPERATION / 1024);
      return FALSE;
    }

  row->kind = fold->kind;
  row->restore = fold->restore;
  row->base_version = fold->kind == BP_OPERATION_INSERT ? 0 : fold->base_version;
  row->timestamp = fold->record->modified_at;
  row->retry_count = 0;
  row->next_attempt = 0;
  g_free (row->data);
  row->data = g_steal_pointer (&fold->data);
  g_free (row->user);
  row->user = g_strdup (fold->user);
  g_free (row->status);
  row->status = g_strdup ("pending");
  g_clear_pointer (&row->last_error, g_free);

  return level_priority (fold, row, error)
         && bp_store_write_queue_row (fold->store, row, error)
         && (fresh ? bp_store_add_effects : bp_store_set_effects)(fold->store, row->op_id,
                                                                  fold->table, fold->before,
                                                                  fold->record, error);
}

static gboolean
start_from (Fold      *fold,
            GPtrArray *rows,
            guint      n_rows,
            GError   **error)
{
  g_autoptr (BpBase) base = NULL;

  if (!bp_store_read_base (fold->store, fold->table, fold->record->id, &base, error))
    return FALSE;
  if (base != NULL)
    {
      fold->before = g_steal_pointer (&base->state);
      fold->base_version = fold->before != NULL ? fold->before->version : 0;
    }

  for (guint i = 0; i < n_rows; i++)
    {
      if (!bp_store_apply_queue_row (&fold->before, rows->pdata[i], error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_store_fold:
 * @self: a store, in a transaction
 * @table: a table
 * @record: the record as it is shown from now on, already written; deleted or not
 * @action_id: the edit's action
 * @user: (nullable): who made the edit
 * @error: %BP_STORE_ERROR_LIMIT, #BpDatabaseError, #BpDataError
 *
 * Brings the queue in step with an edit of a record that has a base. The
 * youngest operation, where it was never sent without an answer, is worked out
 * anew, waits again and keeps its `op_id`; where that leaves nothing to send it
 * goes, and a record for which nothing waits any more is as the server has it
 * (one that the server never had goes, too). Otherwise a new operation is
 * added. Effects on figures and the record's status follow.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_fold (BpStore       *self,
               const BpTable *table,
               const BpState *record,
               const char    *action_id,
               const char    *user,
               GError       **error)
{
  g_auto (Fold) fold = { .store = self, .table = table, .record = record, .user = user };
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (BpQueueRow) fresh = NULL;
  BpQueueRow *last;

  if (!bp_store_join_record (self, action_id, table, record->id, error))
    return FALSE;
  fold.action_id = bp_store_get_action (self, action_id);
  rows = bp_store_list_record_queue (self, table, record->id, error);
  if (rows == NULL)
    return FALSE;

  last = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;
  if (last != NULL
      && (!bp_queue_row_is_foldable (last) || !g_str_equal (last->action_id, fold.action_id)))
    last = NULL;
  if (!start_from (&fold, rows, last != NULL ? rows->len - 1 : rows->len, error))
    return FALSE;

  if (!work_out (&fold))
    return (last == NULL || bp_store_drop_operation (self, last->op_id, error))
           && bp_store_settle (self, table, record->id, error);

  if (last == NULL)
    last = fresh = make_row (&fold);
  return write_operation (&fold, last, error)
         && bp_store_refresh_status (self, table, record->id, error);
}

/**
 * bp_store_queue_new:
 * @self: a store, in a transaction
 * @table: a table
 * @record: a living record that was not there before, already written as
 *   pending, its base, too
 * @action_id: the edit's action, planned
 * @user: (nullable): who made it
 * @error: as of bp_store_fold()
 *
 * What bp_store_fold() does, without looking for what cannot be there.
 *
 * Returns: whether it succeeded
 */
gboolean
bp_store_queue_new (BpStore       *self,
                    const BpTable *table,
                    const BpState *record,
                    const char    *action_id,
                    const char    *user,
                    GError       **error)
{
  g_auto (Fold) fold = { self, table, record, bp_store_get_action (self, action_id), user, NULL, 0,
                         BP_OPERATION_INSERT, FALSE, NULL };
  g_autoptr (BpQueueRow) row = NULL;
  gboolean any = work_out (&fold);

  g_assert (any);
  row = make_row (&fold);
  return write_operation (&fold, row, error);
}
