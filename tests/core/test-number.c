#include "config.h"

#include <string.h>

#include "bp-number.h"
#include "fixed-clock.h"

static void
test_format (void)
{
  static const struct
  {
    const char *prefix;
    const char *year;
    gint64 count;
    const char *number;
  } cases[] = {
    { "KQX", "25-26", 123, "KQX/25-26/000123" },
    { "KQX", "25-26", 999999, "KQX/25-26/999999" },
    { "KQX", "25-26", 1000000, NULL },
    { "KQX", "2026", 1, "KQX/2026/000001" },
    { "KQX", "2026", 1000000, "KQX/2026/1000000" },
    { "A1", "25-26", 1000000, "A1/25-26/1000000" },
    { "A1", "25-26", 7, "A1/25-26/000007" },
    { "ABCD", "25-26", 7, "ABCD/25-26/00007" },
    { "ABCD", "25-26", 99999, "ABCD/25-26/99999" },
    { "ABCD", "25-26", 100000, NULL },
    { "A", "25-26", G_MAXINT64, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *number
        = bp_number_format (cases[i].prefix, cases[i].year, cases[i].count);

      g_assert_cmpstr (number, ==, cases[i].number);
      g_assert_true (number == NULL || strlen (number) <= BP_NUMBER_MAX_LENGTH);
    }
}

static void
test_is_prefix (void)
{
  static const char *const good[] = { "KQX", "A", "A1", "9", "ABCD" };
  static const char *const bad[] = { "", "kqx", "KQ/", "KQ-", "ABCDE", "K X", "É", "KQX\n" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (bp_number_is_prefix (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bp_number_is_prefix (bad[i]));
  g_assert_false (bp_number_is_prefix (NULL));
}

static void
test_make_prefix (void)
{
  g_autoptr (FixedClock) clock = fixed_clock_new (0, 3);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < 200; i++)
    {
      char *prefix = bp_number_make_prefix (BP_CLOCK (clock));

      g_assert_cmpuint (strlen (prefix), ==, 3);
      g_assert_true (bp_number_is_prefix (prefix));
      g_assert_null (strpbrk (prefix, "0123456789IO"));
      g_hash_table_add (seen, prefix);
    }
  g_assert_cmpuint (g_hash_table_size (seen), >, 150);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/number/stays-within-sixteen-characters", test_format);
  g_test_add_func ("/core/number/knows-a-prefix", test_is_prefix);
  g_test_add_func ("/core/number/makes-prefixes-of-letters", test_make_prefix);
  return g_test_run ();
}
