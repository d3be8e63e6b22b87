#pragma once

#include <adwaita.h>

#include "bp-format.h"
#include "bp-sync-scheduler.h"

G_BEGIN_DECLS

#define BP_TYPE_WINDOW (bp_window_get_type ())

/**
 * BpWindow:
 *
 * The one window: sections at the side, the page of one of them, and how far
 * the shop is in step with its server.
 */
G_DECLARE_FINAL_TYPE (BpWindow, bp_window, BP, WINDOW, AdwApplicationWindow)

BpWindow *bp_window_new (GtkApplication *application,
                         GSettings      *settings);
void bp_window_set_shop (BpWindow        *self,
                         BpFormat        *format,
                         BpSyncScheduler *scheduler);
void bp_window_set_failed (BpWindow   *self,
                           const char *folder,
                           const char *message);
void bp_window_new_sale (BpWindow *self);
void bp_window_import (BpWindow   *self,
                       const char *path);
void bp_window_export_to (BpWindow   *self,
                          const char *path);

G_END_DECLS
