/* What a run may do, in all situations that differ. */
#include "config.h"

#include "bp-sync-terms.h"

#define MB G_GINT64_CONSTANT (1000000)
#define H BP_SYNC_WORK_HIGH
#define M BP_SYNC_WORK_MEDIUM
#define D BP_SYNC_WORK_DOWNLOAD
#define L BP_SYNC_WORK_LOW
#define ALL BP_SYNC_WORK_ALL

enum
{
  METERED_LINE = 1,
  BUSY = 2,
  LATE = 4,
  ASKED = 8,
  NO_PAUSE = 16, /* sync.pause_when_busy is off */
};

static void
test_decisions (void)
{
  static const struct
  {
    BpSyncMetered metered;
    guint flags;
    gint64 limit;
    gint64 used;
    BpSyncWork work;
    BpSyncHold hold;
  } cases[] = {
    /* A line that costs nothing. */
    { BP_SYNC_METERED_PRIORITY, 0, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PAUSE, 0, 0, 900 * MB, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PRIORITY, LATE, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    /* The user is busy: saves still go out. */
    { BP_SYNC_METERED_PRIORITY, BUSY, 0, 0, H | M, BP_SYNC_HOLD_BUSY },
    { BP_SYNC_METERED_PRIORITY, BUSY | LATE, 0, 0, H | M, BP_SYNC_HOLD_BUSY },
    { BP_SYNC_METERED_PRIORITY, BUSY | NO_PAUSE, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PRIORITY, BUSY | ASKED, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    /* A metered line. */
    { BP_SYNC_METERED_PAUSE, METERED_LINE, 0, 0, 0, BP_SYNC_HOLD_METERED },
    { BP_SYNC_METERED_PAUSE, METERED_LINE | LATE, 0, 0, 0, BP_SYNC_HOLD_METERED },
    { BP_SYNC_METERED_PAUSE, METERED_LINE | ASKED, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE, 0, 0, H, BP_SYNC_HOLD_METERED },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE | BUSY, 0, 0, H, BP_SYNC_HOLD_METERED },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE | LATE, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE | LATE | BUSY, 0, 0, H | M, BP_SYNC_HOLD_BUSY },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE | ASKED, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, METERED_LINE, 0, 0, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, METERED_LINE | BUSY, 0, 0, H | M, BP_SYNC_HOLD_BUSY },
    { BP_SYNC_METERED_ALL, METERED_LINE | BUSY | NO_PAUSE, 0, 0, H | M | D, BP_SYNC_HOLD_BUSY },
    /* A month's data: a tenth is kept for what is urgent, and that always goes. */
    { BP_SYNC_METERED_ALL, 0, 100 * MB, 90 * MB - 1, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, 0, 100 * MB, 90 * MB, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_ALL, 0, 100 * MB, 900 * MB, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_ALL, BUSY | LATE, 100 * MB, 90 * MB, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_ALL, ASKED, 100 * MB, 900 * MB, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_PRIORITY, METERED_LINE | LATE, 100 * MB, 90 * MB, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_PAUSE, METERED_LINE, 100 * MB, 90 * MB, 0, BP_SYNC_HOLD_METERED },
    /* A small limit leaves something for the rest, a large one keeps no heap. */
    { BP_SYNC_METERED_ALL, 0, MB, MB / 2 - 1, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, 0, MB, MB / 2, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_ALL, 0, 5 * MB, 4 * MB - 1, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, 0, 5 * MB, 4 * MB, H, BP_SYNC_HOLD_DATA },
    { BP_SYNC_METERED_ALL, 0, 1000000 * MB, 999950 * MB - 1, ALL, BP_SYNC_HOLD_NONE },
    { BP_SYNC_METERED_ALL, 0, 1000000 * MB, 999950 * MB, H, BP_SYNC_HOLD_DATA },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BpSyncSituation situation = {
        .metered = cases[i].metered,
        .pause_when_busy = !(cases[i].flags & NO_PAUSE),
        .data_limit = cases[i].limit,
        .data_used = cases[i].used,
        .is_metered = (cases[i].flags & METERED_LINE) != 0,
        .is_busy = (cases[i].flags & BUSY) != 0,
        .is_late = (cases[i].flags & LATE) != 0,
        .is_asked = (cases[i].flags & ASKED) != 0,
      };
      BpSyncHold hold;

      g_test_message ("case %u", i);
      g_assert_cmpint (bp_sync_terms_decide (&situation, &hold), ==, cases[i].work);
      g_assert_cmpint (hold, ==, cases[i].hold);
      g_assert_cmpint (bp_sync_terms_decide (&situation, NULL), ==, cases[i].work);
    }
}

/* Whatever holds, what is urgent goes, unless all is paused; and a reason is
 * given exactly where something is held. */
