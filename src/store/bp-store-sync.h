/* The side of the store that the sync engine uses. */
#pragma once

#include "bp-store.h"

G_BEGIN_DECLS

/* In the store's values: the `sync.from` that what was pulled is limited by. */
#define BP_STORE_PULLED_FROM "pull.from"

/**
 * BpClaimScope:
 * @BP_CLAIM_UNANSWERED: what was sent and not answered
 * @BP_CLAIM_HIGH: actions of high priority, but none that was postponed
 * @BP_CLAIM_TO_HIGH: actions of high priority
 * @BP_CLAIM_TO_MEDIUM: actions of high and medium priority
 * @BP_CLAIM_ALL: whatever waits and may go
 *
 * What a claim may hold. An action takes along the INSERTs that it refers to,
 * whatever their priority.
 */
typedef enum
{
  BP_CLAIM_UNANSWERED,
  BP_CLAIM_HIGH,
  BP_CLAIM_TO_HIGH,
  BP_CLAIM_TO_MEDIUM,
  BP_CLAIM_ALL,
} BpClaimScope;

/**
 * BpClaim:
 * @epoch: (nullable) (transfer full): the store's past this folder knows
 * @attempt: already stored as used
 * @operations: (transfer full) (element-type BpOperation): what to send, now
 *   marked as sent
 * @n_actions: how many actions they are
 */
typedef struct
{
  char *epoch;
  gint64 attempt;
  GPtrArray *operations;
  guint n_actions;
} BpClaim;

/**
 * BpAnswerSummary:
 *
 * What an answer did: counts of operations, and in `wanted` (bit i: table i)
 * what must be pulled before all that was sent can be judged.
 */
typedef struct
{
  guint applied;
  guint conflicts;
  guint rejected;
  guint held;
  guint wanted;
} BpAnswerSummary;

/**
 * BpPulledTable:
 * @table: (unowned): which
 * @rows: (unowned) (nullable) (element-type BpState): in ascending seq
 * @since: the answer's cursor
 * @from_zero: whether this page ends a pull of this table that began at 0;
 *   rows that it did not bring are then dropped (the contract, section 4)
 * @is_last: whether the server had no more when it was asked
 */
typedef struct
{
  const BpTable *table;
  GPtrArray *rows;
  gint64 since;
  gboolean from_zero;
  gboolean is_last;
} BpPulledTable;

/**
 * BpConflict:
 *
 * One row of `sync_conflicts`. @base, @local and @server are %NULL where that
 * side has nothing; @decision %NULL while open: `merged server local
 * renumbered joined`. @base_text … are the JSON as kept.
 */
typedef struct
{
  gint64 id;
  const BpTable *table;
  char *record_id;
  BpConflictType type;
  char *key;
  char *op_id;
  BpState *base;
  BpState *local;
  BpState *server;
  char *decision;
  gint64 created_at;
  gint64 resolved;
} BpConflict;

/**
 * BpDecision:
 * @BP_DECISION_ASK: a person must decide; the conflict stays open
 * @BP_DECISION_MERGED: the record becomes a mixture, on top of the server's
 * @BP_DECISION_SERVER: the record becomes the server's
 * @BP_DECISION_LOCAL: the record stays as it is here, on top of the server's
 * @BP_DECISION_RENUMBERED: the local record gets a new id or number
 * @BP_DECISION_JOINED: the local record becomes the server's other record
 */
typedef enum
{
  BP_DECISION_ASK,
  BP_DECISION_MERGED,
  BP_DECISION_SERVER,
  BP_DECISION_LOCAL,
  BP_DECISION_RENUMBERED,
  BP_DECISION_JOINED,
} BpDecision;

/**
 * BpQueueRow:
 *
 * One row of `sync_queue`, for people: texts as kept. @unanswered counts the
 * requests that carried it and may have done so to an end that is not known:
 * while there is one the operation stays as it was sent.
 */
typedef struct
{
  gint64 id;
  char *op_id;
  char *action_id;
  const BpTable *table;
  char *record_id;
  BpOperationKind kind;
  gboolean restore;
  gint64 base_version;
  char *data;
  BpPriority priority;
  gint64 timestamp;
  char *user;
  gint64 retry_count;
  gint64 next_attempt;
  char *status;
  char *last_error;
  gint64 unanswered;
} BpQueueRow;

/**
 * BpQueueCounts:
 * @pending: by table index: operations waiting or on their way
 * @n_pending: their sum
 * @n_ready: those that could be sent now (not held by a conflict or failure,
 *   not waiting for a later try)
 * @n_ready_by: the same by #BpPriority
 * @n_failed: operations that failed
 * @n_conflicts: open conflicts
 */
