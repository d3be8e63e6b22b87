/* Whose certificates a folder takes: the system's authorities, or, where it was
 * paired so, one of the shop's own and no other. */
#include "config.h"

#include "bp-sync-private.h"

#include <string.h>

#include "bp-http-transport.h"

/* GLib reads authorities from files only. What holds is the folder's value. */
#define AUTHORITY_FILE "server-ca.pem"
#define AUTHORITY_MAX (256 * 1024)

static gboolean
refuse (GError    **error,
        const char *path,
        const char *why)
{
  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, "“%s” %s", path, why);
  return FALSE;
}

/* Its certificates and nothing else: a key may stand beside them. */
static gboolean
read_authority (const char *path,
                char      **authority,
                GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  GList *certificates = g_tls_certificate_list_new_from_file (path, &local_error);

  if (local_error != NULL)
    return refuse (error, path, local_error->message);
  if (certificates == NULL)
    return refuse (error, path, "holds no certificate in PEM");

  for (GList *link = certificates; link != NULL; link = link->next)
    {
      g_autofree char *pem = NULL;

      g_object_get (link->data, "certificate-pem", &pem, NULL);
      g_string_append (text, pem);
    }
  g_list_free_full (certificates, g_object_unref);
  if (text->len > AUTHORITY_MAX)
    return refuse (error, path, "holds too many certificates");

  *authority = g_string_free (g_steal_pointer (&text), FALSE);
  return TRUE;
}

/**
 * bp_sync_trust_choose:
 * @store: of a folder
 * @terms: of a pairing
 * @authority: (out) (nullable): certificates in PEM; %NULL for the system's
 *   authorities
 * @error: %BP_SYNC_ERROR_REFUSED where there is no such file, or what is in it
 *   is no use
 *
 * A folder that is paired with the same address again goes on trusting whom it
 * trusts, unless the terms say otherwise.
 *
 * Returns: whether it is known whom to trust
 */
gboolean
bp_sync_trust_choose (BpStore           *store,
                      const BpPairTerms *terms,
                      char             **authority,
                      GError           **error)
{
  g_autofree char *url = bp_store_get_value (store, BP_VALUE_URL);

  *authority = NULL;
  if (terms->ca_file == NULL)
    {
      if (g_strcmp0 (url, terms->url) == 0)
        *authority = bp_store_get_value (store, BP_VALUE_AUTHORITY);
      return TRUE;
    }
  if (terms->ca_file[0] == '\0')
    return TRUE;
  if (!g_str_has_prefix (terms->url, "https:"))
    return refuse (error, terms->url, "shows no certificate: use https");

  return read_authority (terms->ca_file, authority, error);
}

/**
 * bp_sync_trust_open:
 * @store: of a folder
 * @authority: (nullable): as of bp_sync_trust_choose()
 * @trusted: (out) (transfer full) (nullable): %NULL for the system's authorities
 * @error: #GFileError; #GTlsError
 *
 * Returns: whether it is known whom to trust
 */
gboolean
bp_sync_trust_open (BpStore       *store,
                    const char    *authority,
                    GTlsDatabase **trusted,
                    GError       **error)
{
  g_autofree char *path = NULL;
  g_autofree char *known = NULL;

  *trusted = NULL;
  if (authority == NULL)
    return TRUE;

  path = g_build_filename (bp_store_get_folder (store), AUTHORITY_FILE, NULL);
  g_file_get_contents (path, &known, NULL, NULL);
  if (g_strcmp0 (known, authority) != 0
      && !g_file_set_contents_full (path, authority, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                    error))
    return FALSE;

  *trusted = g_tls_file_database_new (path, error);
  return *trusted != NULL;
}

/**
 * bp_sync_trust_load:
 * @store: of a folder
 * @trusted: (out) (transfer full) (nullable): as of bp_sync_trust_open()
 * @error: as bp_sync_trust_open()
 *
 * Returns: whether it is known whom the folder trusts
 */
gboolean
bp_sync_trust_load (BpStore       *store,
                    GTlsDatabase **trusted,
                    GError       **error)
{
  g_autofree char *authority = bp_store_get_value (store, BP_VALUE_AUTHORITY);

  return bp_sync_trust_open (store, authority, trusted, error);
}

/**
 * bp_sync_open_transport:
 * @store: of a folder
 * @error: %BP_SYNC_ERROR_REFUSED where its address is no good; as
 *   bp_sync_trust_open()
 *
 * Returns: (transfer full): the way to the folder's server
 */
BpTransport *
bp_sync_open_transport (BpStore *store,
                        GError **error)
{
  g_autofree char *url = bp_store_get_value (store, BP_VALUE_URL);
  g_autoptr (GTlsDatabase) trusted = NULL;

  if (!bp_sync_trust_load (store, &trusted, error))
    return NULL;
  return bp_http_transport_new (url != NULL ? url : "", trusted, error);
}
