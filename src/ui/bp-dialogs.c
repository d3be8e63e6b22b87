#include "config.h"

#include "bp-dialogs.h"

#include <adwaita.h>
#include <glib/gi18n.h>

/**
 * bp_dialogs_attach:
 * @window: a window that is not shown yet
 * @parent: (nullable): the one it belongs to
 * @width: how wide it would like to be
 * @height: how high
 *
 * From now on @window is above @parent, no larger than that, has its keys and
 * goes with it. GTK 4.8 forgets the parent only where the window does not go by
 * itself ("destroy-with-parent"): one that is still used would look at it.
 */
void
bp_dialogs_attach (GtkWindow *window,
                   GtkWindow *parent,
                   int        width,
                   int        height)
{
  int parent_width = parent != NULL ? gtk_widget_get_width (GTK_WIDGET (parent)) : 0;
  int parent_height = parent != NULL ? gtk_widget_get_height (GTK_WIDGET (parent)) : 0;

  gtk_window_set_default_size (window, parent_width > 0 ? MIN (parent_width, width) : width,
                               parent_height > 0 ? MIN (parent_height, height) : height);
  if (parent == NULL)
    return;

  gtk_window_set_transient_for (window, parent);
  gtk_window_set_application (window, gtk_window_get_application (parent));
  g_signal_connect_object (parent, "destroy", G_CALLBACK (gtk_window_destroy), window,
                           G_CONNECT_SWAPPED);
}

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
 * bp_dialogs_ask_destroy:
 * @parent: above which window
 * @heading: the question, not markup
 * @body: what it means, not markup
 * @label: of the button that does it, with a mnemonic
 * @on_destroy: called with @object where the user wants it
 * @object: (type GObject): as long as it lives
 *
 * For what cannot be taken back. Enter alone does nothing.
 */
void
bp_dialogs_ask_destroy (GtkWindow  *parent,
                        const char *heading,
                        const char *body,
                        const char *label,
                        GCallback   on_destroy,
                        gpointer    object)
{
  GtkWidget *dialog = adw_message_dialog_new (parent, heading, NULL);

  adw_message_dialog_set_body (ADW_MESSAGE_DIALOG (dialog), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"),
                                    "destroy", label, NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "destroy",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response::destroy", on_destroy, object, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

typedef struct
{
  BpFileChosenFunc func;
  GWeakRef object;
} Choice;

static void
choice_free (gpointer  data,
             GClosure *closure)
{
  Choice *choice = data;

  g_weak_ref_clear (&choice->object);
  g_free (choice);
}

static void
on_file_response (GtkNativeDialog *dialog,
                  int              response,
                  Choice          *choice)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autoptr (GObject) object = g_weak_ref_get (&choice->object);

  if (response == GTK_RESPONSE_ACCEPT && path != NULL && object != NULL)
    choice->func (object, path);
  g_object_unref (dialog);
}

/* @dialog goes when the user has answered. */
static void
show_chooser (GtkFileChooserNative *dialog,
              BpFileChosenFunc      on_chosen,
              GObject              *object)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->func = on_chosen;
  g_weak_ref_init (&choice->object, object);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_data (dialog, "response", G_CALLBACK (on_file_response), choice, choice_free,
                         0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/**
 * bp_dialogs_choose_new_file:
 * @parent: above which window
 * @title: what it is for
 * @name: what the file is called unless the user says otherwise
 * @on_chosen: called with @object and the path, where the user chose one
 * @object: as long as it lives
 */
void
bp_dialogs_choose_new_file (GtkWindow       *parent,
                            const char      *title,
                            const char      *name,
                            BpFileChosenFunc on_chosen,
                            GObject         *object)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
    title, parent, GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  show_chooser (dialog, on_chosen, object);
}

static void
add_filter (GtkFileChooserNative *dialog,
            const char           *name,
            const char           *suffix)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  if (suffix != NULL)
    gtk_file_filter_add_suffix (filter, suffix);
  else
    gtk_file_filter_add_pattern (filter, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
}

/**
 * bp_dialogs_choose_file:
 * @parent: above which window
 * @title: what it is for
 * @on_chosen: called with @object and the path, where the user chose one
 * @object: as long as it lives
 *
 * Asks for a file that is there: CSV first, others where the user wants them.
 */
void
bp_dialogs_choose_file (GtkWindow       *parent,
                        const char      *title,
                        BpFileChosenFunc on_chosen,
                        GObject         *object)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
    title, parent, GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));

  add_filter (dialog, _("CSV Files"), "csv");
  add_filter (dialog, _("All Files"), NULL);
  show_chooser (dialog, on_chosen, object);
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
