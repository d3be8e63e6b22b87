/* Where the files of a schedule are: the same for all of a process, filled
 * anew for each. */
#pragma once

#include "bp-fault-vfs.h"
#include "bp-rules-transport.h"
#include "bp-store.h"
#include "bp-test-clock.h"
#include "sim-plan.h"
#include "sim-reader.h"

G_BEGIN_DECLS

#define SIM_N_PAIRED 4
#define SIM_N_CLONES 2
#define SIM_MAX_DEVICES (SIM_N_PAIRED + SIM_N_CLONES)
#define SIM_START G_GINT64_CONSTANT (1763800000000)

/**
 * SimFolder:
 * @clock: what @store was opened with
 * @reader: over its connection
 *
 * A device's books, left open from one schedule to the next: what was prepared
 * for a connection is most of the work of a short one.
 */
typedef struct
{
  BpTestClock *clock; /* (owned) (nullable) */
  BpStore *store;     /* (owned) (nullable) */
  SimReader *reader;  /* (owned) (nullable) */
} SimFolder;

/**
 * SimPlace:
 * @vfs: what SQLite runs on meanwhile
 * @root: a folder of its own
 * @server_path: the server's database
 * @server_disk: what that is on
 * @folders: of the devices, and of the copies that may be made of them
 * @disks: what those are on
 * @store_id: the shop whose devices they are
 * @other_id: another shop of the same server, that nobody touches
 * @server: what is on the server's disk at the start
 * @images: what is on the devices'
 * @tokens: theirs
 * @idle: those whose books are open
 * @idle_server: (nullable): the server, where it is open
 * @idle_clock: (nullable): its clock
 * @idle_reader: (nullable): looks into it
 * @mutant: what is planted in what is open
 */
typedef struct
{
  BpFaultVfs *vfs;
  char *root;
  char *server_path;
  BpFaultDisk *server_disk;
  char *folders[SIM_MAX_DEVICES];
  BpFaultDisk *disks[SIM_MAX_DEVICES];
  char *store_id;
  char *other_id;
  BpFaultImage *server;
  BpFaultImage *images[SIM_N_PAIRED];
  char *tokens[SIM_N_PAIRED];
  SimFolder idle[SIM_N_PAIRED];
  BpRulesServer *idle_server;
  BpTestClock *idle_clock;
  SimReader *idle_reader;
  SimMutant mutant;
} SimPlace;

SimPlace *sim_place_new (void);
void sim_place_free (SimPlace *self);
void sim_place_reset (SimPlace *self,
                      guint     n_devices,
                      guint64   seed,
                      SimMutant mutant);
void sim_folder_clear (SimFolder *self);
void sim_place_load (BpFaultDisk        *disk,
                     const BpFaultImage *image,
                     guint64             seed);
void sim_place_put_token (const char *folder,
                          const char *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPlace, sim_place_free)

G_END_DECLS
