/* What the scheduler and the thread of its run both know. */
#pragma once

#include "bp-sync-engine.h"
#include "bp-sync-terms.h"

G_BEGIN_DECLS

/**
 * BpSyncShared:
 *
 * The fields are private; only @pulse may be counted up, atomically.
 */
typedef struct
{
  int pulse;

  GMutex mutex;
  guint second; /* what a second lasts, in ms */
  BpSyncSituation situation;
  BpSyncActivity activity;
  gint64 rows_done;   /* in this run */
  gint64 rows_before; /* in runs that were cut */
  gint64 rows_total;  /* −1 where unknown */
  gint64 heard;       /* the greatest seq of a hint since connected */
  guint n_connected;
} BpSyncShared;

void bp_sync_shared_init (BpSyncShared *self);
void bp_sync_shared_clear (BpSyncShared *self);
void bp_sync_shared_set_second (BpSyncShared *self,
                                guint         milliseconds);
gint64 bp_sync_shared_get_time (BpSyncShared *self);
void bp_sync_shared_set_situation (BpSyncShared          *self,
                                   const BpSyncSituation *situation);
BpSyncWork bp_sync_shared_decide (BpSyncShared       *self,
                                  const BpSyncReport *report,
                                  BpSyncHold         *hold);
void bp_sync_shared_note_activity (BpSyncShared *self);
gint64 bp_sync_shared_get_rest (BpSyncShared *self);

void bp_sync_shared_hear (BpSyncShared *self,
                          gint64        seq);
gint64 bp_sync_shared_get_heard (BpSyncShared *self,
                                 guint        *n_connected);

void bp_sync_shared_begin_rows (BpSyncShared *self,
                                gboolean      goes_on);
void bp_sync_shared_set_rows (BpSyncShared       *self,
                              const BpSyncReport *report,
                              gint64              rows_left);
gboolean bp_sync_shared_get_rows (BpSyncShared *self,
                                  gint64       *done,
                                  gint64       *total);

G_END_DECLS
