#include "config.h"

#include "bp-sale-line.h"

#include "bp-money.h"

#include <glib/gi18n.h>
#include <string.h>

#define ONE 1000
#define WHOLE 10000

struct _BpSaleLine
{
  GObject parent_instance;

  BpState *product;     /* (owned): as it was when it was put on the bill */
  gint64 quantity;      /* in thousandths */
  gint64 unit_price;    /* in the minor unit */
  gint64 discount;      /* in the minor unit */
  gint64 discount_rate; /* in basis points; 0 where an amount was given */
  gint64 amount;        /* in the minor unit, as it was last worked out */
  gint64 stock;         /* in thousandths, before the bill */
  gint64 stock_after;   /* the same, when the bill is saved */
};

G_DEFINE_FINAL_TYPE (BpSaleLine, bp_sale_line, G_TYPE_OBJECT)

enum
{
  CHANGED,
  EDITED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
bp_sale_line_finalize (GObject *object)
{
  bp_state_free (BP_SALE_LINE (object)->product);

  G_OBJECT_CLASS (bp_sale_line_parent_class)->finalize (object);
}

static void
bp_sale_line_class_init (BpSaleLineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = bp_sale_line_finalize;

  /**
   * BpSaleLine::changed:
   * @self: the line
   *
   * Emitted when the line shows something else than before.
   */
  signals[CHANGED] = g_signal_new ("changed", BP_TYPE_SALE_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  /**
   * BpSaleLine::edited:
   * @self: the line
   *
   * Emitted when the bill has to be worked out anew.
   */
  signals[EDITED] = g_signal_new ("edited", BP_TYPE_SALE_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
bp_sale_line_init (BpSaleLine *self)
{
}

/* A share stays the same share when the rest changes. */
static void
update_discount (BpSaleLine *self)
{
  gint64 gross;

  if (self->discount_rate == 0)
    return;
  if (!bp_money_multiply (self->quantity, self->unit_price, &gross))
    gross = 0;
  self->discount = bp_money_divide_rounded ((__int128)gross * self->discount_rate, WHOLE);
}

static void
emit_edited (BpSaleLine *self)
{
  update_discount (self);
  g_signal_emit (self, signals[CHANGED], 0);
  g_signal_emit (self, signals[EDITED], 0);
}

static gint64
get_integer (BpSaleLine *self,
             const char *field)
{
  return bp_change_get_integer (self->product->data, field);
}

/**
 * bp_sale_line_new:
 * @product: what is sold, copied
 * @quantity: in thousandths
 *
 * Returns: (transfer full): a line at the product's price
 */
BpSaleLine *
bp_sale_line_new (const BpState *product,
                  gint64         quantity)
{
  BpSaleLine *self = g_object_new (BP_TYPE_SALE_LINE, NULL);

  self->product = bp_state_copy (product);
  self->quantity = quantity;
  self->unit_price = get_integer (self, "price");
  self->stock = get_integer (self, "stock");
  self->stock_after = self->stock - quantity;
  return self;
}

/**
 * bp_sale_line_get_name:
 * @self: a line
 *
 * Returns: (transfer none): what is sold
 */
const char *
bp_sale_line_get_name (BpSaleLine *self)
{
  const char *name = bp_change_get_text (self->product->data, "name");

  return name != NULL ? name : "";
}

/**
 * bp_sale_line_get_product_id:
 * @self: a line
 *
 * Returns: (transfer none): the product
 */
const char *
bp_sale_line_get_product_id (BpSaleLine *self)
{
  return self->product->id;
}

/**
 * bp_sale_line_get_quantity:
 * @self: a line
 *
 * Returns: in thousandths
 */
gint64
bp_sale_line_get_quantity (BpSaleLine *self)
{
  return self->quantity;
}

/**
 * bp_sale_line_set_quantity:
 * @self: a line
 * @quantity: in thousandths, not 0
 */
void
bp_sale_line_set_quantity (BpSaleLine *self,
                           gint64      quantity)
{
  self->quantity = quantity;
  emit_edited (self);
}

/**
 * bp_sale_line_get_unit_price:
 * @self: a line
 *
 * Returns: in the minor unit
 */
gint64
bp_sale_line_get_unit_price (BpSaleLine *self)
{
  return self->unit_price;
}

/**
 * bp_sale_line_set_unit_price:
 * @self: a line
 * @unit_price: in the minor unit, not negative
 */
void
bp_sale_line_set_unit_price (BpSaleLine *self,
                             gint64      unit_price)
{
  self->unit_price = unit_price;
  emit_edited (self);
}

/**
 * bp_sale_line_get_discount:
 * @self: a line
 *
 * Returns: in the minor unit
 */
gint64
bp_sale_line_get_discount (BpSaleLine *self)
{
  return self->discount;
}

/**
 * bp_sale_line_get_discount_rate:
 * @self: a line
 *
 * Returns: in basis points; 0 where the discount is an amount
 */
gint64
bp_sale_line_get_discount_rate (BpSaleLine *self)
{
  return self->discount_rate;
}

/**
 * bp_sale_line_set_discount:
 * @self: a line
 * @discount: in the minor unit, of the whole line
 */
void
bp_sale_line_set_discount (BpSaleLine *self,
                           gint64      discount)
{
  self->discount_rate = 0;
  self->discount = discount;
  emit_edited (self);
}

/**
 * bp_sale_line_set_discount_rate:
 * @self: a line
 * @rate: in basis points, 0 to 10000
 *
 * The discount is that share of the line, also when the line changes.
 */
void
bp_sale_line_set_discount_rate (BpSaleLine *self,
                                gint64      rate)
{
  self->discount_rate = rate;
  self->discount = 0;
  emit_edited (self);
}

/**
 * bp_sale_line_get_tax_rate:
 * @self: a line
 *
 * Returns: in basis points
 */
gint64
bp_sale_line_get_tax_rate (BpSaleLine *self)
{
  return get_integer (self, "tax_rate");
}

/**
 * bp_sale_line_get_amount:
 * @self: a line
 *
 * Returns: in the minor unit, with the tax, as it was last worked out
 */
gint64
bp_sale_line_get_amount (BpSaleLine *self)
{
  return self->amount;
}

/**
 * bp_sale_line_set_worked_out:
 * @self: a line
 * @line: what it came to
 */
void
bp_sale_line_set_worked_out (BpSaleLine   *self,
                             const BpLine *line)
{
  if (self->amount == line->total)
    return;

  self->amount = line->total;
  g_signal_emit (self, signals[CHANGED], 0);
}

/**
 * bp_sale_line_get_stock:
 * @self: a line
 *
 * Returns: in thousandths, before the bill
 */
gint64
bp_sale_line_get_stock (BpSaleLine *self)
{
  return self->stock;
}

/**
 * bp_sale_line_set_stock:
 * @self: a line
 * @stock: in thousandths, as it was last read
 */
void
bp_sale_line_set_stock (BpSaleLine *self,
                        gint64      stock)
{
  self->stock = stock;
}

/**
 * bp_sale_line_get_stock_after:
 * @self: a line
 *
 * Returns: in thousandths, when the whole bill is saved
 */
gint64
bp_sale_line_get_stock_after (BpSaleLine *self)
{
  return self->stock_after;
}

/**
 * bp_sale_line_set_stock_after:
 * @self: a line
 * @stock: in thousandths, when the whole bill is saved
 */
void
bp_sale_line_set_stock_after (BpSaleLine *self,
                              gint64      stock)
{
  if (self->stock_after == stock)
    return;

  self->stock_after = stock;
  g_signal_emit (self, signals[CHANGED], 0);
}

/**
 * bp_sale_line_is_plain:
 * @self: a line
 *
 * Returns: whether more of the same product may be added to it
 */
gboolean
bp_sale_line_is_plain (BpSaleLine *self)
{
  return self->quantity > 0 && self->discount == 0 && self->discount_rate == 0
         && self->unit_price == get_integer (self, "price");
}

/**
 * bp_sale_line_make_draft:
 * @self: a line
 *
 * Returns: (transfer full): the line with all it says, so that working it out
 *   needs nothing of the disk
 */
BpLineDraft *
bp_sale_line_make_draft (BpSaleLine *self)
{
  const BpChange *data = self->product->data;
  BpLineDraft *draft = bp_line_draft_new ();

  draft->product_id = g_strdup (self->product->id);
  draft->name = g_strdup (bp_change_get_text (data, "name"));
  draft->sku = g_strdup (bp_change_get_text (data, "sku"));
  draft->unit = g_strdup (bp_change_get_text (data, "unit"));
  draft->tax_code = g_strdup (bp_change_get_text (data, "tax_code"));
  draft->quantity = self->quantity;
  draft->unit_price = self->unit_price;
  draft->cost = get_integer (self, "cost");
  draft->discount = self->discount;
  draft->tax_rate = get_integer (self, "tax_rate");
  draft->tax_inclusive = get_integer (self, "tax_inclusive");
  draft->has_unit_price = TRUE;
  draft->has_cost = TRUE;
  draft->has_tax_rate = TRUE;
  draft->has_tax_inclusive = TRUE;
  return draft;
}

/**
 * bp_sale_line_split_quantity:
 * @text: what was scanned or typed: “3*890…” is three of it
 * @quantity: (out): in thousandths; one where @text says none
 * @error: #BpDataError, %G_IO_ERROR_INVALID_DATA where it is 0
 *
 * Returns: (transfer none) (nullable): what is left of @text; %NULL with @error
 *   set where there is no quantity before the star
 */
const char *
bp_sale_line_split_quantity (const char *text,
                             gint64     *quantity,
                             GError    **error)
{
  const char *star = strrchr (text, '*');
  g_autofree char *number = NULL;

  *quantity = ONE;
  if (star == NULL)
    return text;

  number = g_strstrip (g_strndup (text, (gsize)(star - text)));
  if (!bp_money_parse (number, 3, quantity, error))
    return NULL;
  if (*quantity == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("A quantity is not 0"));
      return NULL;
    }
  return star + 1;
}
