/* CSV as spreadsheets write and read it (RFC 4180 and its relatives). */
#include "config.h"

#include "bp-csv.h"

#include <string.h>

#include "bp-error.h"

#define BYTE_ORDER_MARK "\357\273\277"
#define DELIMITERS ",;\t|"
#define GUARD '\''
#define GUARDED "=+-@\t\r"

struct _BpCsvReader
{
  char *text;        /* (owned): UTF-8 */
  const char *place; /* (unowned): in text */
  const char *end;   /* (unowned): of text */
  GString *cell;     /* (owned) */
  char delimiter;
  guint line;        /* at place */
  guint record_line; /* where the last record began */
};

static char *
to_utf8 (const char *data,
         gsize       length,
         gsize      *text_length,
         GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  char *text;

  if (g_utf8_validate_len (data, length, NULL))
    {
      *text_length = length;
      return g_strndup (data, length);
    }

  text = memchr (data, '\0', length) != NULL
           ? NULL
           : g_convert (data, (gssize)length, "UTF-8", "WINDOWS-1252", NULL, text_length,
                        &local_error);
  if (text == NULL)
    g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED,
                 "The file is neither UTF-8 nor Windows-1252 text");
  return text;
}

/* The one that stands most often in the first line that is not empty, outside
 * of quotes. */
static char
detect_delimiter (const char *text)
{
  guint counts[sizeof DELIMITERS - 1] = { 0 };
  gboolean quoted = FALSE;
  guint best = 0;

  text += strspn (text, "\r\n");
  for (; *text != '\0' && (quoted || (*text != '\n' && *text != '\r')); text++)
    {
      const char *found = strchr (DELIMITERS, *text);

      if (*text == '"')
        quoted = !quoted;
      else if (found != NULL && !quoted)
        counts[found - DELIMITERS]++;
    }
  for (guint i = 1; i < G_N_ELEMENTS (counts); i++)
    {
      if (counts[i] > counts[best])
        best = i;
    }

  return DELIMITERS[best];
}

/**
 * bp_csv_reader_new:
 * @data: (array length=length): a whole file: UTF-8, with or without a byte
 *   order mark, or Windows-1252; copied
 * @length: in bytes
 * @error: %BP_DATA_ERROR_MALFORMED where it is neither
 *
 * The delimiter is the one of `,` `;` tab `|` that stands most often in the
 * header.
 *
 * Returns: (transfer full): a reader at the first record
 */
BpCsvReader *
bp_csv_reader_new (const char *data,
                   gsize       length,
                   GError    **error)
{
  BpCsvReader *self;
  gsize text_length = 0;
  char *text;

  if (length >= 3 && memcmp (data, BYTE_ORDER_MARK, 3) == 0)
    {
      data += 3;
      length -= 3;
    }
  text = to_utf8 (data, length, &text_length, error);
  if (text == NULL)
    return NULL;

  self = g_new0 (BpCsvReader, 1);
  self->text = text;
  self->place = text;
  self->end = text + text_length;
  self->cell = g_string_new (NULL);
  self->delimiter = detect_delimiter (text);
  self->line = 1;
  return self;
}

/**
 * bp_csv_reader_free:
 * @reader: (nullable) (transfer full): a reader
 */
void
bp_csv_reader_free (BpCsvReader *reader)
{
  if (reader == NULL)
    return;

  g_free (reader->text);
  g_string_free (reader->cell, TRUE);
  g_free (reader);
}

/* Steps over CRLF, LF or CR. */
static gboolean
skip_end_of_line (BpCsvReader *self)
{
  if (self->place >= self->end || (*self->place != '\r' && *self->place != '\n'))
    return FALSE;

  self->place += self->place[0] == '\r' && self->place[1] == '\n' ? 2 : 1;
  self->line++;
  return TRUE;
}

