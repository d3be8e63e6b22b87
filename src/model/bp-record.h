#pragma once

#include "bp-store.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD (bp_record_get_type ())

/**
 * BpRecord:
 *
 * A place in a list, or one record being shown: what a widget binds to. In a
 * list it stands for a position; what it shows is filled in when it has been
 * read, and "changed" says so. Main thread only.
 */
G_DECLARE_FINAL_TYPE (BpRecord, bp_record, BP, RECORD, GObject)

BpRecord *bp_record_new (const BpTable *table);
const BpTable *bp_record_get_table (BpRecord *self);
gboolean bp_record_is_loaded (BpRecord *self);
const char *bp_record_get_id (BpRecord *self);
BpRecordStatus bp_record_get_status (BpRecord *self);
const BpState *bp_record_get_state (BpRecord *self);
gint64 bp_record_get_integer (BpRecord   *self,
                              const char *field);
const char *bp_record_get_text (BpRecord   *self,
                                const char *field);
const char *bp_record_get_title (BpRecord   *self,
                                 const char *field);
BpRow *bp_record_dup_row (BpRecord *self);
void bp_record_fill (BpRecord    *self,
                     const BpRow *row);

G_END_DECLS
