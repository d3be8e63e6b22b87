#include "config.h"

#include "bp-history.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-limits.h"

#define TEXT_MAX (64 * 1024)

/**
 * bp_history_query_new:
 * @table: which table
 * @id: which record
 * @before: only operations below this seq; 0 for all
 *
 * Returns: (transfer full): the question
 */
BpHistoryQuery *
bp_history_query_new (const BpTable *table,
                      const char    *id,
                      gint64         before)
{
  BpHistoryQuery *self = g_new0 (BpHistoryQuery, 1);

  self->table = table;
  self->id = g_strdup (id);
  self->before = before;
  return self;
}

/**
 * bp_history_query_free:
 * @query: (nullable) (transfer full): a question
 */
void
bp_history_query_free (BpHistoryQuery *query)
{
  if (query == NULL)
    return;

  g_free (query->id);
  g_free (query);
}

static BpHistoryQuery *
refuse (const char *why,
        GError    **error)
{
  g_set_error_literal (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, why);
  return NULL;
}

/**
 * bp_history_query_parse:
 * @text: the query of an address, without its question mark
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_UNKNOWN_TABLE,
 *   %BP_DATA_ERROR_INVALID_VALUE
 *
 * Parameters of other names are passed over.
 *
 * Returns: (transfer full): the question
 */
BpHistoryQuery *
bp_history_query_parse (const char *text,
                        GError    **error)
{
  g_autoptr (GHashTable) parameters = NULL;
  const BpTable *table;
  const char *id;
  const char *before;
  gint64 seq = 0;

  parameters = g_uri_parse_params (text, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  if (parameters == NULL)
    {
      g_set_error_literal (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED, "No query");
      return NULL;
    }
  id = g_hash_table_lookup (parameters, "id");
  if (g_hash_table_lookup (parameters, "table") == NULL || id == NULL)
    return refuse ("“table” and “id” are needed", error);
  table = bp_table_require (g_hash_table_lookup (parameters, "table"), error);
  if (table == NULL)
    return NULL;
  if (!bp_id_is_valid (id))
    return refuse ("“id” is no id", error);
  before = g_hash_table_lookup (parameters, "before");
  if (before != NULL && !g_ascii_string_to_signed (before, 10, 1, BP_INTEGER_MAX, &seq, NULL))
    return refuse ("“before” is no seq", error);

  return bp_history_query_new (table, id, seq);
}

/**
 * bp_history_query_to_text:
 * @query: a question
 *
 * Returns: (transfer full): it as the query of an address
 */
char *
bp_history_query_to_text (const BpHistoryQuery *query)
{
  g_autofree char *id = g_uri_escape_string (query->id, NULL, FALSE);

  if (query->before == 0)
    return g_strdup_printf ("table=%s&id=%s", query->table->name, id);
  return g_strdup_printf ("table=%s&id=%s&before=%" G_GINT64_FORMAT, query->table->name, id,
                          query->before);
}

/**
 * bp_history_entry_free:
 * @entry: (nullable) (transfer full): an operation
 */
void
bp_history_entry_free (BpHistoryEntry *entry)
{
  if (entry == NULL)
    return;

  g_free (entry->op_id);
  g_free (entry->action_id);
  g_free (entry->device_name);
  g_free (entry->user);
  g_free (entry->data);
  g_free (entry);
}

/**
 * bp_history_entry_append:
 * @entry: an operation
 * @json: where it is appended as a JSON object
 */
void
bp_history_entry_append (const BpHistoryEntry *entry,
                         GString              *json)
{
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "op_id", entry->op_id);
  bp_json_append_string_member (json, "action_id", entry->action_id);
  bp_json_append_string_member (json, "operation", bp_operation_kind_to_string (entry->kind));
  bp_json_append_integer_member (json, "version", entry->version);
  bp_json_append_integer_member (json, "seq", entry->seq);
  bp_json_append_integer_member (json, "modified_at", entry->modified_at);
  bp_json_append_integer_member (json, "received_at", entry->received_at);
  bp_json_append_string_member (json, "device_name", entry->device_name);
  bp_json_append_string_member (json, "user", entry->user);
  bp_json_append_member (json, "data");
  g_string_append (json, entry->data != NULL ? entry->data : "null");
  g_string_append_c (json, '}');
}

