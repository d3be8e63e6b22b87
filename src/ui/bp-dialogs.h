/* Windows whose GTK type is on its way out, each behind one function, so that
 * one file changes one day. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void bp_dialogs_show_about (GtkWindow *parent);
void bp_dialogs_ask_discard (GtkWindow *parent,
                             GCallback  on_discard,
                             gpointer   object);
void bp_dialogs_show_shortcuts (GtkWindow *parent);

G_END_DECLS
