/* From what was put on the counter to a sale: lines completed from the
 * products, tax worked out, a number, the payments; saved as one action. */
#include "config.h"

#include <string.h>

#include "bp-date.h"
#include "bp-error.h"
#include "bp-id.h"
#include "bp-number.h"
#include "bp-shop-private.h"
#include "bp-tax.h"

#define PAYMENTS_MAX 99

/* A sale while it is worked out. */
typedef struct
{
  BpShop *shop;             /* (unowned) */
  const BpProfile *profile; /* (unowned) */
  const BpSaleDraft *draft; /* (unowned) */
  gboolean is_return;
  gboolean is_draft;
  GPtrArray *bill_lines; /* (owned) (nullable): of the bill a return refers to */
  char *customer_id;     /* (owned) (nullable) */
  char *customer_name;   /* (owned) (nullable) */
  GPtrArray *lines;      /* (owned) (element-type BpLine) */
  GHashTable *stock;     /* (owned): product id → stock before the sale */
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->bill_lines, g_ptr_array_unref);
  g_clear_pointer (&work->customer_id, g_free);
  g_clear_pointer (&work->customer_name, g_free);
  g_clear_pointer (&work->lines, g_ptr_array_unref);
  g_clear_pointer (&work->stock, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

static gboolean
fail (GError    **error,
      int         code,
      const char *message)
{
  g_set_error_literal (error, BP_DATA_ERROR, code, message);
  return FALSE;
}

static char *
choose (const char *given,
        const char *fallback)
{
  return g_strdup (given != NULL ? given : fallback);
}

/* A line that says all of itself, as the sale entry's do, asks nothing of the disk. */
static gboolean
is_complete (const Work        *work,
             const BpLineDraft *line)
{
  return line->product_id != NULL && line->name != NULL && line->has_unit_price && line->has_cost
         && line->has_tax_rate && line->has_tax_inclusive
         && !g_str_equal (work->profile->stock_policy, "block");
}

static const BpLine *
find_bill_line (Work       *work,
                const char *product_id)
{
  for (guint i = 0; work->bill_lines != NULL && i < work->bill_lines->len; i++)
    {
      const BpLine *line = work->bill_lines->pdata[i];

      if (product_id != NULL && g_strcmp0 (line->product_id, product_id) == 0)
        return line;
    }

  return NULL;
}

static gboolean
find_product (Work              *work,
              const BpLineDraft *line,
              BpRow            **product,
              GError           **error)
{
  BpStore *store = bp_shop_get_store (work->shop);
  const BpTable *products = bp_table_find ("products");
  g_autofree char *id = g_strdup (line->product_id);
  g_autofree char *sku = line->sku != NULL ? g_strstrip (g_strdup (line->sku)) : NULL;

  *product = NULL;
  if (is_complete (work, line))
    return TRUE;
  if (id == NULL && sku != NULL && !bp_shop_find_id (store, products, "sku", sku, &id, error))
    return FALSE;
  if (id != NULL && !bp_shop_find_row (store, products, id, product, error))
    return FALSE;
  if (*product != NULL || (line->name != NULL && line->has_unit_price)
      || find_bill_line (work, id) != NULL)
    return TRUE;

  if (id == NULL && sku == NULL)
    return fail (error, BP_DATA_ERROR_MISSING_FIELD,
                 "A line needs a product, a SKU, or a name and a price");
  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND, "There is no product “%.64s”",
               line->product_id != NULL ? line->product_id : sku);
  return FALSE;
}

static void
take_from_product (BpLine      *line,
                   const BpRow *product)
{
  const BpChange *data = product->state->data;

  line->product_id = g_strdup (product->state->id);
  line->name = g_strdup (bp_change_get_text (data, "name"));
  line->sku = g_strdup (bp_change_get_text (data, "sku"));
  line->unit = g_strdup (bp_change_get_text (data, "unit"));
  line->tax_code = g_strdup (bp_change_get_text (data, "tax_code"));
  line->unit_price = bp_change_get_integer (data, "price");
  line->cost = bp_change_get_integer (data, "cost");
  line->tax_rate = bp_change_get_integer (data, "tax_rate");
  line->tax_inclusive = bp_change_get_integer (data, "tax_inclusive") != 0;
}

