/* A page of rows as it comes from outside: read without a tree, believed in
 * nothing. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-pull.h"

#define MAX_COLUMNS 64
#define TEXT_MAX_LENGTH 4096

/* What stands in a column: a field's index, or one of these. */
typedef enum
{
  COLUMN_UNKNOWN = -1,
  COLUMN_ID = -2,
  COLUMN_VERSION = -3,
  COLUMN_SEQ = -4,
  COLUMN_IS_DELETED = -5,
  COLUMN_MODIFIED_AT = -6,
  COLUMN_OP_ID = -7,
  COLUMN_DEVICE_NAME = -8,
  COLUMN_USER = -9,
} Column;

static const struct
{
  const char *name;
  Column column;
} own_columns[] = {
  { "id", COLUMN_ID },
  { "version", COLUMN_VERSION },
  { "seq", COLUMN_SEQ },
  { "is_deleted", COLUMN_IS_DELETED },
  { "modified_at", COLUMN_MODIFIED_AT },
  { "op_id", COLUMN_OP_ID },
  { "device_name", COLUMN_DEVICE_NAME },
  { "user", COLUMN_USER },
};

typedef struct
{
  BpJsonCursor cursor;
  const BpPullRequest *request; /* (unowned) */
  BpPullPage *page;             /* (unowned) */
  GString *scratch;             /* (owned) */
  GString *lines;               /* (owned) */
} Reader;

/* What is known of one table of the answer while its members are read. */
typedef struct
{
  const BpTable *table; /* (unowned) (nullable) */
  gboolean has_name;
  gboolean is_read;
  BpJsonCursor columns;
  BpJsonCursor rows;
} TablePlaces;

static int
find_column (const BpTable *table,
             const char    *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_columns); i++)
    {
      if (g_str_equal (own_columns[i].name, name))
        return own_columns[i].column;
    }

  return bp_table_find_field (table, name);
}

static gboolean
read_line_value (Reader        *reader,
                 const BpField *field,
                 GString       *json)
{
  gint64 integer;

  bp_json_append_member (json, field->name);
  if (bp_json_cursor_null (&reader->cursor))
    {
      g_string_append (json, "null");
      return TRUE;
    }
  if (bp_field_is_text (field))
    {
      if (!bp_json_cursor_string (&reader->cursor, reader->scratch))
        return FALSE;
      bp_json_append_string (json, reader->scratch->str);
      return TRUE;
    }
  if (!bp_json_cursor_integer (&reader->cursor, &integer))
    return FALSE;
  g_string_append_printf (json, "%" G_GINT64_FORMAT, integer);
  return TRUE;
}

static gboolean
read_line (Reader *reader)
{
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);
  BpJsonCursor places[BP_MAX_FIELDS] = { { NULL, NULL } };
  BpJsonCursor after;

  g_assert (n_fields <= BP_MAX_FIELDS);
  if (!bp_json_cursor_enter (&reader->cursor, '{'))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (!bp_json_cursor_member (&reader->cursor, reader->scratch))
        return FALSE;
      for (guint i = 0; i < n_fields; i++)
        {
          if (g_str_equal (fields[i].name, reader->scratch->str))
            places[i] = reader->cursor;
        }
      if (!bp_json_cursor_skip (&reader->cursor, NULL, NULL))
        return FALSE;
    }

  after = reader->cursor;
  g_string_append_c (reader->lines, '{');
  for (guint i = 0; i < n_fields; i++)
    {
      if (places[i].place == NULL)
        continue;
      reader->cursor = places[i];
      if (!read_line_value (reader, &fields[i], reader->lines))
        return FALSE;
    }
  g_string_append_c (reader->lines, '}');
  reader->cursor = after;
  return TRUE;
}

/* The same canonical text as bp_lines_canonicalize() makes. */
static gboolean
read_lines (Reader  *reader,
            BpValue *value)
{
  if (!bp_json_cursor_enter (&reader->cursor, '['))
    return FALSE;

  g_string_assign (reader->lines, "[");
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (reader->lines->len > 1)
        g_string_append_c (reader->lines, ',');
      if (!read_line (reader))
        return FALSE;
    }
  g_string_append_c (reader->lines, ']');
  bp_value_take_text (value, g_strndup (reader->lines->str, reader->lines->len));
  return TRUE;
}

static gboolean
read_field (Reader        *reader,
            const BpField *field,
            BpValue       *value)
{
  gint64 integer;

  if (bp_json_cursor_null (&reader->cursor))
    return TRUE;
  if (field->type == BP_FIELD_LINES)
    return read_lines (reader, value);
  if (bp_field_is_text (field))
    {
      if (!bp_json_cursor_string (&reader->cursor, reader->scratch))
        return FALSE;
      bp_value_take_text (value, g_strndup (reader->scratch->str, reader->scratch->len));
      return TRUE;
    }
  if (!bp_json_cursor_integer (&reader->cursor, &integer))
    return FALSE;
  bp_value_set_integer (value, integer);
  return TRUE;
}

