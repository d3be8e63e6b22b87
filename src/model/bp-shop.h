/* A shop as a user handles it: actions that are saved whole or not at all. */
#pragma once

#include <gio/gio.h>

#include "bp-store-sync.h"

G_BEGIN_DECLS

/**
 * BpProfile:
 * @name: (transfer full): the shop's name
 * @currency: (transfer full): ISO 4217
 * @time_zone: (transfer full): IANA name
 * @tax_rate: default, in basis points
 * @tax_inclusive: default
 * @tax_split: whether taxes are split in halves
 * @round_off: to which multiple of the minor unit totals are rounded; 0 not
 * @stock_policy: (transfer full): `allow`, `warn` or `block`
 * @year_start: (transfer full): `MM-DD`, first day of the financial year
 * @day_cutoff: hour of the night until which a sale belongs to the day before
 *
 * The shop's settings, with their defaults filled in.
 */
typedef struct
{
  char *name;
  char *currency;
  char *time_zone;
  gint64 tax_rate;
  gboolean tax_inclusive;
  gboolean tax_split;
  gint64 round_off;
  char *stock_policy;
  char *year_start;
  int day_cutoff;
} BpProfile;

/**
 * BpSaleDraft:
 * @lines: (transfer full) (element-type BpLineDraft): what is sold
 * @payments: (transfer full) (element-type BpPaymentDraft): how it is paid
 *
 * A sale before it is worked out; the other members as the fields of `sales`.
 */
typedef struct
{
  char *id;
  char *number;
  char *customer_id;
  char *customer_name;
  char *kind;
  char *status;
  char *refers_to;
  char *note;
  gint64 sale_date;
  gint64 discount;
  GPtrArray *lines;
  GPtrArray *payments;
} BpSaleDraft;

/**
 * BpLineDraft:
 *
 * A line before it is worked out. Members with `has_` FALSE come from the
 * product, or from the shop's defaults.
 */
typedef struct
{
  char *product_id;
  char *sku;
  char *name;
  char *unit;
  char *tax_code;
  gint64 quantity;
  gint64 unit_price;
  gint64 cost;
  gint64 discount;
  gint64 tax_rate;
  gint64 tax_inclusive;
  gboolean has_unit_price;
  gboolean has_cost;
  gboolean has_tax_rate;
  gboolean has_tax_inclusive;
} BpLineDraft;

/**
 * BpPaymentDraft:
 * @method: (nullable): cash where %NULL
 * @amount: in the minor unit; what is left to pay where @has_amount is %FALSE
 */
typedef struct
{
  char *method;
  char *note;
  gint64 amount;
  gboolean has_amount;
} BpPaymentDraft;

#define BP_TYPE_SHOP (bp_shop_get_type ())

/**
 * BpShop:
 *
 * The functions below may wait for the disk; an application calls those that
 * end in `_async` from its main thread, the others from a task's thread.
 * Signal "changed" (guint tables) in the main context the shop was made in,
 * after any change of records or their status, by this process or another.
 */
G_DECLARE_FINAL_TYPE (BpShop, bp_shop, BP, SHOP, GObject)

BpShop *bp_shop_open (const char *folder,
                      BpClock    *clock,
                      GError    **error);
BpStore *bp_shop_get_store (BpShop *self);
const char *bp_shop_get_folder (BpShop *self);
BpClock *bp_shop_get_clock (BpShop *self);
void bp_shop_watch (BpShop *self);
BpProfile *bp_shop_dup_profile (BpShop *self);
void bp_profile_free (BpProfile *profile);
void bp_shop_set_user (BpShop     *self,
                       const char *user);

/* Records. */
char *bp_shop_add (BpShop         *self,
                   const BpTable  *table,
                   const char     *id,
                   const BpChange *change,
                   GError        **error);
gboolean bp_shop_change (BpShop         *self,
                         const BpTable  *table,
                         const char     *id,
                         const BpChange *change,
                         GError        **error);
gboolean bp_shop_delete (BpShop        *self,
                         const BpTable *table,
                         const char    *id,
                         GError       **error);
void bp_shop_save_async (BpShop             *self,
                         BpWrite            *write,
                         GCancellable       *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer            user_data);
char *bp_shop_save_finish (BpShop       *self,
                           GAsyncResult *result,
                           GError      **error);
GPtrArray *bp_shop_save_all (BpShop    *self,
                             GPtrArray *writes,
                             GError   **error);
void bp_shop_save_all_async (BpShop             *self,
                             GPtrArray          *writes,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data);
GPtrArray *bp_shop_save_all_finish (BpShop       *self,
                                    GAsyncResult *result,
                                    GError      **error);

/* Sales. */
BpSaleDraft *bp_sale_draft_new (void);
BpSaleDraft *bp_sale_draft_copy (const BpSaleDraft *draft);
void bp_sale_draft_free (BpSaleDraft *draft);
BpLineDraft *bp_line_draft_new (void);
void bp_line_draft_free (BpLineDraft *line);
BpPaymentDraft *bp_payment_draft_new (const char *method);
void bp_payment_draft_free (BpPaymentDraft *payment);
BpChange *bp_shop_work_out_sale (BpShop            *self,
                                 const BpSaleDraft *draft,
                                 GError           **error);
char *bp_shop_record_sale (BpShop            *self,
                           const BpSaleDraft *draft,
                           GError           **error);
void bp_shop_record_sale_async (BpShop             *self,
                                const BpSaleDraft  *draft,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);
char *bp_shop_record_sale_finish (BpShop       *self,
                                  GAsyncResult *result,
                                  GError      **error);
void bp_shop_find_product_async (BpShop             *self,
                                 const char         *text,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data);
BpRow *bp_shop_find_product_finish (BpShop       *self,
                                    GAsyncResult *result,
                                    GError      **error);
void bp_shop_find_unpaid_async (BpShop             *self,
                                const char         *customer_id,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);
GPtrArray *bp_shop_find_unpaid_finish (BpShop       *self,
                                       GAsyncResult *result,
                                       GError      **error);

/* Settings: `shop.*` are synced, the others this device's. */
char *bp_shop_get_config (BpShop     *self,
                          const char *key,
                          GError    **error);
gboolean bp_shop_set_config (BpShop     *self,
                             const char *key,
                             const char *value,
                             GError    **error);
const char *const *bp_shop_get_config_keys (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpProfile, bp_profile_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpSaleDraft, bp_sale_draft_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLineDraft, bp_line_draft_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpPaymentDraft, bp_payment_draft_free)

G_END_DECLS