/* Reads what stands between quotes; the cursor stands behind the first. */
static gboolean
read_quoted (BpCsvReader *self)
{
  while (self->place < self->end)
    {
      const char *start = self->place;

      if (skip_end_of_line (self))
        {
          g_string_append_len (self->cell, start, self->place - start);
          continue;
        }
      self->place++;
      if (*start != '"')
        {
          self->place += strcspn (self->place, "\"\r\n");
          g_string_append_len (self->cell, start, self->place - start);
        }
      else if (*self->place == '"')
        {
          g_string_append_c (self->cell, '"');
          self->place++;
        }
      else
        {
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
read_cell (BpCsvReader *self,
           GError     **error)
{
  const char *start;
  guint line = self->line;

  g_string_truncate (self->cell, 0);
  if (*self->place == '"')
    {
      self->place++;
      if (!read_quoted (self))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED,
                       "The quote that begins in line %u is never closed", line);
          return FALSE;
        }
    }

  start = self->place;
  while (*self->place != self->delimiter && *self->place != '\r' && *self->place != '\n'
         && self->place < self->end)
    self->place++;
  g_string_append_len (self->cell, start, self->place - start);
  return TRUE;
}

static gboolean
is_guarded (const char *text)
{
  while (*text == GUARD)
    text++;
  return *text != '\0' && strchr (GUARDED, *text) != NULL;
}

static char *
get_cell (const BpCsvReader *self)
{
  const char *text = self->cell->str;

  return g_strdup (text[0] == GUARD && is_guarded (text) ? text + 1 : text);
}

/**
 * bp_csv_reader_next:
 * @reader: a reader
 * @cells: (element-type utf8): overwritten with the record's cells; must free
 *   its elements with g_free()
 * @error: %BP_DATA_ERROR_MALFORMED where a quote is never closed; the reader is
 *   then at the end
 *
 * Reads the next record; empty lines are passed over. The mark that
 * bp_csv_append_cell() sets before text that looks like a formula is taken off.
 *
 * Returns: whether there was one; at the end %FALSE without @error
 */
gboolean
bp_csv_reader_next (BpCsvReader *reader,
                    GPtrArray   *cells,
                    GError     **error)
{
  g_ptr_array_set_size (cells, 0);
  while (skip_end_of_line (reader))
    ;
  reader->record_line = reader->line;
  if (reader->place >= reader->end)
    return FALSE;

  for (;;)
    {
      if (!read_cell (reader, error))
        {
          g_ptr_array_set_size (cells, 0);
          return FALSE;
        }
      g_ptr_array_add (cells, get_cell (reader));
      if (reader->place >= reader->end || skip_end_of_line (reader))
        return TRUE;
      reader->place++;
    }
}

/**
 * bp_csv_reader_get_line:
 * @reader: a reader
 *
 * Returns: the line of the file, from 1, where the last record began
 */
guint
bp_csv_reader_get_line (BpCsvReader *reader)
{
  return reader->record_line;
}

/**
 * bp_csv_append_start:
 * @csv: (inout): empty
 *
 * Appends the byte order mark, by which spreadsheets know UTF-8.
 */
void
bp_csv_append_start (GString *csv)
{
  g_string_append (csv, BYTE_ORDER_MARK);
}

static gboolean
is_at_start_of_row (const GString *csv)
{
  return csv->len == 0 || csv->str[csv->len - 1] == '\n'
         || (csv->len == 3 && memcmp (csv->str, BYTE_ORDER_MARK, 3) == 0);
}

/**
 * bp_csv_append_cell:
 * @csv: what is appended to
 * @text: (nullable): UTF-8; empty where %NULL
 * @is_text: whether people wrote it; %FALSE for a number or date, which stays
 *   as it is
 *
 * Appends a comma where one is due and the cell, quoted where it must be. Text
 * that a spreadsheet would take for a formula gets a `'` before it.
 */
void
bp_csv_append_cell (GString    *csv,
                    const char *text,
                    gboolean    is_text)
{
  gboolean first = is_at_start_of_row (csv);
  gboolean guarded;
  gboolean quoted;

  text = text != NULL ? text : "";
  guarded = is_text && is_guarded (text);
  quoted = strpbrk (text, ",\"\r\n") != NULL || (first && text[0] == '\0');
  if (!first)
    g_string_append_c (csv, ',');
  if (quoted)
    g_string_append_c (csv, '"');
  if (guarded)
    g_string_append_c (csv, GUARD);
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (csv, '"');
      g_string_append_c (csv, *text);
    }
  if (quoted)
    g_string_append_c (csv, '"');
}

/**
 * bp_csv_append_end_of_row:
 * @csv: what is appended to
 */
void
bp_csv_append_end_of_row (GString *csv)
{
  g_string_append (csv, "\r\n");
}
