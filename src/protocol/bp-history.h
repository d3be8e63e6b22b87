/* What happened to one record: the query and the answer of `/v1/history`. */
#pragma once

#include "bp-operation.h"

G_BEGIN_DECLS

/**
 * BpHistoryQuery:
 * @table: (unowned): which table
 * @id: (transfer full): which record
 * @before: only operations below this seq; 0 for all
 */
typedef struct
{
  const BpTable *table;
  char *id;
  gint64 before;
} BpHistoryQuery;

/**
 * BpHistoryEntry:
 * @op_id: (transfer full): the operation
 * @action_id: (nullable) (transfer full): what it belonged to
 * @kind: what was done
 * @version: what the record became; 0 where no server has answered yet
 * @seq: of the change; 0 as @version
 * @modified_at: when it was done, in milliseconds, by its device's clock
 * @received_at: when the server took it, in milliseconds; 0 as @version
 * @device_name: (nullable) (transfer full): on which device
 * @user: (nullable) (transfer full): who did it
 * @data: (nullable) (transfer full): the fields and their new values, as a
 *   JSON object; %NULL for a DELETE
 *
 * One operation that was applied to a record, or waits to be.
 */
typedef struct
{
  char *op_id;
  char *action_id;
  BpOperationKind kind;
  gint64 version;
  gint64 seq;
  gint64 modified_at;
  gint64 received_at;
  char *device_name;
  char *user;
  char *data;
} BpHistoryEntry;

BpHistoryQuery *bp_history_query_new (const BpTable *table,
                                      const char    *id,
                                      gint64         before);
BpHistoryQuery *bp_history_query_parse (const char *text,
                                        GError    **error);
char *bp_history_query_to_text (const BpHistoryQuery *query);
void bp_history_query_free (BpHistoryQuery *query);

void bp_history_entry_free (BpHistoryEntry *entry);
void bp_history_entry_append (const BpHistoryEntry *entry,
                              GString              *json);
char *bp_history_to_text (GPtrArray *entries,
                          gboolean   more);
GPtrArray *bp_history_parse (const char *text,
                             gsize       length,
                             gboolean   *more,
                             GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpHistoryQuery, bp_history_query_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpHistoryEntry, bp_history_entry_free)

G_END_DECLS
