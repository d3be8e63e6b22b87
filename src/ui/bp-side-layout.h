#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BP_TYPE_SIDE_LAYOUT (bp_side_layout_get_type ())

/**
 * BpSideLayout:
 *
 * The first child, and the last at its side; below it where there is not width
 * enough for both.
 */
G_DECLARE_FINAL_TYPE (BpSideLayout, bp_side_layout, BP, SIDE_LAYOUT, GtkLayoutManager)

G_END_DECLS
