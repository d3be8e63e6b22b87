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
