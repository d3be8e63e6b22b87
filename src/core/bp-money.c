/* Amounts in a currency's minor unit: how they are written, read and
 * computed. No floating point anywhere. */
#include "config.h"

#include "bp-money.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"

#define AMOUNT_MAX G_GINT64_CONSTANT (9007199254740991)
#define MINUS "\342\210\222"
#define NO_BREAK_SPACE "\302\240"
#define MAX_GROUPS 32

/* ISO 4217, in the order of the codes. The subcontinent groups 3;2. */
static const BpMoneyFormat formats[] = {
  { "AED", "AED", 2, FALSE, ".", ",", FALSE },
  { "AFN", "AFN", 2, FALSE, ".", ",", FALSE },
  { "ALL", "ALL", 2, FALSE, ".", ",", FALSE },
  { "AMD", "AMD", 2, FALSE, ".", ",", FALSE },
  { "ANG", "ANG", 2, FALSE, ".", ",", FALSE },
  { "AOA", "AOA", 2, FALSE, ".", ",", FALSE },
  { "ARS", "ARS", 2, FALSE, ".", ",", FALSE },
  { "AUD", "A$", 2, FALSE, ".", ",", FALSE },
  { "AWG", "AWG", 2, FALSE, ".", ",", FALSE },
  { "AZN", "AZN", 2, FALSE, ".", ",", FALSE },
  { "BAM", "BAM", 2, FALSE, ".", ",", FALSE },
  { "BBD", "BBD", 2, FALSE, ".", ",", FALSE },
  { "BDT", "৳", 2, FALSE, ".", ",", TRUE },
  { "BGN", "BGN", 2, FALSE, ".", ",", FALSE },
  { "BHD", "BHD", 3, FALSE, ".", ",", FALSE },
  { "BIF", "BIF", 0, FALSE, ".", ",", FALSE },
  { "BMD", "BMD", 2, FALSE, ".", ",", FALSE },
  { "BND", "BND", 2, FALSE, ".", ",", FALSE },
  { "BOB", "BOB", 2, FALSE, ".", ",", FALSE },
  { "BOV", "BOV", 2, FALSE, ".", ",", FALSE },
  { "BRL", "R$", 2, FALSE, ".", ",", FALSE },
  { "BSD", "BSD", 2, FALSE, ".", ",", FALSE },
  { "BTN", "BTN", 2, FALSE, ".", ",", FALSE },
  { "BWP", "BWP", 2, FALSE, ".", ",", FALSE },
  { "BYN", "BYN", 2, FALSE, ".", ",", FALSE },
  { "BZD", "BZD", 2, FALSE, ".", ",", FALSE },
  { "CAD", "CA$", 2, FALSE, ".", ",", FALSE },
  { "CDF", "CDF", 2, FALSE, ".", ",", FALSE },
  { "CHE", "CHE", 2, FALSE, ".", ",", FALSE },
  { "CHF", "CHF", 2, FALSE, ".", ",", FALSE },
  { "CHW", "CHW", 2, FALSE, ".", ",", FALSE },
  { "CLF", "CLF", 4, FALSE, ".", ",", FALSE },
  { "CLP", "CLP", 0, FALSE, ".", ",", FALSE },
  { "CNY", "CN¥", 2, FALSE, ".", ",", FALSE },
  { "COP", "COP", 2, FALSE, ".", ",", FALSE },
  { "COU", "COU", 2, FALSE, ".", ",", FALSE },
  { "CRC", "CRC", 2, FALSE, ".", ",", FALSE },
  { "CUP", "CUP", 2, FALSE, ".", ",", FALSE },
  { "CVE", "CVE", 2, FALSE, ".", ",", FALSE },
  { "CZK", "CZK", 2, FALSE, ".", ",", FALSE },
  { "DJF", "DJF", 0, FALSE, ".", ",", FALSE },
  { "DKK", "DKK", 2, FALSE, ".", ",", FALSE },
  { "DOP", "DOP", 2, FALSE, ".", ",", FALSE },
  { "DZD", "DZD", 2, FALSE, ".", ",", FALSE },
  { "EGP", "EGP", 2, FALSE, ".", ",", FALSE },
  { "ERN", "ERN", 2, FALSE, ".", ",", FALSE },
  { "ETB", "ETB", 2, FALSE, ".", ",", FALSE },
  { "EUR", "€", 2, FALSE, ".", ",", FALSE },
  { "FJD", "FJD", 2, FALSE, ".", ",", FALSE },
  { "FKP", "FKP", 2, FALSE, ".", ",", FALSE },
  { "GBP", "£", 2, FALSE, ".", ",", FALSE },
  { "GEL", "GEL", 2, FALSE, ".", ",", FALSE },
  { "GHS", "GH₵", 2, FALSE, ".", ",", FALSE },
  { "GIP", "GIP", 2, FALSE, ".", ",", FALSE },
  { "GMD", "GMD", 2, FALSE, ".", ",", FALSE },
  { "GNF", "GNF", 0, FALSE, ".", ",", FALSE },
  { "GTQ", "GTQ", 2, FALSE, ".", ",", FALSE },
  { "GYD", "GYD", 2, FALSE, ".", ",", FALSE },
  { "HKD", "HK$", 2, FALSE, ".", ",", FALSE },
  { "HNL", "HNL", 2, FALSE, ".", ",", FALSE },
  { "HTG", "HTG", 2, FALSE, ".", ",", FALSE },
  { "HUF", "HUF", 2, FALSE, ".", ",", FALSE },
  { "IDR", "IDR", 2, FALSE, ".", ",", FALSE },
  { "ILS", "₪", 2, FALSE, ".", ",", FALSE },
  { "INR", "₹", 2, FALSE, ".", ",", TRUE },
  { "IQD", "IQD", 3, FALSE, ".", ",", FALSE },
  { "IRR", "IRR", 2, FALSE, ".", ",", FALSE },
  { "ISK", "ISK", 0, FALSE, ".", ",", FALSE },
  { "JMD", "JMD", 2, FALSE, ".", ",", FALSE },
  { "JOD", "JOD", 3, FALSE, ".", ",", FALSE },
  { "JPY", "¥", 0, FALSE, ".", ",", FALSE },
  { "KES", "KSh", 2, FALSE, ".", ",", FALSE },
  { "KGS", "KGS", 2, FALSE, ".", ",", FALSE },
  { "KHR", "KHR", 2, FALSE, ".", ",", FALSE },
  { "KMF", "KMF", 0, FALSE, ".", ",", FALSE },
  { "KPW", "KPW", 2, FALSE, ".", ",", FALSE },
  { "KRW", "₩", 0, FALSE, ".", ",", FALSE },
  { "KWD", "KWD", 3, FALSE, ".", ",", FALSE },
  { "KYD", "KYD", 2, FALSE, ".", ",", FALSE },
  { "KZT", "₸", 2, FALSE, ".", ",", FALSE },
  { "LAK", "LAK", 2, FALSE, ".", ",", FALSE },
  { "LBP", "LBP", 2, FALSE, ".", ",", FALSE },
  { "LKR", "Rs", 2, FALSE, ".", ",", TRUE },
  { "LRD", "LRD", 2, FALSE, ".", ",", FALSE },
  { "LSL", "LSL", 2, FALSE, ".", ",", FALSE },
  { "LYD", "LYD", 3, FALSE, ".", ",", FALSE },
  { "MAD", "MAD", 2, FALSE, ".", ",", FALSE },
  { "MDL", "MDL", 2, FALSE, ".", ",", FALSE },
  { "MGA", "MGA", 2, FALSE, ".", ",", FALSE },
  { "MKD", "MKD", 2, FALSE, ".", ",", FALSE },
  { "MMK", "MMK", 2, FALSE, ".", ",", FALSE },
  { "MNT", "MNT", 2, FALSE, ".", ",", FALSE },
  { "MOP", "MOP", 2, FALSE, ".", ",", FALSE },
  { "MRU", "MRU", 2, FALSE, ".", ",", FALSE },
  { "MUR", "MUR", 2, FALSE, ".", ",", FALSE },
  { "MVR", "MVR", 2, FALSE, ".", ",", FALSE },
  { "MWK", "MWK", 2, FALSE, ".", ",", FALSE },
  { "MXN", "MXN", 2, FALSE, ".", ",", FALSE },
  { "MXV", "MXV", 2, FALSE, ".", ",", FALSE },
  { "MYR", "MYR", 2, FALSE, ".", ",", FALSE },
  { "MZN", "MZN", 2, FALSE, ".", ",", FALSE },
  { "NAD", "NAD", 2, FALSE, ".", ",", FALSE },
  { "NGN", "₦", 2, FALSE, ".", ",", FALSE },
  { "NIO", "NIO", 2, FALSE, ".", ",", FALSE },
  { "NOK", "NOK", 2, FALSE, ".", ",", FALSE },
  { "NPR", "Rs", 2, FALSE, ".", ",", TRUE },
  { "NZD", "NZ$", 2, FALSE, ".", ",", FALSE },
  { "OMR", "OMR", 3, FALSE, ".", ",", FALSE },
  { "PAB", "PAB", 2, FALSE, ".", ",", FALSE },
  { "PEN", "PEN", 2, FALSE, ".", ",", FALSE },
  { "PGK", "PGK", 2, FALSE, ".", ",", FALSE },
  { "PHP", "₱", 2, FALSE, ".", ",", FALSE },
  { "PKR", "Rs", 2, FALSE, ".", ",", TRUE },
  { "PLN", "PLN", 2, FALSE, ".", ",", FALSE },
  { "PYG", "PYG", 0, FALSE, ".", ",", FALSE },
  { "QAR", "QAR", 2, FALSE, ".", ",", FALSE },
  { "RON", "RON", 2, FALSE, ".", ",", FALSE },
  { "RSD", "RSD", 2, FALSE, ".", ",", FALSE },
  { "RUB", "₽", 2, FALSE, ".", ",", FALSE },
  { "RWF", "RWF", 0, FALSE, ".", ",", FALSE },
  { "SAR", "SAR", 2, FALSE, ".", ",", FALSE },
  { "SBD", "SBD", 2, FALSE, ".", ",", FALSE },
  { "SCR", "SCR", 2, FALSE, ".", ",", FALSE },
  { "SDG", "SDG", 2, FALSE, ".", ",", FALSE },
  { "SEK", "SEK", 2, FALSE, ".", ",", FALSE },
  { "SGD", "S$", 2, FALSE, ".", ",", FALSE },
  { "SHP", "SHP", 2, FALSE, ".", ",", FALSE },
  { "SLE", "SLE", 2, FALSE, ".", ",", FALSE },
  { "SOS", "SOS", 2, FALSE, ".", ",", FALSE },
  { "SRD", "SRD", 2, FALSE, ".", ",", FALSE },
  { "SSP", "SSP", 2, FALSE, ".", ",", FALSE },
  { "STN", "STN", 2, FALSE, ".", ",", FALSE },
  { "SVC", "SVC", 2, FALSE, ".", ",", FALSE },
  { "SYP", "SYP", 2, FALSE, ".", ",", FALSE },
  { "SZL", "SZL", 2, FALSE, ".", ",", FALSE },
  { "THB", "฿", 2, FALSE, ".", ",", FALSE },
  { "TJS", "TJS", 2, FALSE, ".", ",", FALSE },
  { "TMT", "TMT", 2, FALSE, ".", ",", FALSE },
  { "TND", "TND", 3, FALSE, ".", ",", FALSE },
  { "TOP", "TOP", 2, FALSE, ".", ",", FALSE },
  { "TRY", "₺", 2, FALSE, ".", ",", FALSE },
  { "TTD", "TTD", 2, FALSE, ".", ",", FALSE },
  { "TWD", "TWD", 2, FALSE, ".", ",", FALSE },
  { "TZS", "TZS", 2, FALSE, ".", ",", FALSE },
  { "UAH", "₴", 2, FALSE, ".", ",", FALSE },
  { "UGX", "UGX", 0, FALSE, ".", ",", FALSE },
  { "USD", "$", 2, FALSE, ".", ",", FALSE },
  { "USN", "USN", 2, FALSE, ".", ",", FALSE },
  { "UYI", "UYI", 0, FALSE, ".", ",", FALSE },
  { "UYU", "UYU", 2, FALSE, ".", ",", FALSE },
  { "UYW", "UYW", 4, FALSE, ".", ",", FALSE },
  { "UZS", "UZS", 2, FALSE, ".", ",", FALSE },
  { "VED", "VED", 2, FALSE, ".", ",", FALSE },
  { "VES", "VES", 2, FALSE, ".", ",", FALSE },
  { "VND", "₫", 0, FALSE, ".", ",", FALSE },
  { "VUV", "VUV", 0, FALSE, ".", ",", FALSE },
  { "WST", "WST", 2, FALSE, ".", ",", FALSE },
  { "XAF", "XAF", 0, FALSE, ".", ",", FALSE },
  { "XCD", "XCD", 2, FALSE, ".", ",", FALSE },
  { "XCG", "XCG", 2, FALSE, ".", ",", FALSE },
  { "XOF", "XOF", 0, FALSE, ".", ",", FALSE },
  { "XPF", "XPF", 0, FALSE, ".", ",", FALSE },
  { "YER", "YER", 2, FALSE, ".", ",", FALSE },
  { "ZAR", "R", 2, FALSE, ".", ",", FALSE },
  { "ZMW", "ZMW", 2, FALSE, ".", ",", FALSE },
  { "ZWG", "ZWG", 2, FALSE, ".", ",", FALSE },
};

