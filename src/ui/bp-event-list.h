#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define BP_TYPE_EVENT (bp_event_get_type ())

/**
 * BpEvent:
 *
 * Something that happened to a record, in words.
 */
G_DECLARE_FINAL_TYPE (BpEvent, bp_event, BP, EVENT, GObject)

BpEvent *bp_event_new (const char *title,
                       const char *detail,
                       const char *amount,
                       const char *figure);

#define BP_TYPE_EVENT_LIST (bp_event_list_get_type ())

/**
 * BpEventList:
 *
 * What happened to a record, newest first; or that it is being read, that
 * there is nothing, or why it could not be read.
 */
G_DECLARE_FINAL_TYPE (BpEventList, bp_event_list, BP, EVENT_LIST, AdwBin)

GtkWidget *bp_event_list_new (const char *label,
                              const char *empty);
void bp_event_list_set_loading (BpEventList *self);
void bp_event_list_set_events (BpEventList *self,
                               GPtrArray   *events,
                               const char  *note);
void bp_event_list_set_fault (BpEventList *self,
                              const char  *message);

G_END_DECLS
