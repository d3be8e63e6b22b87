/* The queue, what failed, conflicts and runs, as long lists that are read
 * piece by piece. */
#pragma once

#include "bp-store-reader.h"
#include "bp-store-sync.h"

G_BEGIN_DECLS

/**
 * BpActivityKind:
 * @BP_ACTIVITY_QUEUE: operations that wait or are on their way, as they go
 * @BP_ACTIVITY_FAILED: operations that failed, oldest first
 * @BP_ACTIVITY_CONFLICTS: open conflicts, oldest first
 * @BP_ACTIVITY_HISTORY: runs, and conflicts that were decided, latest first
 *
 * A list.
 */
typedef enum
{
  BP_ACTIVITY_QUEUE,
  BP_ACTIVITY_FAILED,
  BP_ACTIVITY_CONFLICTS,
  BP_ACTIVITY_HISTORY,
} BpActivityKind;

#define BP_N_ACTIVITIES 4

/**
 * BpActivityRow:
 * @key: which row of the list this is, for good
 * @queue: (nullable) (transfer full): an operation
 * @conflict: (nullable) (transfer full): a conflict without its states
 * @run: (nullable) (transfer full): a run
 * @title: (nullable) (transfer full): what people know the record by
 *
 * One row: one of @queue, @conflict and @run is not %NULL.
 */
typedef struct
{
  gint64 key;
  BpQueueRow *queue;
  BpConflict *conflict;
  BpLogEntry *run;
  char *title;
} BpActivityRow;

GArray *bp_store_reader_list_activity (BpStoreReader *self,
                                       BpActivityKind kind,
                                       GError       **error);
GArray *bp_store_reader_list_action (BpStoreReader *self,
                                     const char    *action_id,
                                     GError       **error);
GPtrArray *bp_store_reader_read_activity (BpStoreReader *self,
                                          const gint64  *keys,
                                          guint          n_keys,
                                          GError       **error);
void bp_activity_row_free (BpActivityRow *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpActivityRow, bp_activity_row_free)

G_END_DECLS
