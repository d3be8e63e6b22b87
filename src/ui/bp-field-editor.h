#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_FIELD_EDITOR (bp_field_editor_get_type ())

/**
 * BpFieldEditor:
 *
 * The row by which one field is edited, and the row below it that says what is
 * wrong with it. Signal "changed" when the user changed something.
 */
G_DECLARE_FINAL_TYPE (BpFieldEditor, bp_field_editor, BP, FIELD_EDITOR, GObject)

gboolean bp_field_editor_can_edit (const BpTable *table,
                                   const BpField *field);
BpFieldEditor *bp_field_editor_new (const BpField *field,
                                    BpFormat      *format);
void bp_field_editor_add_to (BpFieldEditor       *self,
                             AdwPreferencesGroup *group);
const BpField *bp_field_editor_get_field (BpFieldEditor *self);
GtkWidget *bp_field_editor_get_row (BpFieldEditor *self);
void bp_field_editor_reset (BpFieldEditor *self,
                            const BpValue *value);
void bp_field_editor_update (BpFieldEditor *self,
                             const BpValue *value);
void bp_field_editor_type (BpFieldEditor *self,
                           const BpValue *value);
gboolean bp_field_editor_is_changed (BpFieldEditor *self);
void bp_field_editor_commit (BpFieldEditor *self,
                             const BpValue *value);
gboolean bp_field_editor_read (BpFieldEditor *self,
                               BpValue       *value);
void bp_field_editor_show_fault (BpFieldEditor *self,
                                 const char    *message);
void bp_field_editor_grab_focus (BpFieldEditor *self);

G_END_DECLS