static const BpMoneyFormat unknown_format = { "", "\302\244", 2, FALSE, ".", ",", FALSE };

static int
compare_code (const void *code,
              const void *format)
{
  return strcmp (code, ((const BpMoneyFormat *)format)->currency);
}

static const BpMoneyFormat *
find_format (const char *code)
{
  if (code == NULL)
    return NULL;

  return bsearch (code, formats, G_N_ELEMENTS (formats), sizeof formats[0], compare_code);
}

/**
 * bp_money_is_currency:
 * @code: (nullable): any text
 *
 * Returns: whether it is a code of ISO 4217, in capitals
 */
gboolean
bp_money_is_currency (const char *code)
{
  return find_format (code) != NULL;
}

/**
 * bp_money_get_decimals:
 * @code: (nullable): a currency
 *
 * Returns: the digits of its minor unit, 0 to 4; 2 where it is unknown
 */
int
bp_money_get_decimals (const char *code)
{
  return bp_money_get_format (code)->decimals;
}

/**
 * bp_money_get_format:
 * @code: (nullable): a currency
 *
 * Returns: (transfer none): how its amounts are written; a general form where
 *   it is unknown
 */
const BpMoneyFormat *
bp_money_get_format (const char *code)
{
  const BpMoneyFormat *format = find_format (code);

  return format != NULL ? format : &unknown_format;
}

