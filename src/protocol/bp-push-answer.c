#include "config.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-limits.h"
#include "bp-push.h"

#define DETAIL_MAX_LENGTH (64 * 1024)
#define RESERVE (256 * 1024)

static void
append_conflict (GString        *json,
                 const BpResult *result)
{
  gsize start;

  bp_json_append_string_member (json, "conflict_type",
                                bp_conflict_type_to_string (result->conflict_type));
  if (result->key != NULL)
    bp_json_append_string_member (json, "key", result->key);

  start = json->len;
  bp_json_append_member (json, "server");
  if (result->server != NULL)
    bp_state_append_json (result->server, json);
  else
    g_string_append (json, "null");
  if (json->len > BP_MAX_ANSWER - RESERVE)
    g_string_truncate (json, start);
}

static void
append_rejection (GString        *json,
                  const BpResult *result)
{
  bp_json_append_string_member (json, "code", result->code);
  if (result->detail != NULL)
    bp_json_append_string_member (json, "detail", result->detail);
  if (result->retry)
    {
      bp_json_append_member (json, "retry");
      g_string_append (json, "true");
    }
}

static void
append_result (GString        *json,
               const BpResult *result)
{
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "op_id", result->op_id);
  bp_json_append_string_member (json, "status", bp_result_status_to_string (result->status));
  switch (result->status)
    {
    case BP_RESULT_APPLIED:
      bp_json_append_integer_member (json, "version", result->version);
      bp_json_append_integer_member (json, "seq", result->seq);
      break;
    case BP_RESULT_CONFLICT:
      append_conflict (json, result);
      break;
    case BP_RESULT_REJECTED:
      append_rejection (json, result);
      break;
    case BP_RESULT_HELD:
      break;
    default:
      g_assert_not_reached ();
    }
  g_string_append_c (json, '}');
}

