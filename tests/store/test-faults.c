/* Reads, writes and syncs that fail, once or for ever, and disks that are full:
 * an action holds as a whole or not at all, what is said is true, and when the
 * fault has gone everything works. */
#include "config.h"

#include "workload.h"

#include <glib/gstdio.h>

#include "bp-fault-vfs.h"
#include "bp-store-private.h"

#define START G_GINT64_CONSTANT (1763000000000)

typedef struct
{
  char *folder;
  BpFaultVfs *vfs;
  BpFaultDisk *disk;
  Workload work;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("bp-faults-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->vfs = bp_fault_vfs_new (1);
  fixture->disk = bp_fault_disk_new (fixture->vfs, fixture->folder, 1);
  workload_init (&fixture->work, fixture->folder, 1);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  workload_clear (&fixture->work);
  bp_fault_disk_free (fixture->disk);
  bp_fault_vfs_free (fixture->vfs);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

static void
open_work (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  workload_open (&fixture->work, &error);
  g_assert_no_error (error);
}

static void
check_books (BpStore *store)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  bp_store_check (store, faults, &error);
  g_assert_no_error (error);
  if (faults->len > 0)
    g_error ("%s", (char *)faults->pdata[0]);
}

/**
 * Sweep:
 *
 * One step of the workload, begun again and again from the same state.
 */
typedef struct
{
  Fixture *fixture;
  guint step;
  BpFaultImage *image;
  gint64 now;
  guint round;
  gint64 seq;
  guint64 random;
  GBytes *before;
  GBytes *after;
  char *fault;
  guint n_errors;
  guint n_in_spite;
  guint n_come_back;
} Sweep;

static void
begin_again (Sweep *self)
{
  Workload *work = &self->fixture->work;

  workload_close (work);
  bp_fault_disk_power_on (self->fixture->disk);
  bp_fault_disk_set_room (self->fixture->disk, -1);
  bp_fault_disk_load_image (self->fixture->disk, self->image);
  work->round = self->round;
  work->seq = self->seq;
  work->random = self->random;
  workload_set_clock (work, self->now, self->step + 1);
  open_work (self->fixture);
}

static void
sweep_init (Sweep   *self,
            Fixture *fixture,
            guint    step)
{
  Workload *work = &fixture->work;
  g_autoptr (GError) error = NULL;

  *self = (Sweep) { .fixture = fixture, .step = step };
  workload_close (work);
  self->image = bp_fault_disk_take_image (fixture->disk);
  self->now = bp_clock_get_now (BP_CLOCK (work->clock));
  self->round = work->round;
  self->seq = work->seq;
  self->random = work->random;
  begin_again (self);
  self->before = workload_read_all (work->store);
  workload_run (work, step, &error);
  g_assert_no_error (error);
  self->after = workload_read_all (work->store);
}

/* The step is done, and the next may come. */
static void
sweep_clear (Sweep *self)
{
  g_autoptr (GError) error = NULL;

  begin_again (self);
  workload_run (&self->fixture->work, self->step, &error);
  g_assert_no_error (error);
  bp_fault_image_free (self->image);
  g_bytes_unref (self->before);
  g_bytes_unref (self->after);
  g_free (self->fault);
}

static void
assert_holds (Sweep      *self,
              GBytes     *expected,
              const char *what)
{
  g_autoptr (GBytes) found = NULL;

  if (self->fixture->work.store == NULL)
    open_work (self->fixture);
  found = workload_read_all (self->fixture->work.store);
  if (!g_bytes_equal (found, expected))
    g_error ("%s, %s: %s", workload_get_name (self->step), self->fault, what);
}

/* As if the program had been killed after the fault, or the power had gone.
 * Where nothing could be written any more, not even that an action failed, it
 * may be there. */
static void
assert_holds_after_a_cut (Sweep   *self,
                          gboolean done,
                          gboolean for_ever)
{
  g_autoptr (GBytes) found = NULL;

  bp_fault_disk_cut (self->fixture->disk);
  workload_close (&self->fixture->work);
  bp_fault_disk_power_on (self->fixture->disk);
  open_work (self->fixture);
  found = workload_read_all (self->fixture->work.store);
  if (!done && for_ever && g_bytes_equal (found, self->after))
    self->n_come_back++;
  else
    assert_holds (self, done ? self->after : self->before,
                  "what was said is not what is left after a power cut");
}

/* What is reported must be a fault of the disk. */
static void
check_answer (Sweep        *self,
              gboolean      done,
              const GError *error)
{
  if (done)
    {
      self->n_in_spite++;
      assert_holds (self, self->after, "said to be done, and is not");
      return;
    }

  g_assert_nonnull (error);
  if (error->domain != BP_DATABASE_ERROR)
    g_error ("%s, %s: %s", workload_get_name (self->step), self->fault, error->message);
  self->n_errors++;
  assert_holds (self, self->before, "said to have failed, and something is left");
}

/* Returns whether the fault came. */
static gboolean
try_fault (Sweep      *self,
           BpFaultCall calls,
           guint64     n,
           gboolean    for_ever,
           gboolean    with_cut)
{
  BpFaultDisk *disk = self->fixture->disk;
  Workload *work = &self->fixture->work;
  g_autoptr (GError) error = NULL;
  guint64 start;
  gboolean done, came;

  begin_again (self);
  bp_fault_disk_set_seed (disk, n);
  g_free (self->fault);
  self->fault = g_strdup_printf ("fault at call %d of kinds %#x%s%s", (int)n, calls,
                                 for_ever ? " for ever" : "", with_cut ? ", then a cut" : "");
  start = bp_fault_disk_count (disk, calls);
  bp_fault_disk_fail_at (disk, calls, n, for_ever);
  done = workload_run (work, self->step, &error);
  came = bp_fault_disk_count (disk, calls) - start >= n;
  bp_fault_disk_fail_at (disk, calls, 0, FALSE);
  if (!came)
    {
      g_assert_no_error (error);
      return FALSE;
    }

  check_answer (self, done, error);
  if (with_cut)
    assert_holds_after_a_cut (self, done, for_ever);
  else if (!done)
    {
      g_clear_error (&error);
      workload_run (work, self->step, &error);
      g_assert_no_error (error);
    }
  check_books (work->store);
  return TRUE;
}

/* Each call in a slow run (-m slow), else the first ones and some of the rest. */
static guint64
get_next (guint64 n,
          guint   kind)
{
  return n + (g_test_slow () || n < 4 ? 1 : 5 + (n + kind) % 13);
}

static void
sweep_errors (Sweep *self)
{
  static const BpFaultCall calls[] = {
    BP_FAULT_READ, BP_FAULT_WRITE, BP_FAULT_SYNC, BP_FAULT_CHANGE
  };

  for (guint kind = 0; kind < 4 * G_N_ELEMENTS (calls); kind++)
    {
      guint64 n = 1;

      while (try_fault (self, calls[kind / 4], n, kind % 2 != 0, kind % 4 > 1))
        n = get_next (n, kind);
    }
}

static void
sweep_all (Fixture *fixture,
           void (  *run )(Sweep *))
{
  guint n_errors = 0, n_in_spite = 0, n_come_back = 0;

  open_work (fixture);
  for (guint step = 0; step < workload_get_n_steps (); step++)
    {
      Sweep sweep;

      sweep_init (&sweep, fixture, step);
      run (&sweep);
      n_errors += sweep.n_errors;
      n_in_spite += sweep.n_in_spite;
      n_come_back += sweep.n_come_back;
      sweep_clear (&sweep);
    }
  g_test_message ("%u times refused, %u times done in spite of the fault, %u times there after a"
                  " cut although nothing could be written", n_errors, n_in_spite, n_come_back);
  g_assert_cmpuint (n_errors, >, 100);
}

static void
test_errors (Fixture      *fixture,
             gconstpointer data)
{
  sweep_all (fixture, sweep_errors);
}

static gboolean
count_row (const BpRow *row,
           gpointer     user_data)
{
  (*(guint *)user_data)++;
  return TRUE;
}

static void
assert_can_read (BpStore *store)
{
  BpListFilter filter = { bp_table_find ("products"), NULL, FALSE, -1 };
  g_autoptr (GError) error = NULL;
  guint n = 0;

  bp_store_list (store, &filter, count_row, &n, &error);
  g_assert_no_error (error);
}

/* Returns whether it did not fit. */
static gboolean
try_room (Sweep *self,
          gint64 more)
{
  BpFaultDisk *disk = self->fixture->disk;
  Workload *work = &self->fixture->work;
  g_autoptr (GError) error = NULL;
  gboolean done;

  begin_again (self);
  assert_can_read (work->store);
  bp_fault_disk_set_room (disk, bp_fault_disk_get_used (disk) + more);
  g_free (self->fault);
  self->fault = g_strdup_printf ("room for %d bytes more", (int)more);
  done = workload_run (work, self->step, &error);
  if (work->store == NULL)
    bp_fault_disk_set_room (disk, -1);
  check_answer (self, done, error);
  assert_can_read (work->store);
  bp_fault_disk_set_room (disk, -1);
  if (done)
    return FALSE;

  g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_FULL);
  g_clear_error (&error);
  workload_run (work, self->step, &error);
  g_assert_no_error (error);
  check_books (work->store);
  return TRUE;
}

