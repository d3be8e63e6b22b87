/* What holds between records of the books, looked after before they are saved. */
#include "config.h"

#include <string.h>

#include "bp-shop-private.h"

static gboolean
refuse (GError    **error,
        const char *message)
{
  g_set_error_literal (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED, message);
  return FALSE;
}

static const BpTable *
get_sales (void)
{
  return bp_table_find ("sales");
}

/**
 * bp_shop_is_between:
 * @amount: in the minor unit
 * @end: in the minor unit, of either sign
 *
 * Returns: whether @amount lies between 0 and @end, both included
 */
gboolean
bp_shop_is_between (gint64 amount,
                    gint64 end)
{
  return end >= 0 ? amount >= 0 && amount <= end : amount <= 0 && amount >= end;
}

/**
 * bp_shop_get_signed_total:
 * @sale: a sale
 *
 * Returns: what is to be paid for it, in the minor unit; negative where the
 *   customer gets it back
 */
gint64
bp_shop_get_signed_total (const BpChange *sale)
{
  gint64 total = bp_change_get_integer (sale, "total_amount");

  return g_strcmp0 (bp_change_get_text (sale, "kind"), "return") == 0 ? -total : total;
}

static gboolean
check_raw_sale (BpShop         *self,
                const char     *id,
                const BpChange *change,
                GError        **error)
{
  return refuse (error, "A sale is recorded with its lines, not written");
}

/* A payment may not bring what is paid of its sale above the sale's total, nor
 * give back more than was paid. A sale that is not known is not asked. */
static gboolean
check_payment (BpShop         *self,
               const char     *id,
               const BpChange *change,
               GError        **error)
{
  const char *sale_id = bp_change_get_text (change, "sale_id");
  g_autoptr (BpRow) row = NULL;
  const BpChange *sale;
  const char *status;
  gint64 paid, end;

  if (sale_id == NULL)
    return TRUE;
  if (!bp_shop_find_row (bp_shop_get_store (self), get_sales (), sale_id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;

  sale = row->state->data;
  status = bp_change_get_text (sale, "status");
  paid = bp_change_get_integer (sale, "paid");
  end = g_strcmp0 (status, "void") == 0 ? paid : bp_shop_get_signed_total (sale);
  if (g_strcmp0 (status, "draft") == 0)
    return refuse (error, "A sale that is held is paid when it is posted");
  if (!bp_shop_is_between (paid + bp_change_get_integer (change, "amount"), end))
    return refuse (error, "The payment is more than what is left of the sale");

  return TRUE;
}

typedef struct
{
  const char *sale_id;   /* (unowned) */
  GHashTable *returned;  /* (owned) (nullable) (element-type utf8 gint64): by product */
  guint n_returns;
} Returns;

/* What a line is of: its product, or else its name. */
static const char *
get_key (const BpLine *line)
{
  return line->product_id != NULL ? line->product_id : line->name != NULL ? line->name : "";
}

static void
count_quantities (GHashTable *quantities,
                  GPtrArray  *lines)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];
      gint64 *sum = g_hash_table_lookup (quantities, get_key (line));

      if (sum == NULL)
        {
          sum = g_new0 (gint64, 1);
          g_hash_table_insert (quantities, g_strdup (get_key (line)), sum);
        }
      if (__builtin_add_overflow (*sum, line->quantity, sum))
        *sum = line->quantity > 0 ? G_MAXINT64 : G_MININT64;
    }
}

static gboolean
note_return (const BpRow *row,
             gpointer     user_data)
{
  Returns *returns = user_data;
  const BpChange *sale = row->state->data;
  g_autoptr (GPtrArray) lines = NULL;

  if (g_strcmp0 (bp_change_get_text (sale, "refers_to"), returns->sale_id) != 0
      || g_strcmp0 (bp_change_get_text (sale, "kind"), "return") != 0
      || g_strcmp0 (bp_change_get_text (sale, "status"), "posted") != 0)
    return TRUE;

  returns->n_returns++;
  lines = bp_lines_parse (bp_change_get_text (sale, "lines"), NULL);
  if (lines != NULL && returns->returned != NULL)
    count_quantities (returns->returned, lines);
  return TRUE;
}

/* Most sales have none, which one look tells without reading them all. */
static gboolean
find_returns (BpShop  *self,
              Returns *returns,
              GError **error)
{
  BpStore *store = bp_shop_get_store (self);
  g_autofree char *first = NULL;

  if (!bp_shop_find_id (store, get_sales (), "refers_to", returns->sale_id, &first, error))
    return FALSE;
  if (first == NULL)
    return TRUE;

  return bp_store_list (store, &(BpListFilter){ get_sales (), NULL, FALSE, -1 }, note_return,
                        returns, error);
}