static void
test_rules (void)
{
  for (guint i = 0; i < 3 * 32 * 2; i++)
    {
      guint flags = i / 6;
      BpSyncSituation situation = {
        .metered = (BpSyncMetered)(i % 3),
        .data_limit = 10 * MB,
        .data_used = i / 3 % 2 ? 10 * MB : 0,
        .is_metered = (flags & METERED_LINE) != 0,
        .is_busy = (flags & BUSY) != 0,
        .is_late = (flags & LATE) != 0,
        .is_asked = (flags & ASKED) != 0,
        .pause_when_busy = !(flags & NO_PAUSE),
      };
      BpSyncHold hold;
      BpSyncWork work = bp_sync_terms_decide (&situation, &hold);
      gboolean is_paused = situation.is_metered && situation.metered == BP_SYNC_METERED_PAUSE
                           && !situation.is_asked;

      g_test_message ("case %u", i);
      g_assert_true (((work & H) != 0) == !is_paused);
      g_assert_true ((hold == BP_SYNC_HOLD_NONE) == (work == ALL));
      if (situation.is_asked)
        g_assert_cmpint (work, ==, ALL);
      /* Order: what may go less urgently takes the more urgent along. */
      if (work & M)
        g_assert_true (work & H);
      if (work & L)
        g_assert_true ((work & D) && (work & M));
    }
}

static void
test_metered_words (void)
{
  g_assert_cmpint (bp_sync_metered_from_string ("pause"), ==, BP_SYNC_METERED_PAUSE);
  g_assert_cmpint (bp_sync_metered_from_string ("priority"), ==, BP_SYNC_METERED_PRIORITY);
  g_assert_cmpint (bp_sync_metered_from_string ("all"), ==, BP_SYNC_METERED_ALL);
  g_assert_cmpint (bp_sync_metered_from_string ("all at once"), ==, BP_SYNC_METERED_PRIORITY);
  g_assert_cmpint (bp_sync_metered_from_string (NULL), ==, BP_SYNC_METERED_PRIORITY);
}

static void
test_schedule (void)
{
  const gint64 hour = 60 * 60 * 1000;
  BpSyncSituation metered = { .metered = BP_SYNC_METERED_ALL, .is_metered = TRUE };
  BpSyncSituation free_line = { .metered = BP_SYNC_METERED_ALL };
  BpSyncSituation asked = { .is_metered = TRUE, .is_asked = TRUE };

  g_assert_true (bp_sync_terms_may_skip (&metered, hour));
  g_assert_false (bp_sync_terms_may_skip (&metered, 2 * hour));
  g_assert_false (bp_sync_terms_may_skip (&free_line, 0));
  g_assert_false (bp_sync_terms_may_skip (&asked, 0));
  /* A clock that was put back. */
  g_assert_false (bp_sync_terms_may_skip (&metered, -hour));
}

static void
test_activity (void)
{
  BpSyncActivity activity = { 0 };

  g_assert_cmpint (bp_sync_activity_get_rest (&activity, 5), ==, 0);
  bp_sync_activity_note (&activity, 1000);
  g_assert_cmpint (bp_sync_activity_get_rest (&activity, 1000), ==, 3000);
  g_assert_cmpint (bp_sync_activity_get_rest (&activity, 3999), ==, 1);
  g_assert_cmpint (bp_sync_activity_get_rest (&activity, 4000), ==, 0);
  bp_sync_activity_note (&activity, 3000);
  g_assert_cmpint (bp_sync_activity_get_rest (&activity, 4000), ==, 2000);
}

/* Who types for an hour lets the background breathe all the same. */
static void
test_endless_activity (void)
{
  BpSyncActivity activity = { 0 };
  gint64 busy = 0, free_time = 0, longest = 0, length = 0;

  for (gint64 now = 0; now < 60 * 60 * 1000; now += 100)
    {
      bp_sync_activity_note (&activity, now);
      if (bp_sync_activity_get_rest (&activity, now) > 0)
        {
          busy += 100;
          length += 100;
        }
      else
        {
          free_time += 100;
          length = 0;
        }
      longest = MAX (longest, length);
    }

  g_assert_cmpint (longest, ==, 2 * 60 * 1000);
  g_assert_cmpint (free_time * 4, ==, busy);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/terms/decisions", test_decisions);
  g_test_add_func ("/sync/terms/what-is-urgent-goes", test_rules);
  g_test_add_func ("/sync/terms/metered-words", test_metered_words);
  g_test_add_func ("/sync/terms/a-metered-line-has-longer-intervals", test_schedule);
  g_test_add_func ("/sync/terms/activity-ends-by-itself", test_activity);
  g_test_add_func ("/sync/terms/endless-activity-starves-nothing", test_endless_activity);

  return g_test_run ();
}