/* What holds where the line says nothing: what the bill that goods come back
 * of said, else the product, else the shop. */
static BpLine *
make_default_line (Work        *work,
                   const char  *product_id,
                   const BpRow *product)
{
  const BpLine *sold
    = find_bill_line (work, product != NULL ? product->state->id : product_id);
  BpLine *line;

  if (sold != NULL)
    {
      line = bp_line_copy (sold);
      line->discount = 0;
      return line;
    }

  line = bp_line_new ();
  line->tax_rate = work->profile->tax_rate;
  line->tax_inclusive = work->profile->tax_inclusive;
  if (product != NULL)
    take_from_product (line, product);
  return line;
}

static void
override_text (char      **text,
               const char *given)
{
  if (given == NULL)
    return;

  g_free (*text);
  *text = g_strdup (given);
}

static gboolean
check_line (const Work   *work,
            const BpLine *line,
            GError      **error)
{
  if (line->quantity == 0)
    return fail (error, BP_DATA_ERROR_MISSING_FIELD, "A line needs a quantity");
  if (work->is_return && line->quantity < 0)
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A return's quantities are positive");
  if (line->unit_price < 0 || line->cost < 0)
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A price cannot be negative");
  if (ABS (line->quantity) > BP_INTEGER_MAX || line->unit_price > BP_INTEGER_MAX
      || line->cost > BP_INTEGER_MAX)
    return fail (error, BP_DATA_ERROR_OVERFLOW, "A line's amount is too large");

  return TRUE;
}

static gboolean
complete_line (Work              *work,
               const BpLineDraft *draft,
               GError           **error)
{
  g_autoptr (BpRow) product = NULL;
  g_autoptr (BpLine) line = NULL;

  if (!find_product (work, draft, &product, error))
    return FALSE;

  line = make_default_line (work, draft->product_id, product);
  override_text (&line->product_id, draft->product_id);
  override_text (&line->name, draft->name);
  override_text (&line->sku, draft->sku);
  override_text (&line->unit, draft->unit);
  override_text (&line->tax_code, draft->tax_code);
  line->quantity = draft->quantity;
  line->discount = draft->discount;
  if (draft->has_unit_price)
    line->unit_price = draft->unit_price;
  if (draft->has_cost)
    line->cost = draft->cost;
  if (draft->has_tax_rate)
    line->tax_rate = draft->tax_rate;
  if (draft->has_tax_inclusive)
    line->tax_inclusive = draft->tax_inclusive != 0;
  if (product != NULL)
    {
      gint64 *stock = g_new (gint64, 1);

      *stock = bp_change_get_integer (product->state->data, "stock");
      g_hash_table_replace (work->stock, g_strdup (product->state->id), stock);
    }
  if (!check_line (work, line, error))
    return FALSE;

  g_ptr_array_add (work->lines, g_steal_pointer (&line));
  return TRUE;
}

