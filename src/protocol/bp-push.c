#include "config.h"

#include "bp-push.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-limits.h"

#define USER_MAX_LENGTH 4096
#define TIME_MAX G_GINT64_CONSTANT (253402300799999)

static void
append_flag (GString    *json,
             const char *member,
             gboolean    is_set)
{
  if (!is_set)
    return;

  bp_json_append_member (json, member);
  g_string_append (json, "true");
}

/**
 * bp_operation_append_json:
 * @operation: an operation; projections in its data are left out
 * @json: what it is appended to
 *
 * Appends the operation as it stands in a push.
 */
void
bp_operation_append_json (const BpOperation *operation,
                          GString           *json)
{
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "op_id", operation->op_id);
  bp_json_append_string_member (json, "action_id", operation->action_id);
  bp_json_append_string_member (json, "table", operation->table->name);
  bp_json_append_string_member (json, "id", operation->id);
  bp_json_append_string_member (json, "operation", bp_operation_kind_to_string (operation->kind));
  if (operation->kind != BP_OPERATION_INSERT)
    bp_json_append_integer_member (json, "base_version", operation->base_version);
  append_flag (json, "restore", operation->restore);
  append_flag (json, "recover", operation->recover);
  bp_json_append_integer_member (json, "modified_at", operation->modified_at);
  if (operation->user != NULL)
    bp_json_append_string_member (json, "user", operation->user);
  if (operation->data != NULL)
    {
      g_autoptr (BpChange) data = bp_change_copy (operation->data);

      bp_change_drop_projections (data);
      bp_json_append_member (json, "data");
      bp_change_append_json (data, json);
    }
  g_string_append_c (json, '}');
}

/**
 * bp_push_request_to_text:
 * @epoch: (nullable): the store's past the device knows
 * @attempt: of this request
 * @operations: (element-type BpOperation): in order
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_push_request_to_text (const char *epoch,
                         gint64      attempt,
                         GPtrArray  *operations)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "epoch", epoch);
  bp_json_append_integer_member (json, "attempt", attempt);
  bp_json_append_member (json, "operations");
  g_string_append_c (json, '[');
  for (guint i = 0; i < operations->len; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      bp_operation_append_json (operations->pdata[i], json);
    }
  g_string_append (json, "]}");

  return g_string_free (json, FALSE);
}

static void
push_item_free (BpPushItem *item)
{
  bp_operation_free (item->operation);
  g_clear_error (&item->fault);
  g_free (item);
}

/* As the typed getters, but a missing member is told apart. */
static const char *
get_needed_text (JsonObject *object,
                 const char *member,
                 GError    **error)
{
  if (!bp_json_has (object, member))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                   "The operation needs “%s”", member);
      return NULL;
    }

  return bp_json_get_string (object, member, USER_MAX_LENGTH, error);
}

static char *
get_id (JsonObject *object,
        const char *member,
        GError    **error)
{
  const char *id = get_needed_text (object, member, error);

  if (id != NULL && !bp_id_is_valid (id))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“%s” must be 1 to %d visible ASCII characters", member, BP_ID_MAX_LENGTH);
      return NULL;
    }

  return g_strdup (id);
}

static gboolean
read_flag (JsonObject *object,
           const char *member,
           gboolean   *is_set,
           GError    **error)
{
  return !bp_json_has (object, member) || bp_json_get_boolean (object, member, is_set, error);
}

static gboolean
read_base_version (JsonObject  *object,
                   BpOperation *operation,
                   GError     **error)
{
  if (operation->kind == BP_OPERATION_INSERT)
    return TRUE;
  if (bp_json_has (object, "base_version"))
    return bp_json_get_integer (object, "base_version", 0, BP_INTEGER_MAX - 1,
                                &operation->base_version, error);
  if (operation->restore)
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
               "The operation needs “base_version”");
  return FALSE;
}

static gboolean
read_data (JsonObject  *object,
           BpOperation *operation,
           GError     **error)
{
  JsonObject *data;

  if (operation->kind == BP_OPERATION_DELETE)
    return TRUE;
  if (!bp_json_has (object, "data"))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                   "The operation needs “data”");
      return FALSE;
    }

  data = bp_json_get_object (object, "data", error);
  if (data == NULL)
    return FALSE;
  operation->data = bp_change_new_from_json (operation->table, data, BP_CHANGE_STRICT, error);
  return operation->data != NULL
         && bp_change_normalize (operation->data,
                                 operation->kind == BP_OPERATION_INSERT || operation->restore,
                                 error);
}

static gboolean
read_who (JsonObject  *object,
          BpOperation *operation,
          GError     **error)
{
  const char *user;

  if (bp_json_has (object, "modified_at")
      && !bp_json_get_integer (object, "modified_at", -TIME_MAX, TIME_MAX,
                               &operation->modified_at, error))
    return FALSE;
  if (!bp_json_has (object, "user"))
    return TRUE;

  user = bp_json_get_string (object, "user", USER_MAX_LENGTH, error);
  operation->user = g_strdup (user);
  return user != NULL;
}

static gboolean
read_kind (JsonObject  *object,
           BpOperation *operation,
           GError     **error)
{
  const char *word = get_needed_text (object, "operation", error);

  if (word == NULL)
    return FALSE;
  if (bp_operation_kind_from_string (word, &operation->kind))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "“operation” must be INSERT, UPDATE or DELETE");
  return FALSE;
}

