/* When a run is given up: nothing but the run itself may be the reason. */
#include "config.h"

#include "bp-sync-watch.h"

#define SECOND G_GINT64_CONSTANT (1000)

typedef struct
{
  const char *name;
  guint n_looks;   /* until the verdict, at least */
  gint64 step;     /* monotonic, between two looks */
  gint64 sleep;    /* on top of it */
  int pulse_every; /* it moves at every n-th look; 0 for never */
  BpSyncVerdict verdict;
} Case;

static const Case cases[] = {
  { "nothing moves for 2 minutes", 24, 5 * SECOND, 0, 0, BP_SYNC_VERDICT_STUCK },
  { "something moves now and then", 1000, 5 * SECOND, 0, 20, BP_SYNC_VERDICT_FINE },
  { "a process that stood still for hours is given time", 11, 3600 * SECOND, 0, 0,
    BP_SYNC_VERDICT_FINE },
  { "and is looked at all the same", 12, 3600 * SECOND, 0, 0, BP_SYNC_VERDICT_STUCK },
  { "a busy computer looks late", 15, 8 * SECOND, 0, 0, BP_SYNC_VERDICT_STUCK },
  { "sleep is told", 1, 5 * SECOND, 3600 * SECOND, 0, BP_SYNC_VERDICT_RESUMED },
  { "sleep is told also of a run that moved", 1, 5 * SECOND, 3600 * SECOND, 1,
    BP_SYNC_VERDICT_RESUMED },
  { "a clock that drifts is no sleep", 1000, 5 * SECOND, 1, 7, BP_SYNC_VERDICT_FINE },
};

static void
test_case (gconstpointer data)
{
  const Case *expected = data;
  BpSyncWatch watch;
  gint64 monotonic = 77, boot = 99;
  int pulse = 3;

  bp_sync_watch_begin (&watch, monotonic, boot, pulse);
  for (guint i = 1; i <= expected->n_looks; i++)
    {
      BpSyncVerdict verdict;

      monotonic += expected->step;
      boot += expected->step + expected->sleep;
      if (expected->pulse_every > 0 && i % expected->pulse_every == 0)
        pulse++;
      verdict = bp_sync_watch_look (&watch, monotonic, boot, pulse);
      g_test_message ("look %u", i);
      g_assert_cmpint (verdict, ==, i == expected->n_looks ? expected->verdict
                                                           : BP_SYNC_VERDICT_FINE);
    }
}

/* After a verdict it begins anew, so that the next run has its time. */
static void
test_anew (void)
{
  BpSyncWatch watch;
  guint n_stuck = 0;

  bp_sync_watch_begin (&watch, 0, 0, 0);
  for (gint64 now = 5 * SECOND; now <= 600 * SECOND; now += 5 * SECOND)
    n_stuck += bp_sync_watch_look (&watch, now, now, 0) == BP_SYNC_VERDICT_STUCK;
  g_assert_cmpuint (n_stuck, ==, 5);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdelimit (g_strdup (cases[i].name), " ", '-');
      g_autofree char *path = g_strconcat ("/sync/watch/", name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/sync/watch/begins-anew-after-a-verdict", test_anew);

  return g_test_run ();
}
