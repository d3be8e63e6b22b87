#include "config.h"

#include "bp-schedule.h"

/* Allowed, although no time fits. */
static gboolean
is_never (const char *schedule)
{
  return g_str_equal (schedule, "0") || g_str_equal (schedule, "0 0 31 2 *");
}

static void
test_next_times (void)
{
  static const struct
  {
    const char *schedule;
    const char *after;
    const char *next;
  } cases[] = {
    { "30", "2025-11-22T10:17:30Z", "2025-11-22T10:47:30Z" },
    { "0", "2025-11-22T10:17:30Z", NULL },
    { "*/30 * * * *", "2025-11-22T10:17:30Z", "2025-11-22T10:30:00Z" },
    { "*/30 * * * *", "2025-11-22T10:30:00Z", "2025-11-22T11:00:00Z" },
    { "*/20 * * * *", "2025-11-22T23:50:00Z", "2025-11-23T00:00:00Z" },
    { "15 9,17 * * *", "2025-11-22T09:15:00Z", "2025-11-22T17:15:00Z" },
    { "0 9-17/4 * * *", "2025-11-22T13:00:00Z", "2025-11-22T17:00:00Z" },
    { "0 0 1 * *", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 29 2 *", "2025-11-22T00:00:00Z", "2028-02-29T00:00:00Z" },
    { "0 0 * * 0", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 * * 7", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 13 * 5", "2025-11-22T00:00:00Z", "2025-11-28T00:00:00Z" },
    { "0 0 1,15 * 1", "2025-11-22T00:00:00Z", "2025-11-24T00:00:00Z" },
    { "0 0 1,15 * *", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 */2 * 1", "2025-11-22T00:00:00Z", "2025-12-01T00:00:00Z" },
    { "0 0 * * 5-7", "2025-11-22T00:00:00Z", "2025-11-23T00:00:00Z" },
    { "0 0 * * 0-7/7", "2025-11-23T00:00:00Z", "2025-11-30T00:00:00Z" },
    { "0 0 1 1-12/6 *", "2025-11-22T00:00:00Z", "2026-01-01T00:00:00Z" },
    { "0 0 1 */5 *", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z" },
    { "0 0 30 4,6,9,11 *", "2025-11-30T00:00:00Z", "2026-04-30T00:00:00Z" },
    { "0 0 31 * *", "2025-08-31T00:00:00Z", "2025-10-31T00:00:00Z" },
    { "0 0 29 2 1", "2025-11-22T00:00:00Z", "2026-02-02T00:00:00Z" },
    { "59 23 31 12 *", "2025-12-31T23:59:00Z", "2026-12-31T23:59:00Z" },
    { "10-20/5,50 6 * * *", "2025-11-22T06:15:00Z", "2025-11-22T06:20:00Z" },
    { "10-20/5,50 6 * * *", "2025-11-22T06:20:00Z", "2025-11-22T06:50:00Z" },
    { "5/20 * * * *", "2025-11-22T06:05:00Z", "2025-11-22T06:25:00Z" },
    { "5/20 * * * *", "2025-11-22T06:45:00Z", "2025-11-22T07:05:00Z" },
    { "*/59 * * * *", "2025-11-22T06:00:00Z", "2025-11-22T06:59:00Z" },
    { "* * * * *", "2025-11-22T06:00:59Z", "2025-11-22T06:01:00Z" },
    { "0 0 0 * *", "2025-11-22T00:00:00Z", NULL },
    { "0 0 * 13 *", "2025-11-22T00:00:00Z", NULL },
    { "0 0 * * 8", "2025-11-22T00:00:00Z", NULL },
    { "1, * * * *", "2025-11-22T00:00:00Z", NULL },
    { "1- * * * *", "2025-11-22T00:00:00Z", NULL },
    { "*/ * * * *", "2025-11-22T00:00:00Z", NULL },
    { "*-5 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "* * * * * *", "2025-11-22T00:00:00Z", NULL },
    { "@daily", "2025-11-22T00:00:00Z", NULL },
    { "  5   4 * * 1-5 ", "2025-11-22T00:00:00Z", "2025-11-24T04:05:00Z" },
    { "0 0 31 2 *", "2025-11-22T00:00:00Z", NULL },
    { "60 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "* * * *", "2025-11-22T00:00:00Z", NULL },
    { "*/0 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "5-2 * * * *", "2025-11-22T00:00:00Z", NULL },
    { "soon", "2025-11-22T00:00:00Z", NULL },
    { "", "2025-11-22T00:00:00Z", NULL },
    { "-5", "2025-11-22T00:00:00Z", NULL },
  };
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GDateTime) after = g_date_time_new_from_iso8601 (cases[i].after, NULL);
      g_autoptr (GDateTime) next = NULL;
      gint64 expected = -1;

      if (cases[i].next != NULL)
        {
          next = g_date_time_new_from_iso8601 (cases[i].next, NULL);
          expected = g_date_time_to_unix (next) * 1000;
        }
      g_test_message ("%s", cases[i].schedule);
      g_assert_cmpint (bp_schedule_get_next (cases[i].schedule, g_date_time_to_unix (after) * 1000,
                                             utc), ==, expected);
      g_assert_cmpint (bp_schedule_is_valid (cases[i].schedule), ==,
                       expected >= 0 || is_never (cases[i].schedule));
    }
}

/* Where clocks are put forward on 29 March 2026 at 2:00 and back on 25 October
 * at 3:00. */
static void
test_summer_time (void)
{
  static const struct
  {
    const char *schedule;
    const char *after;
    const char *next;
  } cases[] = {
    { "30 2 * * *", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00" },
    { "30 2 * * *", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00" },
    { "0 */6 * * *", "2026-03-29T00:00:00+01:00", "2026-03-29T06:00:00+02:00" },
    { "*/30 * * * *", "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00" },
    { "0 4 * * *", "2026-10-25T00:00:00+02:00", "2026-10-25T04:00:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00" },
    { "*/30 * * * *", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00" },
    { "*/30 * * * *", "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00" },
    { "60", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00" },
  };
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GDateTime) start = g_date_time_new (zone, 2026, 10, 24, 12, 0, 0);
  gint64 end, n_runs = 0;

  g_assert_nonnull (zone);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GDateTime) after = g_date_time_new_from_iso8601 (cases[i].after, NULL);
      g_autoptr (GDateTime) next = g_date_time_new_from_iso8601 (cases[i].next, NULL);

      g_test_message ("case %u: %s", i, cases[i].schedule);
      g_assert_cmpint (bp_schedule_get_next (cases[i].schedule, g_date_time_to_unix (after) * 1000,
                                             zone), ==, g_date_time_to_unix (next) * 1000);
    }

  /* A time that comes twice is one run. */
  end = (g_date_time_to_unix (start) + 24 * 60 * 60) * 1000;
  for (gint64 time = g_date_time_to_unix (start) * 1000;; n_runs++)
    {
      gint64 next = bp_schedule_get_next ("30 2 * * *", time, zone);

      g_assert_cmpint (next, >, time);
      if (next > end)
        break;
      time = next;
    }
  g_assert_cmpint (n_runs, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/schedule/next-times", test_next_times);
  g_test_add_func ("/core/schedule/summer-time-begins-and-ends", test_summer_time);

  return g_test_run ();
}
