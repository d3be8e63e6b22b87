#pragma once

#include <adwaita.h>

#include "bp-preferences.h"

G_BEGIN_DECLS

#define BP_TYPE_PREFERENCES_WINDOW (bp_preferences_window_get_type ())

/**
 * BpPreferencesWindow:
 *
 * The settings, a page for each kind; see the table of pages in its source.
 */
G_DECLARE_FINAL_TYPE (BpPreferencesWindow, bp_preferences_window, BP, PREFERENCES_WINDOW,
                      AdwWindow)

BpPreferencesWindow *bp_preferences_window_new (GtkWindow *parent,
                                                BpFormat  *format);
void bp_preferences_window_show (BpPreferencesWindow *self,
                                 const char          *page);

G_END_DECLS
