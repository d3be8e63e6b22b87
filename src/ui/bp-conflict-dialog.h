#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_CONFLICT_DIALOG (bp_conflict_dialog_get_type ())

/**
 * BpConflictDialog:
 *
 * Conflicts, one after the other, to be decided side by side.
 */
G_DECLARE_FINAL_TYPE (BpConflictDialog, bp_conflict_dialog, BP, CONFLICT_DIALOG, AdwWindow)

BpConflictDialog *bp_conflict_dialog_new (GtkWindow *parent,
                                          BpFormat  *format);
void bp_conflict_dialog_show (BpConflictDialog *self,
                              gint64            id);

G_END_DECLS
