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

/* A tree is built of one operation at a time, and of none that is too large:
 * json-glib takes thirty times the memory of the text. */
static JsonNode *
read_object (const char *text,
             gsize       size,
             GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_read_tree (text, size);

  if (JSON_NODE_HOLDS_OBJECT (node))
    return g_steal_pointer (&node);

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "“operations” must hold objects");
  return NULL;
}

static char *
find_op_id (const char *text,
            gsize       size)
{
  g_autoptr (GString) name = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, text, size);
  if (!bp_json_cursor_enter (&cursor, '{'))
    return NULL;
  while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, name))
    {
      if (!g_str_equal (name->str, "op_id"))
        bp_json_cursor_skip (&cursor, NULL, NULL);
      else if (bp_json_cursor_string (&cursor, name) && bp_id_is_valid (name->str))
        return g_strdup (name->str);
      else
        return NULL;
    }

  return NULL;
}

static BpPushItem *
read_large_item (const char *text,
                 gsize       size,
                 GError    **error)
{
  char *op_id = find_op_id (text, size);
  BpPushItem *item;

  if (op_id == NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“op_id” must be 1 to %d visible ASCII characters", BP_ID_MAX_LENGTH);
      return NULL;
    }

  item = g_new0 (BpPushItem, 1);
  item->size = size;
  item->operation = bp_operation_new ();
  item->operation->op_id = op_id;
  g_set_error (&item->fault, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE,
               "An operation may hold %d bytes at most", BP_MAX_OPERATION);
  return item;
}

static BpPushItem *
read_item (const char *text,
           gsize       size,
           GError    **error)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;
  BpPushItem *item;
  char *op_id;

  if (size > BP_MAX_OPERATION)
    return read_large_item (text, size, error);

  node = read_object (text, size, error);
  if (node == NULL)
    return NULL;

  object = json_node_get_object (node);
  op_id = get_id (object, "op_id", error);
  if (op_id == NULL)
    return NULL;

  item = g_new0 (BpPushItem, 1);
  item->size = size;
  item->operation = bp_operation_new ();
  item->operation->op_id = op_id;
  if (!read_operation (object, item->operation, &item->fault))
    return item;

  if (item->operation->kind != BP_OPERATION_UPDATE)
    item->operation->restore = FALSE;
  if (item->operation->kind != BP_OPERATION_INSERT)
    item->operation->recover = FALSE;
  return item;
}

static gboolean
fail (GError    **error,
      const char *member,
      const char *kind)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” must be %s", member, kind);
  return FALSE;
}

static gboolean
read_items (BpJsonCursor  *cursor,
            BpPushRequest *request,
            GError       **error)
{
  const char *text;
  gsize size;

  if (!bp_json_cursor_enter (cursor, '['))
    return fail (error, "operations", "an array");
  while (bp_json_cursor_next (cursor) && bp_json_cursor_skip (cursor, &text, &size))
    {
      BpPushItem *item = NULL;

      if (request->items->len < BP_MAX_OPERATIONS)
        item = read_item (text, size, error);
      else
        g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE,
                     "A push holds %d operations at most", BP_MAX_OPERATIONS);
      if (item == NULL)
        return FALSE;
      g_ptr_array_add (request->items, item);
    }

  return TRUE;
}

static gboolean
read_member (BpJsonCursor  *cursor,
             GString       *name,
             BpPushRequest *request,
             GError       **error)
{
  if (g_str_equal (name->str, "operations"))
    {
      request->items = g_ptr_array_new_with_free_func ((GDestroyNotify)push_item_free);
      return read_items (cursor, request, error);
    }
  if (g_str_equal (name->str, "attempt"))
    return (bp_json_cursor_integer (cursor, &request->attempt) && request->attempt >= 0)
           || fail (error, "attempt", "a whole number");
  if (!g_str_equal (name->str, "epoch"))
    return bp_json_cursor_skip (cursor, NULL, NULL);
  if (bp_json_cursor_null (cursor))
    return TRUE;
  if (!bp_json_cursor_string (cursor, name) || name->len > BP_ID_MAX_LENGTH)
    return fail (error, "epoch", "a short text");

  request->epoch = g_strdup (name->str);
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
  g_autoptr (BpPushRequest) request = NULL;
  g_autoptr (GString) name = NULL;
  BpJsonCursor cursor;

  if (!bp_json_check (text, length, error))
    return NULL;

  request = g_new0 (BpPushRequest, 1);
  request->attempt = -1;
  name = g_string_new (NULL);
  bp_json_cursor_init (&cursor, text, length);
  if (!bp_json_cursor_enter (&cursor, '{'))
    {
      fail (error, "push", "an object");
      return NULL;
    }
  while (bp_json_cursor_next (&cursor))
    {
      if (!bp_json_cursor_member (&cursor, name) || !read_member (&cursor, name, request, error))
        return NULL;
    }
  if (request->attempt < 0 || request->items == NULL)
    {
      fail (error, request->attempt < 0 ? "attempt" : "operations", "there");
      return NULL;
    }

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
