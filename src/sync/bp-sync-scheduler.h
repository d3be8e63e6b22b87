#pragma once

#include "bp-sync.h"

G_BEGIN_DECLS

#define BP_TYPE_SYNC_SCHEDULER (bp_sync_scheduler_get_type ())

/**
 * BpSyncScheduler:
 *
 * When to sync: at the start, when a connection comes back, on a schedule, a
 * moment after saving, and when the user asks. Lives in the main context it
 * was made in; runs take place in a thread. Signal "status-changed" when
 * bp_sync_scheduler_get_status() tells something new, "progress" when
 * bp_sync_scheduler_get_progress(), bp_sync_scheduler_get_rows() or
 * bp_sync_scheduler_get_hold() may.
 */
G_DECLARE_FINAL_TYPE (BpSyncScheduler, bp_sync_scheduler, BP, SYNC_SCHEDULER, GObject)

BpSyncScheduler *bp_sync_scheduler_new (BpStore         *store,
                                        GNetworkMonitor *monitor);
void bp_sync_scheduler_start (BpSyncScheduler *self);
void bp_sync_scheduler_stop (BpSyncScheduler *self);
void bp_sync_scheduler_sync_now (BpSyncScheduler *self);
void bp_sync_scheduler_set_offline (BpSyncScheduler *self,
                                    gboolean         offline);
gboolean bp_sync_scheduler_get_offline (BpSyncScheduler *self);
const BpSyncStatus *bp_sync_scheduler_get_status (BpSyncScheduler *self);
double bp_sync_scheduler_get_progress (BpSyncScheduler *self);
gboolean bp_sync_scheduler_get_rows (BpSyncScheduler *self,
                                     gint64          *done,
                                     gint64          *total);
BpSyncHold bp_sync_scheduler_get_hold (BpSyncScheduler *self);
void bp_sync_scheduler_note_activity (BpSyncScheduler *self);

G_END_DECLS
