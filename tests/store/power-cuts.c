/* Cuts the power at every change that a workload makes on its disk, opens what
 * is left, and holds it against what was acknowledged. */
#include "config.h"

#include "workload.h"

#include <glib/gstdio.h>
#include <string.h>

#include "bp-fault-vfs.h"
#include "bp-store-private.h"

#define ROUNDS 2
#define FULL_CHECK_EVERY 64

/**
 * Moment:
 * @image: what a power cut would leave
 * @n_done: how many states were acknowledged before it
 */
typedef struct
{
  BpFaultImage *image;
  guint n_done;
  const char *step;
} Moment;

typedef struct
{
  guint64 seed;
  gboolean is_careless;
  BpFaultVfs *vfs;
  BpFaultDisk *disk;
  BpFaultDisk *left; /* where it is looked into */
  char *folder;
  char *left_folder;
  GPtrArray *moments; /* (element-type Moment) */
  GPtrArray *states;  /* (element-type GBytes): all that was acknowledged */
  const char *step;
  guint64 n_cuts;
  guint64 n_checked;
} Run;

static void
free_moment (gpointer data)
{
  Moment *moment = data;

  bp_fault_image_free (moment->image);
  g_free (moment);
}

static void
before_change (BpFaultDisk *disk,
               BpFaultCall  call,
               gpointer     user_data)
{
  Run *self = user_data;
  Moment *moment = g_new0 (Moment, 1);

  moment->image = bp_fault_disk_take_cut_image (disk);
  moment->n_done = self->states->len;
  moment->step = self->step;
  g_ptr_array_add (self->moments, moment);
}

G_NORETURN static void
fail (Run        *self,
      const char *step,
      const char *words)
{
  g_printerr ("Seed %" G_GUINT64_FORMAT ", during “%s”: %s\n", self->seed, step, words);
  exit (1);
}

static void
check_books (Run        *self,
             BpStore    *store,
             const char *step)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  if (!bp_store_check (store, faults, &error))
    fail (self, step, error->message);
  if (faults->len > 0)
    fail (self, step, faults->pdata[0]);
  self->n_checked++;
}

static void
acknowledge (Run      *self,
             Workload *work)
{
  check_books (self, work->store, self->step);
  g_ptr_array_add (self->states, workload_read_all (work->store));
}

/* The planted bug that must be found: the disk's word is not waited for. */
static void
make_careless (BpStore *store)
{
  BpDatabase *database = bp_store_get_database (store);
  g_autoptr (GError) error = NULL;

  bp_database_run_sql (database, "PRAGMA synchronous = NORMAL", &error);
  g_assert_no_error (error);
}

static void
record (Run *self)
{
  Workload work;
  g_autoptr (GError) error = NULL;

  workload_init (&work, self->folder, self->seed);
  self->step = "open";
  bp_fault_disk_watch (self->disk, before_change, self);
  if (!workload_open (&work, &error))
    fail (self, self->step, error->message);
  if (self->is_careless)
    make_careless (work.store);
  acknowledge (self, &work);
  for (guint i = 0; i < ROUNDS * workload_get_n_steps (); i++)
    {
      guint step = i % workload_get_n_steps ();

      self->step = workload_get_name (step);
      if (!workload_run (&work, step, &error))
        fail (self, self->step, error->message);
      acknowledge (self, &work);
    }
  self->step = "close";
  workload_clear (&work);
  bp_fault_disk_watch (self->disk, NULL, NULL);
}

/* Before the first state is acknowledged there may be empty books. */
static gboolean
is_expected (Run          *self,
             const Moment *moment,
             BpStore      *store)
{
  g_autoptr (GBytes) found = workload_read_all (store);

  if (moment->n_done > 0 && g_bytes_equal (found, self->states->pdata[moment->n_done - 1]))
    return TRUE;
  return moment->n_done == 0 || (moment->n_done < self->states->len
                                 && g_bytes_equal (found, self->states->pdata[moment->n_done]));
}

