#include "config.h"

#include "bp-pair.h"

#include <stddef.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-limits.h"

#define NAME_MAX_LENGTH 256
#define TEXT_MAX_LENGTH 4096

static gboolean
read_text (JsonObject *object,
           const char *member,
           gsize       max_length,
           gboolean    is_needed,
           char      **text,
           GError    **error)
{
  if (!is_needed)
    return bp_json_dup_optional_string (object, member, max_length, text, error);

  *text = g_strdup (bp_json_get_string (object, member, max_length, error));
  if (*text == NULL)
    return FALSE;
  if ((*text)[0] == '\0')
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” is empty", member);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_id (const char *member,
          const char *id,
          GError    **error)
{
  if (bp_id_is_valid (id))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” is no id", member);
  return FALSE;
}

/**
 * bp_pair_request_to_text:
 * @request: who asks
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_pair_request_to_text (const BpPairRequest *request)
{
  GString *json = g_string_new ("{");

  if (request->code != NULL)
    bp_json_append_string_member (json, "code", request->code);
  bp_json_append_string_member (json, "request", request->request);
  if (request->store != NULL)
    bp_json_append_string_member (json, "store", request->store);
  bp_json_append_member (json, "device");
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "name", request->device_name);
  if (request->prefix != NULL)
    bp_json_append_string_member (json, "prefix", request->prefix);
  g_string_append (json, "}}");

  return g_string_free (json, FALSE);
}

/**
 * bp_pair_request_parse:
 * @text: (array length=length): the body of a request
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED; %BP_DATA_ERROR_INVALID_VALUE and
 *   %BP_DATA_ERROR_TOO_LARGE where it has the wrong shape
 *
 * Returns: (transfer full): the request
 */
BpPairRequest *
bp_pair_request_parse (const char *text,
                       gsize       length,
                       GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (BpPairRequest) request = NULL;
  JsonObject *object;
  JsonObject *device;

  if (node == NULL)
    return NULL;

  request = g_new0 (BpPairRequest, 1);
  object = json_node_get_object (node);
  if (!read_text (object, "code", NAME_MAX_LENGTH, FALSE, &request->code, error)
      || !read_text (object, "request", BP_ID_MAX_LENGTH, TRUE, &request->request, error)
      || !check_id ("request", request->request, error)
      || !read_text (object, "store", BP_ID_MAX_LENGTH, FALSE, &request->store, error))
    return NULL;

  device = bp_json_get_object (object, "device", error);
  if (device == NULL
      || !read_text (device, "name", NAME_MAX_LENGTH, TRUE, &request->device_name, error)
      || !read_text (device, "prefix", NAME_MAX_LENGTH, FALSE, &request->prefix, error))
    return NULL;

  return g_steal_pointer (&request);
}

/**
 * bp_pair_request_free:
 * @request: (nullable) (transfer full): a request
 */
void
bp_pair_request_free (BpPairRequest *request)
{
  if (request == NULL)
    return;

  g_free (request->code);
  g_free (request->request);
  g_free (request->store);
  g_free (request->device_name);
  g_free (request->prefix);
  g_free (request);
}

/**
 * bp_pair_answer_to_text:
 * @answer: who the device now is
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_pair_answer_to_text (const BpPairAnswer *answer)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "token", answer->token);
  bp_json_append_string_member (json, "epoch", answer->epoch);
  bp_json_append_member (json, "store");
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "id", answer->store_id);
  bp_json_append_string_member (json, "name", answer->store_name);
  bp_json_append_string_member (json, "currency", answer->currency);
  bp_json_append_string_member (json, "time_zone", answer->time_zone);
  g_string_append_c (json, '}');
  bp_json_append_member (json, "device");
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "id", answer->device_id);
  bp_json_append_string_member (json, "name", answer->device_name);
  bp_json_append_string_member (json, "prefix", answer->prefix);
  g_string_append (json, "}}");

  return g_string_free (json, FALSE);
}

/**
 * bp_pair_answer_parse:
 * @text: (array length=length): the body of an answer
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE,
 *   %BP_DATA_ERROR_TOO_LARGE
 *
 * Returns: (transfer full): the answer
 */
