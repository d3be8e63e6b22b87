#pragma once

#include <adwaita.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD_DETAIL (bp_record_detail_get_type ())

/**
 * BpRecordDetail:
 *
 * One record to be looked at, edited and saved, or a new one. Signals: "saved"
 * (id, whether it is new), "delete", "closed", and "reopen" (nullable id) when
 * the user wants back what was left unsaved.
 */
G_DECLARE_FINAL_TYPE (BpRecordDetail, bp_record_detail, BP, RECORD_DETAIL, AdwBin)

GtkWidget *bp_record_detail_new (const BpSection *section,
                                 BpFormat        *format);
void bp_record_detail_set_record (BpRecordDetail *self,
                                  BpRecord       *record);
void bp_record_detail_begin_new (BpRecordDetail *self);
void bp_record_detail_leave (BpRecordDetail *self);
gboolean bp_record_detail_is_changed (BpRecordDetail *self);
void bp_record_detail_focus (BpRecordDetail *self);

G_END_DECLS
