/* Rows that were fetched, on their way into the store. */
#pragma once

#include "bp-pull.h"
#include "bp-sync-engine-private.h"

G_BEGIN_DECLS

typedef struct _BpStoring BpStoring;

/**
 * BpBatch:
 * @rows: (owned) (nullable) (element-type BpState): by table, in ascending seq
 * @since: by table: up to where was fetched
 * @asked: bit i: table i is pulled
 * @zero: bit i: the pull of table i began at 0, in this run or before
 * @n_rows: rows fetched and not handed over to be stored
 * @is_end: whether the server had no more
 * @is_new: whether a cursor moved since what was handed over
 * @storing: (owned) (nullable): what is being stored meanwhile
 *
 * On the stack, begun by bp_batch_begin(); everything else is for
 * bp-sync-batch.c alone to change.
 */
typedef struct
{
  BpSyncEngine *engine; /* (unowned) */
  GPtrArray *rows[BP_N_TABLES];
  gint64 stored[BP_N_TABLES]; /* up to where was handed over */
  gint64 since[BP_N_TABLES];
  guint asked;
  guint zero;
  guint n_rows;
  gboolean is_end;
  gboolean is_new;
  BpStoring *storing;
} BpBatch;

void bp_batch_begin (BpBatch      *self,
                     BpSyncEngine *engine,
                     guint         asked);
void bp_batch_clear (BpBatch *self);
void bp_batch_add (BpBatch    *self,
                   BpPullPage *page);
gboolean bp_batch_is_full (const BpBatch *self);
gboolean bp_batch_flush (BpBatch *self,
                         GError **error);
gboolean bp_batch_finish (BpBatch *self,
                          GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BpBatch, bp_batch_clear)

G_END_DECLS
