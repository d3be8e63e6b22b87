/* What a projection is made of: movements and sales of a product, sales and
 * payments of a customer, payments of a sale. */
#pragma once

#include "bp-store-reader.h"

G_BEGIN_DECLS

/**
 * BpLedgerEntry:
 * @time: when it happened, in milliseconds
 * @table: (unowned): in which table the entry is
 * @id: (transfer full): which record
 * @word: (nullable) (transfer full): what it is: the word of a choice
 * @title: (nullable) (transfer full): a bill's number, or a note
 * @amount: what it added, in the figure's unit
 * @has_counted: whether it was a count
 * @counted: what was counted
 * @is_synced: whether the server has it
 * @figure: what there was after it
 */
typedef struct
{
  gint64 time;
  const BpTable *table;
  char *id;
  char *word;
  char *title;
  gint64 amount;
  gboolean has_counted;
  gint64 counted;
  gboolean is_synced;
  gint64 figure;
} BpLedgerEntry;

gboolean bp_store_reader_has_ledger (const BpTable *table);
GPtrArray *bp_store_reader_ledger (BpStoreReader *self,
                                   const BpTable *table,
                                   const char    *id,
                                   guint          limit,
                                   GError       **error);
void bp_ledger_entry_free (BpLedgerEntry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLedgerEntry, bp_ledger_entry_free)

G_END_DECLS
