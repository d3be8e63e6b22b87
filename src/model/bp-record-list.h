#pragma once

#include "bp-record.h"
#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD_LIST (bp_record_list_get_type ())

/**
 * BpRecordList:
 *
 * A #GListModel of #BpRecord over one table, as large as the table, of which
 * only what is looked at is read, in a thread of its own. Main thread only;
 * no function waits for the disk.
 */
G_DECLARE_FINAL_TYPE (BpRecordList, bp_record_list, BP, RECORD_LIST, GObject)

BpRecordList *bp_record_list_new (BpShop        *shop,
                                  const BpTable *table);
void bp_record_list_set_search (BpRecordList *self,
                                const char   *search);
void bp_record_list_set_sort (BpRecordList *self,
                              const char   *field,
                              gboolean      descending);
void bp_record_list_set_status (BpRecordList *self,
                                int           status);
void bp_record_list_set_low_stock (BpRecordList *self,
                                   gboolean      low_stock);
void bp_record_list_refresh (BpRecordList *self);
gboolean bp_record_list_is_loading (BpRecordList *self);
int bp_record_list_find (BpRecordList *self,
                         const char   *id);

G_END_DECLS
