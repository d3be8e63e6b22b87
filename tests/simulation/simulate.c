/* Runs schedules of the simulation, and says which failed. */
#include "config.h"

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TWICE_EVERY 64
#define LAST_LINES 25

static gint64 first_seed = 1;
static gint64 only_seed = -1;
static gint64 n_seeds;
static gint64 n_seconds;
static gboolean shall_trace;
static char *mutant_name;

static const GOptionEntry entries[] = {
  { "seed", 0, 0, G_OPTION_ARG_INT64, &only_seed, "Run this one", "N" },
  { "from", 0, 0, G_OPTION_ARG_INT64, &first_seed, "Begin with this seed", "N" },
  { "seeds", 0, 0, G_OPTION_ARG_INT64, &n_seeds, "Run so many, one after the other", "N" },
  { "seconds", 0, 0, G_OPTION_ARG_INT64, &n_seconds, "Then fresh ones for so long", "S" },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &shall_trace, "Tell all that happens", NULL },
  { "mutant", 0, 0, G_OPTION_ARG_STRING, &mutant_name, "Plant a bug, which must be found", "NAME" },
  { NULL }
};

static void
print_end (const char *trace)
{
  const char *start = trace + strlen (trace);

  for (guint i = 0; i <= LAST_LINES && start > trace; i++)
    {
      start--;
      while (start > trace && start[-1] != '\n')
        start--;
    }
  fputs (start, stdout);
}

/* Where the product itself gives up, the last line says in which schedule. */
static void
announce (guint64 seed)
{
  g_autofree char *text = g_strdup_printf ("--seed %" G_GUINT64_FORMAT, seed);

  g_set_prgname (text);
}

static gboolean
run_seed (guint64   seed,
          SimMutant mutant)
{
  g_autofree char *failure = NULL;
  g_autofree char *trace = NULL;
  gboolean is_clean;

  announce (seed);
  is_clean = sim_run (seed, mutant, shall_trace, &failure, &trace);
  if (is_clean && seed % TWICE_EVERY == 0)
    {
      g_autofree char *second_failure = NULL;
      g_autofree char *second = NULL;

      sim_run (seed, mutant, FALSE, &second_failure, &second);
      if (!g_str_equal (trace, second))
        {
          printf ("# seed %" G_GUINT64_FORMAT ": the second run differs\n", seed);
          return FALSE;
        }
    }
  if (!is_clean && mutant == SIM_MUTANT_NONE)
    {
      if (!shall_trace)
        print_end (trace);
      printf ("# seed %" G_GUINT64_FORMAT ": %s\n", seed, failure);
      fflush (stdout);
    }
  else if (!is_clean)
    printf ("# found at seed %" G_GUINT64_FORMAT ": %s\n", seed, failure);

  return is_clean;
}

static SimMutant
find_mutant (void)
{
  static const char *const names[] = { "acknowledge-all", "cursor-before-rows", "no-op-id",
                                       "clock-decides" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_strcmp0 (mutant_name, names[i]) == 0)
        return (SimMutant)(i + 1);
    }

  return SIM_MUTANT_NONE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  gint64 began_at = g_get_monotonic_time ();
  guint n_run = 0, n_failed = 0;
  guint64 fresh = (guint64)g_get_real_time ();
  SimMutant mutant;
  double seconds;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return 2;
    }
  mutant = find_mutant ();
  if (mutant_name != NULL && mutant == SIM_MUTANT_NONE)
    {
      fprintf (stderr, "No such mutant: %s\n", mutant_name);
      return 2;
    }
  if (only_seed >= 0)
    return run_seed ((guint64)only_seed, mutant) ? 0 : 1;

  for (gint64 i = 0; i < n_seeds; i++, n_run++)
    {
      n_failed += !run_seed ((guint64)(first_seed + i), mutant);
      if (mutant != SIM_MUTANT_NONE && n_failed > 0)
        return 0;
    }
  while (g_get_monotonic_time () - began_at < n_seconds * G_USEC_PER_SEC)
    {
      n_failed += !run_seed (fresh++, mutant);
      n_run++;
    }

  seconds = (double)(g_get_monotonic_time () - began_at) / G_USEC_PER_SEC;
  printf ("# %u schedules, %.1f a second, %u failed\n", n_run, n_run / seconds, n_failed);
  return n_failed > 0 || mutant != SIM_MUTANT_NONE;
}