typedef struct
{
  gint64 pending[BP_N_TABLES];
  gint64 n_pending;
  gint64 n_ready;
  gint64 n_ready_by[BP_PRIORITY_LOW + 1];
  gint64 n_failed;
  gint64 n_conflicts;
} BpQueueCounts;

/**
 * BpLogEntry:
 *
 * One row of `sync_log`: a run, or a failed attempt of one. @kind `run` or
 * `attempt`; @direction `up`, `down`, `both` or %NULL for neither; @state as the
 * status of the whole; @error (nullable).
 */
typedef struct
{
  gint64 id;
  gint64 time;
  char *kind;
  char *direction;
  char *state;
  gint64 pushed;
  gint64 pulled;
  gint64 conflicts;
  gint64 failed;
  gint64 requests;
  gint64 bytes_sent;
  gint64 bytes_received;
  gint64 milliseconds;
  char *error;
} BpLogEntry;

/* Sending. */
BpClaim *bp_store_claim (BpStore     *self,
                         BpClaimScope scope,
                         guint        max_operations,
                         guint        max_actions,
                         GError     **error);
void bp_claim_free (BpClaim *claim);
gboolean bp_store_apply_answer (BpStore         *self,
                                BpClaim         *claim,
                                GPtrArray       *results,
                                BpAnswerSummary *summary,
                                GError         **error);
gboolean bp_store_refuse_claim (BpStore *self,
                                BpClaim *claim,
                                GError **error);
gboolean bp_store_fail_claim (BpStore    *self,
                              BpClaim    *claim,
                              const char *reason,
                              GError    **error);
gboolean bp_store_postpone_claim (BpStore *self,
                                  BpClaim *claim,
                                  GError **error);
gboolean bp_store_doubt_queue (BpStore *self,
                               GError **error);
gboolean bp_store_raise_attempt (BpStore *self,
                                 gint64   seen,
                                 GError **error);

/* Receiving. */
gint64 bp_store_get_cursor (BpStore       *self,
                            const BpTable *table);
gboolean bp_store_reset_cursor (BpStore       *self,
                                const BpTable *table,
                                GError       **error);
gboolean bp_store_apply_page (BpStore             *self,
                              const BpPulledTable *tables,
                              guint                n_tables,
                              guint               *n_stored,
                              GError             **error);
gboolean bp_store_begin_epoch (BpStore    *self,
                               const char *epoch,
                               GError    **error);
guint bp_store_get_recovering (BpStore *self);
gboolean bp_store_give_way (BpStore *self);
gboolean bp_store_is_from_zero (BpStore       *self,
                                const BpTable *table);

/* Conflicts. */
GPtrArray *bp_store_list_conflicts (BpStore *self,
                                    gboolean all,
                                    GError **error);
BpConflict *bp_store_get_conflict (BpStore *self,
                                   gint64   id,
                                   GError **error);
gboolean bp_store_decide (BpStore        *self,
                          gint64          conflict_id,
                          gint64          server_version,
                          BpDecision      decision,
                          const BpChange *merged,
                          GError        **error);
gboolean bp_conflict_is_of_two (const BpConflict *conflict);
gboolean bp_conflict_is_joinable (const BpConflict *conflict);
void bp_conflict_free (BpConflict *conflict);
const char *bp_decision_to_string (BpDecision decision);

/* The queue, for people. */
GPtrArray *bp_store_list_queue (BpStore *self,
                                GError **error);
void bp_queue_row_free (BpQueueRow *row);
GPtrArray *bp_store_list_operations (BpStore       *self,
                                     const BpTable *table,
                                     const char    *id,
                                     gboolean       answered,
                                     GError       **error);
gboolean bp_store_count_queue (BpStore       *self,
                               BpQueueCounts *counts,
                               GError       **error);
gboolean bp_store_retry (BpStore    *self,
                         const char *id,
                         GError    **error);
gboolean bp_store_discard (BpStore    *self,
                           const char *id,
                           GError    **error);

/* The log, and keeping house. */
gboolean bp_store_add_log (BpStore          *self,
                           const BpLogEntry *entry,
                           GError          **error);
GPtrArray *bp_store_list_log (BpStore *self,
                              gint64   limit,
                              GError **error);
void bp_log_entry_free (BpLogEntry *entry);
gboolean bp_store_clean_up (BpStore *self,
                            GError **error);

/* Checking, copying, restoring. @faults: (element-type utf8) JSON objects. */
gboolean bp_store_check (BpStore   *self,
                         GPtrArray *faults,
                         GError   **error);
gboolean bp_store_backup (BpStore    *self,
                          const char *path,
                          GError    **error);
gboolean bp_store_restore (BpStore    *self,
                           const char *path,
                           GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpClaim, bp_claim_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpConflict, bp_conflict_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpQueueRow, bp_queue_row_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLogEntry, bp_log_entry_free)

G_END_DECLS
