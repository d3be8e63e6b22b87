#include "config.h"

#include "bp-pull.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-limits.h"

#define MEMBER_MAX (64 * 1024)

/**
 * bp_pull_request_new:
 *
 * Returns: (transfer full): a request for no table, with the default limit
 */
BpPullRequest *
bp_pull_request_new (void)
{
  BpPullRequest *self = g_new0 (BpPullRequest, 1);

  self->limit = BP_MAX_PAGE;
  return self;
}

/**
 * bp_pull_request_free:
 * @request: (nullable) (transfer full): a request
 */
void
bp_pull_request_free (BpPullRequest *request)
{
  if (request == NULL)
    return;

  g_free (request->epoch);
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_free (request->from[i]);
  g_free (request);
}

/**
 * bp_pull_request_to_text:
 * @request: what is asked for
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_pull_request_to_text (const BpPullRequest *request)
{
  GString *json = g_string_new ("{");
  gboolean has_from = FALSE;

  bp_json_append_string_member (json, "epoch", request->epoch);
  bp_json_append_member (json, "since");
  g_string_append_c (json, '{');
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (request->asked & (1u << i))
        bp_json_append_integer_member (json, bp_table_get (i)->name, request->since[i]);
      has_from |= (request->asked & (1u << i)) && request->from[i] != NULL;
    }
  g_string_append_c (json, '}');
  if (has_from)
    {
      bp_json_append_member (json, "from");
      g_string_append_c (json, '{');
      for (guint i = 0; i < BP_N_TABLES; i++)
        {
          if ((request->asked & (1u << i)) && request->from[i] != NULL)
            bp_json_append_string_member (json, bp_table_get (i)->name, request->from[i]);
        }
      g_string_append_c (json, '}');
    }
  bp_json_append_integer_member (json, "limit", request->limit);
  if (request->deleted)
    {
      bp_json_append_member (json, "deleted");
      g_string_append (json, "true");
    }
  g_string_append_c (json, '}');

  return g_string_free (json, FALSE);
}

static gboolean
read_since (JsonObject    *object,
            BpPullRequest *request,
            GError       **error)
{
  JsonObject *since = bp_json_get_object (object, "since", error);
  JsonObjectIter iter;
  const char *name;

  if (since == NULL)
    return FALSE;

  json_object_iter_init_ordered (&iter, since);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    {
      const BpTable *table = bp_table_require (name, error);
      guint i;

      if (table == NULL)
        return FALSE;
      i = bp_table_get_index (table);
      if (!bp_json_get_integer (since, name, 0, BP_INTEGER_MAX, &request->since[i], error))
        return FALSE;
      request->asked |= 1u << i;
    }

  return TRUE;
}

static gboolean
read_from (JsonObject    *object,
           BpPullRequest *request,
           GError       **error)
{
  static const BpField date = { "from", BP_FIELD_DATE, BP_FIELD_PLAIN, NULL, NULL, 0, 0 };
  JsonObject *from;
  JsonObjectIter iter;
  const char *name;

  if (!bp_json_has (object, "from"))
    return TRUE;
  from = bp_json_get_object (object, "from", error);
  if (from == NULL)
    return FALSE;

  json_object_iter_init_ordered (&iter, from);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    {
      const BpTable *table = bp_table_require (name, error);
      g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

      if (table == NULL)
        return FALSE;
      if (!bp_json_has (from, name))
        continue;
      bp_value_set_text (&value, bp_json_get_string (from, name, BP_ID_MAX_LENGTH, error));
      if (value.text == NULL || !bp_field_check (&date, &value, error))
        return FALSE;
      if (table->date_field != NULL)
        request->from[bp_table_get_index (table)] = g_steal_pointer (&value.text);
    }

  return TRUE;
}

/* Leaves out what is not ours before a tree is built of it. */
static JsonNode *
parse_members (const char *text,
               gsize       length,
               GError    **error)
{
  static const char *const members[] = { "epoch", "since", "from", "limit", "deleted", NULL };
  g_autoptr (GString) json = g_string_new ("{");
  g_autoptr (GString) name = g_string_new (NULL);
  const char *start;
  gsize size;
  BpJsonCursor cursor;

  if (!bp_json_check (text, length, error))
    return NULL;

  bp_json_cursor_init (&cursor, text, length);
  if (!bp_json_cursor_enter (&cursor, '{'))
    return bp_json_parse_object ("[]", -1, error);
  while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, name)
         && bp_json_cursor_skip (&cursor, &start, &size))
    {
      if (!g_strv_contains (members, name->str))
        continue;
      if (size > MEMBER_MAX)
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” is too long",
                       name->str);
          return NULL;
        }
      bp_json_append_member (json, name->str);
      g_string_append_len (json, start, (gssize)size);
    }
  g_string_append_c (json, '}');

  return bp_json_parse_object (json->str, (gssize)json->len, error);
}

/**
 * bp_pull_request_parse:
 * @text: (array length=length): the body of a request
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED; any other #BpDataError where it has the
 *   wrong shape
 *
 * A limit above the greatest one is brought down to it; a `from` of a table
 * without dates is passed over.
 *
 * Returns: (transfer full): the request
 */
