#pragma once

#include <adwaita.h>

#include "bp-section.h"

G_BEGIN_DECLS

#define BP_TYPE_LIST_PAGE (bp_list_page_get_type ())

/**
 * BpListPage:
 *
 * A section's page: its list, filters, and the detail of one record beside it.
 * Signals: "counted" (number of records, as text) and "sorted" (nullable
 * field, whether descending).
 */
G_DECLARE_FINAL_TYPE (BpListPage, bp_list_page, BP, LIST_PAGE, AdwBin)

GtkWidget *bp_list_page_new (const BpSection *section,
                             BpFormat        *format);
const BpSection *bp_list_page_get_section (BpListPage *self);
void bp_list_page_set_search (BpListPage *self,
                              const char *text);
const char *bp_list_page_get_search (BpListPage *self);
void bp_list_page_sort (BpListPage *self,
                        const char *field,
                        gboolean    descending);
const char *bp_list_page_get_sort (BpListPage *self,
                                   gboolean   *descending);
void bp_list_page_set_widths (BpListPage *self,
                              GVariant   *widths);
void bp_list_page_add (BpListPage *self);
void bp_list_page_show (BpListPage *self,
                        const char *id);
void bp_list_page_set_show_detail (BpListPage *self,
                                   gboolean    show_detail);
gboolean bp_list_page_get_show_detail (BpListPage *self);
gboolean bp_list_page_is_changed (BpListPage *self);
void bp_list_page_focus (BpListPage *self);

G_END_DECLS
