/* Many schedules, one after the other and in several processes. */
#include "config.h"

#include "sim-hunt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define TWICE_EVERY 64
#define LAST_LINES 40
#define LINE_BYTES 400

/**
 * Count:
 *
 * What one process tells the one that waits for it.
 */
typedef struct
{
  guint64 n_run;
  guint64 n_failed;
} Count;

/* The last lines, of each the beginning. */
static void
print_end (const char *trace)
{
  g_auto (GStrv) lines = g_strsplit (trace, "\n", -1);
  guint n = g_strv_length (lines);

  for (guint i = n > LAST_LINES ? n - LAST_LINES : 0; i < n; i++)
    printf ("%.*s\n", LINE_BYTES, lines[i]);
}

/* Where the product itself gives up, the last line says in which schedule. */
static void
announce (guint64 seed)
{
  g_autofree char *text = g_strdup_printf ("--seed %" G_GUINT64_FORMAT, seed);

  g_set_prgname (text);
}

/* Again, told in full. */
static void
report (SimHunt       *self,
        const SimPlan *plan,
        const char    *failure)
{
  SimPlan smaller = *plan;
  g_autofree char *again = NULL;
  g_autofree char *trace = NULL;
  g_autofree char *text = NULL;

  sim_run (self->place, plan, &again, &trace);
  if (self->shall_trace)
    fputs (trace, stdout);
  else if (!self->shall_shrink)
    print_end (trace);
  printf ("# seed %" G_GUINT64_FORMAT ": %s\n", plan->seed, failure);
  if (g_strcmp0 (failure, again) != 0)
    printf ("# the second time: %s\n", again != NULL ? again : "nothing");
  printf ("# again: simulate --trace --seed %" G_GUINT64_FORMAT "%s%s\n", plan->seed,
          plan->mutant != SIM_MUTANT_NONE ? " --mutant " : "",
          plan->mutant != SIM_MUTANT_NONE ? sim_mutant_get_name (plan->mutant) : "");
  if (self->shall_shrink)
    {
      g_autofree char *last = NULL;
      g_autofree char *end = NULL;

      sim_shrink (self->place, &smaller, &last);
      text = sim_plan_to_text (&smaller);
      sim_run (self->place, &smaller, &last, &end);
      print_end (end);
      printf ("# smaller, to be kept as a file of tests/simulation/kept:\n# %s\n%s", last, text);
    }
  fflush (stdout);
}

static gboolean
differs_the_second_time (SimHunt       *self,
                         const SimPlan *plan,
                         const char    *first)
{
  g_autofree char *failure = NULL;
  g_autofree char *second = NULL;

  sim_run (self->place, plan, &failure, &second);
  if (g_str_equal (first, second))
    return FALSE;

  printf ("# seed %" G_GUINT64_FORMAT ": the second run differs\n", plan->seed);
  return TRUE;
}

/**
 * sim_hunt_run:
 * @self: a hunt
 * @plan: one schedule
 *
 * Runs it, and tells of a failure. Every 64th seed runs again, and must do the
 * same.
 *
 * Returns: whether all invariants held
 */
gboolean
sim_hunt_run (SimHunt       *self,
              const SimPlan *plan)
{
  g_autofree char *failure = NULL;
  g_autofree char *trace = NULL;
  gboolean is_repeated = plan->seed % TWICE_EVERY == 0;
  gboolean is_clean;

  if (self->place == NULL)
    self->place = sim_place_new ();
  announce (plan->seed);
  is_clean = sim_run (self->place, plan, &failure,
                      self->shall_trace || is_repeated ? &trace : NULL);
  if (is_clean && self->shall_trace)
    fputs (trace, stdout);
  if (is_clean)
    return !is_repeated || !differs_the_second_time (self, plan, trace);
  if (plan->mutant == SIM_MUTANT_NONE || self->shall_trace || self->shall_shrink)
    report (self, plan, failure);
  else
    printf ("# found at seed %" G_GUINT64_FORMAT ": %s\n", plan->seed, failure);

  return FALSE;
}

static gboolean
run_seed (SimHunt *self,
          guint64  seed,
          Count   *count)
{
  SimPlan plan;
  gboolean is_clean;

  sim_plan_init (&plan, seed, self->mutant);
  plan.off = self->off;
  is_clean = sim_hunt_run (self, &plan);
  count->n_run++;
  count->n_failed += !is_clean;
  return is_clean || self->mutant == SIM_MUTANT_NONE;
}

/* Every @n_jobs-th seed; a planted bug needs to be found once. */
static Count
run_share (SimHunt *self,
           guint    job,
           guint64  fresh,
           gint64   began_at)
{
  Count count = { 0, 0 };
  gboolean goes_on = TRUE;

  for (guint64 i = job; i < self->n_seeds && goes_on; i += self->n_jobs)
    goes_on = run_seed (self, self->first + i, &count);
  for (guint64 i = job;
       goes_on && g_get_monotonic_time () - began_at < self->n_seconds * G_USEC_PER_SEC;
       i += self->n_jobs)
    goes_on = run_seed (self, fresh + i, &count);
  g_clear_pointer (&self->place, sim_place_free);
  fflush (stdout);

  return count;
}

/* A process that dies of the product counts as a failure. */
static void
wait_for (pid_t  child,
          int    end,
          Count *total)
{
  Count count = { 0, 0 };
  int status = 0;

  if (read (end, &count, sizeof count) != (gssize)sizeof count)
    count.n_failed++;
  close (end);
  waitpid (child, &status, 0);
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    count.n_failed++;
  total->n_run += count.n_run;
  total->n_failed += count.n_failed;
}

static Count
run_shares (SimHunt *self,
            guint64  fresh,
            gint64   began_at)
{
  g_autofree pid_t *children = g_new0 (pid_t, self->n_jobs);
  g_autofree int *ends = g_new0 (int, self->n_jobs);
  Count total = { 0, 0 };

  for (guint i = 0; i < self->n_jobs; i++)
    {
      int both[2];

      if (pipe (both) != 0)
        g_error ("No pipe");
      fflush (stdout);
      children[i] = fork ();
      if (children[i] == 0)
        {
          Count count = run_share (self, i, fresh, began_at);

          _exit (write (both[1], &count, sizeof count) == (gssize)sizeof count ? 0 : 1);
        }
      close (both[1]);
      ends[i] = both[0];
    }
  for (guint i = 0; i < self->n_jobs; i++)
    wait_for (children[i], ends[i], &total);

  return total;
}

/**
 * sim_hunt_go:
 * @self: a hunt
 *
 * Runs the seeds asked for, then fresh ones, and tells how it went.
 *
 * Returns: what the program ends with: 0 where all invariants held, or where a
 *   planted bug was found
 */
int
sim_hunt_go (SimHunt *self)
{
  gint64 began_at = g_get_monotonic_time ();
  guint64 fresh = (guint64)g_get_real_time ();
  double seconds;
  Count total;

  if (self->n_seconds > 0)
    printf ("# the first fresh seed is %" G_GUINT64_FORMAT "\n", fresh);
  total = self->n_jobs > 1 ? run_shares (self, fresh, began_at)
                           : run_share (self, 0, fresh, began_at);
  seconds = (double)(g_get_monotonic_time () - began_at) / G_USEC_PER_SEC;
  printf ("# %" G_GUINT64_FORMAT " schedules in %.1f s, %.1f a second, %" G_GUINT64_FORMAT
          " failed\n", total.n_run, seconds, (double)total.n_run / seconds, total.n_failed);

  return (total.n_failed > 0) == (self->mutant == SIM_MUTANT_NONE);
}