/* Goods come back from whom they were sold to, unless another is named. */
static gboolean
read_bill (Work    *work,
           GError **error)
{
  g_autoptr (BpRow) row = NULL;

  work->customer_id = g_strdup (work->draft->customer_id);
  work->customer_name = g_strdup (work->draft->customer_name);
  if (!work->is_return || work->draft->refers_to == NULL)
    return TRUE;
  if (!bp_shop_find_row (bp_shop_get_store (work->shop), bp_table_find ("sales"),
                         work->draft->refers_to, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;

  work->bill_lines = bp_lines_parse (bp_change_get_text (row->state->data, "lines"), NULL);
  if (work->customer_id == NULL && work->customer_name == NULL)
    {
      work->customer_id = g_strdup (bp_change_get_text (row->state->data, "customer_id"));
      work->customer_name = g_strdup (bp_change_get_text (row->state->data, "customer_name"));
    }
  return TRUE;
}

static gboolean
check_head (const BpSaleDraft *draft,
            GError           **error)
{
  const char *kind = draft->kind != NULL ? draft->kind : "sale";
  const char *status = draft->status != NULL ? draft->status : "posted";
  gboolean is_draft = g_str_equal (status, "draft");

  if (!g_str_equal (kind, "sale") && !g_str_equal (kind, "return"))
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A sale's kind is sale or return");
  if (!is_draft && !g_str_equal (status, "posted"))
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A new sale is posted or a draft");
  if (is_draft && draft->payments->len > 0)
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A sale that is held has no payments");
  if (!is_draft && draft->lines->len == 0)
    return fail (error, BP_DATA_ERROR_MISSING_FIELD, "A sale needs at least one line");
  if (draft->payments->len > PAYMENTS_MAX)
    return fail (error, BP_DATA_ERROR_TOO_LARGE, "A sale has too many payments");

  return TRUE;
}

static gboolean
work_init (Work              *work,
           BpShop            *shop,
           const BpProfile   *profile,
           const BpSaleDraft *draft,
           GError           **error)
{
  work->shop = shop;
  work->profile = profile;
  work->draft = draft;
  work->is_return = g_strcmp0 (draft->kind, "return") == 0;
  work->is_draft = g_strcmp0 (draft->status, "draft") == 0;
  work->lines = bp_lines_new ();
  work->stock = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!check_head (draft, error) || !read_bill (work, error))
    return FALSE;

  for (guint i = 0; i < draft->lines->len; i++)
    {
      if (!complete_line (work, draft->lines->pdata[i], error))
        {
          g_prefix_error (error, "Line %u: ", i + 1);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
set_customer (const Work *work,
              BpChange   *sale,
              GError    **error)
{
  g_autoptr (BpRow) row = NULL;
  g_autofree char *name = NULL;

  if (work->customer_id != NULL && work->customer_name == NULL
      && !bp_shop_find_row (bp_shop_get_store (work->shop), bp_table_find ("customers"),
                            work->customer_id, &row, error))
    return FALSE;

  name = choose (work->customer_name,
                 row != NULL ? bp_change_get_text (row->state->data, "name") : NULL);
  bp_change_set_text (sale, "customer_id", work->customer_id);
  bp_change_set_text (sale, "customer_name", name);
  return TRUE;
}

static gboolean
set_dates (const Work *work,
           BpChange   *sale,
           GError    **error)
{
  g_autoptr (GTimeZone) zone = bp_date_find_zone (work->profile->time_zone, error);
  g_autofree char *business_date = NULL;
  gint64 time = work->draft->sale_date;

  if (zone == NULL)
    return FALSE;

  if (time == 0)
    time = bp_clock_get_now (bp_shop_get_clock (work->shop));
  business_date = bp_date_get_business_date (time, zone, work->profile->day_cutoff);
  bp_change_set_integer (sale, "sale_date", time);
  bp_change_set_text (sale, "business_date", business_date);
  return TRUE;
}

/* All fields but the number. */
static BpChange *
make_sale (Work    *work,
           GError **error)
{
  const BpSaleDraft *draft = work->draft;
  g_autoptr (BpChange) sale = bp_change_new (bp_table_find ("sales"));
  g_autofree char *lines = NULL;
  BpBill bill = { .lines = work->lines,
                  .discount = draft->discount,
                  .round_to = work->profile->round_off,
                  .tax_split = work->profile->tax_split };

  if (!bp_tax_compute (&bill, error) || !set_customer (work, sale, error)
      || !set_dates (work, sale, error))
    return NULL;

  lines = bp_lines_to_text (work->lines);
  bp_change_set_text (sale, "number", draft->number);
  bp_change_set_text (sale, "status", work->is_draft ? "draft" : "posted");
  bp_change_set_text (sale, "kind", work->is_return ? "return" : "sale");
  bp_change_set_text (sale, "refers_to", draft->refers_to);
  bp_change_set_text (sale, "lines", lines);
  bp_change_set_integer (sale, "subtotal", bill.subtotal);
  bp_change_set_integer (sale, "discount", bill.discount);
  bp_change_set_integer (sale, "tax_total", bill.tax_total);
  bp_change_set_integer (sale, "round_off", bill.round_off);
  bp_change_set_integer (sale, "total_amount", bill.total_amount);
  bp_change_set_text (sale, "currency", work->profile->currency);
  bp_change_set_text (sale, "note", draft->note);
  return g_steal_pointer (&sale);
}

/* Under the policy `block` nothing is sold that is not there. */
static gboolean
check_stock (const Work *work,
             GError    **error)
{
  if (work->is_return || work->is_draft || !g_str_equal (work->profile->stock_policy, "block"))
    return TRUE;

  for (guint i = 0; i < work->lines->len; i++)
    {
      const BpLine *line = work->lines->pdata[i];
      gint64 *left = line->product_id != NULL ? g_hash_table_lookup (work->stock, line->product_id)
                                              : NULL;

      if (left == NULL)
        continue;
      if (__builtin_sub_overflow (*left, line->quantity, left) || (*left < 0 && line->quantity > 0))
        {
          g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                       "There is not enough of “%s” in stock", line->name);
          return FALSE;
        }
    }

  return TRUE;
}

static char *
get_prefix (BpShop  *shop,
            GError **error)
{
  BpStore *store = bp_shop_get_store (shop);
  g_autofree char *prefix = bp_store_get_value (store, "device.prefix");

  if (prefix != NULL)
    return g_steal_pointer (&prefix);

  prefix = bp_number_make_prefix (bp_shop_get_clock (shop));
  if (!bp_store_set_value (store, "device.prefix", prefix, error))
    return NULL;
  return g_steal_pointer (&prefix);
}

/* Numbers that were brought along (an import) may look like the series' own. */
static gboolean
take_number (const Work *work,
             BpChange   *sale,
             GError    **error)
{
  BpStore *store = bp_shop_get_store (work->shop);
  g_autofree char *prefix = get_prefix (work->shop, error);
  g_autofree char *year = bp_date_get_financial_year (bp_change_get_text (sale, "business_date"),
                                                      work->profile->year_start);
  g_autofree char *taken = NULL;

  if (prefix == NULL)
    return FALSE;
  do
    {
      g_autofree char *number = bp_store_take_number (store, prefix, year, error);

      g_clear_pointer (&taken, g_free);
      if (number == NULL || !bp_shop_find_id (store, sale->table, "number", number, &taken, error))
        return FALSE;
      bp_change_set_text (sale, "number", number);
    }
  while (taken != NULL);

  return TRUE;
}

/* Adds up what the payments say; the first that says nothing takes the rest. */
static gboolean
settle_payments (const BpSaleDraft *draft,
                 gint64             total,
                 gint64            *rest,
                 GError           **error)
{
  gint64 sum = 0;

  for (guint i = 0; i < draft->payments->len; i++)
    {
      const BpPaymentDraft *payment = draft->payments->pdata[i];

      if (!payment->has_amount)
        continue;
      if (ABS (payment->amount) > BP_INTEGER_MAX
          || __builtin_add_overflow (sum, payment->amount, &sum))
        return fail (error, BP_DATA_ERROR_OVERFLOW, "A payment is too large");
    }
  if (!bp_shop_is_between (sum, total))
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                   total >= 0 ? "The payments are more than the total"
                              : "What is paid back is negative and at most the total");
      return FALSE;
    }

  *rest = total - sum;
  return TRUE;
}

/**
 * bp_shop_make_payment_id:
 * @sale_id: a sale that brought its own id
 * @position: of the payment, from 0
 *
 * Returns: (transfer full): the payment's id, the same whoever records it
 */
char *
bp_shop_make_payment_id (const char *sale_id,
                         guint       position)
{
  g_autofree char *name = g_strdup_printf ("%s %u", sale_id, position);

  return bp_id_new_from_name ("payments", name);
}

static gboolean
add_payments (const Work     *work,
              const BpChange *sale,
              const char     *sale_id,
              GPtrArray      *writes,
              GError        **error)
{
  const BpTable *payments = bp_table_find ("payments");
  gint64 rest = 0;

  if (!settle_payments (work->draft, bp_shop_get_signed_total (sale), &rest, error))
    return FALSE;

  for (guint i = 0; i < work->draft->payments->len; i++)
    {
      const BpPaymentDraft *draft = work->draft->payments->pdata[i];
      gint64 amount = draft->has_amount ? draft->amount : rest;
      g_autofree char *id = work->draft->id != NULL
                              ? bp_shop_make_payment_id (sale_id, i)
                              : bp_id_new (bp_shop_get_clock (work->shop));
      BpChange *payment;

      if (!draft->has_amount)
        rest = 0;
      if (amount == 0)
        continue;
      payment = bp_change_new (payments);
      bp_change_set_text (payment, "sale_id", sale_id);
      bp_change_set_text (payment, "customer_id", work->customer_id);
      bp_change_set_integer (payment, "amount", amount);
      bp_change_set_text (payment, "method", draft->method != NULL ? draft->method : "cash");
      bp_change_set_integer (payment, "paid_at", bp_change_get_integer (sale, "sale_date"));
      bp_change_set_text (payment, "business_date", bp_change_get_text (sale, "business_date"));
      bp_change_set_text (payment, "note", draft->note);
      g_ptr_array_add (writes, bp_write_new (payments, id, BP_OPERATION_INSERT, payment));
    }

  return TRUE;
}

/* A held sale becomes what it is now; any other is new. */
static gboolean
choose_kind (const Work      *work,
             const char      *id,
             BpOperationKind *kind,
             GError         **error)
{
  g_autoptr (BpRow) row = NULL;

  *kind = BP_OPERATION_INSERT;
  if (work->draft->id == NULL)
    return TRUE;
  if (!bp_shop_find_row (bp_shop_get_store (work->shop), bp_table_find ("sales"), id, &row, error))
    return FALSE;
  if (row != NULL && g_strcmp0 (bp_change_get_text (row->state->data, "status"), "draft") == 0)
    *kind = BP_OPERATION_UPDATE;

  return TRUE;
}

/**
 * bp_shop_record_draft:
 * @self: a shop
 * @profile: its settings
 * @draft: a sale
 * @id: (out) (transfer full): its id
 * @error: as of bp_shop_record_sale()
 *
 * What bp_shop_record_sale() does, inside bp_store_transact().
 *
 * Returns: whether it is saved
 */
gboolean
bp_shop_record_draft (BpShop            *self,
                      const BpProfile   *profile,
                      const BpSaleDraft *draft,
                      char             **id,
                      GError           **error)
{
  g_auto (Work) work = { 0 };
  g_autoptr (BpChange) sale = NULL;
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autofree char *sale_id = NULL;
  g_autofree char *user = bp_shop_dup_user (self);
  BpOperationKind kind;

  if (!work_init (&work, self, profile, draft, error))
    return FALSE;
  sale = make_sale (&work, error);
  if (sale == NULL)
    return FALSE;

  sale_id = draft->id != NULL ? g_strdup (draft->id) : bp_id_new (bp_shop_get_clock (self));
  if (!check_stock (&work, error) || !choose_kind (&work, sale_id, &kind, error)
      || (work.is_return && !work.is_draft
          && !bp_shop_check_return (self, sale, work.lines, error))
      || (draft->number == NULL && !work.is_draft && !take_number (&work, sale, error)))
    return FALSE;

  g_ptr_array_add (writes, bp_write_new (sale->table, sale_id, kind, bp_change_copy (sale)));
  if (!add_payments (&work, sale, sale_id, writes, error)
      || !bp_store_save (bp_shop_get_store (self), writes, user, error))
    return FALSE;

  *id = g_steal_pointer (&sale_id);
  return TRUE;
}

/**
 * bp_shop_work_out_sale:
 * @self: a shop
 * @draft: a sale
 * @error: as of bp_shop_record_sale()
 *
 * Works out a sale without saving it. Reads no disk where every line says its
 * product, name, price, cost and tax, unless the stock policy is to block.
 *
 * Returns: (transfer full): its fields, with no number unless one was given
 */
BpChange *
bp_shop_work_out_sale (BpShop            *self,
                       const BpSaleDraft *draft,
                       GError           **error)
{
  g_autoptr (BpProfile) profile = bp_shop_dup_profile (self);
  g_auto (Work) work = { 0 };

  return work_init (&work, self, profile, draft, error) ? make_sale (&work, error) : NULL;
}

typedef struct
{
  BpShop *shop;             /* (unowned) */
  const BpSaleDraft *draft; /* (unowned) */
  char *id;                 /* (owned) (nullable) */
} Recording;

static gboolean
record_in_transaction (BpStore *store,
                       gpointer user_data,
                       GError **error)
{
  Recording *recording = user_data;
  g_autoptr (BpProfile) profile = bp_profile_read (store);

  return bp_shop_record_draft (recording->shop, profile, recording->draft, &recording->id, error);
}

/**
 * bp_shop_record_sale:
 * @self: a shop
 * @draft: a sale; with the id of a held one it takes that one's place
 * @error: #BpDataError for what is wrong in it; %BP_STORE_ERROR_NOT_FOUND for an
 *   unknown product; %BP_STORE_ERROR_REFUSED for too much paid, a return that
 *   does not fit its bill, or stock that is not there; other #BpStoreError,
 *   #BpDatabaseError
 *
 * Completes the lines, works out the amounts, gives a number of the device's
 * series unless one was given, and saves sale and payments as one action. A
 * sale of status draft is held: it has no number, and stays on this device.
 * Nothing changes on failure.
 *
 * Returns: (transfer full): the sale's id
 */
char *
bp_shop_record_sale (BpShop            *self,
                     const BpSaleDraft *draft,
                     GError           **error)
{
  Recording recording = { self, draft, NULL };

  if (!bp_store_transact (bp_shop_get_store (self), record_in_transaction, &recording, error))
    g_clear_pointer (&recording.id, g_free);

  return recording.id;
}

static void
record_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  GError *error = NULL;
  char *id = bp_shop_record_sale (source_object, task_data, &error);

  if (id != NULL)
    g_task_return_pointer (task, id, g_free);
  else
    g_task_return_error (task, error);
}

/**
 * bp_shop_record_sale_async:
 * @self: a shop
 * @draft: a sale, copied
 * @cancellable: (nullable): makes the result be dropped; the sale is recorded
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 */
void
bp_shop_record_sale_async (BpShop             *self,
                           const BpSaleDraft  *draft,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, bp_shop_record_sale_async);
  g_task_set_task_data (task, bp_sale_draft_copy (draft), (GDestroyNotify)bp_sale_draft_free);
  g_task_run_in_thread (task, record_in_thread);
}

/**
 * bp_shop_record_sale_finish:
 * @self: a shop
 * @result: of bp_shop_record_sale_async()
 * @error: as of bp_shop_record_sale()
 *
 * Returns: (transfer full): the sale's id
 */
char *
bp_shop_record_sale_finish (BpShop       *self,
                            GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
