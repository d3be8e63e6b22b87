/* A device: opened, killed, opened again, put back, copied, synced. */
#include "config.h"

#include "sim.h"

#include "bp-store-private.h"
#include "bp-sync-engine-private.h"
#include "bp-sync-private.h"

#define SNAPSHOT_FROM 3

/**
 * sim_device_is_dead:
 * @device: a device
 *
 * Returns: whether it lost its power, and was not opened since
 */
gboolean
sim_device_is_dead (SimDevice *device)
{
  return bp_fault_disk_is_off (device->disk);
}

static void
open_books (SimDevice *device)
{
  g_autoptr (GError) error = NULL;
  BpStore *store = bp_store_open (device->folder, BP_CLOCK (device->books.clock), &error);

  g_assert_no_error (error);
  device->books.store = store;
  device->books.reader
    = sim_reader_new_over (bp_database_get_handle (bp_store_get_database (store)));
  sim_mutate_device (device);
}

static void
start (SimDevice *device)
{
  g_autoptr (GError) error = NULL;

  g_free (device->token);
  device->token = bp_sync_token_load (device->books.store, NULL, &error);
  g_assert_no_error (error);
  device->transport = sim_transport_new (device);
  device->engine = bp_sync_engine_new (device->books.store, device->transport,
                                       BP_CLOCK (device->books.clock), device->token);
  bp_sync_engine_set_snapshot_from (device->engine, SNAPSHOT_FROM);
}

static void
stop (SimDevice *device)
{
  g_clear_object (&device->engine);
  g_clear_object (&device->transport);
}

static void
open_device (SimDevice *device)
{
  open_books (device);
  start (device);
}

static void
close_device (SimDevice *device)
{
  stop (device);
  g_clear_pointer (&device->books.reader, sim_reader_free);
  g_clear_object (&device->books.store);
}

static gboolean
is_paired (SimDevice *device)
{
  return device->index < SIM_N_PAIRED
         && device->folder == device->sim->place->folders[device->index];
}

/**
 * sim_device_init:
 * @sim: a simulation with a server
 * @index: of a device whose folder is in place, and open where it was left so
 */
void
sim_device_init (Sim  *sim,
                 guint index)
{
  SimDevice *device = &sim->devices[index];
  guint64 seed = sim->plan->seed * 16 + index + 1;

  device->sim = sim;
  device->index = index;
  device->name = g_strdup_printf ("till-%u", index);
  device->decided = g_hash_table_new (g_direct_hash, g_direct_equal);
  device->is_touched = TRUE;
  if (is_paired (device) && sim->place->idle[index].store != NULL)
    {
      device->books = sim->place->idle[index];
      sim->place->idle[index] = (SimFolder){ 0 };
      bp_test_clock_reset (device->books.clock, SIM_START, seed);
    }
  else
    {
      device->books.clock = bp_test_clock_new (SIM_START, seed);
      open_books (device);
    }
  start (device);
}

/**
 * sim_device_clear:
 * @device: a device, not needed any more
 *
 * Its books stay open for the next schedule, where that may have them.
 */
void
sim_device_clear (SimDevice *device)
{
  stop (device);
  if (is_paired (device) && !sim_device_is_dead (device))
    device->sim->place->idle[device->index] = device->books;
  else
    sim_folder_clear (&device->books);
  g_clear_pointer (&device->decided, g_hash_table_unref);
  g_clear_pointer (&device->copy, bp_fault_image_free);
  g_free (device->token_then);
  g_free (device->name);
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
  if (!sim_device_is_dead (device) || device->is_running)
    return;

  sim_say (device->sim, "%s: opened again", device->name);
  close_device (device);
  bp_fault_disk_power_on (device->disk);
  open_device (device);
  device->is_touched = TRUE;
}

/**
 * sim_device_copy:
 * @device: a living device
 *
 * What sim_device_put_back() goes back to.
 */
void
sim_device_copy (SimDevice *device)
{
  g_clear_pointer (&device->copy, bp_fault_image_free);
  g_free (device->token_then);
  device->copy = bp_fault_disk_take_image (device->disk);
  device->token_then = bp_sync_token_load (device->books.store, NULL, NULL);
  device->n_tokens_then = device->sim->n_tokens;
  sim_say (device->sim, "%s: copied", device->name);
}

/**
 * sim_device_put_back:
 * @device: a device with a copy, that is not running
 *
 * Its folder is as it was when it was copied; what was done since and not
 * sent is gone, as its user wanted it.
 */
