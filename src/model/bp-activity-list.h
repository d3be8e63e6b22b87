#pragma once

#include "bp-activity-item.h"
#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_TYPE_ACTIVITY_LIST (bp_activity_list_get_type ())

/**
 * BpActivityList:
 *
 * A #GListModel of #BpActivityItem: one of the lists of what syncing does, of
 * which only what is looked at is read, in threads. Follows what changes, and
 * tells of no more than that. Main thread only; no function waits for the disk.
 */
G_DECLARE_FINAL_TYPE (BpActivityList, bp_activity_list, BP, ACTIVITY_LIST, GObject)

BpActivityList *bp_activity_list_new (BpShop        *shop,
                                      BpActivityKind kind);
void bp_activity_list_refresh (BpActivityList *self);
gboolean bp_activity_list_is_loading (BpActivityList *self);

/**
 * BpActivityDetails:
 * @action: (element-type BpActivityRow): the operations of the same action
 * @runs: (element-type BpLogEntry): the attempts since it was made, latest first
 *
 * What is behind one operation.
 */
typedef struct
{
  GPtrArray *action;
  GPtrArray *runs;
} BpActivityDetails;

void bp_activity_read_details_async (BpShop             *shop,
                                     const BpQueueRow   *row,
                                     GCancellable       *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer            user_data);
BpActivityDetails *bp_activity_read_details_finish (BpShop       *shop,
                                                    GAsyncResult *result,
                                                    GError      **error);
void bp_activity_details_free (BpActivityDetails *details);

/**
 * BpActivityRemedy:
 * @BP_ACTIVITY_RETRY: one that failed is tried again
 * @BP_ACTIVITY_RETRY_ALL: all that failed are
 * @BP_ACTIVITY_DISCARD: its action is given up, for good
 *
 * What a person does about what failed.
 */
typedef enum
{
  BP_ACTIVITY_RETRY,
  BP_ACTIVITY_RETRY_ALL,
  BP_ACTIVITY_DISCARD,
} BpActivityRemedy;

void bp_activity_mend_async (BpShop             *shop,
                             BpActivityRemedy    remedy,
                             const char         *op_id,
                             GAsyncReadyCallback callback,
                             gpointer            user_data);
gboolean bp_activity_mend_finish (BpShop       *shop,
                                  GAsyncResult *result,
                                  GError      **error);

void bp_activity_export_async (BpShop             *shop,
                               BpActivityKind      kind,
                               const char         *path,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data);
gboolean bp_activity_export_finish (BpShop       *shop,
                                    GAsyncResult *result,
                                    GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpActivityDetails, bp_activity_details_free)

G_END_DECLS