static gboolean
read_operation (JsonObject  *object,
                BpOperation *operation,
                GError     **error)
{
  const char *name;

  operation->action_id = get_id (object, "action_id", error);
  if (operation->action_id == NULL)
    return FALSE;
  operation->id = get_id (object, "id", error);
  if (operation->id == NULL)
    return FALSE;
  name = get_needed_text (object, "table", error);
  operation->table = name != NULL ? bp_table_require (name, error) : NULL;
  if (operation->table == NULL)
    return FALSE;

  return read_kind (object, operation, error)
         && read_flag (object, "restore", &operation->restore, error)
         && read_flag (object, "recover", &operation->recover, error)
         && read_base_version (object, operation, error)
         && read_who (object, operation, error)
         && read_data (object, operation, error);
}

static BpPushItem *
read_item (JsonNode *node,
           gsize     size,
           GError  **error)
{
  BpPushItem *item;
  char *op_id;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“operations” must hold objects");
      return NULL;
    }
  op_id = get_id (json_node_get_object (node), "op_id", error);
  if (op_id == NULL)
    return NULL;

  item = g_new0 (BpPushItem, 1);
  item->size = size;
  item->operation = bp_operation_new ();
  item->operation->op_id = op_id;
  if (!read_operation (json_node_get_object (node), item->operation, &item->fault))
    return item;

  if (!item->operation->restore || item->operation->kind != BP_OPERATION_UPDATE)
    item->operation->restore = FALSE;
  if (item->operation->kind != BP_OPERATION_INSERT)
    item->operation->recover = FALSE;
  if (size > BP_MAX_OPERATION)
    g_set_error (&item->fault, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE,
                 "An operation may hold %d bytes at most", BP_MAX_OPERATION);
  return item;
}

/* Sizes are taken from the text itself, whatever the operations hold. */
static GArray *
measure_operations (const char *text,
                    gsize       length)
{
  GArray *sizes = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GString) name = g_string_new (NULL);
  BpJsonCursor cursor;
  gsize size;

  bp_json_cursor_init (&cursor, text, length);
  bp_json_cursor_enter (&cursor, '{');
  while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, name))
    {
      if (!g_str_equal (name->str, "operations"))
        {
          bp_json_cursor_skip (&cursor, NULL, NULL);
          continue;
        }
      bp_json_cursor_enter (&cursor, '[');
      while (bp_json_cursor_next (&cursor) && bp_json_cursor_skip (&cursor, NULL, &size))
        g_array_append_val (sizes, size);
    }

  return sizes;
}

static gboolean
read_items (JsonArray     *array,
            const char    *text,
            gsize          length,
            BpPushRequest *request,
            GError       **error)
{
  guint n_items = json_array_get_length (array);
  g_autoptr (GArray) sizes = NULL;

  if (n_items > BP_MAX_OPERATIONS)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE,
                   "A push holds %d operations at most", BP_MAX_OPERATIONS);
      return FALSE;
    }

  sizes = measure_operations (text, length);
  g_assert (sizes->len == n_items);
  for (guint i = 0; i < n_items; i++)
    {
      BpPushItem *item = read_item (json_array_get_element (array, i),
                                    g_array_index (sizes, gsize, i), error);

      if (item == NULL)
        return FALSE;
      g_ptr_array_add (request->items, item);
    }

  return TRUE;
}

/**
 * bp_push_request_parse:
 * @text: (array length=length): the body of a request
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED where it is no strict JSON;
 *   %BP_DATA_ERROR_TOO_LARGE where it holds too many operations; any other
 *   #BpDataError where it has the wrong shape
 *
 * Data is normalized (bp_change_normalize()); fields left out stay out.
 *
 * Returns: (transfer full): the request; what is wrong with one operation is
 *   its item's fault
 */
BpPushRequest *
bp_push_request_parse (const char *text,
                       gsize       length,
                       GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (text, (gssize)length, error);
  g_autoptr (BpPushRequest) request = NULL;
  JsonObject *object;
  JsonArray *array;

  if (node == NULL)
    return NULL;

  object = json_node_get_object (node);
  request = g_new0 (BpPushRequest, 1);
  request->items = g_ptr_array_new_with_free_func ((GDestroyNotify)push_item_free);
  if (bp_json_has (object, "epoch"))
    {
      request->epoch = g_strdup (bp_json_get_string (object, "epoch", BP_ID_MAX_LENGTH, error));
      if (request->epoch == NULL)
        return NULL;
    }
  if (!bp_json_get_integer (object, "attempt", 0, BP_INTEGER_MAX, &request->attempt, error))
    return NULL;
  array = bp_json_get_array (object, "operations", error);
  if (array == NULL || !read_items (array, text, length, request, error))
    return NULL;

  return g_steal_pointer (&request);
}

/**
 * bp_push_request_free:
 * @request: (nullable) (transfer full): a request
 */
void
bp_push_request_free (BpPushRequest *request)
{
  if (request == NULL)
    return;

  g_free (request->epoch);
  g_clear_pointer (&request->items, g_ptr_array_unref);
  g_free (request);
}
