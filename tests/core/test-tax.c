#include "config.h"

#include "bp-error.h"
#include "bp-line.h"
#include "bp-table.h"
#include "bp-tax.h"

static BpLine *
add_line (GPtrArray *lines,
          gint64     quantity,
          gint64     unit_price,
          gint64     discount,
          gint64     tax_rate,
          gboolean   tax_inclusive)
{
  BpLine *line = bp_line_new ();

  line->quantity = quantity;
  line->unit_price = unit_price;
  line->discount = discount;
  line->tax_rate = tax_rate;
  line->tax_inclusive = tax_inclusive;
  g_ptr_array_add (lines, line);
  return line;
}

static void
assert_adds_up (const BpBill *bill)
{
  gint64 total = 0, tax = 0;

  for (guint i = 0; i < bill->lines->len; i++)
    {
      const BpLine *line = bill->lines->pdata[i];

      g_assert_cmpint (line->taxable + line->tax, ==, line->total);
      total += line->total;
      tax += line->tax;
    }
  g_assert_cmpint (bill->tax_total, ==, tax);
  g_assert_cmpint (bill->total_amount, ==, total + bill->round_off);
}

static void
compute (BpBill *bill)
{
  g_autoptr (GError) error = NULL;
  gboolean good = bp_tax_compute (bill, &error);

  g_assert_no_error (error);
  g_assert_true (good);
  assert_adds_up (bill);
}

/* The bill drawn in UI.md. */
static void
test_example (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines, .tax_split = TRUE };
  BpLine *rice = add_line (lines, 2000, 47500, 4750, 500, TRUE);
  BpLine *tomato = add_line (lines, 1250, 4000, 0, 0, TRUE);
  BpLine *soap = add_line (lines, 1000, 4800, 0, 1800, TRUE);

  compute (&bill);
  g_assert_cmpint (rice->total, ==, 90250);
  g_assert_cmpint (rice->tax, ==, 2 * 2149);
  g_assert_cmpint (tomato->total, ==, 5000);
  g_assert_cmpint (tomato->tax, ==, 0);
  g_assert_cmpint (soap->tax, ==, 2 * 366);
  g_assert_cmpint (soap->taxable, ==, 4800 - 732);
  g_assert_cmpint (bill.subtotal, ==, 100050);
  g_assert_cmpint (bill.tax_total, ==, 2 * 2515);
  g_assert_cmpint (bill.round_off, ==, 0);
  g_assert_cmpint (bill.total_amount, ==, 100050);
}

static void
test_exclusive (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines };
  BpLine *line = add_line (lines, 3000, 333, 0, 1800, FALSE);

  compute (&bill);
  g_assert_cmpint (line->taxable, ==, 999);
  g_assert_cmpint (line->tax, ==, 180);
  g_assert_cmpint (bill.total_amount, ==, 1179);

  bill.tax_split = TRUE;
  compute (&bill);
  g_assert_cmpint (line->tax, ==, 2 * 90);
}

/* 1 % of 50 is 0.5: one rounding gives 1, two halves of 0.25 give 0. */
static void
test_split_rounds_each_half (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines };

  add_line (lines, 1000, 50, 0, 100, FALSE);
  compute (&bill);
  g_assert_cmpint (bill.tax_total, ==, 1);

  bill.tax_split = TRUE;
  compute (&bill);
  g_assert_cmpint (bill.tax_total, ==, 0);
}

/* Three lines of 10 at 5 %: 0.5 each would round to 3; together 1.5 is 2. */
static void
test_rounds_once_a_rate (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines };
  BpLine *first = add_line (lines, 1000, 10, 0, 500, FALSE);
  BpLine *second = add_line (lines, 1000, 10, 0, 500, FALSE);
  BpLine *third = add_line (lines, 1000, 10, 0, 500, FALSE);

  compute (&bill);
  g_assert_cmpint (bill.tax_total, ==, 2);
  g_assert_cmpint (first->tax, ==, 1);
  g_assert_cmpint (second->tax, ==, 1);
  g_assert_cmpint (third->tax, ==, 0);
}

static void
test_bill_discount (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines, .discount = 100 };
  BpLine *first = add_line (lines, 1000, 1000, 0, 0, TRUE);
  BpLine *second = add_line (lines, 1000, 1000, 0, 0, TRUE);
  BpLine *third = add_line (lines, 1000, 1000, 0, 0, TRUE);
  BpLine *gift = add_line (lines, 1000, 0, 0, 0, TRUE);

  compute (&bill);
  g_assert_cmpint (bill.subtotal, ==, 3000);
  g_assert_cmpint (first->total, ==, 966);
  g_assert_cmpint (second->total, ==, 967);
  g_assert_cmpint (third->total, ==, 967);
  g_assert_cmpint (gift->total, ==, 0);
  g_assert_cmpint (bill.total_amount, ==, 2900);

  bill.discount = 3000;
  compute (&bill);
  g_assert_cmpint (bill.total_amount, ==, 0);
}

