#pragma once

#include <adwaita.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_BULK_EDIT (bp_bulk_edit_get_type ())

/**
 * BpBulkEdit:
 *
 * A window that changes some fields of several records, and shows before what
 * will become of each.
 */
G_DECLARE_FINAL_TYPE (BpBulkEdit, bp_bulk_edit, BP, BULK_EDIT, AdwWindow)

void bp_bulk_edit_show (GtkWidget       *widget,
                        const BpSection *section,
                        BpFormat        *format,
                        GPtrArray       *rows);

G_END_DECLS