static void
sweep_room (Sweep *self)
{
  guint64 n = 0;

  while (try_room (self, (gint64)n * 4096))
    n = get_next (n, 0);
}

static void
test_full (Fixture      *fixture,
           gconstpointer data)
{
  sweep_all (fixture, sweep_room);
}

/* A page of rubbish in a file that was closed in order. */
static GBytes *
damage_page (GBytes *whole,
             gsize   page)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (whole, &length);
  guint8 *damaged = g_memdup2 (bytes, length);
  guint64 state = page + 1;

  for (gsize i = page * 4096; i < (page + 1) * 4096; i++)
    {
      state = state * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
      damaged[i] = (guint8)(state >> 56);
    }

  return g_bytes_new_take (damaged, length);
}

static void
assert_damage_is_found (Fixture *fixture,
                        gsize    page)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  BpStore *store;

  store = bp_store_open (fixture->folder, BP_CLOCK (fixture->work.clock), &error);
  if (store == NULL)
    {
      g_assert_error (error, BP_DATABASE_ERROR, BP_DATABASE_ERROR_CORRUPT);
      return;
    }

  bp_store_check (store, faults, &error);
  g_assert_no_error (error);
  g_object_unref (store);
  if (faults->len == 0)
    g_error ("Page %d is rubbish, and nothing is found", (int)page + 1);
}

