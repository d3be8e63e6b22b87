/* Files on their way: what is kept, for how long, and what is left. */
#include "config.h"

#include "bp-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include "bp-spool.h"

typedef struct
{
  char *parent;
  BpFixedClock *clock;
  BpSpoolLimits limits;
  BpSpool *spool;
} Place;

static void
start (Place *place)
{
  g_autoptr (GError) error = NULL;

  place->spool = bp_spool_new (BP_CLOCK (place->clock), &place->limits, &error);
  g_assert_no_error (error);
}

static void
set_up (Place        *place,
        gconstpointer data)
{
  place->parent = g_dir_make_tmp ("bizpulse-spool-XXXXXX", NULL);
  g_setenv ("TMPDIR", place->parent, TRUE);
  place->clock = g_object_new (BP_TYPE_FIXED_CLOCK, NULL);
  bp_spool_limits_init (&place->limits);
  place->limits.max_files_of_store = 3;
  place->limits.max_files = 5;
  place->limits.max_bytes = 100;
  place->limits.max_of_store = 60;
  start (place);
}

static guint
count_children (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;
  return n;
}

static void
stop (Place *place)
{
  bp_spool_close (place->spool);
  g_clear_pointer (&place->spool, bp_spool_unref);
}

static void
tear_down (Place        *place,
           gconstpointer data)
{
  if (place->spool != NULL)
    stop (place);
  g_assert_cmpuint (count_children (place->parent), ==, 0);
  g_assert_cmpint (g_rmdir (place->parent), ==, 0);
  g_unsetenv ("TMPDIR");
  g_object_unref (place->clock);
  g_free (place->parent);
}

static BpSpoolFile *
make (Place      *place,
      const char *store,
      const char *text,
      gint64      number)
{
  g_autoptr (GError) error = NULL;
  BpSpoolFile *file = bp_spool_make (place->spool, store, &error);

  g_assert_no_error (error);
  g_assert_true (bp_spool_file_append (file, text, strlen (text), &error));
  g_assert_no_error (error);
  bp_spool_file_finish (file, NULL);
  file->number = number;
  return file;
}

static void
keep (Place      *place,
      const char *store,
      const char *group,
      const char *text,
      gint64      number)
{
  g_autoptr (BpSpoolFile) file = make (place, store, text, number);

  bp_spool_keep (place->spool, group, file);
}

static char *
look (Place      *place,
      const char *store,
      const char *group)
{
  g_autoptr (BpSpoolFile) file = bp_spool_find (place->spool, store, group, NULL);
  char *text;

  if (file == NULL)
    return g_strdup ("-");
  text = g_malloc0 ((gsize)file->size + 1);
  g_assert_cmpint (bp_spool_file_read (file, 0, text, (gsize)file->size, NULL), ==, file->size);
  return text;
}

#define assert_kept(place, store, group, expected) \
  do \
    { \
      g_autofree char *told_ = look (place, store, group); \
      g_assert_cmpstr (told_, ==, expected); \
    } \
  while (0)

static void
the_newest_is_found (Place        *place,
                     gconstpointer data)
{
  g_autoptr (BpSpoolFile) old = make (place, "s1", "one", 1);
  g_autoptr (BpSpoolFile) found = NULL;

  bp_spool_keep (place->spool, "g", old);
  keep (place, "s1", "g", "two", 2);
  assert_kept (place, "s1", "g", "two");
  assert_kept (place, "s1", "h", "-");
  assert_kept (place, "s2", "g", "-");
  found = bp_spool_find (place->spool, "s1", "g", old->etag);
  g_assert_true (found == old);
  g_assert_null (bp_spool_find (place->spool, "s2", "g", old->etag));
  g_assert_null (bp_spool_find (place->spool, "s1", "h", old->etag));
  assert_kept (place, "s1", "g", "two");
}

