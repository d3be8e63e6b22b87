#pragma once

#include <adwaita.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_DETAIL_PANE (bp_detail_pane_get_type ())

/**
 * BpDetailPane:
 *
 * One record from all sides, as tabs: its details, what its figure is made of,
 * and what was done to it. The latter two are read when they are looked at.
 */
G_DECLARE_FINAL_TYPE (BpDetailPane, bp_detail_pane, BP, DETAIL_PANE, AdwBin)

GtkWidget *bp_detail_pane_new (const BpSection *section,
                               BpFormat        *format,
                               GtkWidget       *detail);
void bp_detail_pane_set_id (BpDetailPane *self,
                            const char   *id);

G_END_DECLS
