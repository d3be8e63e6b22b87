#include "config.h"

#include "bp-import-private.h"

#include <string.h>

#include "bp-csv.h"
#include "bp-date.h"
#include "bp-error.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-money.h"
#include "bp-shop-private.h"

/* So many actions share one commit, so that a sale never waits long. */
#define CHUNK 250

static void
row_free (gpointer data)
{
  BpImportRow *row = data;

  g_ptr_array_unref (row->cells);
  g_free (row->reason);
  g_free (row);
}

/**
 * bp_import_clear:
 * @self: an import
 *
 * Frees what it holds.
 */
void
bp_import_clear (BpImport *self)
{
  if (self->free_state != NULL)
    g_clear_pointer (&self->state, self->free_state);
  g_clear_pointer (&self->profile, bp_profile_free);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->columns, g_free);
  g_clear_pointer (&self->headers, g_ptr_array_unref);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->result, bp_import_result_free);
}

/**
 * bp_import_find_field:
 * @self: an import
 * @name: a field's name
 *
 * Returns: its number; −1 where there is none of that name
 */
int
bp_import_find_field (BpImport   *self,
                      const char *name)
{
  for (guint i = 0; i < self->n_fields; i++)
    {
      if (g_ascii_strcasecmp (self->fields[i].name, name) == 0)
        return (int)i;
    }

  return -1;
}

/**
 * bp_import_get_cell:
 * @self: an import
 * @row: one of its rows
 * @field: a field's number
 *
 * Returns: (transfer none): the cell as it stands in the file; empty where the
 *   file has no such column
 */
const char *
bp_import_get_cell (BpImport          *self,
                    const BpImportRow *row,
                    guint              field)
{
  int column = self->columns[field];

  return column >= 0 && (guint)column < row->cells->len ? row->cells->pdata[column] : "";
}

/**
 * bp_import_read_cell:
 * @self: an import
 * @row: one of its rows
 * @field: a field's number
 * @value: (out caller-allocates): the value; null where the cell is empty
 * @error: #BpDataError
 *
 * Returns: whether the cell is a value of the field
 */
gboolean
bp_import_read_cell (BpImport          *self,
                     const BpImportRow *row,
                     guint              field,
                     BpValue           *value,
                     GError           **error)
{
  return bp_import_parse_cell (&self->fields[field], bp_import_get_cell (self, row, field),
                               self->decimals, self->zone, value, error);
}

/**
 * bp_import_reject_row:
 * @self: an import
 * @row: one of its rows
 * @reason: why it does not go in
 *
 * The first reason given for a row is the one that is kept.
 */
void
bp_import_reject_row (BpImport    *self,
                      BpImportRow *row,
                      const char  *reason)
{
  if (row->reason != NULL)
    return;

  row->reason = g_strdup (reason);
  self->result->rejected++;
  g_ptr_array_add (self->result->reasons, g_strdup_printf ("line %u: %s", row->line, reason));
}

/**
 * bp_import_note:
 * @self: an import
 * @table: a table
 * @id: a record that the import wrote
 * @before: (nullable): what it was before; %NULL where it is new
 * @error: #BpDatabaseError
 *
 * Keeps what is needed to take the import back. Inside a transaction.
 *
 * Returns: whether it is kept
 */
gboolean
bp_import_note (BpImport      *self,
                const BpTable *table,
                const char    *id,
                const BpState *before,
                GError       **error)
{
  return bp_store_note_import_record (self->store, self->result->id, table, id, before, error);
}

/**
 * bp_import_get:
 * @self: an import
 * @table: a table
 * @id: a record
 * @row: (out) (transfer full) (nullable): the record, deleted or not, where it
 *   is there
 * @error: #BpDatabaseError
 *
 * Returns: %FALSE with @error set where it could not be read
 */
