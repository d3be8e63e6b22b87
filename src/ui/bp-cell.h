#pragma once

#include <adwaita.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_CELL (bp_cell_get_type ())

/**
 * BpCell:
 *
 * What a column shows of one record. Follows the record and the shop's format.
 */
G_DECLARE_FINAL_TYPE (BpCell, bp_cell, BP, CELL, AdwBin)

GtkWidget *bp_cell_new (const BpColumn *column,
                        const BpTable  *table,
                        BpFormat       *format);
void bp_cell_set_record (BpCell   *self,
                         BpRecord *record);
BpRecord *bp_cell_get_record (BpCell *self);
gboolean bp_column_is_number (const BpColumn *column,
                              const BpTable  *table);

G_END_DECLS
