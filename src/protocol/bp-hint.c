#include "config.h"

#include "bp-hint.h"

#include "bp-json.h"
#include "bp-table.h"

/**
 * bp_hint_to_text:
 * @seq: up to which the store can be pulled, at least 0
 *
 * Returns: (transfer full): the text of a frame of `/v1/live`
 */
char *
bp_hint_to_text (gint64 seq)
{
  return g_strdup_printf ("{\"seq\":%" G_GINT64_FORMAT "}", seq);
}

/**
 * bp_hint_parse:
 * @text: (array length=length): the text of a frame
 * @length: in bytes
 * @seq: (out): up to which the store can be pulled, at least 0
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_MISSING_FIELD,
 *   %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: whether it is a hint; members of a newer server are passed over
 */
gboolean
bp_hint_parse (const char *text,
               gsize       length,
               gint64     *seq,
               GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);

  return node != NULL
         && bp_json_get_integer (json_node_get_object (node), "seq", 0, BP_INTEGER_MAX, seq, error);
}