/* The power goes again while the first thing is done with what was left. */
static void
cut_again (Run          *self,
           const Moment *moment,
           BpStore     **store,
           BpTestClock  *clock)
{
  g_autoptr (BpStore) first = g_steal_pointer (store);
  g_autoptr (GBytes) before = workload_read_all (first);
  g_autoptr (GBytes) found = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  bp_fault_disk_cut_at (self->left, BP_FAULT_CHANGE, 1 + self->n_cuts % 31);
  done = bp_store_set_value (first, "again", "yes", NULL) && bp_store_checkpoint (first, NULL);
  bp_fault_disk_cut_at (self->left, BP_FAULT_CHANGE, 0);
  bp_fault_disk_cut (self->left);
  g_clear_object (&first);
  bp_fault_disk_power_on (self->left);
  *store = bp_store_open (self->left_folder, BP_CLOCK (clock), &error);
  if (*store == NULL)
    fail (self, moment->step, error->message);
  found = workload_read_all (*store);
  check_books (self, *store, moment->step);
  {
    g_autofree char *value = bp_store_get_value (*store, "again");

    if (value == NULL && (done || !g_bytes_equal (before, found)))
      fail (self, moment->step, "Something is lost by a second cut");
  }
}

static void
look (Run          *self,
      const Moment *moment)
{
  g_autoptr (BpTestClock) clock = bp_test_clock_new (0, 1);
  g_autoptr (BpStore) store = NULL;
  g_autoptr (GError) error = NULL;

  bp_fault_disk_load_image (self->left, moment->image);
  store = bp_store_open (self->left_folder, BP_CLOCK (clock), &error);
  if (store == NULL)
    fail (self, moment->step, error->message);
  if (!is_expected (self, moment, store))
    fail (self, moment->step, "What is left is neither what was acknowledged nor one action more");
  self->n_cuts++;
  if (self->n_cuts % FULL_CHECK_EVERY == 0)
    cut_again (self, moment, &store, clock);
  else if (moment->n_done == 0)
    check_books (self, store, moment->step);
}

static void
run_seed (Run    *self,
          guint64 seed,
          guint64 limit)
{
  g_autoptr (BpFaultImage) empty = bp_fault_disk_take_image (self->disk);

  self->seed = seed;
  self->moments = g_ptr_array_new_with_free_func (free_moment);
  self->states = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  bp_fault_vfs_set_seed (self->vfs, seed);
  bp_fault_disk_set_seed (self->disk, seed);
  record (self);
  for (guint i = 0; i < self->moments->len && self->n_cuts < limit; i++)
    look (self, self->moments->pdata[i]);
  g_clear_pointer (&self->moments, g_ptr_array_unref);
  g_clear_pointer (&self->states, g_ptr_array_unref);
  bp_fault_disk_load_image (self->disk, empty);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_folder (inner);
    }
  g_remove (path);
}

int
main (int    argc,
      char **argv)
{
  gint64 cuts = 2000, first_seed = 1;
  gboolean careless = FALSE;
  const GOptionEntry options[] = {
    { "cuts", 0, 0, G_OPTION_ARG_INT64, &cuts, "How often the power is cut", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &first_seed, "The first seed", "S" },
    { "careless", 0, 0, G_OPTION_ARG_NONE, &careless, "Plant a bug, which must be found", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *root = NULL;
  gint64 start = g_get_monotonic_time ();
  Run run = { 0 };
  double seconds;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  run.is_careless = careless;
  root = g_dir_make_tmp ("bp-power-XXXXXX", NULL);
  g_assert_nonnull (root);
  run.folder = g_build_filename (root, "device", NULL);
  run.left_folder = g_build_filename (root, "left", NULL);
  run.vfs = bp_fault_vfs_new (1);
  run.disk = bp_fault_disk_new (run.vfs, run.folder, 1);
  run.left = bp_fault_disk_new (run.vfs, run.left_folder, 1);
  for (gint64 seed = first_seed; run.n_cuts < (guint64)cuts; seed++)
    run_seed (&run, (guint64)seed, (guint64)cuts);
  bp_fault_disk_free (run.disk);
  bp_fault_disk_free (run.left);
  bp_fault_vfs_free (run.vfs);
  remove_folder (root);
  g_free (run.folder);
  g_free (run.left_folder);

  seconds = (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  g_print ("%" G_GUINT64_FORMAT " power cuts survived, %" G_GUINT64_FORMAT
           " times all books checked, seeds %" G_GINT64_FORMAT " to %" G_GUINT64_FORMAT
           ", %.1f s, %.0f a second\n", run.n_cuts, run.n_checked, first_seed, run.seed, seconds,
           (double)run.n_cuts / seconds);
  return 0;
}