gboolean
bp_import_get (BpImport      *self,
               const BpTable *table,
               const char    *id,
               BpRow        **row,
               GError       **error)
{
  g_autoptr (GError) local_error = NULL;

  *row = bp_store_get (self->store, table, id, &local_error);
  if (local_error == NULL
      || g_error_matches (local_error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
read_file (BpImport *self,
           GError  **error)
{
  g_autofree char *data = NULL;
  gsize length;
  g_autoptr (BpCsvReader) reader = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!g_file_get_contents (self->options->path, &data, &length, error))
    return FALSE;
  reader = bp_csv_reader_new (data, length, error);
  if (reader == NULL)
    return FALSE;

  self->headers = g_ptr_array_new_with_free_func (g_free);
  self->rows = g_ptr_array_new_with_free_func (row_free);
  if (!bp_csv_reader_next (reader, self->headers, &local_error) && local_error == NULL)
    g_set_error (&local_error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED, "The file is empty");
  while (local_error == NULL)
    {
      g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
      BpImportRow *row;

      if (!bp_csv_reader_next (reader, cells, &local_error))
        break;
      row = g_new0 (BpImportRow, 1);
      row->line = bp_csv_reader_get_line (reader);
      row->cells = g_steal_pointer (&cells);
      g_ptr_array_add (self->rows, row);
    }
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
is_header (const char *header,
           const char *name)
{
  g_autofree char *a = g_strstrip (g_strdup (header));
  g_autofree char *b = g_strstrip (g_strdup (name));
  g_autofree char *folded_a = g_utf8_casefold (a, -1);
  g_autofree char *folded_b = g_utf8_casefold (b, -1);

  return g_str_equal (folded_a, folded_b);
}

static int
find_column (BpImport   *self,
             const char *name)
{
  for (guint i = 0; i < self->headers->len; i++)
    {
      if (is_header (self->headers->pdata[i], name))
        return (int)i;
    }

  return -1;
}

static gboolean
map_pair (BpImport   *self,
          const char *pair,
          GError    **error)
{
  const char *sign = strrchr (pair, '=');
  g_autofree char *header = NULL;
  g_autofree char *name = NULL;
  int column, field;

  if (sign == NULL || sign == pair)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED,
                   "“%.64s” is not HEADER=FIELD", pair);
      return FALSE;
    }

  header = g_strndup (pair, (gsize)(sign - pair));
  name = g_strstrip (g_strdup (sign + 1));
  column = find_column (self, header);
  field = bp_import_find_field (self, name);
  if (column < 0)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "The file has no column “%.64s”", header);
      return FALSE;
    }
  if (field < 0)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                   "“%s” cannot be imported into a field “%.64s”", self->options->table->name,
                   name);
      return FALSE;
    }

  self->columns[field] = column;
  return TRUE;
}

static gboolean
is_mapped (BpImport *self,
           int       column)
{
  for (guint i = 0; i < self->n_fields; i++)
    {
      if (self->columns[i] == column)
        return TRUE;
    }

  return FALSE;
}

static gboolean
map_pairs (BpImport *self,
           GError  **error)
{
  const char *map = self->options->map != NULL ? self->options->map : "";
  g_auto (GStrv) pairs = g_strsplit (map, ",", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      if (!map_pair (self, pairs[i], error))
        return FALSE;
    }

  return TRUE;
}

/* What is not mapped is a field by its name; of two such the first. */
static void
map_names (BpImport *self)
{
  for (guint i = 0; i < self->headers->len; i++)
    {
      g_autofree char *name = g_strstrip (g_strdup (self->headers->pdata[i]));
      int field = bp_import_find_field (self, name);

      if (!is_mapped (self, (int)i) && field >= 0 && self->columns[field] < 0)
        self->columns[field] = (int)i;
    }
}

static gboolean
map_given (BpImport *self,
           GError  **error)
{
  const char *const *fields = self->options->fields;

  for (guint i = 0; i < self->headers->len && fields[i] != NULL; i++)
    {
      int field = fields[i][0] != '\0' ? bp_import_find_field (self, fields[i]) : -1;

      if (fields[i][0] == '\0')
        continue;
      if (field < 0 || self->columns[field] >= 0)
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                       "“%s” cannot be imported into a field “%.64s”, or not twice",
                       self->options->table->name, fields[i]);
          return FALSE;
        }
      self->columns[field] = (int)i;
    }

  return TRUE;
}

static gboolean
map_columns (BpImport *self,
             GError  **error)
{
  self->fields = self->kind->get_fields (self, &self->n_fields);
  self->columns = g_new (int, self->n_fields);
  for (guint i = 0; i < self->n_fields; i++)
    self->columns[i] = -1;
  if (self->options->fields != NULL)
    return map_given (self, error);
  if (!map_pairs (self, error))
    return FALSE;

  map_names (self);
  return TRUE;
}

