/* The one place where tax is worked out, for app, receipt, import and check.
 * All integers: a bill's total is the sum of its lines to the last unit. */
#include "config.h"

#include "bp-tax.h"

#include <stdlib.h>

#include "bp-error.h"
#include "bp-line.h"
#include "bp-money.h"

#define AMOUNT_MAX G_GINT64_CONSTANT (9007199254740991)
#define RATE_MAX 1000000
#define WHOLE 10000

/* A line while it is worked out; nothing is written before all is good. */
typedef struct
{
  const BpLine *line; /* (unowned) */
  gint64 gross;
  gint64 net;
  gint64 tax;
  gboolean grouped;
} Work;

/* One share of what is spread over lines. */
typedef struct
{
  guint index;
  gint64 weight;
  gint64 share;
  __int128 remainder;
} Share;

static gboolean
fail (GError    **error,
      int         code,
      const char *message)
{
  g_set_error_literal (error, BP_DATA_ERROR, code, message);
  return FALSE;
}

static gboolean
add_checked (gint64 *sum,
             gint64  amount)
{
  return !__builtin_add_overflow (*sum, amount, sum) && *sum >= -AMOUNT_MAX && *sum <= AMOUNT_MAX;
}

/* Whether a discount takes away at most what is there, on its side of zero. */
static gboolean
is_within (gint64 discount,
           gint64 amount)
{
  return amount >= 0 ? discount >= 0 && discount <= amount : discount <= 0 && discount >= amount;
}

static int
compare_remainder (gconstpointer a,
                   gconstpointer b)
{
  const Share *share_a = a;
  const Share *share_b = b;

  if (share_a->remainder != share_b->remainder)
    return share_a->remainder > share_b->remainder ? -1 : 1;

  return share_a->index < share_b->index ? -1 : share_a->index > share_b->index;
}

/* Gives each share weight × @factor ÷ @divisor rounded down, and the units that
 * are then left of @total to the largest remainders, the earlier line first.
 * A negative total is spread as its mirror image, so that a return cancels its
 * sale line by line. @divisor is above 0. Sorts @shares. */
static void
spread (GArray  *shares,
        gint64   total,
        __int128 factor,
        __int128 divisor)
{
  gint64 sign = total < 0 ? -1 : 1;
  gint64 left = sign * total;

  for (guint i = 0; i < shares->len; i++)
    {
      Share *share = &g_array_index (shares, Share, i);
      __int128 product = (__int128)sign * share->weight * factor;

      share->remainder = product % divisor;
      if (share->remainder < 0)
        share->remainder += divisor;
      share->share = (gint64)((product - share->remainder) / divisor);
      left -= share->share;
    }

  g_array_sort (shares, compare_remainder);
  for (guint i = 0; left > 0; i = (i + 1) % shares->len, left--)
    g_array_index (shares, Share, i).share++;
  for (guint i = shares->len; left < 0; left++)
    {
      i = (i > 0 ? i : shares->len) - 1;
      g_array_index (shares, Share, i).share--;
    }
  for (guint i = 0; i < shares->len; i++)
    g_array_index (shares, Share, i).share *= sign;
}

static gboolean
compute_gross (const BpBill *bill,
               Work         *works,
               gint64       *subtotal,
               GError      **error)
{
  *subtotal = 0;
  for (guint i = 0; i < bill->lines->len; i++)
    {
      const BpLine *line = bill->lines->pdata[i];
      gint64 amount;

      if (line->tax_rate < 0 || line->tax_rate > RATE_MAX)
        return fail (error, BP_DATA_ERROR_INVALID_VALUE, "A tax rate is out of range");
      if (!bp_money_multiply (line->quantity, line->unit_price, &amount))
        return fail (error, BP_DATA_ERROR_OVERFLOW, "A line's amount is too large");
      if (!is_within (line->discount, amount))
        return fail (error, BP_DATA_ERROR_INVALID_VALUE,
                     "A line's discount is larger than its amount");
      works[i] = (Work){ .line = line, .gross = amount - line->discount };
      works[i].net = works[i].gross;
      if (!add_checked (subtotal, works[i].gross))
        return fail (error, BP_DATA_ERROR_OVERFLOW, "The bill's amount is too large");
    }

  return TRUE;
}

/* The bill discount lies on the lines of its own sign: what is taken back in an
 * exchange is not discounted again. */
static gboolean
spread_discount (const BpBill *bill,
                 Work         *works,
                 gint64        subtotal,
                 GError      **error)
{
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (Share));
  __int128 weights = 0;

  if (!is_within (bill->discount, subtotal))
    return fail (error, BP_DATA_ERROR_INVALID_VALUE, "The discount is larger than the bill");
  if (bill->discount == 0)
    return TRUE;

  for (guint i = 0; i < bill->lines->len; i++)
    {
      Share share = { .index = i, .weight = works[i].gross };

      if (share.weight == 0 || (share.weight < 0) != (bill->discount < 0))
        continue;
      g_array_append_val (shares, share);
      weights += share.weight;
    }
  spread (shares, bill->discount, bill->discount < 0 ? -bill->discount : bill->discount,
          weights < 0 ? -weights : weights);
  for (guint i = 0; i < shares->len; i++)
    {
      const Share *share = &g_array_index (shares, Share, i);

      works[share->index].net -= share->share;
    }
  return TRUE;
}

