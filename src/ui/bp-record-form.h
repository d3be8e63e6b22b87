#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD_FORM (bp_record_form_get_type ())

/**
 * BpRecordForm:
 *
 * A record's fields to be edited, made from its table. Signal "changed" when
 * the user changed something.
 */
G_DECLARE_FINAL_TYPE (BpRecordForm, bp_record_form, BP, RECORD_FORM, AdwBin)

GtkWidget *bp_record_form_new (void);
void bp_record_form_set_table (BpRecordForm  *self,
                               const BpTable *table,
                               BpFormat      *format);
void bp_record_form_set_title (BpRecordForm *self,
                               const char   *title);
void bp_record_form_reset (BpRecordForm   *self,
                           const BpChange *data);
void bp_record_form_update (BpRecordForm   *self,
                            const BpChange *data);
void bp_record_form_type (BpRecordForm   *self,
                          const BpChange *change);
gboolean bp_record_form_is_changed (BpRecordForm *self);
BpChange *bp_record_form_dup_draft (BpRecordForm *self);
BpChange *bp_record_form_read (BpRecordForm *self,
                               gboolean      everything);
void bp_record_form_commit (BpRecordForm   *self,
                            const BpChange *change);
void bp_record_form_focus_first (BpRecordForm *self);

G_END_DECLS