static guint64
magnitude (gint64 amount)
{
  return amount < 0 ? -(guint64)amount : (guint64)amount;
}

static guint64
power_of_ten (int exponent)
{
  guint64 power = 1;

  while (exponent-- > 0)
    power *= 10;
  return power;
}

static void
append_grouped (GString    *text,
                guint64     number,
                const char *separator,
                gboolean    indian)
{
  char digits[24];
  int n = g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, number);

  for (int i = 0; i < n; i++)
    {
      int left = n - i;

      if (i > 0 && (left == 3 || (left > 3 && (indian ? left % 2 == 1 : left % 3 == 0))))
        g_string_append (text, separator);
      g_string_append_c (text, digits[i]);
    }
}

static char *
format_amount (gint64               amount,
               const BpMoneyFormat *format,
               gboolean             has_decimals)
{
  guint64 unit = power_of_ten (format->decimals);
  guint64 size = magnitude (amount);
  gsize symbol_length = strlen (format->symbol);
  gboolean spaced = format->symbol_after || g_ascii_isalpha (format->symbol[symbol_length - 1]);
  GString *text = g_string_new (amount < 0 ? MINUS : NULL);

  if (!format->symbol_after)
    g_string_append_printf (text, "%s%s", format->symbol, spaced ? NO_BREAK_SPACE : "");
  append_grouped (text, size / unit, format->separator, format->grouping_indian);
  if (has_decimals && format->decimals > 0)
    g_string_append_printf (text, "%s%0*" G_GUINT64_FORMAT, format->decimal_point,
                            format->decimals, size % unit);
  if (format->symbol_after)
    g_string_append_printf (text, NO_BREAK_SPACE "%s", format->symbol);

  return g_string_free (text, FALSE);
}

