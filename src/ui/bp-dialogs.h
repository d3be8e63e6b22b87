/* Windows whose GTK type is on its way out, each behind one function, so that
 * one file changes one day. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void bp_dialogs_attach (GtkWindow *window,
                        GtkWindow *parent,
                        int        width,
                        int        height);
void bp_dialogs_show_about (GtkWindow *parent);
void bp_dialogs_ask_discard (GtkWindow *parent,
                             GCallback  on_discard,
                             gpointer   object);
void bp_dialogs_ask_destroy (GtkWindow  *parent,
                             const char *heading,
                             const char *body,
                             const char *label,
                             GCallback   on_destroy,
                             gpointer    object);

/**
 * BpFileChosenFunc:
 * @object: who asked
 * @path: the file
 */
typedef void (*BpFileChosenFunc) (GObject    *object,
                                  const char *path);

void bp_dialogs_choose_new_file (GtkWindow       *parent,
                                 const char      *title,
                                 const char      *name,
                                 BpFileChosenFunc on_chosen,
                                 GObject         *object);
void bp_dialogs_choose_file (GtkWindow       *parent,
                             const char      *title,
                             BpFileChosenFunc on_chosen,
                             GObject         *object);
void bp_dialogs_show_shortcuts (GtkWindow *parent);

G_END_DECLS
