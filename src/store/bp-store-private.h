/* What the files of the store share. All of it needs the store's lock held;
 * functions that write need a transaction (bp_store_transact()). Where a
 * function returns nothing for "not there", *error tells it from a failure. */
#pragma once

#include "bp-database.h"
#include "bp-store-reader.h"
#include "bp-store-sync.h"

G_BEGIN_DECLS

/**
 * BpBase:
 * @state: (nullable) (transfer full): what both sides last agreed on; %NULL
 *   where the server has nothing yet
 * @server: (nullable) (transfer full): a newer state of the server, not shown yet
 */
typedef struct
{
  BpState *state;
  BpState *server;
} BpBase;

/**
 * BpRowAdder:
 *
 * Adds many clean rows to a table. On the stack; see bp_row_adder_init().
 */
typedef struct
{
  BpStore *store;
  const BpTable *table;
  sqlite3_stmt *add;   /* (owned) */
  sqlite3_stmt *index; /* (owned) (nullable) */
} BpRowAdder;

#define BP_STORE_FILE "bizpulse_local.db"
/* The column of a table's first field, in a row as it comes from the server. */
#define BP_FIRST_SENT_FIELD 8
/* 1 where the last pull came to its end, 0 where something was answered since,
 * -1 while a pull is under way: then facts of figures that came may be missing. */
#define BP_STORE_SETTLED "settled"
/* The latest seq that came with a conflict. */
#define BP_STORE_FIGURES "figures"

/* What the contract allows, in operations and bytes. */
#define BP_STORE_MAX_OPERATIONS 100
#define BP_STORE_MAX_OPERATION (512 * 1024)
#define BP_STORE_MAX_ACTION (1024 * 1024)

/* What bp_log_entry_from_statement() reads, in its order. */
#define BP_LOG_COLUMNS \
  "id, time, kind, state, pushed, pulled, conflicts, failed, requests, bytes_sent," \
  " bytes_received, milliseconds, error, direction"

/* What bp_queue_row_from_statement() reads, in its order. */
#define BP_QUEUE_COLUMNS \
  "id, op_id, action_id, table_name, record_id, operation, restore, base_version, data, " \
  "priority, timestamp, user, retry_count, next_attempt, status, last_error, unanswered"

/* bp-store.c */
BpDatabase *bp_store_open_database (const char    *path,
                                    BpDatabaseMode mode,
                                    GError       **error);
BpDatabase *bp_store_get_database (BpStore *self);

/* Queries for bp_store_read_text(). */
#define BP_VALUE_SQL "SELECT value FROM sync_state WHERE name = :name"
#define BP_SETTING_SQL "SELECT value FROM device_settings WHERE name = :name"

gboolean bp_store_read_text (BpDatabase *database,
                             const char *sql,
                             const char *name,
                             char      **text,
                             GError    **error);
BpDatabase *bp_store_reader_get_database (BpStoreReader *self);
GHashTable *bp_store_get_joined (BpStore *self);
void bp_store_lock (BpStore *self);
void bp_store_unlock (BpStore *self);
gboolean bp_store_is_wanted (BpStore *self);
void bp_store_note_changed (BpStore       *self,
                            const BpTable *table);

/* bp-store-sql.c: @format: a letter for each `?`: `s` a text (nullable), `i`
 * a gint64 */
sqlite3_stmt *bp_store_prepare (BpStore    *self,
                                GError    **error,
                                const char *sql,
                                const char *format,
                                ...);
gboolean bp_store_execute (BpStore    *self,
                           GError    **error,
                           const char *sql,
                           const char *format,
                           ...);
gboolean bp_store_ask (BpStore    *self,
                       gint64     *answer,
                       GError    **error,
                       const char *sql,
                       const char *format,
                       ...);

/* bp-store-record.c: rows of *_local */
gboolean bp_store_read_row (BpStore       *self,
                            const BpTable *table,
                            const char    *id,
                            BpRow        **row,
                            GError       **error);
gboolean bp_store_write_row (BpStore       *self,
                             const BpTable *table,
                             const BpState *state,
                             BpRecordStatus status,
                             GError       **error);
gboolean bp_store_write_figures (BpStore       *self,
                                 const BpTable *table,
                                 const BpState *state,
                                 GError       **error);
gboolean bp_store_remove_row (BpStore       *self,
                              const BpTable *table,
                              const char    *id,
                              GError       **error);
gboolean bp_store_rename_row (BpStore       *self,
                              const BpTable *table,
                              const char    *old_id,
                              const char    *new_id,
                              GError       **error);
gboolean bp_store_refresh_status (BpStore       *self,
                                  const BpTable *table,
                                  const char    *id,
                                  GError       **error);
gboolean bp_store_add_titles (BpDatabase *database,
                              BpRow      *row,
                              GError    **error);
BpRow *bp_store_row_from_statement (const BpTable *table,
                                    sqlite3_stmt  *statement);
const char *bp_store_get_columns_sql (const BpTable *table);

/* bp-store-adder.c */
gboolean bp_row_adder_init (BpRowAdder    *self,
                            BpStore       *store,
                            const BpTable *table,
                            GError       **error);
void bp_row_adder_clear (BpRowAdder *self);
gboolean bp_row_adder_add (BpRowAdder    *self,
                           const BpState *state,
                           gboolean      *is_new,
                           GError       **error);
gboolean bp_row_adder_copy (BpRowAdder   *self,
                            sqlite3_stmt *from,
                            gboolean     *is_new,
                            GError      **error);