static void
equal_bytes_have_equal_tags (Place        *place,
                             gconstpointer data)
{
  g_autoptr (BpSpoolFile) one = make (place, "s1", "same", 1);
  g_autoptr (BpSpoolFile) two = make (place, "s2", "same", 2);
  g_autoptr (BpSpoolFile) other = make (place, "s1", "Same", 1);
  g_autofree char *hash = bp_spool_file_get_hash (one);
  g_autofree char *expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "same", -1);

  g_assert_cmpstr (one->etag, ==, two->etag);
  g_assert_cmpstr (one->etag, !=, other->etag);
  g_assert_cmpstr (hash, ==, expected);
}

static void
not_many_are_kept (Place        *place,
                   gconstpointer data)
{
  keep (place, "s2", "g", "other", 1);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *group = g_strdup_printf ("g%u", i);

      keep (place, "s1", group, group, 1);
    }
  assert_kept (place, "s1", "g0", "-");
  assert_kept (place, "s1", "g1", "g1");
  assert_kept (place, "s1", "g3", "g3");
  assert_kept (place, "s2", "g", "other");

  keep (place, "s3", "g", "three", 1);
  keep (place, "s4", "g", "four", 1);
  assert_kept (place, "s1", "g2", "-");
  assert_kept (place, "s2", "g", "other");
  assert_kept (place, "s4", "g", "four");
}

static void
what_nobody_asks_for_goes (Place        *place,
                           gconstpointer data)
{
  keep (place, "s1", "g1", "one", 1);
  keep (place, "s1", "g2", "two", 1);
  place->clock->now += place->limits.keep_ms - 1;
  assert_kept (place, "s1", "g1", "one");
  bp_spool_drop_old (place->spool);
  place->clock->now += 1;
  bp_spool_drop_old (place->spool);
  assert_kept (place, "s1", "g2", "-");
  assert_kept (place, "s1", "g1", "one");
}

/* Bytes count for as long as somebody holds them. */
static void
nobody_holds_too_much (Place        *place,
                       gconstpointer data)
{
  g_autofree char *half = g_strnfill (30, 'x');
  g_autoptr (BpSpoolFile) one = make (place, "s1", half, 1);
  g_autoptr (BpSpoolFile) two = make (place, "s1", half, 1);
  g_autoptr (BpSpoolFile) more = NULL;
  g_autoptr (BpSpoolFile) other = make (place, "s2", half, 1);
  g_autoptr (BpSpoolFile) last = NULL;
  g_autoptr (GError) error = NULL;

  more = bp_spool_make (place->spool, "s1", NULL);
  g_assert_false (bp_spool_file_append (more, "x", 1, &error));
  g_assert_error (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FULL);
  g_clear_error (&error);

  last = bp_spool_make (place->spool, "s3", NULL);
  g_assert_true (bp_spool_file_append (last, half, 10, &error));
  g_assert_false (bp_spool_file_append (last, "x", 1, &error));
  g_assert_error (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_FULL);

  g_clear_pointer (&two, bp_spool_file_unref);
  g_assert_true (bp_spool_file_append (more, "x", 1, NULL));
}

static void
room_is_made (Place        *place,
              gconstpointer data)
{
  g_autofree char *half = g_strnfill (30, 'x');
  g_autoptr (BpSpoolFile) held = NULL;
  gboolean is_all;

  keep (place, "s1", "g1", half, 1);
  keep (place, "s1", "g2", half, 1);
  g_assert_cmpint (bp_spool_get_room (place->spool, "s1", &is_all), ==, 30);
  g_assert_true (is_all);
  assert_kept (place, "s1", "g1", "-");
  assert_kept (place, "s1", "g2", half);
  held = bp_spool_find (place->spool, "s1", "g2", NULL);
  keep (place, "s1", "g3", half, 1);
  g_assert_cmpint (bp_spool_get_room (place->spool, "s1", &is_all), ==, 0);
  g_assert_false (is_all);
}

