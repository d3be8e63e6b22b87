#include "config.h"

#include "bp-error.h"
#include "bp-money.h"
#include "bp-table.h"

static void
test_currencies (void)
{
  static const struct
  {
    const char *code;
    int decimals;
  } cases[] = {
    { "INR", 2 }, { "GBP", 2 }, { "USD", 2 }, { "EUR", 2 }, { "JPY", 0 }, { "KRW", 0 },
    { "KWD", 3 }, { "BHD", 3 }, { "TND", 3 }, { "CLP", 0 }, { "CLF", 4 }, { "AED", 2 },
    { "ZWG", 2 }, { "XAF", 0 }, { "HUF", 2 }, { "MRU", 2 },
  };
  static const char *const unknown[] = { "", "inr", "IN", "INRR", "XXX", "ABC", "₹" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (bp_money_is_currency (cases[i].code));
      g_assert_cmpint (bp_money_get_decimals (cases[i].code), ==, cases[i].decimals);
      g_assert_cmpstr (bp_money_get_format (cases[i].code)->currency, ==, cases[i].code);
    }
  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_assert_false (bp_money_is_currency (unknown[i]));
      g_assert_cmpint (bp_money_get_decimals (unknown[i]), ==, 2);
    }
  g_assert_false (bp_money_is_currency (NULL));
}

