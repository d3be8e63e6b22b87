#pragma once

#include <gtk/gtk.h>

#include "bp-conflict-words.h"

G_BEGIN_DECLS

#define BP_TYPE_CONFLICT_ROW (bp_conflict_row_get_type ())

/**
 * BpConflictRow:
 *
 * One field of a conflict: what it was, what each side made of it, which is
 * picked, and the result, which may be typed. Signal "changed" when the user
 * changed something.
 */
G_DECLARE_FINAL_TYPE (BpConflictRow, bp_conflict_row, BP, CONFLICT_ROW, GObject)

BpConflictRow *bp_conflict_row_new (BpConflictWords *words,
                                    guint            unit);
void bp_conflict_row_attach (BpConflictRow *self,
                             GtkGrid       *grid,
                             int            at);
guint bp_conflict_row_get_unit (BpConflictRow *self);
void bp_conflict_row_pick (BpConflictRow *self,
                           BpConflictSide side);
gboolean bp_conflict_row_read (BpConflictRow *self,
                               BpChange      *merged);
gboolean bp_conflict_row_contains (BpConflictRow *self,
                                   GtkWidget     *widget);
void bp_conflict_row_grab_focus (BpConflictRow *self);

G_END_DECLS
