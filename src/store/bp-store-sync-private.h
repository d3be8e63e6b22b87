/* What the files of the store's sync side share. All of it needs the store's
 * lock held; functions that write need a transaction. */
#pragma once

#include "bp-store-private.h"

G_BEGIN_DECLS

#define BP_DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

/**
 * BpPage:
 * @expects_new: whether the next row is probably not there yet
 * @has_waiting: whether records of it wait
 * @has_effects: whether own operations move figures of it
 * @recovering: whether it is pulled anew after a new epoch: older is not older
 * @pays_unknown: as of bp_store_pays_unknown()
 * @n_stored: rows stored
 *
 * Rows of one table on their way into the store. On the stack.
 */
typedef struct
{
  BpStore *store;
  const BpTable *table;
  BpRowAdder adder;
  sqlite3_stmt *seen;
  gboolean expects_new;
  gboolean has_waiting;
  gboolean has_effects;
  gboolean recovering;
  gboolean pays_unknown;
  guint n_stored;
} BpPage;

/* bp-store-page.c */
gboolean bp_page_begin (BpPage        *page,
                        BpStore       *store,
                        const BpTable *table,
                        GError       **error);
gboolean bp_page_put (BpPage        *page,
                      const BpState *pulled,
                      GError       **error);
void bp_page_end (BpPage *page);
gboolean bp_store_move_cursor (BpStore             *self,
                               const BpPulledTable *pulled,
                               GError             **error);
gboolean bp_store_note_pull (BpStore *self,
                             gboolean is_last,
                             GError **error);

/* bp-store-settle.c */
gboolean bp_store_find_absent (BpStore       *self,
                               const BpTable *table,
                               const char    *id,
                               gboolean      *absent,
                               GError       **error);
gboolean bp_store_settle (BpStore       *self,
                          const BpTable *table,
                          const char    *id,
                          GError       **error);
gboolean bp_store_show (BpStore       *self,
                        const BpTable *table,
                        const BpState *state,
                        BpRecordStatus status,
                        GError       **error);
gboolean bp_store_show_waiting (BpStore       *self,
                                const BpTable *table,
                                const BpState *state,
                                GError       **error);
/* The op_id of a state made of an answer that may tell of more than what was
 * sent: the row that comes with a pull is not taken for the same. */
#define BP_OP_UNCONFIRMED ""

gboolean bp_store_is_confirmed (const BpState *state);
/* The seq of a base that stands for a state of the server which no pull has
 * brought. */
#define BP_SEQ_UNSEEN -1

gboolean bp_store_forget_figures (BpStore *self,
                                  BpState *state,
                                  GError **error);
gboolean bp_store_has_sent (GPtrArray *rows);
gboolean bp_store_stop_later (BpStore       *self,
                              const BpTable *table,
                              const char    *id,
                              GError       **error);
gboolean bp_store_drop_operation (BpStore    *self,
                                  const char *op_id,
                                  GError    **error);

/* bp-store-conflict.c */
gboolean bp_state_is_own_making (const BpState *state);
void bp_store_keep_final (const BpState *record,
                          BpChange      *wanted);
gboolean bp_store_find_open_conflict (BpStore       *self,
                                      const BpTable *table,
                                      const char    *id,
                                      BpConflict   **conflict,
                                      GError       **error);
gboolean bp_store_open_conflict (BpStore    *self,
                                 BpConflict *conflict,
                                 GError    **error);
gboolean bp_store_move_conflict (BpStore       *self,
                                 BpConflict    *conflict,
                                 const BpState *server,
                                 GError       **error);
gboolean bp_store_close_conflict (BpStore    *self,
                                  BpConflict *conflict,
                                  BpDecision  decision,
                                  GError    **error);

/* bp-store-epoch.c: the recovery of a table, bp_store_get_recovering() */
gboolean bp_store_recover_absent (BpStore       *self,
                                  const BpTable *table,
                                  const char    *id,
                                  GError       **error);
gboolean bp_store_end_recovery (BpStore       *self,
                                const BpTable *table,
                                GError       **error);

/* bp-store-decide.c */
gboolean bp_store_drop_record_queue (BpStore       *self,
                                     const BpTable *table,
                                     const char    *id,
                                     GError       **error);

/* bp-store-again.c */
gboolean bp_store_decide_again (BpStore        *self,
                                BpConflict     *conflict,
                                BpDecision      decision,
                                const BpChange *merged,
                                GError        **error);

/* bp-store-carry.c */
gboolean bp_store_carry_over (BpStore *self,
                              BpStore *restored,
                              GError **error);

gboolean bp_store_refresh_all (BpStore *self,
                               GError **error);

/* bp-store-backup.c */
void bp_store_remove_folder (const char *folder);

/* bp-store-collide.c */
gboolean bp_store_renumber (BpStore    *self,
                            BpConflict *conflict,
                            GError    **error);
gboolean bp_store_join_other (BpStore    *self,
                              BpConflict *conflict,
                              GError    **error);

/* bp-store-rename.c */
gboolean bp_store_follow (BpStore       *self,
                          const BpTable *table,
                          const char    *old_id,
                          const char    *new_id,
                          GError       **error);

/* bp-store-own.c */
gboolean bp_store_take_reused (BpStore         *self,
                               BpQueueRow      *row,
                               BpAnswerSummary *summary,
                               GError         **error);
gboolean bp_store_take_own (BpStore        *self,
                            BpQueueRow     *row,
                            const BpResult *result,
                            gboolean       *is_own,
                            GError        **error);

G_END_DECLS
