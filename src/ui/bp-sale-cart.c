#include "config.h"

#include "bp-sale-cart.h"

struct _BpSaleCart
{
  GObject parent_instance;

  BpShop *shop;      /* (owned) */
  GListStore *lines; /* (owned) (element-type BpSaleLine) */
  BpSaleTotals totals;
  char *fault;       /* (owned) (nullable): why it cannot be worked out */
  gboolean working;
  gboolean again;    /* whether it changed while it was worked out */
};

G_DEFINE_FINAL_TYPE (BpSaleCart, bp_sale_cart, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

typedef struct
{
  BpSaleTotals totals;
  GPtrArray *lines; /* (owned) (element-type BpLine) */
} Result;

static void
result_free (gpointer data)
{
  Result *result = data;

  g_clear_pointer (&result->lines, g_ptr_array_unref);
  g_free (result);
}

static Result *
make_result (const BpChange    *sale,
             const BpSaleDraft *draft,
             GError           **error)
{
  Result *result = g_new0 (Result, 1);

  result->lines = bp_lines_parse (bp_change_get_text (sale, "lines"), error);
  if (result->lines == NULL)
    {
      result_free (result);
      return NULL;
    }

  result->totals.inclusive = TRUE;
  for (guint i = 0; i < draft->lines->len; i++)
    {
      const BpLineDraft *line = draft->lines->pdata[i];

      result->totals.discount += line->discount;
      result->totals.inclusive &= line->tax_inclusive != 0;
    }
  result->totals.gross = bp_change_get_integer (sale, "subtotal") + result->totals.discount;
  result->totals.tax = bp_change_get_integer (sale, "tax_total");
  result->totals.round_off = bp_change_get_integer (sale, "round_off");
  result->totals.total = bp_change_get_integer (sale, "total_amount");
  return result;
}

/* The policy to block sends the working out to the disk. */
static void
work_out_in_thread (GTask        *task,
                    gpointer      source_object,
                    gpointer      task_data,
                    GCancellable *cancellable)
{
  const BpSaleDraft *draft = task_data;
  GError *error = NULL;
  g_autoptr (BpChange) sale
    = bp_shop_work_out_sale (BP_SALE_CART (source_object)->shop, draft, &error);
  Result *result = sale != NULL ? make_result (sale, draft, &error) : NULL;

  if (result != NULL)
    g_task_return_pointer (task, result, result_free);
  else
    g_task_return_error (task, error);
}

static void
show_result (BpSaleCart   *self,
             const Result *result)
{
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));

  self->totals = result->totals;
  for (guint i = 0; i < MIN (n_lines, result->lines->len); i++)
    {
      g_autoptr (BpSaleLine) line = g_list_model_get_item (G_LIST_MODEL (self->lines), i);

      bp_sale_line_set_worked_out (line, result->lines->pdata[i]);
    }
}

static void work_out (BpSaleCart *self);

static void
on_worked_out (GObject      *source,
               GAsyncResult *async_result,
               gpointer      user_data)
{
  BpSaleCart *self = BP_SALE_CART (source);
  g_autoptr (GError) error = NULL;
  Result *result = g_task_propagate_pointer (G_TASK (async_result), &error);

  self->working = FALSE;
  if (self->again)
    {
      g_clear_pointer (&result, result_free);
      work_out (self);
      return;
    }

  g_clear_pointer (&self->fault, g_free);
  if (result != NULL)
    show_result (self, result);
  else
    self->fault = g_strdup (error->message);
  g_clear_pointer (&result, result_free);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
work_out (BpSaleCart *self)
{
  g_autoptr (GTask) task = NULL;

  self->again = self->working;
  if (self->working)
    return;
  if (bp_sale_cart_is_empty (self))
    {
      self->totals = (BpSaleTotals){ 0 };
      g_clear_pointer (&self->fault, g_free);
      g_signal_emit (self, signals[CHANGED], 0);
      return;
    }

  self->working = TRUE;
  task = g_task_new (self, NULL, on_worked_out, NULL);
  g_task_set_source_tag (task, work_out);
  g_task_set_task_data (task, bp_sale_cart_make_draft (self), (GDestroyNotify)bp_sale_draft_free);
  g_task_run_in_thread (task, work_out_in_thread);
}

/* Lines of one product draw on the same stock. */
static void
update_stock (BpSaleCart *self)
{
  g_autoptr (GHashTable) left = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));

  for (guint i = 0; i < n_lines; i++)
    {
      g_autoptr (BpSaleLine) line = g_list_model_get_item (G_LIST_MODEL (self->lines), i);
      const char *id = bp_sale_line_get_product_id (line);
      gint64 *stock = g_hash_table_lookup (left, id);

      if (stock == NULL)
        {
          stock = g_new (gint64, 1);
          *stock = bp_sale_line_get_stock (line);
          g_hash_table_insert (left, (gpointer)id, stock);
        }
      *stock -= bp_sale_line_get_quantity (line);
      bp_sale_line_set_stock_after (line, *stock);
    }
}

static void
update (BpSaleCart *self)
{
  update_stock (self);
  work_out (self);
}

static void
bp_sale_cart_finalize (GObject *object)
{
  BpSaleCart *self = BP_SALE_CART (object);

  g_clear_object (&self->shop);
  g_clear_object (&self->lines);
  g_clear_pointer (&self->fault, g_free);

  G_OBJECT_CLASS (bp_sale_cart_parent_class)->finalize (object);
}

