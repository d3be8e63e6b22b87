/* Where the token is kept: the keyring, or, only when asked for, a file. */
#include "config.h"

#include "bp-sync-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bp-id.h"

#define TOKEN_FILE "token"
#define TOKEN_MAX 4096

static char *
get_path (BpStore *store)
{
  return g_build_filename (bp_store_get_folder (store), TOKEN_FILE, NULL);
}

/* Whether a header can carry it. */
static gboolean
is_token (const char *token)
{
  gsize length = strlen (token);

  if (length == 0 || length > TOKEN_MAX)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isgraph (token[i]))
        return FALSE;
    }

  return TRUE;
}

static char *
get_folder_id (BpStore *store,
               GError **error)
{
  g_autofree char *id = bp_store_get_value (store, BP_VALUE_FOLDER_ID);

  if (id != NULL)
    return g_steal_pointer (&id);

  id = bp_id_new (bp_store_get_clock (store));
  if (!bp_store_set_value (store, BP_VALUE_FOLDER_ID, id, error))
    return NULL;
  return g_steal_pointer (&id);
}

/**
 * bp_sync_token_check_place:
 * @store: of a folder
 * @token_file: whether a file was asked for
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_NO_KEYRING; %G_IO_ERROR_CANCELLED
 *
 * Looks before a code is used up whether the token could be kept.
 *
 * Returns: whether it could
 */
gboolean
bp_sync_token_check_place (BpStore      *store,
                           gboolean      token_file,
                           GCancellable *cancellable,
                           GError      **error)
{
  g_autofree char *folder = NULL;
  g_auto (BpSyncItem) item = { 0 };

  if (token_file)
    return TRUE;

  folder = get_folder_id (store, error);
  return folder != NULL && bp_sync_keyring_load (folder, &item, cancellable, error);
}

static gboolean
save_file (BpStore    *store,
           const char *token,
           GError    **error)
{
  g_autofree char *path = get_path (store);
  g_autofree char *line = g_strconcat (token, "\n", NULL);

  return g_file_set_contents_full (path, line, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

/* A copy leaves the item to the folder that it was copied from. */
static char *
choose_folder_id (BpStore      *store,
                  GCancellable *cancellable,
                  GError      **error)
{
  g_autofree char *id = get_folder_id (store, error);
  g_auto (BpSyncItem) item = { 0 };

  if (id == NULL || !bp_sync_keyring_load (id, &item, cancellable, error))
    return NULL;
  if (item.token != NULL && bp_sync_compare_identity (store, id, item.home) == BP_IDENTITY_COPY)
    return bp_id_new (bp_store_get_clock (store));

  return g_steal_pointer (&id);
}

static gboolean
save_item (BpStore      *store,
           const char   *folder_id,
           const char   *token,
           GCancellable *cancellable,
           GError      **error)
{
  g_auto (BpSyncItem) item = { g_strdup (token), bp_sync_make_home (bp_store_get_folder (store)) };

  return bp_sync_keyring_save (folder_id, &item, cancellable, error);
}

static gboolean
save_secret (BpStore      *store,
             const char   *token,
             GCancellable *cancellable,
             GError      **error)
{
  g_autofree char *folder = choose_folder_id (store, cancellable, error);
  g_autofree char *path = NULL;

  if (folder == NULL || !save_item (store, folder, token, cancellable, error)
      || !bp_store_set_value (store, BP_VALUE_FOLDER_ID, folder, error))
    return FALSE;

  /* The file is looked for first: an old one must not be found. */
  path = get_path (store);
  g_unlink (path);
  return TRUE;
}

/**
 * bp_sync_token_save:
 * @store: of a folder
 * @token: what is kept
 * @token_file: whether in a file of mode 0600 in the folder, instead of the
 *   keyring
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_NO_KEYRING; %BP_SYNC_ERROR_NO_CONNECTION where @token
 *   is none; #GFileError; #BpDatabaseError
 *
 * Returns: whether it is kept
 */
gboolean
bp_sync_token_save (BpStore      *store,
                    const char   *token,
                    gboolean      token_file,
                    GCancellable *cancellable,
                    GError      **error)
{
  if (!is_token (token))
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION,
                   "The server's answer holds no usable token");
      return FALSE;
    }
  if (token_file ? !save_file (store, token, error)
                 : !save_secret (store, token, cancellable, error))
    return FALSE;

  return bp_store_set_value (store, BP_VALUE_TOKEN_PLACE, token_file ? "file" : "keyring", error);
}

static gboolean
fail_unpaired (GError **error)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED,
               "This folder is not paired with a store");
  return FALSE;
}

