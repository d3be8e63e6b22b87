#pragma once

#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

/**
 * BpSyncRunner:
 *
 * What a run is: bp_sync_run(), but in tests.
 */
typedef gboolean (*BpSyncRunner) (BpStore             *store,
                                  const BpSyncOptions *options,
                                  BpSyncReport        *report,
                                  GCancellable        *cancellable,
                                  GError             **error);

/**
 * BpSyncLook:
 *
 * What the scheduler needs to know of a folder, read in a thread: the main
 * one never waits for the disk. @status and @schedule are never %NULL.
 */
typedef struct
{
  BpSyncStatus *status;
  char *device_id; /* (nullable) */
  gint64 n_ready;
  guint step;
  char *schedule;
  gboolean on_start;
  gboolean on_connection;
  gboolean after_save;
} BpSyncLook;

BpSyncLook *bp_sync_look (BpStore *store);
BpSyncLook *bp_sync_look_new_blank (void);
void bp_sync_look_free (BpSyncLook *look);
gboolean bp_sync_status_equal (const BpSyncStatus *a,
                               const BpSyncStatus *b);
BpSyncStatus *bp_sync_status_copy (const BpSyncStatus *status);

void bp_sync_scheduler_set_runner (BpSyncScheduler *self,
                                   BpSyncRunner     runner);
void bp_sync_scheduler_set_second (BpSyncScheduler *self,
                                   guint            milliseconds);

gint64 bp_schedule_get_next (const char *schedule,
                             gint64      after,
                             GTimeZone  *zone);

G_END_DECLS
