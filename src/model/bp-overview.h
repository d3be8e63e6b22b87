/* What a manager wants to know of the shop today. */
#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

#define BP_OVERVIEW_DAYS 30
#define BP_OVERVIEW_LOW 6
#define BP_OVERVIEW_METHODS 8

/**
 * BpDay:
 * @date: business date
 * @n_sales: posted bills, without returns
 * @n_returns: posted returns
 * @total: sales less returns, in the minor unit, as all amounts here
 * @paid: received, less refunds
 * @by_method: of @paid, by the words of the payments' field `method`
 */
typedef struct
{
  char *date;
  gint64 n_sales;
  gint64 n_returns;
  gint64 total;
  gint64 paid;
  gint64 by_method[BP_OVERVIEW_METHODS];
} BpDay;

/**
 * BpOverview:
 * @days: (element-type BpDay): %BP_OVERVIEW_DAYS of them, the last is today
 * @methods: (array zero-terminated=1): the words of @by_method
 * @low_stock: (element-type BpRow): products at or below their reorder level,
 *   at most %BP_OVERVIEW_LOW, the emptiest first
 * @n_low_stock: how many there are
 */
typedef struct
{
  GPtrArray *days;
  char **methods;
  GPtrArray *low_stock;
  guint n_low_stock;
} BpOverview;

BpOverview *bp_overview_read (BpShop  *shop,
                              GError **error);
void bp_overview_read_async (BpShop             *shop,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data);
BpOverview *bp_overview_read_finish (BpShop       *shop,
                                     GAsyncResult *result,
                                     GError      **error);
void bp_overview_free (BpOverview *overview);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpOverview, bp_overview_free)

G_END_DECLS
