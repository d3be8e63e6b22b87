/* One schedule: from a plan to a verdict. */
#include "config.h"

#include "sim.h"

#define BATCH_EVERY 32
#define ROUNDS_AT_REST 40
#define PURPOSE_WORK 1
#define PURPOSE_FAULTS 2

/**
 * sim_say:
 * @sim: a simulation
 * @format: what happened
 *
 * Adds a line to the trace, where somebody reads it.
 */
void
sim_say (Sim        *sim,
         const char *format,
         ...)
{
  va_list args;

  if (sim->trace == NULL)
    return;
  g_string_append_printf (sim->trace, "%u ", sim->step);
  va_start (args, format);
  g_string_append_vprintf (sim->trace, format, args);
  va_end (args);
  g_string_append_c (sim->trace, '\n');
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

/**
 * sim_strikes:
 * @sim: a simulation
 * @fault: what may go wrong
 *
 * Returns: whether it does now
 */
gboolean
sim_strikes (Sim     *sim,
             SimFault fault)
{
  gboolean hits = sim_random_chance (&sim->faults, sim->rates[fault]);

  return hits && sim->are_faults_on && !sim->plan->calm[MIN (sim->step, SIM_MAX_STEPS)];
}

/* How often at most, of a thousand occasions. */
static const guint most[SIM_N_FAULTS] = {
  [SIM_FAULT_LOST_REQUEST] = 200,
  [SIM_FAULT_LOST_ANSWER] = 300,
  [SIM_FAULT_TWICE] = 200,
  [SIM_FAULT_LATE] = 300,
  [SIM_FAULT_CUT] = 150,
  [SIM_FAULT_PORTAL] = 150,
  [SIM_FAULT_SERVER_ERROR] = 200,
  [SIM_FAULT_BUSY] = 100,
  [SIM_FAULT_TOO_LARGE] = 60,
  [SIM_FAULT_OLD_ANSWER] = 100,
  [SIM_FAULT_BETWEEN] = 500,
  [SIM_FAULT_CRASH] = 150,
  [SIM_FAULT_SERVER_CRASH] = 150,
  [SIM_FAULT_JUMP] = 80,
  [SIM_FAULT_RESTORE] = 80,
  [SIM_FAULT_HORIZON] = 40,
  [SIM_FAULT_SELECTION] = 100,
  [SIM_FAULT_PUT_BACK] = 80,
  [SIM_FAULT_CLONE] = 50,
  [SIM_FAULT_PAGES] = 900,
};

/* Each seed has its own faults: some not at all, some often. What a restore
 * can bring back is gone after a season, so both are not in one schedule. */
static void
pick_rates (Sim *sim)
{
  for (guint i = 0; i < SIM_N_FAULTS; i++)
    {
      gboolean is_rare = i == SIM_FAULT_RESTORE || i == SIM_FAULT_HORIZON
                         || i == SIM_FAULT_PUT_BACK || i == SIM_FAULT_CLONE;
      gboolean is_there = sim_random_below (&sim->faults, is_rare ? 5 : 2) == 0;
      guint rate = 1 + sim_random_below (&sim->faults, most[i]);

      sim->rates[i] = is_there ? rate : 0;
    }
  if (sim->rates[SIM_FAULT_RESTORE] != 0)
    sim->rates[SIM_FAULT_JUMP] = sim->rates[SIM_FAULT_HORIZON] = 0;
  for (guint i = 0; i < SIM_N_FAULTS; i++)
    {
      if (sim->plan->off & (1u << i))
        sim->rates[i] = 0;
    }
}

static void
begin_step (Sim  *sim,
            guint n)
{
  sim->step = n;
  sim->work = sim_random_fork (sim->plan->seed, n, PURPOSE_WORK);
  sim->faults = sim_random_fork (sim->plan->seed, n, PURPOSE_FAULTS);
}

static void
set_up (Sim *sim)
{
  static const char *const policies[] = { "server-wins", "ask", "latest-wins" };

  begin_step (sim, 0);
  sim->tokens = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_token_free);
  sim->token_index = g_hash_table_new (g_str_hash, g_str_equal);
  sim->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sim->late = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_late_free);
  pick_rates (sim);
  sim->n_devices = 2 + sim_random_below (&sim->work, 3);
  sim_place_reset (sim->place, sim->n_devices, sim->plan->seed, sim->plan->mutant);
  sim_server_take (sim);
  for (guint i = 0; i < sim->n_devices; i++)
    {
      SimDevice *device = &sim->devices[i];
      const char *policy = policies[sim_random_below (&sim->work, 6) * 3 / 7];

      device->folder = sim->place->folders[i];
      device->disk = sim->place->disks[i];
      sim_device_init (sim, i);
      device->trusts_clocks = g_str_equal (policy, "latest-wins");
      if (sim->plan->mutant == SIM_MUTANT_CLOCK_DECIDES)
        policy = "latest-wins";
      bp_store_set_device_setting (device->books.store, "sync.policy", policy, NULL);
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
  sim_server_leave (sim);
  g_clear_pointer (&sim->backup, bp_fault_image_free);
  g_ptr_array_unref (sim->late);
  g_hash_table_unref (sim->known);
  g_hash_table_unref (sim->token_index);
  g_ptr_array_unref (sim->tokens);
}