/**
 * bp_money_format:
 * @amount: in the minor unit
 * @currency: (nullable): ISO 4217 code
 *
 * Returns: (transfer full): what people read, such as ₹1,23,456.00 or −₹90.00,
 *   whatever the process's locale
 */
char *
bp_money_format (gint64      amount,
                 const char *currency)
{
  return format_amount (amount, bp_money_get_format (currency), TRUE);
}

/**
 * bp_money_format_short:
 * @amount: in the minor unit
 * @currency: (nullable): ISO 4217 code
 *
 * Returns: (transfer full): as bp_money_format(), but without decimals where
 *   they are all 0, such as ₹1,23,456
 */
char *
bp_money_format_short (gint64      amount,
                       const char *currency)
{
  const BpMoneyFormat *format = bp_money_get_format (currency);

  return format_amount (amount, format, amount % (gint64)power_of_ten (format->decimals) != 0);
}

/**
 * bp_money_to_plain:
 * @amount: in units of 10^−@decimals
 * @decimals: 0 to 4
 *
 * Returns: (transfer full): for files and fields: `.` as decimal sign, `-` for
 *   less than nothing, no grouping, such as 50.00
 */
char *
bp_money_to_plain (gint64 amount,
                   int    decimals)
{
  guint64 unit = power_of_ten (decimals);
  guint64 size = magnitude (amount);
  const char *sign = amount < 0 ? "-" : "";

  if (decimals == 0)
    return g_strdup_printf ("%s%" G_GUINT64_FORMAT, sign, size);

  return g_strdup_printf ("%s%" G_GUINT64_FORMAT ".%0*" G_GUINT64_FORMAT, sign, size / unit,
                          decimals, size % unit);
}