BpPullRequest *
bp_pull_request_parse (const char *text,
                       gsize       length,
                       GError    **error)
{
  g_autoptr (JsonNode) node = parse_members (text, length, error);
  g_autoptr (BpPullRequest) request = NULL;
  JsonObject *object;
  gint64 limit = BP_MAX_PAGE;

  if (node == NULL)
    return NULL;

  object = json_node_get_object (node);
  request = bp_pull_request_new ();
  if (bp_json_has (object, "epoch"))
    {
      request->epoch = g_strdup (bp_json_get_string (object, "epoch", BP_ID_MAX_LENGTH, error));
      if (request->epoch == NULL)
        return NULL;
    }
  if (!read_since (object, request, error) || !read_from (object, request, error))
    return NULL;
  if (bp_json_has (object, "limit")
      && !bp_json_get_integer (object, "limit", 1, BP_INTEGER_MAX, &limit, error))
    return NULL;
  if (bp_json_has (object, "deleted")
      && !bp_json_get_boolean (object, "deleted", &request->deleted, error))
    return NULL;
  request->limit = (int)MIN (limit, BP_MAX_PAGE);

  return g_steal_pointer (&request);
}

/**
 * bp_pull_page_new:
 *
 * Returns: (transfer full): a page of no rows
 */
BpPullPage *
bp_pull_page_new (void)
{
  return g_new0 (BpPullPage, 1);
}

/**
 * bp_pull_page_free:
 * @page: (nullable) (transfer full): a page
 */
void
bp_pull_page_free (BpPullPage *page)
{
  if (page == NULL)
    return;

  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&page->rows[i], g_ptr_array_unref);
  g_free (page);
}

static void
append_integer (GString *json,
                gint64   integer)
{
  char digits[24];
  char *place = digits + sizeof digits;
  guint64 rest = integer < 0 ? 0 - (guint64)integer : (guint64)integer;

  do
    *--place = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (integer < 0)
    *--place = '-';
  g_string_append_len (json, place, digits + sizeof digits - place);
}

/**
 * bp_state_append_row:
 * @state: a record
 * @json: what it is appended to
 *
 * Appends the record as an array, in the order of a page's columns.
 */
void
bp_state_append_row (const BpState *state,
                     GString       *json)
{
  const BpTable *table = state->data->table;

  g_string_append_c (json, '[');
  bp_json_append_string (json, state->id);
  g_string_append_c (json, ',');
  append_integer (json, state->version);
  g_string_append_c (json, ',');
  append_integer (json, state->seq);
  g_string_append (json, state->is_deleted ? ",1," : ",0,");
  append_integer (json, state->modified_at);
  g_string_append_c (json, ',');
  bp_json_append_string (json, state->op_id);
  g_string_append_c (json, ',');
  bp_json_append_string (json, state->device_name);
  g_string_append_c (json, ',');
  bp_json_append_string (json, state->user);
  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpValue *value = &state->data->values[i];

      g_string_append_c (json, ',');
      if (value->kind == BP_VALUE_INTEGER)
        append_integer (json, value->integer);
      else
        bp_value_append_json (value, &table->fields[i], json);
    }
  g_string_append_c (json, ']');
}

static void
append_table (GString       *json,
              const BpTable *table,
              const GString *rows)
{
  g_string_append (json, json->str[json->len - 1] == '[' ? "{" : ",{");
  bp_json_append_string_member (json, "name", table->name);
  g_string_append (json, ",\"columns\":[\"id\",\"version\",\"seq\",\"is_deleted\","
                   "\"modified_at\",\"op_id\",\"device_name\",\"user\"");
  for (guint i = 0; i < table->n_fields; i++)
    {
      g_string_append_c (json, ',');
      bp_json_append_string (json, table->fields[i].name);
    }
  g_string_append (json, "],\"rows\":[");
  if (rows != NULL)
    g_string_append_len (json, rows->str, (gssize)rows->len);
  g_string_append (json, "]}");
}

/**
 * bp_pull_rows_to_text:
 * @page: everything but its rows
 * @rows: (array fixed-size=8) (element-type GString): (nullable) by table
 *   index: the rows as bp_state_append_row() writes them, with commas
 *   between
 *
 * Returns: (transfer full): the answer's JSON; the tables that have rows are in it,
 *   for most pulls bring none
 */
char *
bp_pull_rows_to_text (const BpPullPage *page,
                      GString *const   *rows)
{
  gsize size = 8192;
  GString *json;

  for (guint i = 0; i < BP_N_TABLES; i++)
    size += rows[i] != NULL ? rows[i]->len : 0;
  json = g_string_sized_new (size);

  g_string_append (json, "{\"tables\":[");
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (rows[i] != NULL && rows[i]->len > 0)
        append_table (json, bp_table_get (i), rows[i]);
    }
  g_string_append (json, "],\"since\":{");
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (page->asked & (1u << i))
        bp_json_append_integer_member (json, bp_table_get (i)->name, page->since[i]);
    }
  g_string_append (json, page->more ? "},\"more\":true" : "},\"more\":false");
  bp_json_append_integer_member (json, "seq", page->seq);
  bp_json_append_integer_member (json, "time", page->time);
  g_string_append_c (json, '}');

  return g_string_free (json, FALSE);
}

/**
 * bp_pull_page_to_text:
 * @page: what is answered
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_pull_page_to_text (const BpPullPage *page)
{
  GString *rows[BP_N_TABLES] = { NULL };
  char *text;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      guint n_rows = page->rows[i] != NULL ? page->rows[i]->len : 0;

      rows[i] = g_string_new (NULL);
      for (guint r = 0; r < n_rows; r++)
        {
          if (r > 0)
            g_string_append_c (rows[i], ',');
          bp_state_append_row (page->rows[i]->pdata[r], rows[i]);
        }
    }
  text = bp_pull_rows_to_text (page, rows);
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_string_free (rows[i], TRUE);

  return text;
}