static void
disturb_folder (Sim       *sim,
                SimDevice *device)
{
  if (sim_strikes (sim, SIM_FAULT_PUT_BACK))
    {
      if (device->copy == NULL || sim_random_below (&sim->faults, 3) == 0)
        sim_device_copy (device);
      else
        sim_device_put_back (device);
    }
  if (sim_strikes (sim, SIM_FAULT_CLONE) && sim->n_clones < SIM_N_CLONES)
    sim_device_clone (device);
}

static void
disturb (Sim       *sim,
         SimDevice *device)
{
  SimRandom *random = &sim->faults;

  disturb_folder (sim, device);
  if (sim_strikes (sim, SIM_FAULT_CRASH))
    bp_fault_disk_cut_at (device->disk, BP_FAULT_CHANGE, 1 + sim_random_below (random, 60));
  if (sim_strikes (sim, SIM_FAULT_JUMP))
    bp_test_clock_set_now (device->books.clock,
                           SIM_START + ((gint64)sim_random_below (random, 730) - 365) * SIM_DAY_MS);
  if (sim_strikes (sim, SIM_FAULT_LATE))
    sim_deliver_late (sim);
  if (sim_strikes (sim, SIM_FAULT_SELECTION))
    sim_user_configure (device);
  if (sim_strikes (sim, SIM_FAULT_HORIZON))
    {
      for (guint i = 0; i < sim->n_devices; i++)
        sim->devices[i].may_go_back = TRUE;
      sim_server_forget (sim);
    }
  if (!sim_strikes (sim, SIM_FAULT_RESTORE))
    return;
  if (sim->backup == NULL || sim_random_below (random, 3) == 0)
    sim_server_back_up (sim);
  else
    sim_server_restore (sim);
}

/* Now and then as many operations as just fit, or just do not. */
static void
do_batch (SimDevice *device)
{
  static const guint sizes[] = { 1, 99, 100, 101, 200 };

  sim_user_do_many (device, sizes[sim_user_below (device, G_N_ELEMENTS (sizes))]);
  device->is_touched = TRUE;
}

static void
do_something (SimDevice *device)
{
  guint kind = sim_user_below (device, 100);

  if (kind < 60)
    sim_user_act (device);
  else if (kind < 88)
    {
      BpSyncOptions options = { .full = kind == 87, .run_ms = kind > 82 ? 500 : 0 };

      sim_device_sync (device, &options);
    }
  else if (kind < 93)
    sim_user_decide (device);
  else if (kind < 95)
    sim_user_decide_again (device);
  else
    sim_user_clear_up (device);
}

