#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpMoneyFormat:
 * @currency: (unowned): ISO 4217 code
 * @symbol: (unowned): such as ₹
 * @decimals: digits of the minor unit, 0 to 4
 * @symbol_after: whether the symbol stands behind the number
 * @decimal_point: (unowned): such as `.`
 * @separator: (unowned): between groups of digits
 * @grouping_indian: groups of 3;2 (1,23,456) instead of 3;3
 *
 * How a shop writes amounts. Const data, by currency; not the process's locale.
 */
typedef struct
{
  const char *currency;
  const char *symbol;
  int decimals;
  gboolean symbol_after;
  const char *decimal_point;
  const char *separator;
  gboolean grouping_indian;
} BpMoneyFormat;

gboolean bp_money_is_currency (const char *code);
int bp_money_get_decimals (const char *code);
const BpMoneyFormat *bp_money_get_format (const char *code);
char *bp_money_format (gint64      amount,
                       const char *currency);
char *bp_money_format_short (gint64      amount,
                             const char *currency);
char *bp_money_to_plain (gint64 amount,
                         int    decimals);
gboolean bp_money_parse (const char *text,
                         int         decimals,
                         gint64     *amount,
                         GError    **error);
gboolean bp_money_multiply (gint64  quantity,
                            gint64  price,
                            gint64 *amount);
gint64 bp_money_divide_rounded (__int128 numerator,
                                __int128 denominator);
char *bp_quantity_format (gint64 quantity);

G_END_DECLS
