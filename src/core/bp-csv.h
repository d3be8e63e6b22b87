#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * BpCsvReader:
 *
 * Reads CSV text record by record. Not for sharing between threads.
 */
typedef struct _BpCsvReader BpCsvReader;

BpCsvReader *bp_csv_reader_new (const char *data,
                                gsize       length,
                                GError    **error);
void bp_csv_reader_free (BpCsvReader *reader);
gboolean bp_csv_reader_next (BpCsvReader *reader,
                             GPtrArray   *cells,
                             GError     **error);
guint bp_csv_reader_get_line (BpCsvReader *reader);

void bp_csv_append_start (GString *csv);
void bp_csv_append_cell (GString    *csv,
                         const char *text,
                         gboolean    is_text);
void bp_csv_append_end_of_row (GString *csv);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpCsvReader, bp_csv_reader_free)

G_END_DECLS
