#pragma once

#include <gtk/gtk.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_SIDEBAR_ROW (bp_sidebar_row_get_type ())

/**
 * BpSidebarRow:
 *
 * A section in the sidebar.
 */
G_DECLARE_FINAL_TYPE (BpSidebarRow, bp_sidebar_row, BP, SIDEBAR_ROW, GtkListBoxRow)

GtkWidget *bp_sidebar_row_new (const BpSection *section);
const BpSection *bp_sidebar_row_get_section (BpSidebarRow *self);
void bp_sidebar_row_set_count (BpSidebarRow *self,
                               const char   *count,
                               guint         attention);

G_END_DECLS
