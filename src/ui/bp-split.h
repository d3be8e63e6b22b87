#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define BP_TYPE_SPLIT (bp_split_get_type ())

/**
 * BpSplit:
 *
 * A content and a pane beside it, which lies over the content where there is
 * not width enough for both.
 */
G_DECLARE_FINAL_TYPE (BpSplit, bp_split, BP, SPLIT, GtkWidget)

void bp_split_set_show_pane (BpSplit *self,
                             gboolean show_pane);
gboolean bp_split_get_show_pane (BpSplit *self);
gboolean bp_split_is_folded (BpSplit *self);

G_END_DECLS
