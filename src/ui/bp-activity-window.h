#pragma once

#include <adwaita.h>

#include "bp-activity-list.h"
#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_ACTIVITY_WINDOW (bp_activity_window_get_type ())

/**
 * BpActivityWindow:
 *
 * What waits, what failed, what is in conflict, and what was.
 */
G_DECLARE_FINAL_TYPE (BpActivityWindow, bp_activity_window, BP, ACTIVITY_WINDOW, AdwWindow)

BpActivityWindow *bp_activity_window_new (GtkWindow *parent,
                                          BpFormat  *format);
void bp_activity_window_show (BpActivityWindow *self,
                              BpActivityKind    kind);

G_END_DECLS
