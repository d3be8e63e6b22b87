#pragma once

#include <gtk/gtk.h>

#include "bp-format.h"

G_BEGIN_DECLS

#define BP_TYPE_MATCH_ENTRY (bp_match_entry_get_type ())

/**
 * BpMatchEntry:
 *
 * An entry that lists records which match what is typed. Signals: "picked"
 * (#BpRecord) when one of them is chosen, "entered" (text) when Enter is
 * pressed without choosing, "typed" when the text changed, and "moved" (−1 or
 * 1) by the arrow keys while nothing is listed.
 */
G_DECLARE_FINAL_TYPE (BpMatchEntry, bp_match_entry, BP, MATCH_ENTRY, GtkWidget)

void bp_match_entry_set_table (BpMatchEntry  *self,
                               const BpTable *table,
                               const char    *detail,
                               BpFormat      *format);
const char *bp_match_entry_get_text (BpMatchEntry *self);
void bp_match_entry_set_text (BpMatchEntry *self,
                              const char   *text);
void bp_match_entry_select_all (BpMatchEntry *self);

G_END_DECLS