static gboolean
read_text (Reader *reader,
           char  **text)
{
  if (bp_json_cursor_null (&reader->cursor))
    return TRUE;
  if (!bp_json_cursor_string (&reader->cursor, reader->scratch)
      || reader->scratch->len > TEXT_MAX_LENGTH || *text != NULL)
    return FALSE;
  *text = g_strndup (reader->scratch->str, reader->scratch->len);
  return TRUE;
}

static gboolean
read_value (Reader  *reader,
            int      column,
            BpState *state)
{
  gint64 is_deleted;

  switch (column)
    {
    case COLUMN_UNKNOWN:
      return bp_json_cursor_skip (&reader->cursor, NULL, NULL);
    case COLUMN_ID:
      return read_text (reader, &state->id);
    case COLUMN_VERSION:
      return bp_json_cursor_integer (&reader->cursor, &state->version);
    case COLUMN_SEQ:
      return bp_json_cursor_integer (&reader->cursor, &state->seq);
    case COLUMN_IS_DELETED:
      if (!bp_json_cursor_integer (&reader->cursor, &is_deleted))
        return FALSE;
      state->is_deleted = is_deleted != 0;
      return is_deleted == 0 || is_deleted == 1;
    case COLUMN_MODIFIED_AT:
      return bp_json_cursor_null (&reader->cursor)
             || bp_json_cursor_integer (&reader->cursor, &state->modified_at);
    case COLUMN_OP_ID:
      return read_text (reader, &state->op_id);
    case COLUMN_DEVICE_NAME:
      return read_text (reader, &state->device_name);
    case COLUMN_USER:
      return read_text (reader, &state->user);
    default:
      return read_field (reader, &state->data->table->fields[column],
                         &state->data->values[column]);
    }
}

static gboolean
read_row (Reader        *reader,
          const BpTable *table,
          GArray        *columns)
{
  guint t = bp_table_get_index (table);
  GPtrArray *rows = reader->page->rows[t];
  const BpState *last = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;
  g_autoptr (BpState) state = bp_state_new (table, NULL);
  guint n = 0;

  if (!bp_json_cursor_enter (&reader->cursor, '['))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (n >= columns->len || !read_value (reader, g_array_index (columns, int, n), state))
        return FALSE;
      n++;
    }
  if (n != columns->len || !bp_id_is_valid (state->id) || state->version < 1
      || state->seq <= (last != NULL ? last->seq : reader->request->since[t]))
    return FALSE;

  bp_change_complete (state->data);
  g_ptr_array_add (rows, g_steal_pointer (&state));
  return TRUE;
}

static gboolean
read_columns (Reader        *reader,
              const BpTable *table,
              GArray        *columns)
{
  if (!bp_json_cursor_enter (&reader->cursor, '['))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      int column;

      if (!bp_json_cursor_string (&reader->cursor, reader->scratch)
          || columns->len >= MAX_COLUMNS)
        return FALSE;
      column = find_column (table, reader->scratch->str);
      for (guint i = 0; i < columns->len && column != COLUMN_UNKNOWN; i++)
        {
          if (g_array_index (columns, int, i) == column)
            return FALSE;
        }
      g_array_append_val (columns, column);
    }

  return TRUE;
}

static gboolean
read_rows (Reader             *reader,
           const BpTable      *table,
           const BpJsonCursor *columns_place,
           const BpJsonCursor *rows_place)
{
  g_autoptr (GArray) columns = g_array_new (FALSE, FALSE, sizeof (int));
  guint t = bp_table_get_index (table);

  if (reader->page->rows[t] != NULL)
    return FALSE;
  reader->page->rows[t] = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);

  reader->cursor = *columns_place;
  if (!read_columns (reader, table, columns))
    return FALSE;
  reader->cursor = *rows_place;
  if (!bp_json_cursor_enter (&reader->cursor, '['))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (!read_row (reader, table, columns))
        return FALSE;
    }
  if (reader->page->rows[t]->len == 0)
    g_clear_pointer (&reader->page->rows[t], g_ptr_array_unref);

  return TRUE;
}

static gboolean
is_asked (Reader        *reader,
          const BpTable *table)
{
  return table != NULL && (reader->request->asked & (1u << bp_table_get_index (table)));
}

/* In the order that our server writes, rows are read where they stand; in
 * another order their place is noted, to go back to it. */
static gboolean
read_table_member (Reader      *reader,
                   TablePlaces *places)
{
  const char *name = reader->scratch->str;

  if (g_str_equal (name, "name"))
    {
      if (!bp_json_cursor_string (&reader->cursor, reader->scratch))
        return FALSE;
      places->table = bp_table_find (reader->scratch->str);
      places->has_name = TRUE;
      return TRUE;
    }
  if (g_str_equal (name, "columns"))
    places->columns = reader->cursor;
  else if (g_str_equal (name, "rows"))
    {
      places->rows = reader->cursor;
      if (is_asked (reader, places->table) && places->columns.place != NULL)
        {
          places->is_read = TRUE;
          return read_rows (reader, places->table, &places->columns, &places->rows);
        }
    }

  return bp_json_cursor_skip (&reader->cursor, NULL, NULL);
}

