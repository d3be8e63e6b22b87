#pragma once

#include <adwaita.h>

#include "bp-record-list.h"
#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD_TABLE (bp_record_table_get_type ())

/**
 * BpRecordTable:
 *
 * A list of records as rows and columns. What is selected is a record, not a
 * place: it stays selected wherever sorting takes it, and so do several. Signals: "selected" and
 * "activated" (#BpRecord) by the user, "sorted" (nullable field, descending),
 * "resized" (widths of columns), "chosen" (how many, where several are
 * selected).
 */
G_DECLARE_FINAL_TYPE (BpRecordTable, bp_record_table, BP, RECORD_TABLE, AdwBin)

void bp_record_table_set_list (BpRecordTable   *self,
                               const BpSection *section,
                               BpFormat        *format,
                               BpRecordList    *list);
void bp_record_table_set_menu (BpRecordTable *self,
                               GMenuModel    *menu);
GArray *bp_record_table_dup_chosen (BpRecordTable *self);
void bp_record_table_unselect (BpRecordTable *self);
void bp_record_table_select (BpRecordTable *self,
                             const char    *id);
void bp_record_table_focus (BpRecordTable *self);
void bp_record_table_sort (BpRecordTable *self,
                           const char    *field,
                           gboolean       descending);
void bp_record_table_set_widths (BpRecordTable *self,
                                 GVariant      *widths);

G_END_DECLS