static gboolean
refuse (GError    **error,
        const char *text,
        const char *why)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%.64s” %s", text, why);
  return FALSE;
}

static gboolean
is_symbol (const char *text,
           gsize       length)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      const char *names[] = { formats[i].currency, formats[i].symbol };

      for (guint n = 0; n < G_N_ELEMENTS (names); n++)
        {
          if (strlen (names[n]) == length && memcmp (names[n], text, length) == 0)
            return TRUE;
        }
    }

  return FALSE;
}

static gboolean
is_number_char (gunichar c)
{
  return g_unichar_isdigit (c) || c == '.' || c == ',' || c == 0x066B || c == 0x066C;
}

static const char *
skip_spaces (const char *place)
{
  while (g_unichar_isspace (g_utf8_get_char (place)))
    place = g_utf8_next_char (place);
  return place;
}

static const char *
skip_sign (const char *place,
           gboolean   *negative)
{
  gunichar c = g_utf8_get_char (place);

  if (c != '-' && c != '+' && c != 0x2212)
    return place;
  *negative = c != '+';
  return skip_spaces (g_utf8_next_char (place));
}

/* Steps over a symbol, where one stands here; @place itself where none does. */
static const char *
skip_symbol (const char *place)
{
  const char *end = place;
  gboolean is_single;

  for (gunichar c; (c = g_utf8_get_char (end)) != 0; end = g_utf8_next_char (end))
    {
      if (is_number_char (c) || c == '-' || c == '+' || c == 0x2212 || g_unichar_isspace (c))
        break;
    }
  if (end == place)
    return place;

  is_single = g_unichar_type (g_utf8_get_char (place)) == G_UNICODE_CURRENCY_SYMBOL
              && g_utf8_next_char (place) == end;
  if (!is_single && !is_symbol (place, (gsize)(end - place)))
    return place;
  if (*end == '.' && g_str_has_prefix (place, "Rs."))
    end++;
  return skip_spaces (end);
}

