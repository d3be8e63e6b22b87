/* A file that a user imports; what is read of it is the same after it has been
 * exported and read again. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-csv.h"
#include "bp-error.h"

/* The first row tells the delimiter, and an export's are plain names. */
static GString *
write_row (GPtrArray *cells)
{
  GString *csv = g_string_new (NULL);

  bp_csv_append_start (csv);
  bp_csv_append_cell (csv, "a", FALSE);
  bp_csv_append_cell (csv, "b", FALSE);
  bp_csv_append_end_of_row (csv);
  for (guint i = 0; i < cells->len; i++)
    bp_csv_append_cell (csv, cells->pdata[i], TRUE);
  bp_csv_append_end_of_row (csv);
  return csv;
}

static void
check_row (GPtrArray *cells)
{
  g_autoptr (GString) csv = write_row (cells);
  g_autoptr (GPtrArray) back = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpCsvReader) reader = bp_csv_reader_new (csv->str, csv->len, &error);

  g_assert_no_error (error);
  g_assert_true (bp_csv_reader_next (reader, back, &error));
  g_assert_true (bp_csv_reader_next (reader, back, &error));
  g_assert_cmpuint (back->len, ==, cells->len);
  for (guint i = 0; i < cells->len; i++)
    g_assert_cmpstr (back->pdata[i], ==, cells->pdata[i]);
  g_assert_false (bp_csv_reader_next (reader, back, &error));
  g_assert_no_error (error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpCsvReader) reader = bp_csv_reader_new (text, size, &error);
  guint line = 0;

  free (text);
  if (reader == NULL)
    {
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
      return 0;
    }

  while (bp_csv_reader_next (reader, cells, &error))
    {
      g_assert_cmpuint (cells->len, >, 0);
      g_assert_cmpuint (bp_csv_reader_get_line (reader), >, line);
      line = bp_csv_reader_get_line (reader);
      check_row (cells);
    }
  if (error != NULL)
    g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
  return 0;
}
