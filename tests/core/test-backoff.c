#include "config.h"

#include "bp-backoff.h"
#include "fixed-clock.h"

static void
test_ceiling (void)
{
  static const gint64 waits[] = { 0, 1000, 2000, 4000, 8000, 16000,
                                  32000, 64000, 128000, 256000, 300000, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    g_assert_cmpint (bp_backoff_get_ceiling (i), ==, waits[i]);
  g_assert_cmpint (bp_backoff_get_ceiling (G_MAXUINT), ==, BP_BACKOFF_MAX_MS);
}

static void
test_jitter (void)
{
  g_autoptr (FixedClock) clock = fixed_clock_new (0, 11);

  for (guint step = 0; step < 14; step++)
    {
      gint64 ceiling = bp_backoff_get_ceiling (step);
      gint64 least = G_MAXINT64, most = -1;

      for (int i = 0; i < 400; i++)
        {
          gint64 wait = bp_backoff_get_wait (step, BP_CLOCK (clock));

          g_assert_cmpint (wait, >=, 0);
          g_assert_cmpint (wait, <=, ceiling);
          least = MIN (least, wait);
          most = MAX (most, wait);
        }
      g_assert_cmpint (least, <=, ceiling / 10);
      g_assert_cmpint (most, >=, ceiling * 9 / 10);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/backoff/doubles-to-five-minutes", test_ceiling);
  g_test_add_func ("/core/backoff/spreads-waits-over-the-whole-range", test_jitter);
  return g_test_run ();
}