void
sim_device_put_back (SimDevice *device)
{
  close_device (device);
  sim_place_load (device->disk, device->copy, sim_random_next (&device->sim->faults));
  sim_place_put_token (device->folder, device->token_then);
  open_device (device);
  sim_token_give_up (device, device->n_tokens_then);
  device->may_go_back = TRUE;
  device->is_touched = TRUE;
  device->sim->has_forked = TRUE;
  sim_say (device->sim, "%s: put back", device->name);
}

/* What its user did is what the copy's user did. */
static void
take_after (SimDevice *clone,
            SimDevice *device)
{
  GHashTableIter iter;
  gpointer id;

  clone->may_go_back = TRUE;
  clone->trusts_clocks = device->trusts_clocks;
  clone->has_limited = device->has_limited;
  g_hash_table_iter_init (&iter, device->decided);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_hash_table_add (clone->decided, id);
}

/**
 * sim_device_clone:
 * @device: a device that is not running
 *
 * Its folder is copied, and the copy goes on beside it.
 */
void
sim_device_clone (SimDevice *device)
{
  Sim *sim = device->sim;
  SimDevice *clone = &sim->devices[sim->n_devices];
  g_autoptr (BpFaultImage) image = bp_fault_disk_take_image (device->disk);
  guint place = SIM_N_PAIRED + sim->n_clones++;

  clone->folder = sim->place->folders[place];
  clone->disk = sim->place->disks[place];
  sim_place_load (clone->disk, image, sim->plan->seed + sim->n_devices);
  sim_place_put_token (clone->folder, device->token);
  sim_device_init (sim, sim->n_devices++);
  take_after (clone, device);
  sim->has_forked = TRUE;
  sim_say (sim, "%s: copied as %s", device->name, clone->name);
}

/**
 * sim_device_read:
 * @device: a device
 *
 * Returns: (transfer none): to look into its database
 */
SimReader *
sim_device_read (SimDevice *device)
{
  return device->books.reader;
}

/* Nothing that waits is hidden from its user. */
static void
check_status (SimDevice *device)
{
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (device->books.store, NULL);

  if (status != NULL && status->state == BP_SYNC_STATE_SYNCED
      && sim_reader_ask (device->books.reader,
                         "SELECT count (*) FROM sync_queue WHERE status <> 'synced'") > 0)
    sim_fail (device->sim, "I-14 %s: all is said to be synced, but something waits",
              device->name);
}

/* A server that was put back may not know the device any more. */
static void
pair_again (SimDevice *device)
{
  Sim *sim = device->sim;
  g_autofree char *code = bp_rules_server_make_code (sim->server, sim->place->store_id);
  g_autoptr (GError) error = NULL;
  BpPairTerms terms = { "https://shop.example", code, device->name, TRUE };

  if (!bp_sync_pair_over (device->books.store, sim->wire, &terms, NULL, NULL, &error)
      && !sim_device_is_dead (device))
    sim_fail (sim, "I-14 %s: it cannot be paired again: %s", device->name, error->message);
  if (sim_device_is_dead (device))
    return;

  stop (device);
  start (device);
  sim_say (sim, "%s: paired again", device->name);
}

/**
 * sim_device_sync:
 * @device: a device that does not sync already
 * @options: (nullable): of the run
 *
 * Returns: whether the run came to its end and neither sent nor fetched
 *   anything
 */
gboolean
sim_device_sync (SimDevice           *device,
                 const BpSyncOptions *options)
{
  g_autoptr (GError) error = NULL;
  BpSyncReport report;
  gboolean done;

  device->is_running = TRUE;
  device->is_touched = TRUE;
  device->may_go_back = device->may_go_back || (options != NULL && options->full);
  done = bp_sync_run_over (device->books.store, device->engine, options, &report, NULL, &error);
  device->is_running = FALSE;
  sim_say (device->sim, "%s: run: %s, sent %d, fetched %d, %d requests%s%s", device->name,
           done ? (report.finished ? "finished" : "cut") : "failed", (int)report.pushed,
           (int)report.pulled, (int)report.requests, error != NULL ? ": " : "",
           error != NULL ? error->message : "");
  if (!done && !sim_device_is_dead (device) && error->domain != BP_SYNC_ERROR)
    sim_fail (device->sim, "I-14 %s: the run failed: %s", device->name, error->message);
  if (!sim_device_is_dead (device))
    check_status (device);
  if (g_error_matches (error, BP_SYNC_ERROR, BP_SYNC_ERROR_UNAUTHORIZED))
    pair_again (device);

  return done && report.finished && report.pushed == 0 && report.pulled == 0;
}
