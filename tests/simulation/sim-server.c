/* The server over its file: opened, copied, put back, looked into. */
#include "config.h"

#include "sim.h"

/**
 * sim_server_open:
 * @sim: a simulation whose server is closed
 */
void
sim_server_open (Sim *sim)
{
  sim->server = bp_rules_server_new (sim->place->server_path, BP_CLOCK (sim->clock));
  sim->wire = BP_TRANSPORT (bp_rules_transport_new (sim->server));
}

/**
 * sim_server_take:
 * @sim: a simulation that begins
 *
 * Takes the server that was left open, or opens it.
 */
void
sim_server_take (Sim *sim)
{
  SimPlace *place = sim->place;
  guint64 seed = sim->plan->seed * 16;

  if (place->idle_server == NULL)
    {
      sim->clock = bp_test_clock_new (SIM_START, seed);
      sim_server_open (sim);
      return;
    }

  sim->clock = g_steal_pointer (&place->idle_clock);
  bp_test_clock_reset (sim->clock, SIM_START, seed);
  sim->server = g_steal_pointer (&place->idle_server);
  sim->reader = g_steal_pointer (&place->idle_reader);
  sim->wire = BP_TRANSPORT (bp_rules_transport_new (sim->server));
}

/**
 * sim_server_leave:
 * @sim: a simulation that ends
 *
 * The server is left open for the next one.
 */
void
sim_server_leave (Sim *sim)
{
  g_clear_object (&sim->wire);
  sim->place->idle_clock = g_steal_pointer (&sim->clock);
  sim->place->idle_server = g_steal_pointer (&sim->server);
  sim->place->idle_reader = g_steal_pointer (&sim->reader);
}

/**
 * sim_server_close:
 * @sim: a simulation
 */
void
sim_server_close (Sim *sim)
{
  g_clear_pointer (&sim->reader, sim_reader_free);
  g_clear_object (&sim->wire);
  g_clear_pointer (&sim->server, bp_rules_server_free);
}

/**
 * sim_server_back_up:
 * @sim: a simulation
 *
 * What sim_server_restore() goes back to.
 */
void
sim_server_back_up (Sim *sim)
{
  g_clear_pointer (&sim->backup, bp_fault_image_free);
  sim->backup = bp_fault_disk_take_image (sim->place->server_disk);
  sim_say (sim, "server: copied");
}

/**
 * sim_server_restore:
 * @sim: a simulation with a copy
 *
 * The server is as it was then, in a new epoch.
 */
void
sim_server_restore (Sim *sim)
{
  sim_token_end_past (sim);
  sim_server_close (sim);
  sim_place_load (sim->place->server_disk, sim->backup, sim_random_next (&sim->faults));
  sim_server_open (sim);
  bp_rules_server_begin_epoch (sim->server, sim->place->store_id);
  sim->has_restored = TRUE;
  sim->n_known = 0;
  g_hash_table_remove_all (sim->known);
  sim_say (sim, "server: put back");
}

/**
 * sim_server_revive:
 * @sim: a simulation
 *
 * A server that lost its power is started again, with what had reached the
 * disk.
 *
 * Returns: whether it had
 */
gboolean
sim_server_revive (Sim *sim)
{
  if (!bp_fault_disk_is_off (sim->place->server_disk))
    return FALSE;

  sim_say (sim, "server: started again");
  sim_server_close (sim);
  bp_fault_disk_power_on (sim->place->server_disk);
  sim_server_open (sim);
  sim->n_known = 0;
  g_hash_table_remove_all (sim->known);
  return TRUE;
}

/**
 * sim_server_forget:
 * @sim: a simulation
 *
 * A season passes, and the server forgets its deletions.
 */
void
sim_server_forget (Sim *sim)
{
  bp_test_clock_advance (sim->clock, 92 * SIM_DAY_MS);
  bp_rules_server_forget_deletions (sim->server);
  sim_say (sim, "server: forgot deletions");
}

/**
 * sim_server_read:
 * @sim: a simulation
 *
 * Returns: (transfer none): a connection to the server's file, to read from
 */
SimReader *
sim_server_read (Sim *sim)
{
  if (sim->reader == NULL)
    sim->reader = sim_reader_new (sim->place->server_path);
  return sim->reader;
}
