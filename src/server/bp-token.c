/* Tokens and pairing codes.
 *
 * A token is `bp_`, the store's id, `_` and 256 bits in hexadecimal. Those are
 * an HMAC, keyed with a secret of the store, over what only the device that
 * pairs knows: the code (or the token it was shown instead) and the UUID of
 * its request. So the same request gets the same token again although the
 * database holds only hashes: of the token, of the code, and of the request. */
#include "config.h"

#include "bp-token.h"

#include <string.h>

#include "bp-id.h"

#define PREFIX "bp_"
#define CODE_LENGTH 8

static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/**
 * bp_token_make_secret:
 * @clock: for randomness
 *
 * Returns: (transfer full): 256 random bits in hexadecimal
 */
char *
bp_token_make_secret (BpClock *clock)
{
  guint8 bytes[32];
  GString *text = g_string_new (NULL);

  bp_clock_fill_random (clock, bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

/**
 * bp_token_make:
 * @secret: of the store
 * @store_id: the store
 * @device_id: the device
 * @credential: what it was let in with
 * @request: the UUID of its request
 *
 * Returns: (transfer full): its token, the same whenever it is asked for
 */
char *
bp_token_make (const char *secret,
               const char *store_id,
               const char *device_id,
               const char *credential,
               const char *request)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *)secret, strlen (secret));
  const char *parts[] = { store_id, device_id, credential, request };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_hmac_update (hmac, (const guchar *)parts[i], (gssize)strlen (parts[i]) + 1);
  return g_strdup_printf (PREFIX "%s_%s", store_id, g_hmac_get_string (hmac));
}

/**
 * bp_token_get_store:
 * @token: whatever was shown
 *
 * Returns: (transfer full) (nullable): the store it names; %NULL where it has
 *   not the form of a token
 */
char *
bp_token_get_store (const char *token)
{
  const char *end = strrchr (token, '_');
  g_autofree char *store_id = NULL;

  if (!g_str_has_prefix (token, PREFIX) || end < token + strlen (PREFIX))
    return NULL;

  token += strlen (PREFIX);
  store_id = g_strndup (token, (gsize)(end - token));
  return bp_id_is_valid (store_id) ? g_steal_pointer (&store_id) : NULL;
}

/**
 * bp_token_hash:
 * @text: a token or a code
 *
 * Returns: (transfer full): its SHA-256 in hexadecimal
 */
char *
bp_token_hash (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/**
 * bp_token_hash_request:
 * @credential: what the device shows
 * @request: the UUID of its request
 *
 * Returns: (transfer full): SHA-256 of both, in hexadecimal
 */
char *
bp_token_hash_request (const char *credential,
                       const char *request)
{
  g_autofree char *both = g_strdup_printf ("%s\n%s", credential, request);

  return bp_token_hash (both);
}

/**
 * bp_code_make:
 * @clock: for randomness
 *
 * Returns: (transfer full): a code such as `ABCD-EFGH`: 40 random bits, no
 *   letter that looks like a digit
 */
char *
bp_code_make (BpClock *clock)
{
  char code[CODE_LENGTH + 2] = { 0 };

  for (guint i = 0; i < CODE_LENGTH; i++)
    code[i < CODE_LENGTH / 2 ? i : i + 1] = letters[bp_clock_random_range (clock, 32)];
  code[CODE_LENGTH / 2] = '-';
  return g_strdup (code);
}

/**
 * bp_code_normalize:
 * @text: what a person typed
 *
 * Returns: (transfer full): capitals and digits of it, as a code is hashed
 */
char *
bp_code_normalize (const char *text)
{
  GString *code = g_string_new (NULL);

  for (; *text != '\0'; text++)
    {
      if (g_ascii_isalnum (*text))
        g_string_append_c (code, g_ascii_toupper (*text));
    }
  return g_string_free (code, FALSE);
}
