#pragma once

#include <adwaita.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_IMPORT_WINDOW (bp_import_window_get_type ())

/**
 * BpImportWindow:
 *
 * Brings a CSV file into a table: which columns, what would happen, what did,
 * and taking it back.
 */
G_DECLARE_FINAL_TYPE (BpImportWindow, bp_import_window, BP, IMPORT_WINDOW, AdwWindow)

BpImportWindow *bp_import_window_new (GtkWindow     *parent,
                                      BpFormat      *format,
                                      const BpTable *table);
void bp_import_window_open (BpImportWindow *self,
                            const char     *path);

G_END_DECLS