static gboolean
compute_group_tax (const BpLine *line,
                   gboolean      split,
                   gint64        net,
                   gint64       *tax)
{
  gint64 parts = split ? 2 : 1;
  __int128 divisor = line->tax_inclusive ? WHOLE + line->tax_rate : WHOLE;
  gint64 part = bp_money_divide_rounded ((__int128)net * line->tax_rate, divisor * parts);

  return !__builtin_mul_overflow (part, parts, tax) && *tax >= -AMOUNT_MAX && *tax <= AMOUNT_MAX;
}

/* The tax of all lines with the rate and the kind of price of line @first. Where
 * a group goes both ways (an exchange), its net may be next to nothing: then
 * each line's own tax is what its share is measured by. */
static gboolean
compute_group (Work    *works,
               guint    n_works,
               guint    first,
               gboolean split,
               GError **error)
{
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (Share));
  const BpLine *model = works[first].line;
  gboolean has_positive = FALSE, has_negative = FALSE;
  gint64 net = 0, tax = 0;
  __int128 factor, divisor;

  for (guint i = first; i < n_works; i++)
    {
      Share share = { .index = i, .weight = works[i].net };

      if (works[i].line->tax_rate != model->tax_rate
          || !works[i].line->tax_inclusive != !model->tax_inclusive)
        continue;
      works[i].grouped = TRUE;
      if (!add_checked (&net, share.weight))
        return fail (error, BP_DATA_ERROR_OVERFLOW, "The bill's amount is too large");
      has_positive = has_positive || share.weight > 0;
      has_negative = has_negative || share.weight < 0;
      if (share.weight != 0)
        g_array_append_val (shares, share);
    }
  if (!compute_group_tax (model, split, net, &tax))
    return fail (error, BP_DATA_ERROR_OVERFLOW, "The bill's tax is too large");
  if (shares->len == 0 || model->tax_rate == 0)
    return TRUE;

  factor = has_positive && has_negative ? model->tax_rate : (tax < 0 ? -tax : tax);
  divisor = net < 0 ? -net : net;
  if (has_positive && has_negative)
    divisor = model->tax_inclusive ? WHOLE + model->tax_rate : WHOLE;
  spread (shares, tax, factor, divisor);
  for (guint i = 0; i < shares->len; i++)
    {
      const Share *share = &g_array_index (shares, Share, i);

      works[share->index].tax = share->share;
    }
  return TRUE;
}

static gint64
get_total (const Work *work)
{
  return work->line->tax_inclusive ? work->net : work->net + work->tax;
}

static gboolean
add_up (const BpBill *bill,
        const Work   *works,
        BpBill       *result,
        GError      **error)
{
  gint64 total = 0;
  gint64 unit = MAX (bill->round_to, 1);
  gint64 rounded;

  for (guint i = 0; i < bill->lines->len; i++)
    {
      if (!add_checked (&result->tax_total, works[i].tax)
          || ABS (get_total (&works[i])) > AMOUNT_MAX
          || !add_checked (&total, get_total (&works[i])))
        return fail (error, BP_DATA_ERROR_OVERFLOW, "The bill's total is too large");
    }
  if (__builtin_mul_overflow (bp_money_divide_rounded (total, unit), unit, &rounded)
      || ABS (rounded) > AMOUNT_MAX)
    return fail (error, BP_DATA_ERROR_OVERFLOW, "The bill's total is too large");

  result->round_off = rounded - total;
  result->total_amount = rounded;
  return TRUE;
}

/**
 * bp_tax_compute:
 * @bill: what is sold; on failure nothing in it is changed
 * @error: %BP_DATA_ERROR_OVERFLOW; %BP_DATA_ERROR_INVALID_VALUE for a tax rate
 *   out of range, a discount larger than what it is taken from, or of the
 *   other sign
 *
 * Works out a bill: the bill discount is spread over the lines, tax is rounded
 * once for each rate (apart for prices with and without tax; in two equal
 * halves where it is split), and spread back over the lines. Afterwards each
 * line's taxable + tax = total, Σ tax = tax_total, and Σ total + round_off =
 * total_amount. A bill whose quantities and discounts have the other sign has
 * all amounts with the other sign. Halves of @round_to are rounded away from
 * zero.
 *
 * Returns: whether it could be worked out
 */
gboolean
bp_tax_compute (BpBill  *bill,
                GError **error)
{
  guint n = bill->lines->len;
  g_autofree Work *works = g_new0 (Work, n + 1);
  BpBill result = *bill;

  result.tax_total = 0;
  if (!compute_gross (bill, works, &result.subtotal, error)
      || !spread_discount (bill, works, result.subtotal, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      if (!works[i].grouped && !compute_group (works, n, i, bill->tax_split, error))
        return FALSE;
    }
  if (!add_up (bill, works, &result, error))
    return FALSE;

  for (guint i = 0; i < n; i++)
    {
      BpLine *line = bill->lines->pdata[i];

      line->tax = works[i].tax;
      line->total = get_total (&works[i]);
      line->taxable = line->total - line->tax;
    }
  *bill = result;
  return TRUE;
}
