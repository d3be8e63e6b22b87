/* Record ids: UUIDs of RFC 9562. */
#include "config.h"

#include "bp-id.h"

#include <string.h>

static char *
format_uuid (guint8 *bytes,
             guint8  version)
{
  GString *text = g_string_sized_new (37);

  bytes[6] = (guint8)((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = (guint8)((bytes[8] & 0x3F) | 0x80);
  for (guint i = 0; i < 16; i++)
    g_string_append_printf (text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                            bytes[i]);
  return g_string_free (text, FALSE);
}

/**
 * bp_id_new:
 * @clock: time and randomness
 *
 * Returns: (transfer full): a UUIDv7 (RFC 9562, 5.7): ids made in a later
 *   millisecond sort later
 */
char *
bp_id_new (BpClock *clock)
{
  guint8 bytes[16];
  gint64 now = bp_clock_get_now (clock);

  bp_clock_fill_random (clock, bytes, sizeof bytes);
  for (int i = 0; i < 6; i++)
    bytes[i] = (guint8)(now >> (40 - 8 * i));
  return format_uuid (bytes, 7);
}

/**
 * bp_id_new_from_name:
 * @space: what kind of thing is named, such as a table
 * @name: its name
 *
 * Returns: (transfer full): a UUIDv8 (RFC 9562, 5.8) from SHA-256 over both:
 *   the same id for the same name on every device
 */
char *
bp_id_new_from_name (const char *space,
                     const char *name)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *)space, (gssize)strlen (space) + 1);
  g_checksum_update (checksum, (const guchar *)name, (gssize)strlen (name));
  g_checksum_get_digest (checksum, digest, &length);
  return format_uuid (digest, 8);
}

/**
 * bp_id_is_valid:
 * @id: (nullable): any text
 *
 * Returns: whether it is 1 to %BP_ID_MAX_LENGTH visible ASCII characters
 */
gboolean
bp_id_is_valid (const char *id)
{
  gsize length = 0;

  if (id == NULL)
    return FALSE;
  for (; id[length] != '\0'; length++)
    {
      if (!g_ascii_isgraph (id[length]) || length >= BP_ID_MAX_LENGTH)
        return FALSE;
    }

  return length > 0;
}

/**
 * bp_id_is_uuid:
 * @id: an id
 *
 * Returns: whether it has the form of a UUID: nobody gave it who would know it
 */
gboolean
bp_id_is_uuid (const char *id)
{
  for (guint i = 0; i < 36; i++)
    {
      gboolean is_dash = i == 8 || i == 13 || i == 18 || i == 23;

      if (is_dash ? id[i] != '-' : !g_ascii_isxdigit (id[i]))
        return FALSE;
    }

  return id[36] == '\0';
}
