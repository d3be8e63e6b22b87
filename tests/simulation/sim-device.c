/* A device: opened, killed, opened again, synced. */
#include "config.h"

#include "sim.h"

#include "bp-store-private.h"
#include "bp-sync-private.h"

/* From the moment it dies no commit reaches the disk. */
static int
before_commit (gpointer data)
{
  SimDevice *device = data;

  if (device->dies_in == 0)
    device->is_dead = TRUE;
  else if (device->dies_in > 0)
    device->dies_in--;

  return device->is_dead;
}

static void
open_store (SimDevice *device)
{
  g_autoptr (GError) error = NULL;

  device->is_dead = FALSE;
  device->dies_in = -1;
  device->store = bp_store_open (device->folder, BP_CLOCK (device->clock), &error);
  g_assert_no_error (error);
  sqlite3_commit_hook (sim_device_read (device), before_commit, device);
}

static void
open_engine (SimDevice *device)
{
  device->transport = sim_transport_new (device);
  device->engine = bp_sync_engine_new (device->store, device->transport,
                                       BP_CLOCK (device->clock), device->token);
}

/**
 * sim_device_init:
 * @sim: a simulation with a server
 * @index: which device is set up and paired
 */
void
sim_device_init (Sim  *sim,
                 guint index)
{
  SimDevice *device = &sim->devices[index];
  g_autofree char *code = bp_rules_server_make_code (sim->server, sim->store_id);
  g_autoptr (GError) error = NULL;
  BpPairTerms terms = { "https://shop.example", code, NULL, TRUE };

  device->sim = sim;
  device->index = index;
  device->name = g_strdup_printf ("till-%u", index);
  device->folder = g_build_filename (sim->root, device->name, NULL);
  device->clock = bp_test_clock_new (SIM_START, sim->seed * 16 + index + 1);
  device->decided = g_hash_table_new (g_direct_hash, g_direct_equal);
  terms.device_name = device->name;
  open_store (device);
  bp_sync_pair_over (device->store, sim->wire, &terms, NULL, &error);
  g_assert_no_error (error);
  device->token = bp_sync_token_load (device->store, NULL, &error);
  g_assert_no_error (error);
  open_engine (device);
}

static void
close_store (SimDevice *device)
{
  g_clear_object (&device->engine);
  g_clear_object (&device->transport);
  g_clear_object (&device->store);
}

/**
 * sim_device_clear:
 * @device: a device, not needed any more
 */
void
sim_device_clear (SimDevice *device)
{
  close_store (device);
  g_clear_object (&device->clock);
  g_clear_pointer (&device->decided, g_hash_table_unref);
  g_free (device->name);
  g_free (device->folder);
  g_free (device->token);
  g_free (device->epoch);
}

/**
 * sim_device_revive:
 * @device: a device, dead or not
 *
 * A dead device is opened again, with what had reached the disk.
 */
void
sim_device_revive (SimDevice *device)
{
  if (!device->is_dead || device->is_running)
    return;

  sim_say (device->sim, "%s: opened again", device->name);
  close_store (device);
  open_store (device);
  open_engine (device);
}

/**
 * sim_device_read:
 * @device: a device
 *
 * Returns: (transfer none): its connection
 */
sqlite3 *
sim_device_read (SimDevice *device)
{
  return bp_database_get_handle (bp_store_get_database (device->store));
}

/**
 * sim_device_sync:
 * @device: a device that does not sync already
 * @options: (nullable): of the run
 */
void
sim_device_sync (SimDevice           *device,
                 const BpSyncOptions *options)
{
  g_autoptr (GError) error = NULL;
  BpSyncReport report;
  gboolean done;

  device->is_running = TRUE;
  device->may_go_back = device->may_go_back || (options != NULL && options->full);
  done = bp_sync_engine_run (device->engine, options, &report, NULL, &error);
  device->is_running = FALSE;
  sim_say (device->sim, "%s: run: %s, sent %d, fetched %d, %d requests%s%s", device->name,
           done ? (report.finished ? "finished" : "cut") : "failed", (int)report.pushed,
           (int)report.pulled, (int)report.requests, error != NULL ? ": " : "",
           error != NULL ? error->message : "");
  if (done || device->is_dead || error->domain == BP_SYNC_ERROR)
    return;
  sim_fail (device->sim, "%s: the run failed: %s", device->name, error->message);
}
