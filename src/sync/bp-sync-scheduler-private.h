#pragma once

#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

/**
 * BpSyncRunner:
 *
 * What a run is: bp_sync_run() with no wait, but in tests.
 */
typedef gboolean (*BpSyncRunner) (BpStore           *store,
                                  BpSyncProgressFunc progress,
                                  gpointer           progress_data,
                                  BpSyncReport      *report,
                                  GCancellable      *cancellable,
                                  gpointer           user_data,
                                  GError           **error);

void bp_sync_scheduler_set_runner (BpSyncScheduler *self,
                                   BpSyncRunner     runner,
                                   gpointer         user_data);
void bp_sync_scheduler_set_second (BpSyncScheduler *self,
                                   guint            milliseconds);

gint64 bp_schedule_get_next (const char *schedule,
                             gint64      after,
                             GTimeZone  *zone);

G_END_DECLS