static void
test_damage (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, BP_STORE_FILE, NULL);
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GError) error = NULL;

  open_work (fixture);
  for (guint step = 0; step < workload_get_n_steps (); step++)
    {
      workload_run (&fixture->work, step, &error);
      g_assert_no_error (error);
    }
  /* Of a page that is not used there is nothing to be found. */
  bp_database_run_sql (bp_store_get_database (fixture->work.store), "VACUUM", &error);
  g_assert_no_error (error);
  workload_close (&fixture->work);

  whole = bp_fault_disk_read (fixture->disk, path);
  for (gsize page = 0; page < g_bytes_get_size (whole) / 4096; page++)
    {
      g_autoptr (GBytes) damaged = damage_page (whole, page);
      g_autoptr (GBytes) kept = NULL;

      bp_fault_disk_write (fixture->disk, path, damaged);
      assert_damage_is_found (fixture, page);
      kept = bp_fault_disk_read (fixture->disk, path);
      g_assert_true (g_bytes_equal (kept, damaged));
    }
  g_test_message ("%d pages", (int)(g_bytes_get_size (whole) / 4096));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/faults/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("nth-error-takes-back-one-action-and-no-more", test_errors);
  ADD ("full-disk-takes-back-one-action-and-no-more", test_full);
  ADD ("damage-is-found-and-the-file-stays-as-it-is", test_damage);
#undef ADD

  return g_test_run ();
}
