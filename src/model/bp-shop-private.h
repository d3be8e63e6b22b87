/* What the files of the model share about a shop. */
#pragma once

#include "bp-line.h"
#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpShopWrite:
 *
 * What one of bp_shop_add() and its kin takes into its transaction; all
 * pointers unowned.
 */
typedef struct
{
  BpShop *shop;
  const BpTable *table;
  const char *id;
  BpOperationKind kind;
  const BpChange *change;
} BpShopWrite;

/* bp-shop.c */
char *bp_shop_dup_user (BpShop *self);
gboolean bp_shop_fill_in (const BpProfile *profile,
                          gint64           now,
                          BpChange        *change,
                          GError         **error);
gboolean bp_shop_save_one (BpShop         *self,
                           const BpTable  *table,
                           const char     *id,
                           BpOperationKind kind,
                           BpChange       *change,
                           GError        **error);

/* bp-shop-config.c */
BpProfile *bp_profile_read (BpStore *store);
BpProfile *bp_profile_copy (const BpProfile *profile);

/* bp-shop-sale.c */
char *bp_shop_make_payment_id (const char *sale_id,
                               guint       position);
gboolean bp_shop_record_draft (BpShop            *self,
                               const BpProfile   *profile,
                               const BpSaleDraft *draft,
                               char             **id,
                               GError           **error);

/* bp-shop-opposite.c */
BpChange *bp_shop_make_opposite (const BpChange *fact,
                                 const char     *id,
                                 const char     *note,
                                 char          **opposite_id);

/* bp-shop-find.c */
gboolean bp_shop_find_row (BpStore       *store,
                           const BpTable *table,
                           const char    *id,
                           BpRow        **row,
                           GError       **error);
gboolean bp_shop_find_id (BpStore       *store,
                          const BpTable *table,
                          const char    *field,
                          const char    *value,
                          char         **id,
                          GError       **error);

/* bp-shop-rules.c */
gboolean bp_shop_is_between (gint64 amount,
                             gint64 end);
gint64 bp_shop_get_signed_total (const BpChange *sale);
gboolean bp_shop_check_rules (BpShop         *self,
                              BpOperationKind kind,
                              const char     *id,
                              const BpChange *change,
                              GError        **error);
gboolean bp_shop_check_return (BpShop         *self,
                               const BpChange *sale,
                               GPtrArray      *lines,
                               GError        **error);

G_END_DECLS