/**
 * bp_push_answer_to_text:
 * @attempt: of the request it answers
 * @seq: the store's latest
 * @results: (element-type BpResult): one for each operation, in order
 *
 * Records of conflicts that would make the answer larger than the contract
 * allows are left out of it.
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_push_answer_to_text (gint64     attempt,
                        gint64     seq,
                        GPtrArray *results)
{
  GString *json = g_string_new ("{");

  bp_json_append_integer_member (json, "attempt", attempt);
  bp_json_append_integer_member (json, "seq", seq);
  bp_json_append_member (json, "results");
  g_string_append_c (json, '[');
  for (guint i = 0; i < results->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_result (json, results->pdata[i]);
    }
  g_string_append (json, "]}");

  return g_string_free (json, FALSE);
}

static gboolean
fail (GError    **error,
      const char *what)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "Not an answer to what was sent: %s", what);
  return FALSE;
}

static gboolean
read_conflict (JsonObject        *object,
               const BpOperation *operation,
               BpResult          *result,
               GError           **error)
{
  JsonObject *server;
  const char *type = bp_json_get_string (object, "conflict_type", BP_ID_MAX_LENGTH, error);

  if (type == NULL)
    return FALSE;
  if (!bp_conflict_type_from_string (type, &result->conflict_type))
    return fail (error, "an unknown type of conflict");
  if (!bp_json_dup_optional_string (object, "key", DETAIL_MAX_LENGTH, &result->key, error))
    return FALSE;
  if (result->key != NULL && bp_table_find_field (operation->table, result->key) < 0)
    return fail (error, "an unknown key");
  if (!bp_json_has (object, "server"))
    return TRUE;

  server = bp_json_get_object (object, "server", error);
  if (server == NULL)
    return FALSE;
  result->server = bp_state_new_from_json (operation->table, operation->id, server, error);
  if (result->server == NULL)
    return FALSE;
  if (!bp_id_is_valid (result->server->id) || result->server->version < 1)
    return fail (error, "a record without id or version");

  return TRUE;
}

static gboolean
read_rejection (JsonObject *object,
                BpResult   *result,
                GError    **error)
{
  if (!bp_json_dup_optional_string (object, "code", DETAIL_MAX_LENGTH, &result->code, error)
      || !bp_json_dup_optional_string (object, "detail", DETAIL_MAX_LENGTH, &result->detail, error))
    return FALSE;
  if (result->code == NULL || result->code[0] == '\0')
    return fail (error, "a rejection without a code");

  return !bp_json_has (object, "retry")
         || bp_json_get_boolean (object, "retry", &result->retry, error);
}

static gboolean
read_result (JsonObject        *object,
             const BpOperation *operation,
             BpResult          *result,
             GError           **error)
{
  const char *status = bp_json_get_string (object, "status", BP_ID_MAX_LENGTH, error);

  if (status == NULL)
    return FALSE;
  if (!bp_result_status_from_string (status, &result->status))
    return fail (error, "an unknown status");

  switch (result->status)
    {
    case BP_RESULT_APPLIED:
      return bp_json_get_integer (object, "version", 1, BP_INTEGER_MAX, &result->version, error)
             && bp_json_get_integer (object, "seq", 0, BP_INTEGER_MAX, &result->seq, error);
    case BP_RESULT_CONFLICT:
      return read_conflict (object, operation, result, error);
    case BP_RESULT_REJECTED:
      return read_rejection (object, result, error);
    case BP_RESULT_HELD:
      return TRUE;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
read_results (JsonArray    *array,
              GHashTable   *waiting,
              BpPushAnswer *answer,
              GError      **error)
{
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      JsonObject *object;
      const BpOperation *operation;
      const char *op_id;
      BpResult *result;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        return fail (error, "a result that is no object");
      object = json_node_get_object (node);
      op_id = bp_json_get_string (object, "op_id", BP_ID_MAX_LENGTH, error);
      if (op_id == NULL)
        return FALSE;
      operation = g_hash_table_lookup (waiting, op_id);
      if (operation == NULL)
        return fail (error, "a result for an operation that was not sent, or a second one");
      g_hash_table_remove (waiting, op_id);

      result = bp_result_new (op_id);
      g_ptr_array_add (answer->results, result);
      if (!read_result (object, operation, result, error))
        return FALSE;
    }

  return g_hash_table_size (waiting) == 0 || fail (error, "an operation without a result");
}

/**
 * bp_push_answer_parse:
 * @text: (array length=length): the body of an answer
 * @length: in bytes
 * @operations: (element-type BpOperation): what was sent, each with its own
 *   op_id and a table
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE,
 *   %BP_DATA_ERROR_TOO_LARGE
 *
 * Returns: (transfer full): the answer, with exactly one result for each of
 *   @operations. Whether @attempt is the one that was sent is for the caller
 *   to look at
 */
BpPushAnswer *
bp_push_answer_parse (const char *text,
                      gsize       length,
                      GPtrArray  *operations,
                      GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (BpPushAnswer) answer = NULL;
  g_autoptr (GHashTable) waiting = NULL;
  JsonObject *object;
  JsonArray *array;

  if (node == NULL)
    return NULL;

  object = json_node_get_object (node);
  answer = g_new0 (BpPushAnswer, 1);
  answer->results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  if (!bp_json_get_integer (object, "attempt", 0, BP_INTEGER_MAX, &answer->attempt, error)
      || !bp_json_get_integer (object, "seq", 0, BP_INTEGER_MAX, &answer->seq, error))
    return NULL;
  array = bp_json_get_array (object, "results", error);
  if (array == NULL)
    return NULL;

  waiting = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < operations->len; i++)
    {
      BpOperation *operation = operations->pdata[i];

      g_hash_table_insert (waiting, operation->op_id, operation);
    }
  if (!read_results (array, waiting, answer, error))
    return NULL;

  return g_steal_pointer (&answer);
}

/**
 * bp_push_answer_free:
 * @answer: (nullable) (transfer full): an answer
 */
void
bp_push_answer_free (BpPushAnswer *answer)
{
  if (answer == NULL)
    return;

  g_clear_pointer (&answer->results, g_ptr_array_unref);
  g_free (answer);
}