/**
 * bp_history_to_text:
 * @entries: (element-type BpHistoryEntry): in ascending seq
 * @more: whether there are older ones
 *
 * Returns: (transfer full): the answer's JSON
 */
char *
bp_history_to_text (GPtrArray *entries,
                    gboolean   more)
{
  GString *json = g_string_new ("{\"operations\":[");

  for (guint i = 0; i < entries->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      bp_history_entry_append (entries->pdata[i], json);
    }
  g_string_append_printf (json, "],\"more\":%s}", more ? "true" : "false");
  return g_string_free (json, FALSE);
}

static gboolean
read_data (JsonObject *object,
           char      **data,
           GError    **error)
{
  g_autoptr (GString) json = NULL;

  if (!bp_json_has (object, "data"))
    return TRUE;
  if (bp_json_get_object (object, "data", error) == NULL)
    return FALSE;

  json = g_string_new (NULL);
  bp_json_append_node (json, json_object_get_member (object, "data"));
  *data = g_string_free (g_steal_pointer (&json), FALSE);
  return TRUE;
}

static BpHistoryEntry *
read_entry (JsonNode *node,
            GError  **error)
{
  g_autoptr (BpHistoryEntry) entry = g_new0 (BpHistoryEntry, 1);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *kind;

  if (object == NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "An operation is no object");
      return NULL;
    }
  entry->op_id = g_strdup (bp_json_get_string (object, "op_id", BP_ID_MAX_LENGTH, error));
  kind = entry->op_id != NULL ? bp_json_get_string (object, "operation", BP_ID_MAX_LENGTH, error)
                              : NULL;
  if (kind == NULL)
    return NULL;
  if (!bp_operation_kind_from_string (kind, &entry->kind))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” is no operation", kind);
      return NULL;
    }
  if (!bp_json_get_integer (object, "version", 0, BP_INTEGER_MAX, &entry->version, error)
      || !bp_json_get_integer (object, "seq", 0, BP_INTEGER_MAX, &entry->seq, error)
      || !bp_json_get_integer (object, "modified_at", -BP_INTEGER_MAX, BP_INTEGER_MAX,
                               &entry->modified_at, error)
      || !bp_json_get_integer (object, "received_at", 0, BP_INTEGER_MAX, &entry->received_at,
                               error)
      || !bp_json_dup_optional_string (object, "action_id", TEXT_MAX, &entry->action_id, error)
      || !bp_json_dup_optional_string (object, "device_name", TEXT_MAX, &entry->device_name, error)
      || !bp_json_dup_optional_string (object, "user", TEXT_MAX, &entry->user, error)
      || !read_data (object, &entry->data, error))
    return NULL;

  return g_steal_pointer (&entry);
}

/**
 * bp_history_parse:
 * @text: (array length=length): the body of an answer
 * @length: in bytes
 * @more: (out): whether there are older operations
 * @error: #BpDataError
 *
 * Returns: (transfer full) (element-type BpHistoryEntry): in ascending seq
 */
GPtrArray *
bp_history_parse (const char *text,
                  gsize       length,
                  gboolean   *more,
                  GError    **error)
{
  g_autoptr (JsonNode) root = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (GPtrArray) entries = NULL;
  JsonArray *array;

  if (root == NULL)
    return NULL;
  array = bp_json_get_array (json_node_get_object (root), "operations", error);
  if (array == NULL
      || !bp_json_get_boolean (json_node_get_object (root), "more", more, error))
    return NULL;

  entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_history_entry_free);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      BpHistoryEntry *entry = read_entry (json_array_get_element (array, i), error);

      if (entry == NULL)
        return NULL;
      g_ptr_array_add (entries, entry);
    }

  return g_steal_pointer (&entries);
}
