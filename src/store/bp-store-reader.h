/* What lists read: a connection of its own that can only query, so that no
 * list waits for a writer. One reader belongs to one thread at a time. */
#pragma once

#include "bp-store.h"

G_BEGIN_DECLS

typedef struct _BpStoreReader BpStoreReader;

/**
 * BpListQuery:
 * @table: (unowned): which
 * @search: (nullable): word beginnings
 * @sort: (nullable): a field's name; the table's natural order where %NULL
 * @descending: the other way round
 * @status: −1 for all, or a #BpRecordStatus
 * @low_stock: products at or below their reorder level only
 */
typedef struct
{
  const BpTable *table;
  const char *search;
  const char *sort;
  gboolean descending;
  int status;
  gboolean low_stock;
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
gint64 bp_store_reader_get_version (BpStoreReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpStoreReader, bp_store_reader_free)

G_END_DECLS
