/* Runs schedules of the simulation, and says which failed. */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sim-hunt.h"

static gint64 first_seed = 1;
static gint64 only_seed = -1;
static gint64 n_seeds;
static gint64 n_seconds;
static gint64 n_jobs = 1;
static gboolean shall_trace;
static gboolean shall_shrink;
static char *mutant_name;
static char *without;
static char **files;

static const GOptionEntry entries[] = {
  { "seed", 0, 0, G_OPTION_ARG_INT64, &only_seed, "Run this one", "N" },
  { "from", 0, 0, G_OPTION_ARG_INT64, &first_seed, "Begin with this seed", "N" },
  { "seeds", 0, 0, G_OPTION_ARG_INT64, &n_seeds, "Run so many, one after the other", "N" },
  { "seconds", 0, 0, G_OPTION_ARG_INT64, &n_seconds, "Then fresh ones for so long", "S" },
  { "jobs", 0, 0, G_OPTION_ARG_INT64, &n_jobs, "In so many processes; 0: one a core", "N" },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &shall_trace, "Tell all that happens", NULL },
  { "shrink", 0, 0, G_OPTION_ARG_NONE, &shall_shrink, "Make a failing one smaller", NULL },
  { "mutant", 0, 0, G_OPTION_ARG_STRING, &mutant_name, "Plant a bug, which must be found", "NAME" },
  { "without", 0, 0, G_OPTION_ARG_STRING, &without, "Leave out these faults", "NAME,…" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, "Plans, or folders of them",
    "[PLAN…]" },
  { NULL }
};

/* One thread: SQLite needs no locks of its own. */
static void
set_up_sqlite (void)
{
  sqlite3_config (SQLITE_CONFIG_SINGLETHREAD);
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3_config (SQLITE_CONFIG_LOOKASIDE, 1200, 400);
}

/* What the server tells its operator of a power cut is nothing new here. */
static GLogWriterOutput
write_log (GLogLevelFlags   level,
           const GLogField *fields,
           gsize            n_fields,
           gpointer         data)
{
  if ((level & G_LOG_LEVEL_MASK) >= G_LOG_LEVEL_MESSAGE)
    return G_LOG_WRITER_HANDLED;

  return g_log_writer_default (level, fields, n_fields, data);
}

static gboolean
run_file (SimHunt    *hunt,
          const char *path)
{
  g_autoptr (GError) error = NULL;
  SimPlan plan;

  if (!sim_plan_load (&plan, path, &error))
    {
      printf ("# %s\n", error->message);
      return FALSE;
    }
  return sim_hunt_run (hunt, &plan);
}

static int
run_one (SimHunt       *hunt,
         const SimPlan *plan)
{
  gboolean is_clean = sim_hunt_run (hunt, plan);

  g_clear_pointer (&hunt->place, sim_place_free);
  return !is_clean;
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* A plan, or a folder of them. */
static void
list_plans (GPtrArray  *plans,
            const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    g_ptr_array_add (plans, g_strdup (path));
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      if (g_str_has_suffix (name, ".plan"))
        g_ptr_array_add (plans, g_build_filename (path, name, NULL));
    }
}

static int
run_files (SimHunt *hunt)
{
  g_autoptr (GPtrArray) plans = g_ptr_array_new_with_free_func (g_free);
  guint n_failed = 0;

  for (guint i = 0; files[i] != NULL; i++)
    list_plans (plans, files[i]);
  g_ptr_array_sort (plans, compare_names);
  for (guint i = 0; i < plans->len; i++)
    {
      if (run_file (hunt, plans->pdata[i]))
        continue;
      printf ("# kept as %s\n", (char *)plans->pdata[i]);
      n_failed++;
    }
  printf ("# %u plans, %u failed\n", plans->len, n_failed);
  g_clear_pointer (&hunt->place, sim_place_free);

  return n_failed > 0;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTimeZone) zone = NULL;
  SimHunt hunt = { 0 };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return 2;
    }
  hunt.mutant = mutant_name != NULL ? sim_mutant_find (mutant_name) : SIM_MUTANT_NONE;
  if (hunt.mutant == SIM_N_MUTANTS)
    {
      fprintf (stderr, "No such mutant: %s\n", mutant_name);
      return 2;
    }
  hunt.shall_trace = shall_trace;
  hunt.shall_shrink = shall_shrink;
  hunt.first = (guint64)first_seed;
  hunt.n_seeds = (guint64)n_seeds;
  hunt.n_seconds = n_seconds;
  hunt.n_jobs = n_jobs > 0 ? (guint)n_jobs : g_get_num_processors ();
  if (without != NULL && !sim_plan_parse_off (g_strdelimit (without, ",", ' '), &hunt.off))
    {
      fprintf (stderr, "No such faults: %s\n", without);
      return 2;
    }
  set_up_sqlite ();
  /* The shop's: its file is read again whenever nobody holds it. */
  zone = g_time_zone_new_identifier ("Asia/Kolkata");
  g_log_set_writer_func (write_log, NULL, NULL);

  if (files != NULL)
    return run_files (&hunt);
  if (only_seed >= 0)
    {
      SimPlan plan;

      sim_plan_init (&plan, (guint64)only_seed, hunt.mutant);
      plan.off = hunt.off;
      return run_one (&hunt, &plan);
    }
  return sim_hunt_go (&hunt);
}
