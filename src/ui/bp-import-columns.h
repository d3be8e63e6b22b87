#pragma once

#include <adwaita.h>

#include "bp-import-preview.h"

G_BEGIN_DECLS

#define BP_TYPE_IMPORT_COLUMNS (bp_import_columns_get_type ())

/**
 * BpImportColumns:
 *
 * The columns of a file, each with its first cells and the field it becomes.
 */
G_DECLARE_FINAL_TYPE (BpImportColumns, bp_import_columns, BP, IMPORT_COLUMNS, AdwBin)

void bp_import_columns_show (BpImportColumns       *self,
                             const BpImportPreview *preview);
char **bp_import_columns_dup_fields (BpImportColumns *self);

G_END_DECLS