BpPairAnswer *
bp_pair_answer_parse (const char *text,
                      gsize       length,
                      GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (BpPairAnswer) answer = NULL;
  JsonObject *object;
  JsonObject *store;
  JsonObject *device;

  if (node == NULL)
    return NULL;

  object = json_node_get_object (node);
  store = bp_json_get_object (object, "store", error);
  device = store != NULL ? bp_json_get_object (object, "device", error) : NULL;
  if (device == NULL)
    return NULL;

  answer = g_new0 (BpPairAnswer, 1);
  if (!read_text (object, "token", NAME_MAX_LENGTH, TRUE, &answer->token, error)
      || !check_id ("epoch", bp_json_get_string (object, "epoch", BP_ID_MAX_LENGTH, NULL), error)
      || !read_text (object, "epoch", BP_ID_MAX_LENGTH, TRUE, &answer->epoch, error)
      || !read_text (store, "id", BP_ID_MAX_LENGTH, TRUE, &answer->store_id, error)
      || !check_id ("id", answer->store_id, error)
      || !read_text (store, "name", TEXT_MAX_LENGTH, TRUE, &answer->store_name, error)
      || !read_text (store, "currency", BP_ID_MAX_LENGTH, TRUE, &answer->currency, error)
      || !read_text (store, "time_zone", NAME_MAX_LENGTH, TRUE, &answer->time_zone, error)
      || !read_text (device, "id", BP_ID_MAX_LENGTH, TRUE, &answer->device_id, error)
      || !check_id ("id", answer->device_id, error)
      || !read_text (device, "name", TEXT_MAX_LENGTH, TRUE, &answer->device_name, error)
      || !read_text (device, "prefix", BP_ID_MAX_LENGTH, TRUE, &answer->prefix, error))
    return NULL;

  return g_steal_pointer (&answer);
}

/**
 * bp_pair_answer_free:
 * @answer: (nullable) (transfer full): an answer
 */
void
bp_pair_answer_free (BpPairAnswer *answer)
{
  if (answer == NULL)
    return;

  g_free (answer->token);
  g_free (answer->epoch);
  g_free (answer->store_id);
  g_free (answer->store_name);
  g_free (answer->currency);
  g_free (answer->time_zone);
  g_free (answer->device_id);
  g_free (answer->device_name);
  g_free (answer->prefix);
  g_free (answer);
}

/**
 * bp_info_to_text:
 * @info: what the server tells of itself
 *
 * Returns: (transfer full): the body of `/v1/info`
 */
char *
bp_info_to_text (const BpInfo *info)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "service", "bizpulse");
  bp_json_append_member (json, "protocol");
  g_string_append_printf (json, "[%d]", BP_PROTOCOL_VERSION);
  bp_json_append_integer_member (json, "schema", info->schema);
  bp_json_append_integer_member (json, "time", info->time);
  bp_json_append_member (json, "limits");
  g_string_append_c (json, '{');
  bp_json_append_integer_member (json, "max_operations", BP_MAX_OPERATIONS);
  bp_json_append_integer_member (json, "max_body", BP_MAX_BODY);
  bp_json_append_integer_member (json, "max_unpacked", BP_MAX_UNPACKED);
  g_string_append (json, "}}");

  return g_string_free (json, FALSE);
}

/**
 * bp_info_parse:
 * @text: (array length=length): the body of an answer
 * @length: in bytes
 * @info: (out): what the server tells of itself
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE where this
 *   is no server of ours, or one that does not speak our version
 *
 * Returns: whether it is a server of ours
 */
gboolean
bp_info_parse (const char *text,
               gsize       length,
               BpInfo     *info,
               GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  JsonObject *object;
  JsonArray *protocols;
  gboolean speaks = FALSE;

  if (node == NULL)
    return FALSE;

  object = json_node_get_object (node);
  if (g_strcmp0 (bp_json_get_string (object, "service", BP_ID_MAX_LENGTH, NULL), "bizpulse") != 0)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "No BizPulse server");
      return FALSE;
    }
  protocols = bp_json_get_array (object, "protocol", error);
  if (protocols == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (protocols); i++)
    {
      JsonNode *element = json_array_get_element (protocols, i);

      speaks |= JSON_NODE_HOLDS_VALUE (element)
                && json_node_get_value_type (element) == G_TYPE_INT64
                && json_node_get_int (element) == BP_PROTOCOL_VERSION;
    }
  if (!speaks)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "The server speaks another version of the protocol");
      return FALSE;
    }

  return bp_json_get_integer (object, "schema", 1, G_MAXINT32, &info->schema, error)
         && bp_json_get_integer (object, "time", 0, G_GINT64_CONSTANT (9007199254740991),
                                 &info->time, error);
}
