#pragma once

#include <gtk/gtk.h>

#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

void bp_activity_watch (GtkWidget       *widget,
                        BpSyncScheduler *scheduler);

G_END_DECLS
