/* The movements of a product, the statement of a customer, the payments of a
 * sale. */
#pragma once

#include "bp-shop.h"
#include "bp-store-ledger.h"

G_BEGIN_DECLS

/**
 * BpLedgerKey:
 * @table: (unowned): which table
 * @id: (unowned): which record
 */
typedef struct
{
  const BpTable *table;
  const char *id;
} BpLedgerKey;

void bp_shop_read_ledger_async (BpShop             *self,
                                const BpLedgerKey  *key,
                                guint               limit,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);
GPtrArray *bp_shop_read_ledger_finish (BpShop       *self,
                                       GAsyncResult *result,
                                       GError      **error);

G_END_DECLS
