#pragma once

#include <json-glib/json-glib.h>

#include "bp-types.h"

G_BEGIN_DECLS

/**
 * BpLine:
 * @product_id: (nullable) (transfer full): the product sold
 * @name: (nullable) (transfer full): its name when it was sold
 * @sku: (nullable) (transfer full): its SKU when it was sold
 * @unit: (nullable) (transfer full): its unit when it was sold
 * @tax_code: (nullable) (transfer full): its tax code (HSN, say)
 * @quantity: in thousandths; negative in an exchange
 * @unit_price: in the minor unit, with the tax where @tax_inclusive
 * @cost: of one unit, in the minor unit
 * @discount: of the line, in the minor unit
 * @tax_rate: in basis points
 * @tax_inclusive: whether @unit_price holds the tax
 * @taxable: in the minor unit, after its share of the bill discount
 * @tax: in the minor unit
 * @total: @taxable + @tax
 *
 * One line of a sale.
 */
struct _BpLine
{
  char *product_id;
  char *name;
  char *sku;
  char *unit;
  char *tax_code;
  gint64 quantity;
  gint64 unit_price;
  gint64 cost;
  gint64 discount;
  gint64 tax_rate;
  gboolean tax_inclusive;
  gint64 taxable;
  gint64 tax;
  gint64 total;
};

BpLine *bp_line_new (void);
BpLine *bp_line_copy (const BpLine *line);
void bp_line_free (BpLine *line);
GPtrArray *bp_lines_new (void);
GPtrArray *bp_lines_parse (const char *text,
                           GError    **error);
char *bp_lines_to_text (GPtrArray *lines);
char *bp_lines_canonicalize (JsonNode *node,
                             GError  **error);
gboolean bp_lines_is_canonical (const char *text);
gboolean bp_lines_sum_totals (GPtrArray *lines,
                              gint64    *sum);
char *bp_lines_replace_product (const char *text,
                                const char *old_id,
                                const char *new_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpLine, bp_line_free)

G_END_DECLS