/* What a number says before its value is worked out. */
typedef struct
{
  gint64 value;
  int n_digits;
  int n_decimals; /* −1 before the decimal sign */
  int groups[MAX_GROUPS];
  int n_groups;
  gboolean too_large;
} Number;

static gboolean
add_number_char (Number  *number,
                 gunichar c,
                 int      decimals)
{
  if (c == '.' || c == 0x066B)
    {
      if (number->n_decimals >= 0)
        return FALSE;
      number->n_decimals = 0;
      return TRUE;
    }
  if (c == ',' || c == 0x066C)
    {
      if (number->n_decimals >= 0 || number->n_groups + 1 >= MAX_GROUPS)
        return FALSE;
      number->n_groups++;
      return TRUE;
    }

  number->n_digits++;
  if (number->n_decimals >= 0)
    number->n_decimals++;
  else
    number->groups[number->n_groups]++;
  if (number->n_decimals > decimals)
    return TRUE;
  if (__builtin_mul_overflow (number->value, 10, &number->value)
      || __builtin_add_overflow (number->value, g_unichar_digit_value (c), &number->value)
      || number->value > AMOUNT_MAX)
    {
      number->too_large = TRUE;
      number->value = 0;
    }
  return TRUE;
}

/* Groups of 3;3 or 3;2, so that a decimal comma is never taken for one. */
static gboolean
is_grouping_good (const Number *number)
{
  gboolean western = TRUE, indian = TRUE;

  if (number->n_groups == 0)
    return TRUE;
  if (number->groups[number->n_groups] != 3 || number->groups[0] < 1)
    return FALSE;
  for (int i = 1; i < number->n_groups; i++)
    {
      western = western && number->groups[i] == 3;
      indian = indian && number->groups[i] == 2;
    }

  return (western && number->groups[0] <= 3) || (indian && number->groups[0] <= 2);
}

static gboolean
finish_number (Number     *number,
               const char *text,
               int         decimals,
               gint64     *amount,
               GError    **error)
{
  if (number->n_digits == 0 || number->n_decimals == 0 || !is_grouping_good (number))
    return refuse (error, text, "is not a number");
  if (number->n_decimals > decimals)
    return refuse (error, text, "has too many decimals");
  for (int i = MAX (number->n_decimals, 0); i < decimals; i++)
    {
      if (__builtin_mul_overflow (number->value, 10, &number->value))
        number->too_large = TRUE;
    }
  if (number->too_large || number->value > AMOUNT_MAX)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_OVERFLOW, "“%.64s” is too large", text);
      return FALSE;
    }
  *amount = number->value;
  return TRUE;
}