static void
test_format (void)
{
  static const struct
  {
    gint64 amount;
    const char *currency;
    const char *text;
  } cases[] = {
    { 12345600, "INR", "₹1,23,456.00" },
    { -9000, "INR", "−₹90.00" },
    { 0, "INR", "₹0.00" },
    { 5, "INR", "₹0.05" },
    { -5, "INR", "−₹0.05" },
    { 99999, "INR", "₹999.99" },
    { 100000, "INR", "₹1,000.00" },
    { 10000000, "INR", "₹1,00,000.00" },
    { 123456789012, "INR", "₹1,23,45,67,890.12" },
    { 12345600, "GBP", "£123,456.00" },
    { 123456789, "USD", "$1,234,567.89" },
    { 1234567, "JPY", "¥1,234,567" },
    { 1234567, "KWD", "KWD\302\2401,234.567" },
    { -1, "AED", "−AED\302\2400.01" },
    { 250, "nonsense", "¤2.50" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = bp_money_format (cases[i].amount, cases[i].currency);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_format_of_extremes (void)
{
  g_autofree char *greatest = bp_money_format (BP_INTEGER_MAX, "INR");
  g_autofree char *least = bp_money_format (G_MININT64, "USD");

  g_assert_cmpstr (greatest, ==, "₹9,00,71,99,25,47,409.91");
  g_assert_cmpstr (least, ==, "−$92,233,720,368,547,758.08");
}

static void
test_plain (void)
{
  static const struct
  {
    gint64 amount;
    int decimals;
    const char *text;
  } cases[] = {
    { 5000, 2, "50.00" }, { -5000, 2, "-50.00" }, { 5, 2, "0.05" }, { -5, 2, "-0.05" },
    { 0, 2, "0.00" }, { 1250, 3, "1.250" }, { 42, 0, "42" }, { -42, 0, "-42" },
    { 123456789, 2, "1234567.89" }, { 1, 4, "0.0001" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = bp_money_to_plain (cases[i].amount, cases[i].decimals);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    int decimals;
    gint64 amount;
  } cases[] = {
    { "50", 2, 5000 }, { "50.0", 2, 5000 }, { "50.00", 2, 5000 }, { "2.55", 2, 255 },
    { ".5", 2, 50 }, { "0", 2, 0 }, { "-0", 2, 0 }, { "+7", 2, 700 }, { "007", 2, 700 },
    { "-90.00", 2, -9000 }, { "−90.00", 2, -9000 }, { "−₹90.00", 2, -9000 },
    { "₹−90.00", 2, -9000 }, { "₹1,23,456.00", 2, 12345600 }, { "1,23,456", 2, 12345600 },
    { "123,456.00", 2, 12345600 }, { "£1,234,567.89", 2, 123456789 }, { "1,234", 2, 123400 },
    { "12,34,567", 0, 1234567 }, { "12,345", 0, 12345 }, { "  50 ", 2, 5000 },
    { "₹ 50", 2, 5000 }, { "₹\302\24050", 2, 5000 }, { "Rs. 50", 2, 5000 }, { "Rs.50", 2, 5000 },
    { "Rs50.25", 2, 5025 }, { "INR 50", 2, 5000 }, { "50 INR", 2, 5000 }, { "50 €", 2, 5000 },
    { "$.50", 2, 50 }, { "¥1,234", 0, 1234 }, { "KWD 1.234", 3, 1234 },
    { "१२३.४५", 2, 12345 }, { "₹१,२३,४५६.००", 2, 12345600 }, { "٥٠٫٢٥", 2, 5025 },
    { "1.25", 3, 1250 }, { "18", 2, 1800 }, { "90071992547409.91", 2, BP_INTEGER_MAX },
    { "-90071992547409.91", 2, -BP_INTEGER_MAX },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 amount = 99;
      gboolean good = bp_money_parse (cases[i].text, cases[i].decimals, &amount, &error);

      g_assert_no_error (error);
      g_assert_true (good);
      g_assert_cmpint (amount, ==, cases[i].amount);
    }
}

static void
test_parse_refuses (void)
{
  static const struct
  {
    const char *text;
    int decimals;
    int code;
  } cases[] = {
    { "", 2, BP_DATA_ERROR_INVALID_VALUE }, { " ", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "abc", 2, BP_DATA_ERROR_INVALID_VALUE }, { "₹", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "-", 2, BP_DATA_ERROR_INVALID_VALUE }, { "--5", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "5-", 2, BP_DATA_ERROR_INVALID_VALUE }, { "5.", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "1.2.3", 2, BP_DATA_ERROR_INVALID_VALUE }, { "1e5", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "0x10", 2, BP_DATA_ERROR_INVALID_VALUE }, { "5 6", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "1,50", 2, BP_DATA_ERROR_INVALID_VALUE }, { "1.234,50", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "1,2,345", 2, BP_DATA_ERROR_INVALID_VALUE }, { ",123", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "1,,234", 2, BP_DATA_ERROR_INVALID_VALUE }, { "1234,567", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "1,23,45,678,901", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "5 apples", 2, BP_DATA_ERROR_INVALID_VALUE }, { "NaN", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "inf", 2, BP_DATA_ERROR_INVALID_VALUE }, { "2.555", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "2.550", 2, BP_DATA_ERROR_INVALID_VALUE }, { "1.5", 0, BP_DATA_ERROR_INVALID_VALUE },
    { "1.0001", 3, BP_DATA_ERROR_INVALID_VALUE }, { "\xff", 2, BP_DATA_ERROR_INVALID_VALUE },
    { "90071992547409.92", 2, BP_DATA_ERROR_OVERFLOW },
    { "9007199254740992", 0, BP_DATA_ERROR_OVERFLOW },
    { "-9007199254740992", 0, BP_DATA_ERROR_OVERFLOW },
    { "9007199254740991", 2, BP_DATA_ERROR_OVERFLOW },
    { "99999999999999999999999999999999999999999", 2, BP_DATA_ERROR_OVERFLOW },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 amount = 99;

      g_assert_false (bp_money_parse (cases[i].text, cases[i].decimals, &amount, &error));
      g_assert_error (error, BP_DATA_ERROR, cases[i].code);
      g_assert_cmpint (amount, ==, 99);
    }
}

static void
test_parse_reads_what_is_written (void)
{
  static const char *const currencies[] = { "INR", "GBP", "JPY", "KWD", "AED", "PKR", "CLF" };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (int i = 0; i < 5000; i++)
    {
      const char *currency = currencies[i % G_N_ELEMENTS (currencies)];
      int decimals = bp_money_get_decimals (currency);
      gint64 limit = G_GINT64_CONSTANT (1) << g_rand_int_range (random, 1, 53);
      gint64 amount = (gint64)(g_rand_double (random) * 2 * (double)limit) - limit;
      g_autofree char *formatted = bp_money_format (amount, currency);
      g_autofree char *plain = bp_money_to_plain (amount, decimals);
      gint64 again = 0;

      g_assert_true (bp_money_parse (formatted, decimals, &again, NULL));
      g_assert_cmpint (again, ==, amount);
      g_assert_true (bp_money_parse (plain, decimals, &again, NULL));
      g_assert_cmpint (again, ==, amount);
    }
}

static void
test_multiply (void)
{
  static const struct
  {
    gint64 quantity;
    gint64 price;
    gint64 amount;
  } cases[] = {
    { 1000, 5000, 5000 }, { 1250, 4000, 5000 }, { 1, 499, 0 }, { 1, 500, 1 }, { -1, 500, -1 },
    { -1, 499, 0 }, { 333, 100, 33 }, { 335, 100, 34 }, { -335, 100, -34 }, { 335, -100, -34 },
    { -335, -100, 34 }, { 0, BP_INTEGER_MAX, 0 }, { 1000, BP_INTEGER_MAX, BP_INTEGER_MAX },
    { BP_INTEGER_MAX, 1000, BP_INTEGER_MAX },
  };
  gint64 amount = 99;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (bp_money_multiply (cases[i].quantity, cases[i].price, &amount));
      g_assert_cmpint (amount, ==, cases[i].amount);
    }
  g_assert_false (bp_money_multiply (1001, BP_INTEGER_MAX, &amount));
  g_assert_cmpint (amount, ==, 0);
  g_assert_false (bp_money_multiply (BP_INTEGER_MAX, BP_INTEGER_MAX, &amount));
  g_assert_false (bp_money_multiply (G_MININT64, G_MININT64, &amount));
  g_assert_false (bp_money_multiply (G_MININT64, G_MAXINT64, &amount));
}

static void
test_divide (void)
{
  g_assert_cmpint (bp_money_divide_rounded (5, 2), ==, 3);
  g_assert_cmpint (bp_money_divide_rounded (-5, 2), ==, -3);
  g_assert_cmpint (bp_money_divide_rounded (5, -2), ==, -3);
  g_assert_cmpint (bp_money_divide_rounded (-5, -2), ==, 3);
  g_assert_cmpint (bp_money_divide_rounded (7, 3), ==, 2);
  g_assert_cmpint (bp_money_divide_rounded (8, 3), ==, 3);
  g_assert_cmpint (bp_money_divide_rounded (1, 3), ==, 0);
  g_assert_cmpint (bp_money_divide_rounded (0, 3), ==, 0);
  g_assert_cmpint (bp_money_divide_rounded ((__int128)G_MAXINT64 * 4, 2), ==, G_MAXINT64);
  g_assert_cmpint (bp_money_divide_rounded ((__int128)G_MAXINT64 * -4, 2), ==, G_MININT64);
}

static void
test_quantity (void)
{
  static const struct
  {
    gint64 quantity;
    const char *text;
  } cases[] = {
    { 1250, "1.25" }, { 2000, "2" }, { -2000, "−2" }, { 0, "0" }, { 1, "0.001" },
    { -10, "−0.01" }, { 100, "0.1" }, { 1000000, "1000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = bp_quantity_format (cases[i].quantity);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_format_short (void)
{
  static const struct
  {
    gint64 amount;
    const char *currency;
    const char *text;
  } cases[] = {
    { 12345600, "INR", "₹1,23,456" },
    { 12345650, "INR", "₹1,23,456.50" },
    { -9000, "INR", "−₹90" },
    { 0, "USD", "$0" },
    { 1500, "JPY", "¥1,500" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = bp_money_format_short (cases[i].amount, cases[i].currency);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/money/whole-amounts-are-shown-short", test_format_short);
  g_test_add_func ("/core/money/knows-the-minor-units-of-currencies", test_currencies);
  g_test_add_func ("/core/money/formats-as-the-shop-writes", test_format);
  g_test_add_func ("/core/money/formats-the-greatest-amounts", test_format_of_extremes);
  g_test_add_func ("/core/money/writes-plain-numbers", test_plain);
  g_test_add_func ("/core/money/parses-what-people-type", test_parse);
  g_test_add_func ("/core/money/refuses-and-never-rounds", test_parse_refuses);
  g_test_add_func ("/core/money/parses-what-it-formats", test_parse_reads_what_is_written);
  g_test_add_func ("/core/money/multiplies-rounding-away-from-zero", test_multiply);
  g_test_add_func ("/core/money/divides-rounding-away-from-zero", test_divide);
  g_test_add_func ("/core/money/formats-quantities", test_quantity);
  return g_test_run ();
}