/* The unit left over goes to the largest remainder: of 10 over 1:2:4, 1.43 and
 * 2.86 and 5.71 become 1, 3, 6. */
static void
test_largest_remainder (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines, .discount = 10 };
  BpLine *first = add_line (lines, 1000, 100, 0, 0, TRUE);
  BpLine *second = add_line (lines, 1000, 200, 0, 0, TRUE);
  BpLine *third = add_line (lines, 1000, 400, 0, 0, TRUE);

  compute (&bill);
  g_assert_cmpint (first->total, ==, 99);
  g_assert_cmpint (second->total, ==, 197);
  g_assert_cmpint (third->total, ==, 394);
}

static void
test_mixed_prices (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines };
  BpLine *with = add_line (lines, 1000, 11800, 0, 1800, TRUE);
  BpLine *without = add_line (lines, 1000, 10000, 0, 1800, FALSE);

  compute (&bill);
  g_assert_cmpint (with->tax, ==, 1800);
  g_assert_cmpint (with->taxable, ==, 10000);
  g_assert_cmpint (with->total, ==, 11800);
  g_assert_cmpint (without->tax, ==, 1800);
  g_assert_cmpint (without->total, ==, 11800);
  g_assert_cmpint (bill.subtotal, ==, 21800);
  g_assert_cmpint (bill.total_amount, ==, 23600);
}

static void
test_exchange (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines };
  BpLine *back = add_line (lines, -1000, 11800, 0, 1800, TRUE);
  BpLine *out = add_line (lines, 1000, 11800, 0, 1800, TRUE);

  compute (&bill);
  g_assert_cmpint (bill.total_amount, ==, 0);
  g_assert_cmpint (bill.tax_total, ==, 0);
  g_assert_cmpint (back->tax, ==, -1800);
  g_assert_cmpint (out->tax, ==, 1800);

  out->quantity = 2000;
  bill.discount = 1180;
  compute (&bill);
  g_assert_cmpint (back->total, ==, -11800);
  g_assert_cmpint (out->total, ==, 23600 - 1180);
  g_assert_cmpint (bill.total_amount, ==, 11800 - 1180);
}

static void
test_round_off (void)
{
  static const struct
  {
    gint64 price;
    gint64 round_off;
    gint64 total;
  } cases[] = {
    { 10049, -49, 10000 }, { 10050, 50, 10100 }, { 10051, 49, 10100 }, { 10000, 0, 10000 },
    { 49, -49, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (int sign = -1; sign <= 1; sign += 2)
        {
          g_autoptr (GPtrArray) lines = bp_lines_new ();
          BpBill bill = { .lines = lines, .round_to = 100 };

          add_line (lines, sign * 1000, cases[i].price, 0, 0, TRUE);
          compute (&bill);
          g_assert_cmpint (bill.round_off, ==, sign * cases[i].round_off);
          g_assert_cmpint (bill.total_amount, ==, sign * cases[i].total);
        }
    }
}

static void
test_no_lines (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  BpBill bill = { .lines = lines, .subtotal = 5, .tax_total = 5, .total_amount = 5 };

  compute (&bill);
  g_assert_cmpint (bill.subtotal, ==, 0);
  g_assert_cmpint (bill.total_amount, ==, 0);
}

static void
assert_refused (gint64 quantity,
                gint64 price,
                gint64 line_discount,
                gint64 rate,
                gint64 bill_discount,
                int    code)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  g_autoptr (GError) error = NULL;
  BpBill bill = { .lines = lines, .discount = bill_discount, .total_amount = 77 };
  BpLine *line;

  add_line (lines, 1000, 100, 0, 0, FALSE)->total = 66;
  line = add_line (lines, quantity, price, line_discount, rate, FALSE);
  line->total = 55;

  g_assert_false (bp_tax_compute (&bill, &error));
  g_assert_error (error, BP_DATA_ERROR, code);
  g_assert_cmpint (bill.total_amount, ==, 77);
  g_assert_cmpint (line->total, ==, 55);
  g_assert_cmpint (((BpLine *)lines->pdata[0])->total, ==, 66);
}