/**
 * bp_money_parse:
 * @text: what somebody typed or pasted
 * @decimals: of the unit, 0 to 4: the currency's for an amount, 3 for a
 *   quantity, 2 for a rate in percent
 * @amount: (out): in units of 10^−@decimals, within ±(2^53 − 1); untouched on
 *   failure
 * @error: %BP_DATA_ERROR_INVALID_VALUE, %BP_DATA_ERROR_OVERFLOW
 *
 * Reads `.` as the decimal sign, commas as groups of 3;3 or 3;2, the digits of
 * any script, a currency's symbol or code on either side, `-` or −. More
 * decimals than @decimals are refused, never rounded.
 *
 * Returns: whether @text is such a number
 */
gboolean
bp_money_parse (const char *text,
                int         decimals,
                gint64     *amount,
                GError    **error)
{
  Number number = { .n_decimals = -1 };
  gboolean negative = FALSE;
  const char *place;
  const char *start;

  if (!g_utf8_validate (text, -1, NULL))
    return refuse (error, "", "is not UTF-8");

  place = skip_spaces (text);
  start = place;
  place = skip_sign (place, &negative);
  if (place == start)
    place = skip_sign (skip_symbol (place), &negative);
  else
    place = skip_symbol (place);

  while (is_number_char (g_utf8_get_char (place)))
    {
      if (!add_number_char (&number, g_utf8_get_char (place), decimals))
        return refuse (error, text, "is not a number");
      place = g_utf8_next_char (place);
    }
  if (*skip_symbol (skip_spaces (place)) != '\0')
    return refuse (error, text, "is not a number");
  if (!finish_number (&number, text, decimals, amount, error))
    return FALSE;
  if (negative)
    *amount = -*amount;
  return TRUE;
}

/**
 * bp_money_multiply:
 * @quantity: in thousandths
 * @price: of one unit, in the minor unit
 * @amount: (out): @quantity × @price ÷ 1000, rounded half away from zero; 0 on
 *   failure
 *
 * Returns: whether it stays within ±(2^53 − 1)
 */
gboolean
bp_money_multiply (gint64  quantity,
                   gint64  price,
                   gint64 *amount)
{
  *amount = bp_money_divide_rounded ((__int128)quantity * price, 1000);
  if (*amount >= -AMOUNT_MAX && *amount <= AMOUNT_MAX)
    return TRUE;

  *amount = 0;
  return FALSE;
}

/**
 * bp_money_divide_rounded:
 * @numerator: within ±2^126
 * @denominator: not 0, within ±2^126
 *
 * Returns: the quotient, rounded half away from zero; where it does not fit,
 *   the nearest that does (which no amount may reach)
 */
gint64
bp_money_divide_rounded (__int128 numerator,
                         __int128 denominator)
{
  gboolean negative = (numerator < 0) != (denominator < 0);
  unsigned __int128 size = numerator < 0 ? -(unsigned __int128)numerator
                                         : (unsigned __int128)numerator;
  unsigned __int128 divisor = denominator < 0 ? -(unsigned __int128)denominator
                                              : (unsigned __int128)denominator;
  unsigned __int128 quotient = size / divisor;

  if (size % divisor >= divisor - size % divisor)
    quotient++;
  if (quotient > G_MAXINT64)
    return negative ? G_MININT64 : G_MAXINT64;

  return negative ? -(gint64)quotient : (gint64)quotient;
}

/**
 * bp_quantity_format:
 * @quantity: in thousandths
 *
 * Returns: (transfer full): what people read: 1.25, 2, −2
 */
char *
bp_quantity_format (gint64 quantity)
{
  guint64 size = magnitude (quantity);
  GString *text = g_string_new (quantity < 0 ? MINUS : NULL);

  g_string_append_printf (text, "%" G_GUINT64_FORMAT, size / 1000);
  if (size % 1000 != 0)
    {
      g_string_append_printf (text, ".%03" G_GUINT64_FORMAT, size % 1000);
      while (text->str[text->len - 1] == '0')
        g_string_truncate (text, text->len - 1);
    }

  return g_string_free (text, FALSE);
}
