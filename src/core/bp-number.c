/* The numbers people see on bills: KQX/25-26/000123. */
#include "config.h"

#include "bp-number.h"

#include <string.h>

#define PREFIX_MAX 4
#define COUNT_DIGITS 6

/**
 * bp_number_format:
 * @prefix: the device's (see bp_number_is_prefix())
 * @financial_year: such as `25-26` or `2026`
 * @count: 1, 2, 3 … in the device's series of that year
 *
 * Returns: (transfer full) (nullable): the number, at most
 *   %BP_NUMBER_MAX_LENGTH characters, its count filled with zeros to six digits
 *   where they fit; %NULL where the series is exhausted
 */
char *
bp_number_format (const char *prefix,
                  const char *financial_year,
                  gint64      count)
{
  int room = BP_NUMBER_MAX_LENGTH - (int)strlen (prefix) - (int)strlen (financial_year) - 2;
  g_autofree char *number = NULL;

  g_return_val_if_fail (count > 0, NULL);

  number = g_strdup_printf ("%s/%s/%0*" G_GINT64_FORMAT, prefix, financial_year,
                            CLAMP (room, 1, COUNT_DIGITS), count);
  return strlen (number) <= BP_NUMBER_MAX_LENGTH ? g_steal_pointer (&number) : NULL;
}

/**
 * bp_number_make_prefix:
 * @clock: for randomness
 *
 * Returns: (transfer full): three random capitals, none that looks like a digit
 */
char *
bp_number_make_prefix (BpClock *clock)
{
  static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
  char prefix[4] = { 0 };

  for (int i = 0; i < 3; i++)
    prefix[i] = letters[bp_clock_random_range (clock, sizeof letters - 1)];
  return g_strdup (prefix);
}

/**
 * bp_number_is_prefix:
 * @prefix: (nullable): any text
 *
 * Returns: whether it is 1 to 4 capitals and digits (of ASCII), so that a year
 *   of 99,999 bills fits
 */
gboolean
bp_number_is_prefix (const char *prefix)
{
  gsize length = 0;

  if (prefix == NULL)
    return FALSE;
  for (; prefix[length] != '\0'; length++)
    {
      if (length >= PREFIX_MAX
          || (!g_ascii_isupper (prefix[length]) && !g_ascii_isdigit (prefix[length])))
        return FALSE;
    }

  return length > 0;
}