static void
test_refuses (void)
{
  assert_refused (1000, 100, 101, 0, 0, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (1000, 100, -1, 0, 0, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (-1000, 100, 1, 0, 0, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (1000, 100, 0, -1, 0, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (1000, 100, 0, 1000001, 0, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (1000, 100, 0, 0, 201, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (1000, 100, 0, 0, -1, BP_DATA_ERROR_INVALID_VALUE);
  assert_refused (BP_INTEGER_MAX, BP_INTEGER_MAX, 0, 0, 0, BP_DATA_ERROR_OVERFLOW);
  assert_refused (1000, BP_INTEGER_MAX, 0, 0, 0, BP_DATA_ERROR_OVERFLOW);
  assert_refused (1000, BP_INTEGER_MAX - 100, 0, 1800, 0, BP_DATA_ERROR_OVERFLOW);
  assert_refused (1000, BP_INTEGER_MAX - 100, 0, 1000000, 0, BP_DATA_ERROR_OVERFLOW);
}

static void
fill_random (GPtrArray *lines,
             BpBill    *bill,
             GRand     *random,
             gboolean   exchange)
{
  static const gint64 rates[] = { 0, 25, 500, 1200, 1800, 2800, 333 };
  int n = g_rand_int_range (random, 1, 12);
  gint64 price_limit = 1 << g_rand_int_range (random, 1, 24);

  for (int i = 0; i < n; i++)
    {
      gint64 quantity = g_rand_int_range (random, 1, 9000);
      gint64 price = g_rand_int_range (random, 0, (gint32)price_limit);
      gint64 discount = quantity * price / 1000 / g_rand_int_range (random, 1, 20);

      if (g_rand_boolean (random))
        discount = 0;
      if (exchange && g_rand_boolean (random))
        quantity = -quantity, discount = -discount;
      add_line (lines, quantity, price, discount,
                rates[g_rand_int_range (random, 0, G_N_ELEMENTS (rates))],
                g_rand_boolean (random));
    }
  bill->round_to = g_rand_boolean (random) ? 100 : 0;
  bill->tax_split = g_rand_boolean (random);
  compute (bill);
  bill->discount = bill->subtotal / g_rand_int_range (random, 1, 30);
}

/* Whatever the bill, it adds up, and the same bill the other way round has all
 * amounts with the other sign. */
static void
test_any_bill_adds_up (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2026);

  for (int round = 0; round < 3000; round++)
    {
      g_autoptr (GPtrArray) lines = bp_lines_new ();
      g_autoptr (GPtrArray) mirror_lines = bp_lines_new ();
      BpBill bill = { .lines = lines };
      BpBill mirror;

      fill_random (lines, &bill, random, FALSE);
      compute (&bill);
      mirror = bill;
      mirror.lines = mirror_lines;
      mirror.discount = -bill.discount;
      for (guint i = 0; i < lines->len; i++)
        {
          const BpLine *line = lines->pdata[i];

          g_assert_cmpint (line->total, >=, 0);
          g_assert_cmpint (line->tax, >=, 0);
          add_line (mirror_lines, -line->quantity, line->unit_price, -line->discount,
                    line->tax_rate, line->tax_inclusive);
        }
      compute (&mirror);
      g_assert_cmpint (mirror.total_amount, ==, -bill.total_amount);
      g_assert_cmpint (mirror.tax_total, ==, -bill.tax_total);
      for (guint i = 0; i < lines->len; i++)
        g_assert_cmpint (((BpLine *)mirror_lines->pdata[i])->total, ==,
                         -((BpLine *)lines->pdata[i])->total);
    }
}

/* However an exchange is mixed, each line's tax is within two units of its own. */
static void
test_any_exchange_is_fair (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2027);

  for (int round = 0; round < 3000; round++)
    {
      g_autoptr (GPtrArray) lines = bp_lines_new ();
      BpBill bill = { .lines = lines };

      fill_random (lines, &bill, random, TRUE);
      compute (&bill);
      for (guint i = 0; i < lines->len; i++)
        {
          const BpLine *line = lines->pdata[i];
          gint64 own = line->taxable * line->tax_rate / 10000;

          g_assert_cmpint (ABS (line->tax - own), <=, 3);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/tax/gives-the-figures-of-the-example", test_example);
  g_test_add_func ("/core/tax/adds-tax-to-exclusive-prices", test_exclusive);
  g_test_add_func ("/core/tax/rounds-each-half-where-split", test_split_rounds_each_half);
  g_test_add_func ("/core/tax/rounds-once-for-each-rate", test_rounds_once_a_rate);
  g_test_add_func ("/core/tax/spreads-a-bill-discount", test_bill_discount);
  g_test_add_func ("/core/tax/gives-the-rest-to-the-largest-remainder", test_largest_remainder);
  g_test_add_func ("/core/tax/keeps-both-kinds-of-prices-apart", test_mixed_prices);
  g_test_add_func ("/core/tax/exchanges-goods", test_exchange);
  g_test_add_func ("/core/tax/rounds-the-total-off", test_round_off);
  g_test_add_func ("/core/tax/has-nothing-to-say-of-no-lines", test_no_lines);
  g_test_add_func ("/core/tax/refuses-and-changes-nothing", test_refuses);
  g_test_add_func ("/core/tax/adds-up-whatever-the-bill", test_any_bill_adds_up);
  g_test_add_func ("/core/tax/is-fair-whatever-the-exchange", test_any_exchange_is_fair);
  return g_test_run ();
}
