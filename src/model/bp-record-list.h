#pragma once

#include "bp-record.h"
#include "bp-shop.h"
#include "bp-store-reader.h"

G_BEGIN_DECLS

#define BP_TYPE_RECORD_LIST (bp_record_list_get_type ())

/**
 * BpRecordList:
 *
 * A #GListModel of #BpRecord over one table, as large as the table, of which
 * only what is looked at is read, in a thread of its own. Main thread only;
 * no function waits for the disk. Signal "counted" when the counts asked for
 * have been made anew, "swapped" when records may be elsewhere.
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
void bp_record_list_set_conditions (BpRecordList      *self,
                                    const BpCondition *conditions,
                                    guint              n_conditions);
void bp_record_list_set_counted (BpRecordList      *self,
                                 const BpCondition *conditions,
                                 guint              n_conditions);
const BpListCounts *bp_record_list_get_counts (BpRecordList *self);
guint32 bp_record_list_get_row (BpRecordList *self,
                                guint         position);
void bp_record_list_read_async (BpRecordList       *self,
                                GArray             *rows,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);
GPtrArray *bp_record_list_read_finish (BpRecordList *self,
                                       GAsyncResult *result,
                                       GError      **error);
void bp_record_list_refresh (BpRecordList *self);
gboolean bp_record_list_is_loading (BpRecordList *self);
int bp_record_list_find (BpRecordList *self,
                         const char   *id);

G_END_DECLS