static gboolean
read_table (Reader *reader)
{
  TablePlaces places = { NULL };
  BpJsonCursor after;

  if (!bp_json_cursor_enter (&reader->cursor, '{'))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (!bp_json_cursor_member (&reader->cursor, reader->scratch)
          || !read_table_member (reader, &places))
        return FALSE;
    }
  if (!places.has_name || places.columns.place == NULL || places.rows.place == NULL)
    return FALSE;
  if (places.is_read || !is_asked (reader, places.table))
    return TRUE;

  after = reader->cursor;
  if (!read_rows (reader, places.table, &places.columns, &places.rows))
    return FALSE;
  reader->cursor = after;
  return TRUE;
}

static gboolean
read_tables (Reader *reader)
{
  if (!bp_json_cursor_enter (&reader->cursor, '['))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      if (!read_table (reader))
        return FALSE;
    }

  return TRUE;
}

static gboolean
read_since (Reader *reader)
{
  if (!bp_json_cursor_enter (&reader->cursor, '{'))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      const BpTable *table;
      gint64 since;

      if (!bp_json_cursor_member (&reader->cursor, reader->scratch))
        return FALSE;
      table = bp_table_find (reader->scratch->str);
      if (!bp_json_cursor_integer (&reader->cursor, &since))
        return FALSE;
      if (table == NULL)
        continue;
      reader->page->since[bp_table_get_index (table)] = since;
      reader->page->asked |= 1u << bp_table_get_index (table);
    }

  return TRUE;
}

static gboolean
read_page (Reader *reader)
{
  gboolean has_tables = FALSE, has_since = FALSE, has_more = FALSE;
  gboolean has_seq = FALSE, has_time = FALSE;

  if (!bp_json_cursor_enter (&reader->cursor, '{'))
    return FALSE;
  while (bp_json_cursor_next (&reader->cursor))
    {
      gboolean is_good;

      if (!bp_json_cursor_member (&reader->cursor, reader->scratch))
        return FALSE;
      if (g_str_equal (reader->scratch->str, "tables"))
        is_good = has_tables = read_tables (reader);
      else if (g_str_equal (reader->scratch->str, "since"))
        is_good = has_since = read_since (reader);
      else if (g_str_equal (reader->scratch->str, "more"))
        is_good = has_more = bp_json_cursor_boolean (&reader->cursor, &reader->page->more);
      else if (g_str_equal (reader->scratch->str, "seq"))
        is_good = has_seq = bp_json_cursor_integer (&reader->cursor, &reader->page->seq);
      else if (g_str_equal (reader->scratch->str, "time"))
        is_good = has_time = bp_json_cursor_integer (&reader->cursor, &reader->page->time);
      else
        is_good = bp_json_cursor_skip (&reader->cursor, NULL, NULL);
      if (!is_good)
        return FALSE;
    }

  return has_tables && has_since && has_more && has_seq && has_time;
}

static gboolean
check_progress (const BpPullPage    *page,
                const BpPullRequest *request)
{
  gboolean has_moved = FALSE;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpState *last;

      if (!(request->asked & (1u << i)))
        continue;
      if (!(page->asked & (1u << i)) || page->since[i] < request->since[i]
          || page->since[i] > page->seq)
        return FALSE;
      has_moved |= page->since[i] > request->since[i];
      if (page->rows[i] == NULL)
        continue;
      last = page->rows[i]->pdata[page->rows[i]->len - 1];
      if (last->seq > page->since[i])
        return FALSE;
    }

  return (has_moved || !page->more) && page->seq >= 0 && page->time >= 0;
}

/**
 * bp_pull_page_parse:
 * @text: (array length=length): the body of an answer
 * @length: in bytes
 * @request: what was asked
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE
 *
 * Columns and tables that are unknown or were not asked for are passed over,
 * missing columns are null or 0. A page is believed only where rows ascend
 * between the `since` asked and the one answered, every table asked for has a
 * `since` that does not go back, and `more` comes with progress.
 *
 * Returns: (transfer full): the page; every row has all fields
 */
BpPullPage *
bp_pull_page_parse (const char          *text,
                    gsize                length,
                    const BpPullRequest *request,
                    GError             **error)
{
  g_autoptr (BpPullPage) page = NULL;
  Reader reader = { .request = request };
  gboolean is_good;

  if (!bp_json_check (text, length, error))
    return NULL;

  page = bp_pull_page_new ();
  reader.page = page;
  reader.scratch = g_string_new (NULL);
  reader.lines = g_string_new (NULL);
  bp_json_cursor_init (&reader.cursor, text, length);
  is_good = read_page (&reader) && check_progress (page, request);
  g_string_free (reader.scratch, TRUE);
  g_string_free (reader.lines, TRUE);
  if (!is_good)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "Not a page of rows as it was asked for");
      return NULL;
    }

  page->asked &= request->asked;
  return g_steal_pointer (&page);
}
