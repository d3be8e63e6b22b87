/* The folder's item in the keyring: its token, and where the folder was when
 * it was written. */
#include "config.h"

#include "bp-sync-private.h"

#include <libsecret/secret.h>
#include <string.h>

static const SecretSchema schema = {
  APPLICATION_ID ".Token",
  SECRET_SCHEMA_NONE,
  {
    { "folder", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, 0 },
  },
};

static gboolean
fail_keyring (GError      **error,
              const GError *reason)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_KEYRING,
               "There is no keyring to keep the token in (%s); with --token-file it is kept"
               " in a file in the folder", reason->message);
  return FALSE;
}

/**
 * bp_sync_item_clear:
 * @item: an item
 *
 * Frees what is in it.
 */
void
bp_sync_item_clear (BpSyncItem *item)
{
  g_clear_pointer (&item->token, g_free);
  g_clear_pointer (&item->home, g_free);
}

/**
 * bp_sync_keyring_load:
 * @folder_id: whose item
 * @item: (out): what it holds; all %NULL where there is none
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_NO_KEYRING; %G_IO_ERROR_CANCELLED
 *
 * May wait for the user to unlock the keyring.
 *
 * Returns: whether the keyring answered
 */
gboolean
bp_sync_keyring_load (const char   *folder_id,
                      BpSyncItem   *item,
                      GCancellable *cancellable,
                      GError      **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *end;
  char *secret;

  *item = (BpSyncItem){ 0 };
  secret = secret_password_lookup_sync (&schema, cancellable, &local_error, "folder", folder_id,
                                        NULL);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      secret_password_free (secret);
      return FALSE;
    }
  if (local_error != NULL)
    return fail_keyring (error, local_error);

  /* One from before homes were kept is the token alone. */
  if (secret != NULL)
    {
      end = strchr (secret, '\n');
      item->token = end != NULL ? g_strndup (secret, (gsize)(end - secret)) : g_strdup (secret);
      item->home = end != NULL ? g_strdup (end + 1) : NULL;
    }
  secret_password_free (secret);
  return TRUE;
}

/**
 * bp_sync_keyring_save:
 * @folder_id: whose item
 * @item: what it holds from now on
 * @cancellable: (nullable)
 * @error: %BP_SYNC_ERROR_NO_KEYRING
 *
 * Returns: whether it is kept, in the place of what was
 */
gboolean
bp_sync_keyring_save (const char       *folder_id,
                      const BpSyncItem *item,
                      GCancellable     *cancellable,
                      GError          **error)
{
  g_autofree char *secret = g_strconcat (item->token, item->home != NULL ? "\n" : NULL,
                                         item->home, NULL);
  g_autoptr (GError) local_error = NULL;

  return secret_password_store_sync (&schema, SECRET_COLLECTION_DEFAULT, "BizPulse", secret,
                                     cancellable, &local_error, "folder", folder_id, NULL)
         || fail_keyring (error, local_error);
}

/**
 * bp_sync_keyring_forget:
 * @folder_id: whose item
 *
 * It is nowhere afterwards; a keyring that is gone does not matter.
 */
void
bp_sync_keyring_forget (const char *folder_id)
{
  secret_password_clear_sync (&schema, NULL, NULL, "folder", folder_id, NULL);
}
