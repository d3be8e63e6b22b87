/* Whether a folder is the one that its item in the keyring is about. */
#include "config.h"

#include "bp-sync-private.h"

#include <glib/gstdio.h>
#include <stdlib.h>

/**
 * bp_sync_make_home:
 * @folder: a folder
 *
 * Returns: (transfer full): where it is, as kept in the keyring: an address
 *   without symbolic links
 */
char *
bp_sync_make_home (const char *folder)
{
  char *real = realpath (folder, NULL);
  g_autofree char *path = g_canonicalize_filename (real != NULL ? real : folder, NULL);

  free (real);
  return g_filename_to_uri (path, NULL, NULL);
}

/* A disk may be mounted in two places. */
static gboolean
is_same_folder (const char *a,
                const char *b)
{
  GStatBuf first, second;

  return g_stat (a, &first) == 0 && g_stat (b, &second) == 0
         && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/**
 * bp_sync_compare_identity:
 * @store: of a folder
 * @folder_id: the id it goes by
 * @home: (nullable): where the folder of this id was, see bp_sync_make_home()
 *
 * Where @home is, or cannot be looked into, a folder of the same id is this
 * one's original, or its copy: whichever is not at home is the new one. A
 * folder that is no longer there was moved.
 *
 * Returns: what this folder is
 */
BpIdentity
bp_sync_compare_identity (BpStore    *store,
                          const char *folder_id,
                          const char *home)
{
  const char *folder = bp_store_get_folder (store);
  g_autofree char *here = bp_sync_make_home (folder);
  g_autofree char *path = home != NULL ? g_filename_from_uri (home, NULL, NULL) : NULL;
  g_autofree char *other = NULL;

  if (path != NULL && (g_strcmp0 (here, home) == 0 || is_same_folder (folder, path)))
    return BP_IDENTITY_OWN;
  if (path == NULL)
    return BP_IDENTITY_MOVED;

  if (!bp_store_peek_value (path, BP_VALUE_FOLDER_ID, &other, NULL)
      || g_strcmp0 (other, folder_id) == 0)
    return BP_IDENTITY_COPY;
  return BP_IDENTITY_MOVED;
}
