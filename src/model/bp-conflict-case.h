/* A conflict with all that a person needs to decide it. */
#pragma once

#include "bp-shop.h"
#include "bp-store-reader.h"

G_BEGIN_DECLS

/**
 * BpConflictCase:
 * @conflict: (nullable) (transfer full): %NULL where none is open
 * @row: (nullable) (transfer full): the record as it is here now
 * @position: which of the open ones this is, from 1; 0 where it is decided
 * @n_open: how many are open
 * @next: another open one; 0 where there is none
 * @references: (element-type BpReferences): what refers to the record
 * @titles: (element-type utf8 utf8): what people know records by that the
 *   states refer to, by id
 *
 * All read at one time.
 */
typedef struct
{
  BpConflict *conflict;
  BpRow *row;
  guint position;
  guint n_open;
  gint64 next;
  GArray *references;
  GHashTable *titles;
} BpConflictCase;

void bp_conflict_case_read_async (BpShop             *shop,
                                  gint64              id,
                                  GCancellable       *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer            user_data);
BpConflictCase *bp_conflict_case_read_finish (BpShop       *shop,
                                              GAsyncResult *result,
                                              GError      **error);
void bp_conflict_case_decide_async (BpShop               *shop,
                                    const BpConflictCase *self,
                                    BpDecision            decision,
                                    const BpChange       *merged,
                                    GAsyncReadyCallback   callback,
                                    gpointer              user_data);
gboolean bp_conflict_case_decide_finish (BpShop       *shop,
                                         GAsyncResult *result,
                                         GError      **error);
gint64 bp_conflict_case_get_server_version (const BpConflictCase *self);
void bp_conflict_case_free (BpConflictCase *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpConflictCase, bp_conflict_case_free)

G_END_DECLS
