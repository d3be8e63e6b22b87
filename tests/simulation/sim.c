/* One schedule: from a seed to a verdict. */
#include "config.h"

#include "sim.h"

#include <stdio.h>

#define ROUNDS_AT_REST 24

/**
 * sim_say:
 * @sim: a simulation
 * @format: what happened
 *
 * Adds a line to the trace.
 */
void
sim_say (Sim        *sim,
         const char *format,
         ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_string_append_printf (sim->trace, "%u %s\n", sim->n_steps, line);
  if (sim->is_loud)
    fprintf (stderr, "%u %s\n", sim->n_steps, line);
}

/**
 * sim_fail:
 * @sim: a simulation
 * @format: which invariant broke, and how; the first is kept
 */
void
sim_fail (Sim        *sim,
          const char *format,
          ...)
{
  va_list args;

  if (sim->failure != NULL)
    return;
  va_start (args, format);
  sim->failure = g_strdup_vprintf (format, args);
  va_end (args);
  sim_say (sim, "FAILED %s", sim->failure);
}

/* Each seed has its own faults: some not at all, some often. */
static guint
pick_rate (Sim  *sim,
           guint most)
{
  return sim_random_below (&sim->faults, 2) == 0 ? 0 : 1 + sim_random_below (&sim->faults, most);
}

static void
pick_rates (Sim *sim)
{
  SimRates *rates = &sim->rates;

  rates->lost_request = pick_rate (sim, 200);
  rates->lost_answer = pick_rate (sim, 300);
  rates->twice = pick_rate (sim, 200);
  rates->late = pick_rate (sim, 300);
  rates->cut = pick_rate (sim, 150);
  rates->portal = pick_rate (sim, 150);
  rates->server_error = pick_rate (sim, 200);
  rates->busy = pick_rate (sim, 100);
  rates->too_large = pick_rate (sim, 60);
  rates->old_answer = pick_rate (sim, 100);
  rates->between = pick_rate (sim, 500);
  rates->crash = pick_rate (sim, 80);
  rates->jump = pick_rate (sim, 50);
  rates->selection = pick_rate (sim, 50);
  rates->restore = sim_random_below (&sim->faults, 4) == 0 ? 30 : 0;
  rates->horizon = rates->restore == 0 ? pick_rate (sim, 20) : 0;
  if (rates->restore != 0)
    rates->jump = 0;
}

static void
set_up (Sim *sim)
{
  static const char *const policies[] = { "server-wins", "ask" };

  sim->work.state = sim->seed * 2;
  sim->faults.state = ~sim->seed * 2 + 1;
  sim->tokens = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_token_free);
  sim->token_index = g_hash_table_new (g_str_hash, g_str_equal);
  sim->late = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_late_free);
  sim->trace = g_string_new (NULL);
  sim->root = sim_files_make_root ();
  sim->server_path = g_build_filename (sim->root, "server.db", NULL);
  sim->backup_path = g_build_filename (sim->root, "copy.db", NULL);
  sim->clock = bp_test_clock_new (SIM_START, sim->seed * 16);
  pick_rates (sim);
  sim_server_open (sim);
  sim->store_id = bp_rules_server_add_store (sim->server, "Corner Shop", "INR");
  sim->n_devices = 2 + sim_random_below (&sim->work, 3);
  for (guint i = 0; i < sim->n_devices; i++)
    {
      const char *policy = policies[sim_random_below (&sim->work, 2)];

      sim_device_init (sim, i);
      if (sim->mutant == SIM_MUTANT_CLOCK)
        policy = "latest-wins";
      bp_store_set_device_setting (sim->devices[i].store, "sync.policy", policy, NULL);
    }
}

static void
tear_down (Sim *sim)
{
  for (guint i = 0; i < sim->n_devices; i++)
    {
      sim_device_clear (&sim->devices[i]);
      g_clear_pointer (&sim->old_answers[i], g_bytes_unref);
    }
  sim_server_close (sim);
  sim_files_remove (sim->root);
  g_clear_object (&sim->clock);
  g_ptr_array_unref (sim->late);
  g_hash_table_unref (sim->token_index);
  g_ptr_array_unref (sim->tokens);
  g_free (sim->store_id);
  g_free (sim->root);
  g_free (sim->server_path);
  g_free (sim->backup_path);
}

