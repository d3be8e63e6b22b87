/* Where the files are, and the server over its file. */
#include "config.h"

#include "sim.h"

#include <glib/gstdio.h>

#include "sim-server.h"

static const char *const ends[] = { "", "-wal" };

/* A database and its log: in one thread, between transactions, a whole copy. */
static void
copy_database (const char *from,
               const char *to)
{
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *source = g_strconcat (from, ends[i], NULL);
      g_autofree char *target = g_strconcat (to, ends[i], NULL);
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      g_unlink (target);
      if (!g_file_get_contents (source, &text, &length, NULL))
        continue;
      g_file_set_contents_full (target, text, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600,
                                &error);
      g_assert_no_error (error);
    }
}

/**
 * sim_files_remove:
 * @path: a file or folder, with what is in it
 */
void
sim_files_remove (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      sim_files_remove (inner);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

/**
 * sim_files_make_root:
 *
 * Returns: (transfer full): a folder of its own, in memory where there is one
 */
char *
sim_files_make_root (void)
{
  const char *place = g_access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
  char *path = g_build_filename (place, "bizpulse-simulation-XXXXXX", NULL);

  if (g_mkdtemp (path) == NULL)
    g_error ("No folder in %s", place);
  return path;
}

/**
 * sim_server_open:
 * @sim: a simulation whose server is closed
 */
void
sim_server_open (Sim *sim)
{
  sim->server = bp_rules_server_new (sim->server_path, BP_CLOCK (sim->clock));
  sim->wire = BP_TRANSPORT (bp_rules_transport_new (sim->server));
}

/**
 * sim_server_close:
 * @sim: a simulation
 */
void
sim_server_close (Sim *sim)
{
  g_clear_pointer (&sim->reader, sqlite3_close);
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
  copy_database (sim->server_path, sim->backup_path);
  sim->has_backup = TRUE;
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
  g_autofree char *index = g_strconcat (sim->server_path, "-shm", NULL);

  sim_token_end_past (sim);
  sim_server_close (sim);
  g_unlink (index);
  copy_database (sim->backup_path, sim->server_path);
  sim_server_open (sim);
  bp_rules_server_begin_epoch (sim->server, sim->store_id);
  sim->has_restored = TRUE;
  sim_say (sim, "server: put back");
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
  sim_server_forget_deletions (sim->server_path, BP_CLOCK (sim->clock));
  sim_say (sim, "server: forgot deletions");
}

/**
 * sim_server_read:
 * @sim: a simulation
 *
 * Returns: (transfer none): a connection to the server's file, to read from
 */
sqlite3 *
sim_server_read (Sim *sim)
{
  if (sim->reader == NULL
      && sqlite3_open_v2 (sim->server_path, &sim->reader, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
    g_error ("The server's file cannot be read");
  sqlite3_db_config (sim->reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  return sim->reader;
}

/**
 * sim_server_check:
 * @sim: a simulation; fails where the server's check finds something
 */
void
sim_server_check (Sim *sim)
{
  g_autoptr (GPtrArray) faults = sim_server_find_faults (sim->server_path);

  if (faults->len > 0)
    sim_fail (sim, "The server's check: %s", (char *)faults->pdata[0]);
}
