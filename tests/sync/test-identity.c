#include "config.h"

#include "bp-sync-private.h"

#include <glib/gstdio.h>

#include "bp-test-clock.h"

/* Folders of one root, by which they go; they share libsecret's own keyring in a
 * file, which a process has one of. */
typedef struct
{
  char *root;
  BpTestClock *clock;
  GPtrArray *stores;
} Place;

static void
set_up (Place        *place,
        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  place->root = g_dir_make_tmp ("bizpulse-XXXXXX", &error);
  g_assert_no_error (error);
  place->clock = bp_test_clock_new (G_GINT64_CONSTANT (1763800000000), 1);
  place->stores = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
tear_down (Place        *place,
           gconstpointer data)
{
  g_ptr_array_unref (place->stores);
  g_object_unref (place->clock);
  remove_all (place->root);
  g_free (place->root);
}

static BpStore *
open_folder (Place      *place,
             const char *name)
{
  g_autofree char *folder = g_build_filename (place->root, name, NULL);
  g_autoptr (GError) error = NULL;
  BpStore *store = bp_store_open (folder, BP_CLOCK (place->clock), &error);

  g_assert_no_error (error);
  g_ptr_array_add (place->stores, store);
  g_assert_true (bp_store_set_value (store, BP_VALUE_FOLDER_ID, place->root, NULL));
  g_assert_true (bp_store_set_value (store, BP_VALUE_TOKEN_PLACE, "keyring", NULL));
  return store;
}

static void
expect (BpStore    *store,
        const char *token,
        BpIdentity  expected)
{
  g_autoptr (GError) error = NULL;
  BpIdentity identity;
  g_autofree char *loaded = bp_sync_token_load_for_run (store, &identity, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (loaded, ==, token);
  g_assert_cmpint (identity, ==, expected);
}

/* The folder that runs first takes over what was written before homes were. */
static void
test_without_a_home (Place        *place,
                     gconstpointer data)
{
  BpStore *a = open_folder (place, "a");
  BpStore *b = open_folder (place, "b");
  BpSyncItem item = { (char *)"token", NULL };
  g_autoptr (GError) error = NULL;

  bp_sync_keyring_save (place->root, &item, NULL, &error);
  g_assert_no_error (error);
  expect (a, "token", BP_IDENTITY_MOVED);
  expect (a, "token", BP_IDENTITY_OWN);
  expect (b, "token", BP_IDENTITY_COPY);
  expect (a, "token", BP_IDENTITY_OWN);
}

/* A copy's own token goes beside the original's, into an item of its own. */
static void
test_a_copys_token (Place        *place,
                    gconstpointer data)
{
  BpStore *a = open_folder (place, "a");
  BpStore *b = open_folder (place, "b");
  g_autoptr (GError) error = NULL;

  bp_sync_token_save (a, "token", FALSE, NULL, &error);
  g_assert_no_error (error);
  expect (a, "token", BP_IDENTITY_OWN);
  bp_sync_token_save (b, "other", FALSE, NULL, &error);
  g_assert_no_error (error);
  expect (a, "token", BP_IDENTITY_OWN);
  expect (b, "other", BP_IDENTITY_OWN);

  /* The same one again takes the place of the old. */
  bp_sync_token_save (a, "renewed", FALSE, NULL, &error);
  g_assert_no_error (error);
  expect (a, "renewed", BP_IDENTITY_OWN);
  bp_sync_token_forget (a, &error);
  g_assert_no_error (error);
  expect (b, "other", BP_IDENTITY_OWN);
}

/* What cannot be looked into may be the original. */
static void
test_an_unreadable_original (Place        *place,
                             gconstpointer data)
{
  BpStore *b = open_folder (place, "b");
  g_autofree char *folder = g_build_filename (place->root, "a", NULL);
  g_autofree char *path = g_build_filename (folder, "bizpulse_local.db", NULL);
  g_autofree char *home = NULL;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  home = bp_sync_make_home (folder);
  g_assert_cmpint (bp_sync_compare_identity (b, place->root, home), ==, BP_IDENTITY_MOVED);
  g_assert_true (g_file_set_contents (path, "no database", -1, NULL));
  g_assert_cmpint (bp_sync_compare_identity (b, place->root, home), ==, BP_IDENTITY_COPY);
}

#define ADD(name, function) \
  g_test_add ("/sync/identity/" name, Place, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("bizpulse-XXXXXX", NULL);
  g_autofree char *keyring = g_build_filename (folder, "keyring", NULL);
  int result;

  g_setenv ("SECRET_BACKEND", "file", TRUE);
  g_setenv ("SECRET_FILE_TEST_PATH", keyring, TRUE);
  g_setenv ("SECRET_FILE_TEST_PASSWORD", "secret", TRUE);
  g_test_init (&argc, &argv, NULL);

  ADD ("an-item-without-a-home-is-taken-over", test_without_a_home);
  ADD ("a-copy-keeps-a-token-of-its-own", test_a_copys_token);
  ADD ("an-unreadable-original-is-one", test_an_unreadable_original);

  result = g_test_run ();
  remove_all (folder);
  return result;
}