static void
bp_sale_cart_class_init (BpSaleCartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bp_sale_cart_finalize;

  /**
   * BpSaleCart::changed:
   * @self: the bill
   *
   * Emitted when its lines or totals are others than before.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_SALE_CART, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_sale_cart_init (BpSaleCart *self)
{
  self->lines = g_list_store_new (BP_TYPE_SALE_LINE);
}

/**
 * bp_sale_cart_new:
 * @shop: where it is sold
 *
 * Returns: (transfer full): an empty bill
 */
BpSaleCart *
bp_sale_cart_new (BpShop *shop)
{
  BpSaleCart *self = g_object_new (BP_TYPE_SALE_CART, NULL);

  self->shop = g_object_ref (shop);
  return self;
}

/**
 * bp_sale_cart_get_lines:
 * @self: a bill
 *
 * Returns: (transfer none): a list of #BpSaleLine
 */
GListModel *
bp_sale_cart_get_lines (BpSaleCart *self)
{
  return G_LIST_MODEL (self->lines);
}

/**
 * bp_sale_cart_insert:
 * @self: a bill
 * @position: where; at the end where there are not so many lines
 * @line: a line of no bill
 */
void
bp_sale_cart_insert (BpSaleCart *self,
                     guint       position,
                     BpSaleLine *line)
{
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));

  g_signal_connect_object (line, "edited", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_list_store_insert (self->lines, MIN (position, n_lines), line);
  update (self);
}

/**
 * bp_sale_cart_add:
 * @self: a bill
 * @product: what is sold
 * @quantity: in thousandths, not 0
 *
 * Puts more on the product's line, unless that was given a price or discount
 * of its own; else a new one.
 *
 * Returns: (transfer none): the line
 */
BpSaleLine *
bp_sale_cart_add (BpSaleCart    *self,
                  const BpState *product,
                  gint64         quantity)
{
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));
  g_autoptr (BpSaleLine) added = NULL;

  for (guint i = 0; quantity > 0 && i < n_lines; i++)
    {
      g_autoptr (BpSaleLine) line = g_list_model_get_item (G_LIST_MODEL (self->lines), i);

      if (!g_str_equal (bp_sale_line_get_product_id (line), product->id)
          || !bp_sale_line_is_plain (line))
        continue;
      bp_sale_line_set_quantity (line, bp_sale_line_get_quantity (line) + quantity);
      return line;
    }

  added = bp_sale_line_new (product, quantity);
  bp_sale_cart_insert (self, n_lines, added);
  return added;
}

/**
 * bp_sale_cart_remove:
 * @self: a bill
 * @line: one of its lines
 *
 * Returns: where it stood
 */
guint
bp_sale_cart_remove (BpSaleCart *self,
                     BpSaleLine *line)
{
  guint position = 0;

  g_return_val_if_fail (g_list_store_find (self->lines, line, &position), 0);

  g_signal_handlers_disconnect_by_func (line, update, self);
  g_list_store_remove (self->lines, position);
  update (self);
  return position;
}

/**
 * bp_sale_cart_take:
 * @self: a bill
 *
 * The bill is empty afterwards.
 *
 * Returns: (transfer full) (element-type BpSaleLine): its lines
 */
GPtrArray *
bp_sale_cart_take (BpSaleCart *self)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));

  for (guint i = 0; i < n_lines; i++)
    {
      BpSaleLine *line = g_list_model_get_item (G_LIST_MODEL (self->lines), i);

      g_signal_handlers_disconnect_by_func (line, update, self);
      g_ptr_array_add (lines, line);
    }

  g_list_store_remove_all (self->lines);
  update (self);
  return lines;
}

/**
 * bp_sale_cart_is_empty:
 * @self: a bill
 *
 * Returns: whether it has no lines
 */
gboolean
bp_sale_cart_is_empty (BpSaleCart *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->lines)) == 0;
}

/**
 * bp_sale_cart_is_settled:
 * @self: a bill
 *
 * Returns: whether the totals are those of its lines; "changed" tells when
 */
gboolean
bp_sale_cart_is_settled (BpSaleCart *self)
{
  return !self->working;
}

/**
 * bp_sale_cart_get_totals:
 * @self: a bill
 *
 * Returns: (transfer none): as they were last worked out
 */
const BpSaleTotals *
bp_sale_cart_get_totals (BpSaleCart *self)
{
  return &self->totals;
}

/**
 * bp_sale_cart_get_fault:
 * @self: a bill
 *
 * Returns: (transfer none) (nullable): why it cannot be worked out
 */
const char *
bp_sale_cart_get_fault (BpSaleCart *self)
{
  return self->fault;
}

/**
 * bp_sale_cart_make_draft:
 * @self: a bill
 *
 * Returns: (transfer full): its lines as a sale without payments
 */
BpSaleDraft *
bp_sale_cart_make_draft (BpSaleCart *self)
{
  BpSaleDraft *draft = bp_sale_draft_new ();
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));

  for (guint i = 0; i < n_lines; i++)
    {
      g_autoptr (BpSaleLine) line = g_list_model_get_item (G_LIST_MODEL (self->lines), i);

      g_ptr_array_add (draft->lines, bp_sale_line_make_draft (line));
    }

  return draft;
}
