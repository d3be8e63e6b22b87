/* What lists read: a connection of its own that can only query, so that no
 * list waits for a writer. One reader belongs to one thread at a time. */
#pragma once

#include "bp-store.h"

G_BEGIN_DECLS

typedef struct _BpStoreReader BpStoreReader;

/**
 * BpComparison:
 * @BP_COMPARE_EQUAL: is
 * @BP_COMPARE_OTHER: is not
 * @BP_COMPARE_ABOVE: is more than
 * @BP_COMPARE_BELOW: is less than
 * @BP_COMPARE_AT_MOST: is not more than
 */
typedef enum
{
  BP_COMPARE_EQUAL,
  BP_COMPARE_OTHER,
  BP_COMPARE_ABOVE,
  BP_COMPARE_BELOW,
  BP_COMPARE_AT_MOST,
} BpComparison;

/**
 * BpCondition:
 * @field: (unowned): a field's name; an integer that is null counts as 0
 * @comparison: how it is compared
 * @other: (unowned) (nullable): with another field
 * @text: (unowned) (nullable): or with a text
 * @integer: or with a number
 */
typedef struct
{
  const char *field;
  BpComparison comparison;
  const char *other;
  const char *text;
  gint64 integer;
} BpCondition;

/**
 * BpListQuery:
 * @table: (unowned): which
 * @search: (nullable): word beginnings
 * @sort: (nullable): a field's name; the table's natural order where %NULL
 * @descending: the other way round
 * @status: −1 for all, or a #BpRecordStatus
 * @conditions: (array length=n_conditions) (unowned): what must hold of all
 * @n_conditions: how many
 */
typedef struct
{
  const BpTable *table;
  const char *search;
  const char *sort;
  gboolean descending;
  int status;
  const BpCondition *conditions;
  guint n_conditions;
} BpListQuery;

/**
 * BpReferences:
 * @table: (unowned): a table
 * @n: how many of its living records
 *
 * What refers to a record.
 */
typedef struct
{
  const BpTable *table;
  gint64 n;
} BpReferences;

/**
 * BpListCounts:
 * @by_status: living records by #BpRecordStatus; of those that are synced,
 *   which may be many, none is counted
 * @n_matching: records that keep the conditions asked for
 */
typedef struct
{
  gint64 by_status[BP_RECORD_FAILED + 1];
  gint64 n_matching;
} BpListCounts;

BpStoreReader *bp_store_reader_new (const char *folder,
                                    GError    **error);
void bp_store_reader_free (BpStoreReader *self);
GArray *bp_store_reader_list (BpStoreReader     *self,
                              const BpListQuery *query,
                              guint              limit,
                              GError           **error);
GPtrArray *bp_store_reader_read (BpStoreReader *self,
                                 const BpTable *table,
                                 const guint32 *rows,
                                 guint          n_rows,
                                 GError       **error);
GArray *bp_store_reader_count_references (BpStoreReader *self,
                                          const BpTable *table,
                                          const char    *id,
                                          GError       **error);
gboolean bp_store_reader_count (BpStoreReader     *self,
                                const BpListQuery *query,
                                BpListCounts      *counts,
                                GError           **error);
gint64 bp_store_reader_get_version (BpStoreReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpStoreReader, bp_store_reader_free)

G_END_DECLS