/* bp-store-read.c */
char *bp_store_make_search (const char *search);
char *bp_store_get_search_sql (const BpTable *table);

/* bp-store-base.c: sync_base */
gboolean bp_store_read_base (BpStore       *self,
                             const BpTable *table,
                             const char    *id,
                             BpBase       **base,
                             GError       **error);
gboolean bp_store_write_base (BpStore       *self,
                              const BpTable *table,
                              const char    *id,
                              const BpBase  *base,
                              GError       **error);
gboolean bp_store_remove_base (BpStore       *self,
                               const BpTable *table,
                               const char    *id,
                               GError       **error);
void bp_base_free (BpBase *base);

/* bp-store-queue.c: sync_queue */
GPtrArray *bp_store_list_record_queue (BpStore       *self,
                                       const BpTable *table,
                                       const char    *id,
                                       GError       **error);
GPtrArray *bp_store_collect_queue (BpStore      *self,
                                   sqlite3_stmt *given,
                                   GError      **error);
GPtrArray *bp_store_list_action_queue (BpStore    *self,
                                       const char *action_id,
                                       GError    **error);
BpQueueRow *bp_store_find_queue_row (BpStore    *self,
                                     const char *id,
                                     GError    **error);
gboolean bp_store_write_queue_row (BpStore    *self,
                                   BpQueueRow *row,
                                   GError    **error);
gboolean bp_store_remove_queue_row (BpStore    *self,
                                    const char *op_id,
                                    GError    **error);
BpQueueRow *bp_queue_row_from_statement (sqlite3_stmt *statement);
BpLogEntry *bp_log_entry_from_statement (sqlite3_stmt *statement);
BpOperation *bp_queue_row_to_operation (const BpQueueRow *row,
                                        GError          **error);
gboolean bp_store_apply_queue_row (BpState         **state,
                                   const BpQueueRow *row,
                                   GError          **error);

/* bp-store-join.c: which action an edit belongs to */
gboolean bp_store_plan_fold (BpStore    *self,
                             const char *action_id,
                             GPtrArray  *writes,
                             GError    **error);
gboolean bp_store_join_record (BpStore       *self,
                               const char    *action_id,
                               const BpTable *table,
                               const char    *id,
                               GError       **error);
const char *bp_store_get_action (BpStore    *self,
                                 const char *action_id);
gboolean bp_queue_row_is_foldable (const BpQueueRow *row);

/* bp-store-alias.c: ids of records that have become others */
char *bp_store_find_alias (BpStore       *self,
                           const BpTable *table,
                           const char    *id,
                           GError       **error);
gboolean bp_store_follow_aliases (BpStore    *self,
                                  GPtrArray  *writes,
                                  GPtrArray **followed,
                                  GError    **error);

/* bp-store-priority.c: how urgent what waits is */
#define BP_STORE_LEVELLED_FOR "priorities"
#define BP_STORE_NOT_LEVELLED "-"
BpPriority bp_store_find_priority (const BpTable *table,
                                   const char    *setting);
gboolean bp_store_level_queue (BpStore *self,
                               GError **error);

/* bp-store-fold.c: an edit becomes, or folds into, what waits */
gboolean bp_store_fold (BpStore       *self,
                        const BpTable *table,
                        const BpState *record,
                        const char    *action_id,
                        const char    *user,
                        GError       **error);
gboolean bp_store_queue_new (BpStore       *self,
                             const BpTable *table,
                             const BpState *record,
                             const char    *action_id,
                             const char    *user,
                             GError       **error);

/* bp-store-effects.c: projections */
gboolean bp_store_add_effects (BpStore       *self,
                               const char    *op_id,
                               const BpTable *table,
                               const BpState *before,
                               const BpState *after,
                               GError       **error);
gboolean bp_store_set_effects (BpStore       *self,
                               const char    *op_id,
                               const BpTable *table,
                               const BpState *before,
                               const BpState *after,
                               GError       **error);
gboolean bp_store_drop_effects (BpStore    *self,
                                const char *op_id,
                                GError    **error);
gboolean bp_store_drop_effects_on (BpStore       *self,
                                   const char    *op_id,
                                   const BpTable *table,
                                   GError       **error);
gboolean bp_store_drop_effects_through (BpStore       *self,
                                        const BpTable *table,
                                        const char    *id,
                                        GError       **error);
gboolean bp_store_answer_effects (BpStore    *self,
                                  const char *op_id,
                                  gint64      seq,
                                  gint64      youngest,
                                  GError    **error);
gboolean bp_store_recall_effects (BpStore    *self,
                                  const char *op_id,
                                  gint64      seq,
                                  GError    **error);
gboolean bp_store_pass_effects (BpStore       *self,
                                const BpTable *table,
                                GError       **error);
gboolean bp_store_settle_projections (BpStore       *self,
                                      const BpTable *table,
                                      BpState       *pulled,
                                      GError       **error);

/* bp-store-paid.c: payments of a sale that the server does not have */
gint64 bp_store_find_paid (const char *sale_id,
                           gpointer    self);
gboolean bp_store_count_paid (BpStore       *self,
                              const BpState *record,
                              GError       **error);
gboolean bp_store_pays_unknown (BpStore       *self,
                                const BpTable *table,
                                gboolean      *pays,
                                GError       **error);
gboolean bp_store_count_paid_of (BpStore   *self,
                                 GPtrArray *records,
                                 GError   **error);
gboolean bp_store_leave_to_sale (BpStore          *self,
                                 const BpQueueRow *payment,
                                 GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpBase, bp_base_free)

G_END_DECLS
