#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

#define BP_TYPE_SYNC_BUTTON (bp_sync_button_get_type ())

/**
 * BpSyncButton:
 *
 * The status of the whole in a word, and behind it what it is made of.
 */
G_DECLARE_FINAL_TYPE (BpSyncButton, bp_sync_button, BP, SYNC_BUTTON, AdwBin)

void bp_sync_button_set_scheduler (BpSyncButton    *self,
                                   BpSyncScheduler *scheduler,
                                   BpFormat        *format);

G_END_DECLS
