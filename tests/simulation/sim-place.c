/* A shop with its devices paired, made once a process and put in place for
 * each schedule. */
#include "config.h"

#include "sim-place.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "bp-rules-transport.h"
#include "bp-store-private.h"
#include "bp-sync-engine.h"
#include "bp-sync-private.h"
#include "bp-test-clock.h"

static void
remove_all (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_all (inner);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

/**
 * sim_place_put_token:
 * @folder: of a device
 * @token: what it says it is
 */
void
sim_place_put_token (const char *folder,
                     const char *token)
{
  g_autofree char *path = g_build_filename (folder, "token", NULL);
  g_autofree char *line = g_strconcat (token, "\n", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, line, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

/* Paired, and synced once. */
static void
prepare_device (SimPlace      *self,
                BpRulesServer *server,
                BpClock       *clock,
                guint          index)
{
  g_autofree char *code = bp_rules_server_make_code (server, self->store_id);
  g_autofree char *name = g_path_get_basename (self->folders[index]);
  g_autoptr (BpTransport) wire = BP_TRANSPORT (bp_rules_transport_new (server));
  g_autoptr (BpStore) store = NULL;
  g_autoptr (BpSyncEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  BpPairTerms terms = { "https://shop.example", code, name, TRUE };
  BpSyncReport report;

  store = bp_store_open (self->folders[index], clock, &error);
  g_assert_no_error (error);
  bp_sync_pair_over (store, wire, &terms, NULL, NULL, &error);
  g_assert_no_error (error);
  self->tokens[index] = bp_sync_token_load (store, NULL, &error);
  g_assert_no_error (error);
  engine = bp_sync_engine_new (store, wire, clock, self->tokens[index]);
  bp_sync_run_over (store, engine, NULL, &report, NULL, &error);
  g_assert_no_error (error);
}

/* All that is on a disk, closed. */
static void
make_all (SimPlace *self)
{
  g_autoptr (BpTestClock) clock = bp_test_clock_new (SIM_START, 1);
  g_autoptr (BpRulesServer) server = NULL;

  server = bp_rules_server_new (self->server_path, BP_CLOCK (clock));
  self->store_id = bp_rules_server_add_store (server, "Corner Shop", "INR");
  self->other_id = bp_rules_server_add_store (server, "Another Shop", "EUR");
  for (guint i = 0; i < SIM_N_PAIRED; i++)
    prepare_device (self, server, BP_CLOCK (clock), i);
}

static BpFaultDisk *
make_disk (SimPlace   *self,
           const char *name,
           char      **folder)
{
  *folder = g_build_filename (self->root, name, NULL);
  g_mkdir (*folder, 0700);
  return bp_fault_disk_new (self->vfs, *folder, 1);
}

/**
 * sim_place_new:
 *
 * Returns: (transfer full): a place of its own, in memory
 */
SimPlace *
sim_place_new (void)
{
  const char *where = g_access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
  SimPlace *self = g_new0 (SimPlace, 1);
  g_autofree char *server = NULL;

  self->root = g_build_filename (where, "bizpulse-simulation-XXXXXX", NULL);
  if (g_mkdtemp (self->root) == NULL)
    g_error ("No folder in %s", where);
  self->vfs = bp_fault_vfs_new (1);
  self->server_disk = make_disk (self, "server", &server);
  self->server_path = g_build_filename (server, "server.db", NULL);
  for (guint i = 0; i < SIM_MAX_DEVICES; i++)
    {
      g_autofree char *name = g_strdup_printf (i < SIM_N_PAIRED ? "till-%u" : "copy-%u", i);

      self->disks[i] = make_disk (self, name, &self->folders[i]);
    }
  make_all (self);
  self->server = bp_fault_disk_take_image (self->server_disk);
  for (guint i = 0; i < SIM_N_PAIRED; i++)
    self->images[i] = bp_fault_disk_take_image (self->disks[i]);

  return self;
}

/**
 * sim_folder_clear:
 * @self: a device's books, open or not
 *
 * They are closed.
 */
void
sim_folder_clear (SimFolder *self)
{
  g_clear_pointer (&self->reader, sim_reader_free);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
}

static void
close_all (SimPlace *self)
{
  for (guint i = 0; i < SIM_N_PAIRED; i++)
    sim_folder_clear (&self->idle[i]);
  g_clear_pointer (&self->idle_reader, sim_reader_free);
  g_clear_pointer (&self->idle_server, bp_rules_server_free);
  g_clear_object (&self->idle_clock);
}

/**
 * sim_place_free:
 * @self: (transfer full): a place that no schedule uses
 */
void
sim_place_free (SimPlace *self)
{
  close_all (self);
  bp_fault_image_free (self->server);
  bp_fault_disk_free (self->server_disk);
  for (guint i = 0; i < SIM_MAX_DEVICES; i++)
    {
      bp_fault_disk_free (self->disks[i]);
      g_free (self->folders[i]);
    }
  for (guint i = 0; i < SIM_N_PAIRED; i++)
    {
      bp_fault_image_free (self->images[i]);
      g_free (self->tokens[i]);
    }
  bp_fault_vfs_free (self->vfs);
  remove_all (self->root);
  g_free (self->store_id);
  g_free (self->other_id);
  g_free (self->server_path);
  g_free (self->root);
  g_free (self);
}

/**
 * sim_place_load:
 * @disk: a disk on which nothing is open
 * @image: what is on it from now on
 * @seed: of what power cuts leave of it
 *
 * It has power, and nothing is to befall it.
 */
void
sim_place_load (BpFaultDisk        *disk,
                const BpFaultImage *image,
                guint64             seed)
{
  if (bp_fault_disk_is_off (disk))
    bp_fault_disk_power_on (disk);
  bp_fault_disk_cut_at (disk, BP_FAULT_CHANGE, 0);
  bp_fault_disk_set_seed (disk, seed);
  bp_fault_disk_load_image (disk, image);
}

/* What is open stays open. */
static void
put_back (BpFaultDisk        *disk,
          const BpFaultImage *image,
          guint64             seed,
          gboolean            is_open)
{
  if (!is_open)
    {
      sim_place_load (disk, image, seed);
      return;
    }

  bp_fault_disk_cut_at (disk, BP_FAULT_CHANGE, 0);
  bp_fault_disk_set_seed (disk, seed);
  bp_fault_disk_rewind (disk, image);
}

/**
 * sim_place_reset:
 * @self: a place that no schedule uses
 * @n_devices: how many of the devices are wanted
 * @seed: of the schedule
 * @mutant: what is to be planted
 *
 * All is as it was when the place was made.
 */
void
sim_place_reset (SimPlace *self,
                 guint     n_devices,
                 guint64   seed,
                 SimMutant mutant)
{
  if (mutant != self->mutant)
    close_all (self);
  self->mutant = mutant;
  bp_fault_vfs_set_seed (self->vfs, seed);
  put_back (self->server_disk, self->server, seed, self->idle_server != NULL);
  for (guint i = 0; i < n_devices; i++)
    {
      put_back (self->disks[i], self->images[i], seed + 1 + i, self->idle[i].store != NULL);
      sim_place_put_token (self->folders[i], self->tokens[i]);
    }
}