static void
disturb (Sim       *sim,
         SimDevice *device)
{
  const SimRates *rates = &sim->rates;
  SimRandom *random = &sim->faults;

  if (sim_random_chance (random, rates->crash))
    device->dies_in = (int)sim_random_below (random, 12);
  if (sim_random_chance (random, rates->jump))
    bp_test_clock_set_now (device->clock,
                           SIM_START + ((gint64)sim_random_below (random, 700) - 350) * SIM_DAY_MS);
  if (sim_random_chance (random, rates->late))
    sim_deliver_late (sim);
  if (sim_random_chance (random, rates->selection))
    sim_user_configure (device);
  if (sim_random_chance (random, rates->horizon))
    {
      for (guint i = 0; i < sim->n_devices; i++)
        sim->devices[i].may_go_back = TRUE;
      sim_server_forget (sim);
    }
  if (rates->restore != 0 && (!sim->has_backup || sim_random_chance (random, 50)))
    sim_server_back_up (sim);
  else if (sim_random_chance (random, rates->restore))
    sim_server_restore (sim);
}

static void
step (Sim *sim)
{
  SimDevice *device = &sim->devices[sim_random_below (&sim->work, sim->n_devices)];
  guint kind = sim_random_below (&sim->work, 100);

  sim->n_steps++;
  disturb (sim, device);
  sim_device_revive (device);
  if (kind < 60)
    sim_user_act (device);
  else if (kind < 88)
    {
      BpSyncOptions options = { .full = kind == 87, .run_ms = kind > 82 ? 500 : 0 };

      sim_device_sync (device, &options);
    }
  else if (kind < 94)
    sim_user_decide (device);
  else
    sim_user_clear_up (device);

  for (guint i = 0; i < sim->n_devices; i++)
    {
      sim_device_revive (&sim->devices[i]);
      sim_check_step (&sim->devices[i]);
    }
  if (sim->n_steps % 6 == 0)
    sim_check_tokens (sim, FALSE);
  if (sim->n_steps % 5 == 0)
    sim_check_books (device);
}

static void
sync_until_idle (SimDevice *device)
{
  for (guint i = 0; i < 3; i++)
    sim_device_sync (device, NULL);
}

/* Faults off, everything settled by its people. */
static void
come_to_rest (Sim *sim)
{
  gboolean is_quiet = FALSE;

  sim->are_faults_on = FALSE;
  for (guint i = 0; i < sim->n_devices; i++)
    {
      SimDevice *device = &sim->devices[i];

      device->dies_in = -1;
      bp_store_set_device_setting (device->store, "sync.tables", "", NULL);
      bp_store_set_device_setting (device->store, "sync.from", "", NULL);
      device->may_go_back = TRUE;
    }
  for (guint n = 0; n < ROUNDS_AT_REST && sim->failure == NULL; n++)
    {
      gboolean was_quiet = is_quiet;

      sim->n_steps++;
      for (guint i = 0; i < sim->n_devices; i++)
        {
          sync_until_idle (&sim->devices[i]);
          sim_check_step (&sim->devices[i]);
        }
      is_quiet = sim_is_quiet (sim);
      if (is_quiet && was_quiet)
        return;
      for (guint i = 0; i < sim->n_devices; i++)
        {
          sim_user_decide (&sim->devices[i]);
          for (guint k = 0; n % 2 == 1 && k < 12; k++)
            sim_user_clear_up (&sim->devices[i]);
        }
    }

  sim_fail (sim, "It does not come to rest");
}

static void
check_at_rest (Sim *sim)
{
  sim_check_tokens (sim, TRUE);
  sim_server_check (sim);
  sim_check_equal (sim);
  for (guint i = 0; i < sim->n_devices; i++)
    sim_check_books (&sim->devices[i]);
}

/**
 * sim_run:
 * @seed: which schedule
 * @mutant: a planted bug
 * @is_loud: whether the trace goes to the standard error, too
 * @failure: (out) (nullable): which invariant broke
 * @trace: (out): what happened
 *
 * Returns: whether all invariants held
 */
gboolean
sim_run (guint64   seed,
         SimMutant mutant,
         gboolean  is_loud,
         char    **failure,
         char    **trace)
{
  Sim sim = { .seed = seed, .mutant = mutant, .is_loud = is_loud, .are_faults_on = TRUE };
  guint n_steps;

  set_up (&sim);
  n_steps = 15 + sim_random_below (&sim.work, 90);
  while (sim.n_steps < n_steps && sim.failure == NULL)
    step (&sim);
  if (sim.failure == NULL)
    come_to_rest (&sim);
  if (sim.failure == NULL)
    check_at_rest (&sim);
  tear_down (&sim);

  *failure = sim.failure;
  *trace = g_string_free (sim.trace, FALSE);
  return sim.failure == NULL;
}
