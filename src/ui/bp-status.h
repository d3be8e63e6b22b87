/* Statuses as people see them: never colour alone. */
#pragma once

#include "bp-record.h"
#include "bp-sync.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * BpStatusLook:
 * @icon: (unowned): name of a symbolic icon
 * @label: (unowned): in words, translated
 * @css_class: (unowned): for its colour
 */
typedef struct
{
  const char *icon;
  const char *label;
  const char *css_class;
} BpStatusLook;

BpStatusLook bp_status_get_record_look (BpRecordStatus status);
BpStatusLook bp_status_get_sync_look (BpSyncState state);
void bp_status_show (GtkImage    *image,
                     BpStatusLook look);
char *bp_status_to_text (const BpSyncStatus *status);

G_END_DECLS
