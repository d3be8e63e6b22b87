/* Taking an import back as a whole. */
#pragma once

#include "bp-shop.h"

G_BEGIN_DECLS

/**
 * BpImportUndone:
 * @id: (transfer full): the import
 * @voided: sales that are void now
 * @restored: records that are again what they were
 * @deleted: records that are deleted again
 * @reversed: payments and stock movements that another one cancels
 * @kept: records that could not be taken back
 * @reasons: (transfer full) (element-type utf8): why not
 *
 * What became of an import's records.
 */
typedef struct
{
  char *id;
  guint voided;
  guint restored;
  guint deleted;
  guint reversed;
  guint kept;
  GPtrArray *reasons;
} BpImportUndone;

BpImportUndone *bp_import_undo (BpShop       *shop,
                                const char   *import_id,
                                GCancellable *cancellable,
                                GError      **error);
void bp_import_undo_async (BpShop             *shop,
                           const char         *import_id,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data);
BpImportUndone *bp_import_undo_finish (BpShop       *shop,
                                       GAsyncResult *result,
                                       GError      **error);
char *bp_import_undone_to_json (const BpImportUndone *undone);
void bp_import_undone_free (BpImportUndone *undone);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BpImportUndone, bp_import_undone_free)

G_END_DECLS
