#include "config.h"

#include "bp-dialogs.h"

#include <adwaita.h>
#include <glib/gi18n.h>

/**
 * bp_dialogs_show_about:
 * @parent: (nullable): above which window
 */
void
bp_dialogs_show_about (GtkWindow *parent)
{
  adw_show_about_window (parent,
                         "application-name", "BizPulse",
                         "application-icon", APPLICATION_ID,
                         "version", PACKAGE_VERSION,
                         "comments", _("The back office of a shop, with or without a connection"),
                         "developer-name", _("The BizPulse developers"),
                         "license-type", GTK_LICENSE_GPL_3_0,
                         NULL);
}

/**
 * bp_dialogs_ask_discard:
 * @parent: above which window
 * @on_discard: called with @object where the user gives up what is not saved
 * @object: (type GObject): as long as it lives
 */
void
bp_dialogs_ask_discard (GtkWindow *parent,
                        GCallback  on_discard,
                        gpointer   object)
{
  GtkWidget *dialog
    = adw_message_dialog_new (parent, _("Discard Changes?"),
                              _("What you have typed is not saved and will be lost."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog),
                                    "cancel", _("_Keep Editing"),
                                    "discard", _("_Discard"),
                                    NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response::discard", on_discard, object, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/**
 * bp_dialogs_show_shortcuts:
 * @parent: (nullable): above which window
 */
void
bp_dialogs_show_shortcuts (GtkWindow *parent)
{
  g_autoptr (GtkBuilder) builder
    = gtk_builder_new_from_resource ("/io/github/bizpulse/BizPulse/shortcuts.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));

  gtk_window_set_transient_for (window, parent);
  gtk_window_present (window);
}