static void
step (Sim  *sim,
      guint n,
      guint batch_at)
{
  SimDevice *device;

  begin_step (sim, n);
  if (sim->plan->dropped[n])
    return;

  device = &sim->devices[sim_random_below (&sim->work, sim->n_devices)];
  disturb (sim, device);
  sim_device_revive (device);
  if (n == batch_at)
    do_batch (device);
  else
    do_something (device);
  for (guint i = 0; i < sim->n_devices; i++)
    sim_device_revive (&sim->devices[i]);
  sim_check_step (sim);
}

/* Faults off. */
static void
calm_down (Sim *sim)
{
  sim->are_faults_on = FALSE;
  for (guint i = 0; i < sim->n_devices; i++)
    {
      SimDevice *device = &sim->devices[i];

      bp_fault_disk_cut_at (device->disk, BP_FAULT_CHANGE, 0);
      bp_store_set_device_setting (device->books.store, "sync.tables", "", NULL);
      bp_store_set_device_setting (device->books.store, "sync.from", "", NULL);
      device->may_go_back = TRUE;
    }
}

/* Its people settle what is left to them. */
static void
settle (Sim  *sim,
        guint round)
{
  for (guint i = 0; i < sim->n_devices; i++)
    {
      SimDevice *device = &sim->devices[i];

      for (guint n = sim_user_decide (device); n > 1; n--)
        sim_user_decide (device);
      for (guint n = 0; round % 2 == 1 && n < 12 && sim_user_clear_up (device); n++)
        ;
    }
}

/* I-14: with the server there, every queue empties. */
static void
come_to_rest (Sim *sim)
{
  guint last = sim->step;

  calm_down (sim);
  for (guint n = 0; n < ROUNDS_AT_REST && sim->failure == NULL; n++)
    {
      gboolean is_idle = TRUE;

      begin_step (sim, last + 1 + n);
      for (guint i = 0; i < sim->n_devices; i++)
        is_idle = sim_device_sync (&sim->devices[i], NULL) && is_idle;
      sim_check_step (sim);
      if (is_idle && sim_is_quiet (sim))
        return;
      settle (sim, n);
    }

  sim_fail (sim, "I-14 it does not come to rest");
}

/* Most are short, some long: the same time finds more so. */
static guint
pick_length (Sim *sim)
{
  guint kind = sim_random_below (&sim->work, 20);

  if (kind < 14)
    return 4 + sim_random_below (&sim->work, 12);
  if (kind < 19)
    return 12 + sim_random_below (&sim->work, 28);
  return 40 + sim_random_below (&sim->work, SIM_MAX_STEPS - 40);
}

/**
 * sim_run:
 * @place: where; put in order first
 * @plan: what
 * @failure: (out) (nullable): which invariant broke
 * @trace: (out) (optional): what happened
 *
 * Returns: whether all invariants held
 */
gboolean
sim_run (SimPlace      *place,
         const SimPlan *plan,
         char         **failure,
         char         **trace)
{
  Sim sim = { .place = place, .plan = plan, .are_faults_on = TRUE };
  guint n_steps, batch_at;

  if (trace != NULL)
    sim.trace = g_string_new (NULL);
  set_up (&sim);
  n_steps = pick_length (&sim);
  n_steps = MIN (n_steps, plan->last);
  batch_at = plan->seed % BATCH_EVERY == 0 ? 1 + sim_random_below (&sim.work, 6) : 0;
  for (guint n = 1; n <= n_steps && sim.failure == NULL; n++)
    step (&sim, n, batch_at);
  if (sim.failure == NULL)
    come_to_rest (&sim);
  if (sim.failure == NULL)
    sim_check_at_rest (&sim);
  tear_down (&sim);

  *failure = sim.failure;
  if (trace != NULL)
    *trace = g_string_free (sim.trace, FALSE);
  return sim.failure == NULL;
}