static gboolean
check_columns (BpImport *self,
               GError  **error)
{
  GPtrArray *ignored = self->result->ignored;

  for (guint i = 0; i < self->headers->len; i++)
    {
      if (!is_mapped (self, (int)i))
        g_ptr_array_add (ignored, g_strstrip (g_strdup (self->headers->pdata[i])));
    }
  if (ignored->len < self->headers->len)
    return self->kind->check_columns (self, error);

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
               "No column of the file is a field of “%s”", self->options->table->name);
  return FALSE;
}

/* Whether what went wrong lies in the row; else the import cannot go on. */
static gboolean
is_of_row (const GError *error)
{
  return error->domain == BP_DATA_ERROR || error->domain == BP_STORE_ERROR;
}

typedef struct
{
  BpImport *import; /* (unowned) */
  gpointer item;    /* (unowned) */
} ItemWork;

static gboolean
apply_item (BpStore *store,
            gpointer user_data,
            GError **error)
{
  const ItemWork *work = user_data;

  return work->import->kind->apply (work->import, work->item, error);
}

typedef struct
{
  BpImport *import; /* (unowned) */
  GPtrArray *items; /* (unowned) */
  guint from;
  guint to;
} ChunkWork;

static gboolean
apply_chunk (BpStore *store,
             gpointer user_data,
             GError **error)
{
  const ChunkWork *work = user_data;
  BpImport *self = work->import;

  if (work->from == 0)
    {
      g_autofree char *name = g_path_get_basename (self->options->path);

      if (!bp_store_note_import (store, self->result->id, self->options->table, name, error))
        return FALSE;
    }

  for (guint i = work->from; i < work->to; i++)
    {
      ItemWork item = { self, work->items->pdata[i] };
      g_autoptr (GError) local_error = NULL;
      GPtrArray *rows;

      if (bp_store_transact (store, apply_item, &item, &local_error))
        continue;
      if (!is_of_row (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      rows = self->kind->get_rows (item.item);
      for (guint r = 0; r < rows->len; r++)
        bp_import_reject_row (self, rows->pdata[r], local_error->message);
    }

  return TRUE;
}

static gboolean
apply_items (BpImport     *self,
             GPtrArray    *items,
             GCancellable *cancellable,
             GError      **error)
{
  const BpImportOptions *options = self->options;

  for (guint from = 0; from < items->len; from += CHUNK)
    {
      ChunkWork work = { self, items, from, MIN (from + CHUNK, items->len) };

      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !bp_store_transact (self->store, apply_chunk, &work, error))
        return FALSE;
      if (options->progress != NULL)
        options->progress (work.to, items->len, options->progress_data);
    }

  return TRUE;
}

typedef struct
{
  BpImport *import;          /* (unowned) */
  GPtrArray *items;          /* (unowned) */
  GCancellable *cancellable; /* (unowned) (nullable) */
  gboolean done;
} DryWork;

/* What it does is seen, and taken back as a whole. */
static gboolean
apply_dry (BpStore *store,
           gpointer user_data,
           GError **error)
{
  DryWork *work = user_data;

  work->done = apply_items (work->import, work->items, work->cancellable, error);
  if (work->done)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Only tried");
  return FALSE;
}

static gboolean
apply_all (BpImport     *self,
           GPtrArray    *items,
           GCancellable *cancellable,
           GError      **error)
{
  DryWork work = { self, items, cancellable, FALSE };
  g_autoptr (GError) local_error = NULL;

  if (!self->options->dry_run)
    return apply_items (self, items, cancellable, error);

  bp_store_transact (self->store, apply_dry, &work, &local_error);
  if (!work.done)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return work.done;
}

static gboolean
looks_like_number (const char *text)
{
  return text[strspn (text, "+-.0123456789")] == '\0';
}

static void
append_cells (GString   *csv,
              GPtrArray *cells,
              guint      n_cells)
{
  for (guint i = 0; i < MAX (cells->len, n_cells); i++)
    {
      const char *text = i < cells->len ? cells->pdata[i] : "";

      bp_csv_append_cell (csv, text, !looks_like_number (text));
    }
}

/* `bills.csv` has its bad rows in `bills.rejects.csv`. */
static char *
make_rejects_path (const char *path)
{
  gsize length = strlen (path);
  gboolean is_csv = length > 4 && g_ascii_strcasecmp (path + length - 4, ".csv") == 0;

  return g_strdup_printf ("%.*s.rejects.csv", (int)(is_csv ? length - 4 : length), path);
}

static gboolean
write_rejects (BpImport *self,
               GError  **error)
{
  g_autoptr (GString) csv = g_string_new (NULL);
  g_autofree char *path = make_rejects_path (self->options->path);

  if (self->result->rejected == 0 || self->options->dry_run)
    return TRUE;

  bp_csv_append_start (csv);
  append_cells (csv, self->headers, 0);
  bp_csv_append_cell (csv, "reason", TRUE);
  bp_csv_append_end_of_row (csv);
  for (guint i = 0; i < self->rows->len; i++)
    {
      const BpImportRow *row = self->rows->pdata[i];

      if (row->reason == NULL)
        continue;
      append_cells (csv, row->cells, self->headers->len);
      bp_csv_append_cell (csv, row->reason, TRUE);
      bp_csv_append_end_of_row (csv);
    }
  if (!g_file_set_contents_full (path, csv->str, (gssize)csv->len, G_FILE_SET_CONTENTS_CONSISTENT,
                                 0600, error))
    return FALSE;

  self->result->rejects_path = g_steal_pointer (&path);
  return TRUE;
}

static BpImportResult *
result_new (const char *id,
            BpClock    *clock)
{
  BpImportResult *result = g_new0 (BpImportResult, 1);

  result->id = id != NULL ? g_strdup (id) : bp_id_new (clock);
  result->ignored = g_ptr_array_new_with_free_func (g_free);
  result->reasons = g_ptr_array_new_with_free_func (g_free);
  return result;
}

/**
 * bp_import_open:
 * @self: nothing yet
 * @shop: a shop
 * @options: what to import; must live as long as @self
 * @error: #GFileError, #BpDataError where the file is no CSV or the map does
 *   not fit
 *
 * Reads the file and finds each field's column. Waits for the disk.
 *
 * Returns: whether that could be done; @self is to be cleared either way
 */
gboolean
bp_import_open (BpImport              *self,
                BpShop                *shop,
                const BpImportOptions *options,
                GError               **error)
{
  self->shop = shop;
  self->store = bp_shop_get_store (shop);
  self->options = options;
  self->kind
    = g_str_equal (options->table->name, "sales") ? &bp_import_bills : &bp_import_records;
  self->result = result_new (options->id, bp_shop_get_clock (shop));
  self->profile = bp_profile_read (self->store);
  self->decimals = bp_money_get_decimals (self->profile->currency);
  self->zone = bp_date_find_zone (self->profile->time_zone, error);
  return self->zone != NULL && read_file (self, error) && map_columns (self, error);
}

/**
 * bp_import_run:
 * @shop: a shop
 * @options: what to import
 * @cancellable: (nullable): stops between two commits; what has gone in stays
 * @error: #GFileError where the file cannot be read or the rejects not be
 *   written; #BpDataError where it is no CSV, no column fits, or the map does
 *   not; %G_IO_ERROR_CANCELLED; #BpDatabaseError
 *
 * Brings the good rows in, each record (each bill) as an action of its own, and
 * writes the others with the reason to a file beside the given one. Waits for
 * the disk. On failure, what was committed before stays; the same file again
 * brings in the rest.
 *
 * Returns: (transfer full): what happened
 */
BpImportResult *
bp_import_run (BpShop                *shop,
               const BpImportOptions *options,
               GCancellable          *cancellable,
               GError               **error)
{
  g_auto (BpImport) self = { 0 };
  g_autoptr (GPtrArray) items = NULL;

  if (!bp_import_open (&self, shop, options, error) || !check_columns (&self, error))
    return NULL;

  self.result->rows = self.rows->len;
  items = self.kind->make_items (&self);
  if (!apply_all (&self, items, cancellable, error) || !write_rejects (&self, error))
    return NULL;

  return g_steal_pointer (&self.result);
}

/**
 * bp_import_result_to_json:
 * @result: what an import did
 *
 * Returns: (transfer full): its counts as a JSON object
 */
char *
bp_import_result_to_json (const BpImportResult *result)
{
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "import", result->id);
  bp_json_append_integer_member (json, "rows", result->rows);
  bp_json_append_integer_member (json, "added", result->added);
  bp_json_append_integer_member (json, "changed", result->changed);
  bp_json_append_integer_member (json, "rejected", result->rejected);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/**
 * bp_import_result_free:
 * @result: (nullable) (transfer full): what an import did
 */
void
bp_import_result_free (BpImportResult *result)
{
  if (result == NULL)
    return;

  g_free (result->id);
  g_ptr_array_unref (result->ignored);
  g_ptr_array_unref (result->reasons);
  g_free (result->rejects_path);
  g_free (result);
}