static void
who_makes_work_waits (Place        *place,
                      gconstpointer data)
{
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s1"), ==, 0);
  bp_spool_charge (place->spool, "s1", 5000);
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s1"), ==, 0);
  place->clock->now += 20000;
  bp_spool_charge (place->spool, "s1", 5000);
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s1"), ==, 40000);
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s2"), ==, 0);
  place->clock->now += 40000;
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s1"), ==, 0);
  bp_spool_charge (place->spool, "s1", 1);
  g_assert_cmpint (bp_spool_get_wait (place->spool, "s1"), ==, 0);
}

/* A file that is being sent outlives its being kept, and the spool. */
static void
who_holds_a_file_can_read_it (Place        *place,
                              gconstpointer data)
{
  g_autoptr (BpSpoolFile) file = make (place, "s1", "hold", 1);
  char buffer[8] = "";

  bp_spool_keep (place->spool, "g", file);
  stop (place);
  g_assert_cmpint (bp_spool_file_read (file, 1, buffer, sizeof buffer, NULL), ==, 3);
  g_assert_cmpstr (buffer, ==, "old");
  g_clear_pointer (&file, bp_spool_file_unref);
  g_assert_cmpuint (count_children (place->parent), ==, 0);
}

static void
a_closed_one_keeps_nothing (Place        *place,
                            gconstpointer data)
{
  g_autoptr (BpSpoolFile) file = make (place, "s1", "late", 1);
  g_autoptr (GError) error = NULL;

  bp_spool_close (place->spool);
  bp_spool_keep (place->spool, "g", file);
  assert_kept (place, "s1", "g", "-");
  g_assert_null (bp_spool_pack (place->spool, "s1", file, &error));
  g_assert_error (error, BP_SPOOL_ERROR, BP_SPOOL_ERROR_CLOSED);
}

/* Of a server that was killed; not of one that runs. */
static void
what_was_left_is_removed (Place        *place,
                          gconstpointer data)
{
  g_autofree char *left = g_build_filename (place->parent, "bizpulse-server-123456", NULL);
  g_autofree char *fresh = g_build_filename (place->parent, "bizpulse-server-654321", NULL);
  g_autofree char *file = g_build_filename (left, "0", NULL);
  struct utimbuf old = { place->clock->now / 1000 - 3600, place->clock->now / 1000 - 3600 };
  struct utimbuf young = { place->clock->now / 1000 - 5, place->clock->now / 1000 - 5 };
  g_autoptr (GDir) folder = g_dir_open (place->parent, 0, NULL);
  g_autofree char *own = g_build_filename (place->parent, g_dir_read_name (folder), NULL);
  BpSpool *first = place->spool;

  g_mkdir (left, 0700);
  g_mkdir (fresh, 0700);
  g_assert_true (g_file_set_contents (file, "rows", 4, NULL));
  utime (left, &old);
  utime (fresh, &young);
  utime (own, &old);
  start (place);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (fresh, G_FILE_TEST_IS_DIR));
  g_assert_true (g_file_test (own, G_FILE_TEST_IS_DIR));
  g_assert_cmpuint (count_children (place->parent), ==, 3);

  g_rmdir (fresh);
  bp_spool_close (first);
  bp_spool_unref (first);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define add(name, function) \
  g_test_add ("/server/spool/" name, Place, NULL, set_up, function, tear_down)
  add ("the-newest-is-found", the_newest_is_found);
  add ("equal-bytes-have-equal-tags", equal_bytes_have_equal_tags);
  add ("not-many-are-kept", not_many_are_kept);
  add ("what-nobody-asks-for-goes", what_nobody_asks_for_goes);
  add ("nobody-holds-too-much", nobody_holds_too_much);
  add ("room-is-made", room_is_made);
  add ("who-makes-work-waits", who_makes_work_waits);
  add ("who-holds-a-file-can-read-it", who_holds_a_file_can_read_it);
  add ("a-closed-one-keeps-nothing", a_closed_one_keeps_nothing);
  add ("what-was-left-is-removed", what_was_left_is_removed);
#undef add

  return g_test_run ();
}
