/* The file of `/v1/snapshot`, unpacked, as a device reads it. */
#include "config.h"

#include "bp-fuzz.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "bp-id.h"
#include "bp-line.h"
#include "bp-snapshot-file-private.h"

static void
check_value (const BpField *field,
             const BpValue *value)
{
  if (value->kind == BP_VALUE_INTEGER)
    {
      g_assert_false (bp_field_is_text (field));
      g_assert_cmpint (ABS (value->integer), <=, BP_INTEGER_MAX);
    }
  if (value->kind == BP_VALUE_TEXT)
    {
      g_assert_true (bp_field_is_text (field));
      g_assert_true (g_utf8_validate (value->text, -1, NULL));
      g_assert_true (field->type != BP_FIELD_LINES || bp_lines_is_canonical (value->text));
    }
}

static void
check_row (const BpSnapshot *snapshot)
{
  g_autoptr (BpState) state = bp_snapshot_dup_state (snapshot);
  const BpTable *table = state->data->table;

  g_assert_true (table == bp_snapshot_get_table (snapshot));
  g_assert_true (bp_id_is_valid (state->id));
  g_assert_cmpint (state->version, >=, 1);
  g_assert_cmpint (state->version, <=, BP_INTEGER_MAX);
  g_assert_cmpint (state->seq, >=, 1);
  g_assert_cmpint (state->seq, <=, bp_snapshot_get_seq (snapshot));
  g_assert_cmpint (ABS (state->modified_at), <=, BP_INTEGER_MAX);
  g_assert_false (state->is_deleted);
  for (guint i = 0; i < table->n_fields; i++)
    check_value (&table->fields[i], &state->data->values[i]);
}

static void
read_all (BpSnapshot *snapshot)
{
  g_autoptr (GError) error = NULL;
  gboolean has_row = TRUE;
  gint64 n = 0;

  g_assert_nonnull (bp_snapshot_get_epoch (snapshot));
  g_assert_cmpint (bp_snapshot_get_seq (snapshot), >=, 0);
  g_assert_cmpint (bp_snapshot_get_seq (snapshot), <=, BP_INTEGER_MAX);
  while (has_row)
    {
      g_assert_true (bp_snapshot_next (snapshot, &has_row, &error));
      g_assert_no_error (error);
      if (!has_row)
        continue;
      check_row (snapshot);
      n++;
    }
  g_assert_cmpint (n, ==, bp_snapshot_count_rows (snapshot));
}

static void
try_tables (const char *path,
            guint       tables)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpSnapshot) snapshot = bp_snapshot_open (path, tables, NULL, &error);

  g_assert_true ((snapshot == NULL) == (error != NULL));
  if (snapshot != NULL)
    read_all (snapshot);
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *name = g_strdup_printf ("bizpulse-fuzz-snapshot-%d", (int)getpid ());
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, (const char *)data, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
  try_tables (path, (1u << bp_table_get_index (bp_table_find ("products")))
              | (1u << bp_table_get_index (bp_table_find ("sales"))));
  g_assert_cmpint (g_unlink (path), ==, 0);
  return 0;
}
