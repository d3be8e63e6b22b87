/* Bringing in CSV files: good rows go in, bad rows to a file beside it. */
#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpImportProgress:
 * @done: how many records have been dealt with
 * @total: of how many
 * @user_data: the caller's
 *
 * Called in the thread that imports, some times a second; in the caller's main
 * context where the import is run by bp_import_run_async().
 */
typedef void (*BpImportProgress) (guint    done,
                                  guint    total,
                                  gpointer user_data);

/**
 * BpImportOptions:
 * @table: (unowned): what the rows are; of `sales` they are lines of bills
 * @path: (unowned): the file
 * @map: (unowned) (nullable): `HEADER=FIELD`, separated by commas; headers not
 *   named there are fields by their own name
 * @fields: (unowned) (nullable) (array zero-terminated=1): for each column in
 *   its order the name of its field, empty where it is passed over; then
 *   neither @map nor the headers count
 * @id: (unowned) (nullable): what the import is called; a new id where %NULL
 * @dry_run: only tell what would happen
 * @progress: (nullable): told of the progress
 * @progress_data: for @progress
 *
 * What to import.
 */
typedef struct
{
  const BpTable *table;
  const char *path;
  const char *map;
  const char *const *fields;
  const char *id;
  gboolean dry_run;
  BpImportProgress progress;
  gpointer progress_data;
} BpImportOptions;

/**
 * BpImportResult:
 * @id: the import's id
 * @rows: rows of the file, the header not counted
 * @added: new records of the table
 * @changed: records of the table that were there and changed
 * @rejected: rows that did not go in
 * @ignored: (element-type utf8): headers of columns that were passed over
 * @reasons: (element-type utf8): why rows were rejected, with their line
 * @rejects_path: (nullable): where the rejected rows are; %NULL where there are
 *   none, or nothing was to be written
 *
 * What an import did.
 */
typedef struct
{
  char *id;
  guint rows;
  guint added;
  guint changed;
  guint rejected;
  GPtrArray *ignored;
  GPtrArray *reasons;
  char *rejects_path;
} BpImportResult;

BpImportResult *bp_import_run (BpShop                *shop,
                               const BpImportOptions *options,
                               GCancellable          *cancellable,
                               GError               **error);
void bp_import_run_async (BpShop                *shop,
                          const BpImportOptions *options,
                          GCancellable          *cancellable,
                          GAsyncReadyCallback    callback,
                          gpointer               user_data);
BpImportResult *bp_import_run_finish (BpShop       *shop,
                                      GAsyncResult *result,
                                      GError      **error);
char *bp_import_result_to_json (const BpImportResult *result);
void bp_import_result_free (BpImportResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpImportResult, bp_import_result_free)

G_END_DECLS
