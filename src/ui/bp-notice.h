/* A moment's word to the user, and taking back what was done. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * BpUndoFunc:
 *
 * Takes back what a toast told of.
 */
typedef void (*BpUndoFunc) (gpointer user_data);

void bp_notice_show (GtkWidget  *widget,
                     const char *text);
void bp_notice_show_undo (GtkWidget     *widget,
                          const char    *text,
                          BpUndoFunc     undo,
                          gpointer       user_data,
                          GDestroyNotify destroy);
void bp_notice_undo (GtkWidget *widget);

G_END_DECLS