static char *
load_file (BpStore *store,
           GError **error)
{
  g_autofree char *path = get_path (store);
  g_autofree char *text = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &local_error))
    {
      if (!g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  g_strstrip (text);
  if (!is_token (text))
    {
      g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED,
                   "The file “%s” holds no token: pair again", TOKEN_FILE);
      return NULL;
    }

  return g_steal_pointer (&text);
}

/* A keyring that does not take the home is asked again the next time. */
static char *
load_secret (BpStore      *store,
             BpIdentity   *identity,
             GCancellable *cancellable,
             GError      **error)
{
  g_autofree char *folder = get_folder_id (store, error);
  g_auto (BpSyncItem) item = { 0 };

  if (folder == NULL || !bp_sync_keyring_load (folder, &item, cancellable, error))
    return NULL;
  if (item.token == NULL)
    {
      fail_unpaired (error);
      return NULL;
    }
  if (identity != NULL)
    {
      *identity = bp_sync_compare_identity (store, folder, item.home);
      if (*identity == BP_IDENTITY_MOVED)
        save_item (store, folder, item.token, cancellable, NULL);
    }

  return g_steal_pointer (&item.token);
}

/**
 * bp_sync_token_is_there:
 * @store: of a folder
 *
 * A backup may tell of a token that is in another folder. The keyring, which
 * may ask the user, is not asked.
 *
 * Returns: whether a token is kept, as far as can be seen from the folder
 */
gboolean
bp_sync_token_is_there (BpStore *store)
{
  g_autofree char *place = bp_store_get_value (store, BP_VALUE_TOKEN_PLACE);
  g_autofree char *path = get_path (store);

  return place != NULL
         && (!g_str_equal (place, "file") || g_file_test (path, G_FILE_TEST_EXISTS));
}

/* The file is looked for first, then the keyring. */
static char *
load (BpStore      *store,
      BpIdentity   *identity,
      GCancellable *cancellable,
      GError      **error)
{
  g_autofree char *place = bp_store_get_value (store, BP_VALUE_TOKEN_PLACE);
  g_autoptr (GError) local_error = NULL;
  char *token;

  if (place == NULL)
    {
      fail_unpaired (error);
      return NULL;
    }

  token = load_file (store, &local_error);
  if (token != NULL)
    return token;
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (g_str_equal (place, "keyring"))
    token = load_secret (store, identity, cancellable, error);
  else
    fail_unpaired (error);

  return token;
}

/**
 * bp_sync_token_load:
 * @store: of a folder
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_NOT_PAIRED, %BP_SYNC_ERROR_NO_KEYRING; #GFileError
 *
 * Returns: (transfer full) (nullable): the token
 */
char *
bp_sync_token_load (BpStore      *store,
                    GCancellable *cancellable,
                    GError      **error)
{
  return load (store, NULL, cancellable, error);
}

/**
 * bp_sync_token_load_for_run:
 * @store: of a folder whose lock for runs is held
 * @identity: (out): what the folder is as far as the keyring tells
 * @cancellable: (nullable)
 * @error: as bp_sync_token_load()
 *
 * As bp_sync_token_load(). A token in a file tells of no home: the folder is
 * then its own. The home of one that was moved is kept as it is now.
 *
 * Returns: (transfer full) (nullable): the token
 */
char *
bp_sync_token_load_for_run (BpStore      *store,
                            BpIdentity   *identity,
                            GCancellable *cancellable,
                            GError      **error)
{
  *identity = BP_IDENTITY_OWN;
  return load (store, identity, cancellable, error);
}

/**
 * bp_sync_token_forget:
 * @store: of a folder
 * @error: #GFileError; #BpDatabaseError
 *
 * The token is nowhere afterwards, but for one that belongs to the folder which
 * this one was copied from; a keyring that is gone does not matter.
 *
 * Returns: whether it is forgotten
 */
gboolean
bp_sync_token_forget (BpStore *store,
                      GError **error)
{
  g_autofree char *path = get_path (store);
  g_autofree char *place = bp_store_get_value (store, BP_VALUE_TOKEN_PLACE);
  g_autofree char *folder = NULL;
  g_auto (BpSyncItem) item = { 0 };

  if (g_unlink (path) != 0 && errno != ENOENT)
    {
      int code = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
                   "The file “%s” cannot be removed: %s", TOKEN_FILE, g_strerror (code));
      return FALSE;
    }
  if (g_strcmp0 (place, "keyring") == 0)
    {
      folder = get_folder_id (store, error);
      if (folder == NULL)
        return FALSE;
      if (bp_sync_keyring_load (folder, &item, NULL, NULL)
          && bp_sync_compare_identity (store, folder, item.home) != BP_IDENTITY_COPY)
        bp_sync_keyring_forget (folder);
    }

  return bp_store_set_value (store, BP_VALUE_TOKEN_PLACE, NULL, error);
}
