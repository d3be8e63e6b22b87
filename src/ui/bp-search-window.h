#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_SEARCH_WINDOW (bp_search_window_get_type ())

/**
 * BpSearchWindow:
 *
 * Looks for products, customers and bills at once; what is chosen is shown in
 * its section.
 */
G_DECLARE_FINAL_TYPE (BpSearchWindow, bp_search_window, BP, SEARCH_WINDOW, AdwWindow)

void bp_search_window_show (GtkWindow *parent,
                            BpFormat  *format);

G_END_DECLS
