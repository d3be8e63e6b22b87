/* The figures nobody writes: stock, paid, balance. */
#pragma once

#include "bp-state.h"

G_BEGIN_DECLS

/**
 * BpProjectionFunc:
 * @table: the table of the record whose figure changes
 * @id: the record
 * @field: index of the projection in @table
 * @amount: what is added to it, negative to take away
 * @user_data: the caller's
 */
typedef void (*BpProjectionFunc) (const BpTable *table,
                                  const char    *id,
                                  guint          field,
                                  gint64         amount,
                                  gpointer       user_data);

/**
 * BpProjectionLookup:
 * @customer_of_sale: the customer of the sale with this id; (nullable): no
 *   such sale is known, or it has no customer
 * @paid_of_sale: Σ amounts of the payments known of the sale with this id
 * @user_data: handed to both
 *
 * What a contribution needs to know of other records: a payment counts for
 * its sale's customer, whichever of the two came first.
 */
typedef struct
{
  char *(*customer_of_sale) (const char *sale_id,
                             gpointer    user_data);
  gint64 (*paid_of_sale) (const char *sale_id,
                          gpointer    user_data);
  gpointer user_data;
} BpProjectionLookup;

void bp_projection_contribute (const BpTable            *table,
                               const BpState            *before,
                               const BpState            *after,
                               const BpProjectionLookup *lookup,
                               BpProjectionFunc          func,
                               gpointer                  user_data);

G_END_DECLS