/* A posted sale changes in nothing but its note, and its status to void; not
 * while there are posted returns of it. */
static gboolean
check_void (BpShop         *self,
            const char     *id,
            const BpChange *change,
            GError        **error)
{
  const char *status = bp_change_get_text (change, "status");
  g_autoptr (BpRow) row = NULL;
  Returns returns = { id, NULL, 0 };

  if (!bp_shop_find_row (bp_shop_get_store (self), get_sales (), id, &row, error))
    return FALSE;
  if (row == NULL
      || g_strcmp0 (bp_change_get_text (row->state->data, "status"), "draft") == 0)
    return TRUE;

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (bp_change_has (change, i) && !(change->table->fields[i].flags & BP_FIELD_CHANGEABLE))
        {
          g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_POSTED,
                       "A sale's “%s” does not change", change->table->fields[i].name);
          return FALSE;
        }
    }
  if (!bp_change_has (change, (guint)bp_table_find_field (change->table, "status")))
    return TRUE;
  if (g_strcmp0 (status, "void") != 0)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_POSTED,
                   "A posted sale can only become void");
      return FALSE;
    }
  if (!find_returns (self, &returns, error))
    return FALSE;
  if (returns.n_returns > 0)
    return refuse (error, "The sale cannot be voided: goods of it were returned");

  return TRUE;
}

static gboolean
check_quantities (GPtrArray  *sold_lines,
                  GPtrArray  *lines,
                  GHashTable *returned,
                  GError    **error)
{
  g_autoptr (GHashTable) sold = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  count_quantities (sold, sold_lines);
  count_quantities (returned, lines);
  for (guint i = 0; i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];
      const gint64 *there = g_hash_table_lookup (sold, get_key (line));
      const gint64 *back = g_hash_table_lookup (returned, get_key (line));

      if (there == NULL || *back > *there)
        {
          g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                       "More of “%s” would come back than was sold",
                       line->name != NULL ? line->name : "");
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * bp_shop_check_return:
 * @self: a shop
 * @sale: a return, completed
 * @lines: (element-type BpLine): what comes back
 * @error: %BP_STORE_ERROR_REFUSED
 *
 * A return against a bill needs a posted one, and all returns of it together
 * bring back no more than was sold. A bill that is not known is not asked.
 *
 * Returns: whether the return may be saved
 */
gboolean
bp_shop_check_return (BpShop         *self,
                      const BpChange *sale,
                      GPtrArray      *lines,
                      GError        **error)
{
  const char *sale_id = bp_change_get_text (sale, "refers_to");
  g_autoptr (BpRow) row = NULL;
  g_autoptr (GPtrArray) sold = NULL;
  g_autoptr (GHashTable) returned = NULL;
  Returns returns = { sale_id, NULL, 0 };

  if (sale_id == NULL)
    return TRUE;
  if (!bp_shop_find_row (bp_shop_get_store (self), get_sales (), sale_id, &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (g_strcmp0 (bp_change_get_text (row->state->data, "kind"), "return") == 0)
    return refuse (error, "A return cannot be returned");
  if (g_strcmp0 (bp_change_get_text (row->state->data, "status"), "posted") != 0)
    return refuse (error, "Only a posted sale can be returned, this one is void or held");

  sold = bp_lines_parse (bp_change_get_text (row->state->data, "lines"), error);
  if (sold == NULL)
    return FALSE;
  returned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  returns.returned = returned;
  return find_returns (self, &returns, error)
         && check_quantities (sold, lines, returned, error);
}

/* What a table's records must keep beside what the store checks. */
static const struct
{
  const char *table;
  BpOperationKind kind;
  gboolean (*check) (BpShop         *self,
                     const char     *id,
                     const BpChange *change,
                     GError        **error);
} rules[] = {
  { "sales", BP_OPERATION_INSERT, check_raw_sale },
  { "sales", BP_OPERATION_UPDATE, check_void },
  { "payments", BP_OPERATION_INSERT, check_payment },
};

/**
 * bp_shop_check_rules:
 * @self: a shop
 * @kind: what is done
 * @id: with which record
 * @change: its fields
 * @error: %BP_STORE_ERROR_POSTED, %BP_STORE_ERROR_REFUSED, #BpDatabaseError
 *
 * Inside the transaction that saves it.
 *
 * Returns: whether @change may be saved
 */
gboolean
bp_shop_check_rules (BpShop         *self,
                     BpOperationKind kind,
                     const char     *id,
                     const BpChange *change,
                     GError        **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      if (rules[i].kind == kind && g_str_equal (rules[i].table, change->table->name)
          && !rules[i].check (self, id, change, error))
        return FALSE;
    }

  return TRUE;
}
