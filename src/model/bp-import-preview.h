/* What a CSV file looks like before it is brought in. */
#pragma once

#include "bp-import.h"

G_BEGIN_DECLS

/**
 * BpImportPreview:
 * @headers: (array zero-terminated=1): of the columns
 * @rows: (element-type GStrv): the first rows, each with a cell per column
 * @n_rows: how many rows the file has
 * @names: (array zero-terminated=1): of the fields a column can be
 * @labels: (array zero-terminated=1): theirs, to be translated
 * @guess: (array zero-terminated=1): for each column the name of its field as
 *   the headers tell, empty where they do not
 *
 * All of it is owned.
 */
typedef struct
{
  char **headers;
  GPtrArray *rows;
  guint n_rows;
  char **names;
  char **labels;
  char **guess;
} BpImportPreview;

BpImportPreview *bp_import_preview_read (BpShop        *shop,
                                         const BpTable *table,
                                         const char    *path,
                                         guint          max_rows,
                                         GError       **error);
void bp_import_preview_async (BpShop             *shop,
                              const BpTable      *table,
                              const char         *path,
                              guint               max_rows,
                              GAsyncReadyCallback callback,
                              gpointer            user_data);
BpImportPreview *bp_import_preview_finish (BpShop       *shop,
                                           GAsyncResult *result,
                                           GError      **error);
void bp_import_preview_free (BpImportPreview *preview);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpImportPreview, bp_import_preview_free)

G_END_DECLS
